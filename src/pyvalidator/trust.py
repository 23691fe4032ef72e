"""Whom we trust: stores of anchors. Only roots are anchors, and no option switches that off."""

from __future__ import annotations

import logging
import operator
import os
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, unique
from functools import cache
from pathlib import Path
from typing import Final, SupportsIndex, overload

from . import _core, store_dump
from .anchors import UNLIMITED, AnchorConstraints, TrustAnchor
from .certificate import Certificate
from .der import plain
from .errors import (
    DumpFault,
    EndEntityAsAnchor,
    IntermediateAsAnchor,
    MissingDependency,
    NotAnAnchor,
    PemError,
    PyvalidatorError,
    StoreDumpError,
    StoreError,
    UnprovenRoot,
    UnreadableCertificate,
    printable,
)
from .pem import split_pem
from .signatures import Engine, native_engine

__all__ = ["AnchorConstraints", "SelfSignatures", "TrustAnchor", "TrustStore"]

_log: Final = logging.getLogger("pyvalidator")


@unique
class SelfSignatures(Enum):
    """Whether the self-signatures of a dump's roots are checked when it is loaded.

    RECORDED: they are not; the dump says that they were checked before it was made.
    RECHECKED: they are, as when the store was built.
    """

    RECORDED = "recorded"
    RECHECKED = "rechecked"


class Anchors(Sequence[TrustAnchor]):
    """The anchors of a store, in their order: an immutable sequence, equal to a tuple of the same anchors. Where nobody
    gave a TrustAnchor, it is made when it is first asked for, and is the same object from then on."""

    __slots__ = ("_made", "_num", "native")

    def __init__(self, native: _core.NativeStore, made: dict[int, TrustAnchor]) -> None:
        self.native: Final = native
        self._num: Final = len(native)
        self._made: Final = made

    def _at(self, position: int) -> TrustAnchor:
        held = self._made.get(position)
        if held is None:  # setdefault: threads that make the same one get the same one
            held = self._made.setdefault(position, TrustAnchor.from_certificate(self.native.certificate(position)))
        return held

    def dumped(self) -> Iterator[bytes | TrustAnchor]:
        """What store_dump.encode takes: of an anchor that nobody gave and nobody asked for its certificate."""
        return (self._made.get(position) or self.native.certificate(position) for position in range(self._num))

    @overload
    def __getitem__(self, index: SupportsIndex) -> TrustAnchor: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[TrustAnchor, ...]: ...

    def __getitem__(self, index: SupportsIndex | slice) -> TrustAnchor | tuple[TrustAnchor, ...]:
        if isinstance(index, slice):
            return tuple(map(self._at, range(self._num)[index]))
        return self._at(range(self._num)[operator.index(index)])

    def __len__(self) -> int:
        return self._num

    def __iter__(self) -> Iterator[TrustAnchor]:
        return map(self._at, range(self._num))

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Anchors | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __reduce__(self) -> tuple[Callable[..., tuple[TrustAnchor, ...]], tuple[object, ...]]:
        return (tuple, (list(self),))

    def __repr__(self) -> str:
        return repr(tuple(self))


