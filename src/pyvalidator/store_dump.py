"""The binary form of a trust store, version 1: bytes to anchors and back. It checks structure and damage; whether the
anchors are roots is checked by whoever loads them (trust.py).

    magic     8 octets, "pvstore" and a zero
    version   u16, 1
    flags     u16, 1: the self-signature of every certificate was checked before the dump was made
    count     u32, anchors
    kinds     count octets: 0 a certificate, 1 a certificate and constraints, 2 subject and key, 3 these and constraints
    lengths   u32 for each part of each anchor, in that order
    parts     one after another, to the checksum
    checksum  SHA-256 of all before it

Numbers are little-endian. There is one way to write a store, and nothing else is read.
"""

from __future__ import annotations

import hashlib
import re
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from .anchors import UNLIMITED, AnchorConstraints, TrustAnchor
from .errors import DumpFault, PyvalidatorError, StoreDumpError, StoreError
from .purposes import EkuOid, Purpose

_MAGIC: Final = b"pvstore\0"
_VERSION: Final = 1
_PROVEN: Final = 1
_HEADER: Final = struct.Struct("<8sHHI")
_CHECKSUM: Final = 32
_CERTIFICATE, _LIMITED, _KEY, _LIMITED_KEY = range(4)
_PARTS: Final = (1, 2, 2, 3)  # of each kind


# --- Writing


def encode(anchors: Iterable[bytes | TrustAnchor]) -> bytes:
    """The dump of these anchors, of which plain ones may be given as their certificates. StoreError if one cannot be
    written: a moment beyond the years 1 to 9999."""
    kinds, parts = bytearray(), list[bytes]()
    for each in anchors:
        kind, *own = _taken_apart(each)
        kinds.append(kind)
        parts += own
    head = _HEADER.pack(_MAGIC, _VERSION, _PROVEN, len(kinds))
    body = b"".join([head, kinds, _little_endian(array("I", map(len, parts))).tobytes(), *parts])
    return body + hashlib.sha256(body).digest()


def _taken_apart(anchor: bytes | TrustAnchor) -> tuple[int, *tuple[bytes, ...]]:
    if isinstance(anchor, bytes):
        return _CERTIFICATE, anchor
    limits = () if anchor.constraints == UNLIMITED else (_encode_constraints(anchor.constraints),)
    if anchor.certificate is not None:
        return _LIMITED if limits else _CERTIFICATE, anchor.certificate.der, *limits
    return _LIMITED_KEY if limits else _KEY, anchor.subject, anchor.spki, *limits


def _little_endian(words: array[int]) -> array[int]:
    if sys.byteorder == "big":
        words.byteswap()
    return words


# --- Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Plain anchors in a row: the length of each of their certificates. `entry` is the first one's place in the store,
    from 1; `offset` is the byte of the dump at which they begin."""

    entry: int
    offset: int
    lengths: array[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """An anchor with constraints, or without a certificate; the rest as in a Run."""

    entry: int
    offset: int
    anchor: TrustAnchor


def decode(data: bytes) -> Iterator[Run | Single]:
    """What a dump holds, in order. StoreDumpError if it is none, was damaged, or is not what `encode` writes; no anchor
    was judged then or now. Work and memory are bounded by the length of `data`."""
    count = _checked_header(data)
    kinds = data[_HEADER.size : _HEADER.size + count]
    lengths, start = _read_lengths(data, kinds)
    entry, first = 1, 0
    for run in _RUNS.finditer(kinds):
        num, kind = run.end() - run.start(), kinds[run.start()]
        own = lengths[first : first + num * _PARTS[kind]]
        end = start + sum(own)
        if kind == _CERTIFICATE:
            yield Run(entry=entry, offset=start, lengths=own)
        else:
            yield Single(entry=entry, offset=start, anchor=_anchor(kind, _split(data[start:end], own), entry, start))
        entry, first, start = entry + num, first + len(own), end


_RUNS: Final = re.compile(rb"\x00+|[^\x00]")


def _checked_header(data: bytes) -> int:
    """The number of anchors. The version comes first, since all else is that version's; then damage."""
    if len(data) < _HEADER.size or not data.startswith(_MAGIC):
        raise StoreDumpError("these bytes are not a dump of a trust store", DumpFault.NOT_A_DUMP)
    version: int
    flags: int
    count: int
    _, version, flags, count = _HEADER.unpack_from(data)
    if version != _VERSION:
        what = f"its format is version {version}, and this release knows version {_VERSION}"
        raise StoreDumpError(f"{what}; dump the store again from its roots with this release", DumpFault.VERSION, 8)
    end = len(data) - _CHECKSUM
    if end < _HEADER.size or hashlib.sha256(memoryview(data)[:end]).digest() != data[end:]:
        problem = "its checksum is another: it was damaged or cut short; dump the store again from its roots"
        raise StoreDumpError(problem, DumpFault.CHECKSUM, max(end, 0))
    if flags != _PROVEN:
        raise StoreDumpError(f"its flags are {flags:#x}, not {_PROVEN:#x}", DumpFault.STRUCTURE, 10)
    if count == 0 or count > end - _HEADER.size:
        raise StoreDumpError(f"it cannot hold {count} anchors", DumpFault.STRUCTURE, 12)
    return count