class TrustStore:
    """An immutable set of trust anchors, safe to share between threads.

    It takes roots only: self-issued, self-signed CA certificates. Anything else raises a NotAnAnchor (a ValueError):
    IntermediateAsAnchor for a CA certificate that is not self-signed, a cross-signed copy of a root included;
    EndEntityAsAnchor for the rest; UnprovenRoot if the self-signature cannot be checked here. A SHA-1 self-signature is
    taken, because it only proves that the file is the root's own certificate; it is never taken on a path.
    """

    __slots__ = ("_anchors", "_native")

    def __init__(self, anchors: Iterable[TrustAnchor]) -> None:
        """Take these anchors; equal ones count once. StoreError if there are none, or one cannot be used."""
        self._anchors: Final = anchors if isinstance(anchors, Anchors) else _of_anchors(anchors)
        self._native: Final = self._anchors.native

    @classmethod
    def from_der(cls, certificates: Iterable[bytes | Certificate]) -> TrustStore:
        """A store of these roots' DER certificates. UnreadableCertificate names the entry that cannot be read."""
        if isinstance(certificates, bytes | bytearray | str):
            raise TypeError("from_der takes several certificates: from_der([der])")
        return cls(_of_roots(_core.PackedRoots.of(_ders(list(certificates)))))

    @classmethod
    def from_pem(cls, source: str | os.PathLike[str] | bytes) -> TrustStore:
        """A store of the roots in a PEM file (a str is its path) or in PEM bytes. PemError names the line."""
        data = _read(source)
        plain = _core.PackedRoots.of_pem(data)
        return cls(_of_roots(_core.PackedRoots.of(split_pem(data)) if plain is None else plain))

    @classmethod
    def mozilla(cls) -> TrustStore:
        """The roots that Mozilla trusts for TLS servers, from the package certifi (MissingDependency without it).

        certifi has no distrust dates; use AnchorConstraints for roots that are being phased out.
        """
        return cls.from_pem(_certifi_path())

    @classmethod
    def system(cls) -> TrustStore:
        """The roots of the operating system, where Python's ssl module finds them.

        Whatever is installed there and is no root is left out, with a warning on the logger `pyvalidator`.
        """
        found = list(_system_certificates())
        try:
            if found:
                return cls.from_der(found)
        except (NotAnAnchor, UnreadableCertificate):
            found = [der for der in found if _is_system_root(der)]
        if not found:
            raise StoreError("the operating system's trust store was not found, or holds no root")
        return cls.from_der(found)

    @classmethod
    def load(
        cls, data: bytes | bytearray | memoryview, *, signatures: SelfSignatures = SelfSignatures.RECORDED
    ) -> TrustStore:
        """The store that `dump` wrote, from a copy of these bytes. Whoever can change them chooses the roots: a dump
        has a checksum against damage and no signature, so keep it as safe as the roots themselves.

        Everything is checked again but the self-signatures, unless `signatures` is RECHECKED. StoreDumpError says what
        is wrong, and at which byte.
        """
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"load takes the bytes of a dump, not {type(data).__name__}")
        if not isinstance(signatures, SelfSignatures):
            raise TypeError("signatures is a SelfSignatures")
        engine = native_engine(Engine.AUTO) if signatures is SelfSignatures.RECHECKED else None
        return cls(_of_dump(plain(data), engine))

    def dump(self) -> bytes:
        """The store as bytes for `load`: the same for the same anchors in the same order. It is no secret, and must not
        be changed by anybody who may not choose the roots."""
        return store_dump.encode(self._anchors.dumped())

    @property
    def anchors(self) -> Sequence[TrustAnchor]:
        """The anchors, in the order given; immutable."""
        return self._anchors

    @property
    def native(self) -> _core.NativeStore:
        """The core's side of this store."""
        return self._native

    def __iter__(self) -> Iterator[TrustAnchor]:
        return iter(self._anchors)

    def __len__(self) -> int:
        return len(self._anchors)

    def __contains__(self, anchor: object) -> bool:
        return anchor in self._anchors

    def __reduce__(self) -> tuple[Callable[..., TrustStore], tuple[object, ...]]:
        return (TrustStore, (tuple(self._anchors),))

    def __repr__(self) -> str:
        return f"<TrustStore of {len(self._anchors)} anchors>"


def _require_anchor(anchor: object) -> TrustAnchor:
    if not isinstance(anchor, TrustAnchor):
        kind = type(anchor).__name__
        raise TypeError(f"TrustStore takes TrustAnchor objects, not {kind}; see from_der and from_pem")
    return anchor


def _ders(certificates: list[bytes | Certificate]) -> list[bytes]:
    ders = [each.der if isinstance(each, Certificate) else each for each in certificates]
    if not set(map(type, ders)) <= {bytes}:  # the first fault is told, whether it is of a type or in a certificate
        for position, each in enumerate(certificates, 1):
            _read_at(each, position)
        ders = [*map(plain, ders)]
    return ders


def _read_at(certificate: bytes | Certificate, position: int) -> None:
    try:
        TrustAnchor.from_certificate(certificate)
    except UnreadableCertificate as error:
        raise UnreadableCertificate(error.reason, error.field, error.offset, position) from None


def _read(source: str | os.PathLike[str] | bytes) -> bytes:
    if isinstance(source, bytes):
        return plain(source)
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"from_pem takes a path or PEM bytes, not {type(source).__name__}")
    return Path(source).read_bytes()


# --- The roots-only rule


def _of_roots(roots: _core.PackedRoots) -> Anchors:
    """The anchors of these certificates."""
    native = _native_roots(roots, range(1, len(roots) + 1))
    if not len(native):
        raise StoreError(_EMPTY)
    native.seal()
    return Anchors(native, {})


def _of_anchors(anchors: Iterable[TrustAnchor]) -> Anchors:
    given = list(map(_require_anchor, anchors))
    held = [(each.certificate.der, position) for position, each in enumerate(given, 1) if each.certificate is not None]
    native = _native_roots(_core.PackedRoots.of([der for der, _ in held]), [position for _, position in held])
    unique = list(dict.fromkeys(given))
    if not unique:
        raise StoreError(_EMPTY)
    if len(native) != len(unique) or not all(map(_is_plain, unique)):
        native = _core.NativeStore()
        for position, anchor in enumerate(unique, 1):
            native.add(anchor, position)
    native.seal()
    return Anchors(native, dict(enumerate(unique)))


_EMPTY: Final = "a trust store without anchors would refuse everything"


def _is_plain(anchor: TrustAnchor) -> bool:
    """Whether it is its certificate and nothing more."""
    return anchor.certificate is not None and anchor.constraints == UNLIMITED


def _native_roots(roots: _core.PackedRoots, positions: Sequence[int]) -> _core.NativeStore:
    """An unsealed store of these certificates, the first of which that is no root is told, at its position."""
    native = _core.NativeStore()
    finding = native.add_roots(roots, native_engine(Engine.AUTO))
    if finding is not None:
        raise _refusal(finding, list(zip(map(Certificate, roots), positions, strict=True)))
    return native


def _refusal(finding: _core.RootFinding, entries: list[tuple[Certificate, int]]) -> NotAnAnchor | UnreadableCertificate:
    certificate, position = entries[finding.position]
    if finding.kind is _core.RootKind.UNREADABLE:
        return UnreadableCertificate(finding.reason, finding.field, finding.offset, position)
    subject = printable(certificate.subject, 200) or "(empty subject)"
    issuer = printable(certificate.issuer, 200)
    if finding.kind is _core.RootKind.UNPROVEN:
        return UnprovenRoot(subject, issuer, position, reason=finding.reason)
    if finding.kind is _core.RootKind.END_ENTITY:
        return EndEntityAsAnchor(subject, issuer, position)
    return IntermediateAsAnchor(subject, issuer, position, _twin(certificate, entries))


def _is_root(certificate: Certificate) -> bool:
    roots = _core.PackedRoots.of([certificate.der])
    return _core.NativeStore().add_roots(roots, native_engine(Engine.AUTO)) is None


def _twin(certificate: Certificate, entries: list[tuple[Certificate, int]]) -> str | None:
    """The self-signed certificate with the same name and key, in the same input or in certifi, in words."""
    wanted = (certificate.fields.subject, certificate.fields.spki)
    for held, position in entries:
        if (held.fields.subject, held.fields.spki) == wanted and _is_root(held):
            return f"certificate {position} of this input"
    digest = _mozilla_roots().get(wanted)
    return None if digest is None else f"in Mozilla's store (certifi), SHA-256 {digest}"


@cache
def _mozilla_roots() -> dict[tuple[bytes, bytes], str]:
    """The fingerprint of each of certifi's roots by name and key; empty without certifi."""
    try:
        roots = [Certificate(der) for der in split_pem(Path(_certifi_path()).read_bytes())]
    except (MissingDependency, OSError, PemError):
        return {}
    return {(each.fields.subject, each.fields.spki): each.fingerprint_sha256 for each in roots}