def _read_lengths(data: bytes, kinds: bytes) -> tuple[array[int], int]:
    """The length of each part, and where the parts begin."""
    at, end = _HEADER.size + len(kinds), len(data) - _CHECKSUM
    unknown = (
        next((position for position, kind in enumerate(kinds) if kind >= len(_PARTS)), None) if max(kinds) else None
    )
    if unknown is not None:
        offset = _HEADER.size + unknown
        raise StoreDumpError(f"there is no kind {kinds[unknown]} of anchors", DumpFault.STRUCTURE, offset, unknown + 1)
    start = at + 4 * sum(kinds.count(kind) * num for kind, num in enumerate(_PARTS))
    if start > end:
        raise StoreDumpError("it ends in the middle of its lengths", DumpFault.STRUCTURE, at)
    lengths = _little_endian(array("I", data[at:start]))
    if sum(lengths) != end - start:
        problem = f"its parts have {end - start} bytes in all, and {sum(lengths)} by their lengths"
        raise StoreDumpError(problem, DumpFault.STRUCTURE, at)
    return lengths, start


def _anchor(kind: int, parts: list[bytes], entry: int, offset: int) -> TrustAnchor:
    try:
        constraints = UNLIMITED if kind == _KEY else _decode_constraints(parts.pop())
        if kind == _LIMITED:
            return TrustAnchor.from_certificate(parts[0], constraints=constraints)
        return TrustAnchor(subject=parts[0], spki=parts[1], constraints=constraints)
    except PyvalidatorError as error:
        raise StoreDumpError(f"anchor {entry}: {error}", DumpFault.ANCHOR, offset, entry) from error


def _split(joined: bytes, lengths: array[int]) -> list[bytes]:
    parts, at = [], 0
    for length in lengths:
        parts.append(joined[at : at + length])
        at += length
    return parts


# --- Constraints
#
#   has            u8, a bit for each that follows: 1 not_before, 2 not_after, 4 distrust_after, 8 names, 16 EKU
#   three moments  i64 each, microseconds since 1970
#   names          u32 and that many octets: a NameConstraints value
#   EKU            u32 purposes; each a u8, the number of a Purpose, or 0 and an OID: u16 and its dotted form

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NAMES, _EKU = 8, 16


def _encode_constraints(limits: AnchorConstraints) -> bytes:
    moments = [limits.not_before, limits.not_after, limits.distrust_after]
    has = sum(1 << bit for bit, moment in enumerate(moments) if moment is not None)
    parts = [_encode_moment(moment) for moment in moments if moment is not None]
    if limits.name_constraints is not None:
        has |= _NAMES
        parts += [struct.pack("<I", len(limits.name_constraints)), limits.name_constraints]
    if limits.eku:
        has |= _EKU
        parts += [struct.pack("<I", len(limits.eku)), *map(_encode_purpose, limits.eku)]
    return b"".join([bytes([has]), *parts])


def _encode_moment(moment: datetime) -> bytes:
    microseconds = (moment - _EPOCH) // _MICROSECOND
    try:
        _moment(microseconds)
    except OverflowError:
        raise StoreError(f"{moment.isoformat()} is beyond the years 1 to 9999 of UTC, and cannot be dumped") from None
    return struct.pack("<q", microseconds)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _encode_purpose(purpose: Purpose | EkuOid) -> bytes:
    if isinstance(purpose, Purpose):
        return bytes([purpose.value])
    dotted = purpose.dotted.encode("ascii")
    return struct.pack("<BH", 0, len(dotted)) + dotted


class _Cursor:
    """Takes values off the front; StoreError if there is too little left."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) != size:
            raise StoreError("its constraints end too early")
        self._at += size
        return taken

    def number(self, form: str) -> int:
        number: int
        (number,) = struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))
        return number


def _decode_constraints(data: bytes) -> AnchorConstraints:
    """They must be what would be written of them, and so are neither empty nor followed by anything."""
    cursor = _Cursor(data)
    has = cursor.number("B")
    not_before, not_after, distrust_after = (_decode_moment(cursor) if has & 1 << bit else None for bit in range(3))
    limits = AnchorConstraints(
        not_before=not_before,
        not_after=not_after,
        distrust_after=distrust_after,
        name_constraints=cursor.take(cursor.number("I")) if has & _NAMES else None,
        eku=tuple(_decode_purpose(cursor) for _ in range(cursor.number("I"))) if has & _EKU else (),
    )
    if limits == UNLIMITED or _encode_constraints(limits) != data:
        raise StoreError("its constraints are not written as they should be")
    return limits


def _decode_moment(cursor: _Cursor) -> datetime:
    try:
        return _moment(cursor.number("q"))
    except OverflowError:
        raise StoreError("a moment of its constraints is beyond the years 1 to 9999") from None


def _decode_purpose(cursor: _Cursor) -> Purpose | EkuOid:
    number = cursor.number("B")
    try:
        return Purpose(number) if number else EkuOid(cursor.take(cursor.number("H")).decode("ascii"))
    except PyvalidatorError:
        raise
    except ValueError:
        raise StoreError("a purpose of its constraints is none") from None