def _certifi_path() -> str:
    try:
        import certifi
    except ImportError:
        raise MissingDependency("certifi", "TrustStore.mozilla()") from None
    return certifi.where()


# --- Dumps


def _of_dump(data: bytes, engine: _core.NativeEngine | None) -> Anchors:
    """The anchors of a dump, each of which must be a root as anywhere else; `engine` None: self-signatures count as
    checked."""
    parts = list(store_dump.decode(data))
    native, made = _core.NativeStore(), dict[int, TrustAnchor]()
    _require_single_roots([part for part in parts if isinstance(part, store_dump.Single)], engine)
    runs = []
    for part in parts:
        if isinstance(part, store_dump.Run):
            runs.append(_core.PackedRoots.of_part(data, part.offset, part.lengths))
            _add_run(native, part, runs[-1], engine)
        else:
            _add_single(native, part)
            made[part.entry - 1] = part.anchor
    _require_once(runs, list(made.values()))
    native.seal()
    return Anchors(native, made)


def _add_run(
    native: _core.NativeStore, run: store_dump.Run, roots: _core.PackedRoots, engine: _core.NativeEngine | None
) -> None:
    before = len(native)
    finding = native.add_roots(roots, engine)
    if finding is not None:
        offset = run.offset + sum(run.lengths[: finding.position])
        entries = list(zip(map(Certificate, roots), range(run.entry, run.entry + len(roots)), strict=True))
        raise _not_loaded(_refusal(finding, entries), offset, run.entry + finding.position)
    if len(native) - before != len(roots):
        raise StoreDumpError(_TWICE, DumpFault.ANCHOR, run.offset)


_TWICE: Final = "an anchor stands in it twice"


def _add_single(native: _core.NativeStore, single: store_dump.Single) -> None:
    try:
        native.add(single.anchor, single.entry)
    except StoreError as error:
        raise _not_loaded(error, single.offset, single.entry) from error


def _require_single_roots(singles: list[store_dump.Single], engine: _core.NativeEngine | None) -> None:
    held = [(each, each.anchor.certificate) for each in singles if each.anchor.certificate is not None]
    finding = _core.NativeStore().add_roots(_core.PackedRoots.of([certificate.der for _, certificate in held]), engine)
    if finding is not None:
        single = held[finding.position][0]
        refusal = _refusal(finding, [(certificate, each.entry) for each, certificate in held])
        raise _not_loaded(refusal, single.offset, single.entry)


def _require_once(runs: list[_core.PackedRoots], singles: list[TrustAnchor]) -> None:
    """A run has each root once; what is left are anchors of different parts."""
    plain = [der for run in runs for der in run] if len(runs) > 1 else []
    if len(set(singles)) != len(singles) or len(set(plain)) != len(plain):
        raise StoreDumpError(_TWICE, DumpFault.ANCHOR)


def _not_loaded(error: PyvalidatorError, offset: int, entry: int) -> StoreDumpError:
    failed = StoreDumpError(str(error), DumpFault.ANCHOR, offset, entry)
    failed.__cause__ = error
    return failed


# --- The operating system's store


def _system_certificates() -> Iterator[bytes]:
    paths = ssl.get_default_verify_paths()
    files = [Path(paths.cafile)] if paths.cafile else []
    if not files and paths.capath:
        files = sorted(each for each in Path(paths.capath).iterdir() if each.is_file())
    for file in files:
        try:
            yield from split_pem(file.read_bytes())
        except (PemError, OSError) as error:
            _log.warning("the system's trust store: %s was left out: %s", file, error)


def _is_system_root(der: bytes) -> bool:
    try:
        _native_roots(_core.PackedRoots.of([der]), [0])
    except (NotAnAnchor, UnreadableCertificate) as error:
        _log.warning("the system's trust store: a certificate was left out: %s", error)
        return False
    return True
