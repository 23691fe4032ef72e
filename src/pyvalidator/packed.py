"""Requests that stand in one buffer already: no Python object for each certificate, nor for each request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from . import _core
from .asking import require_evidence
from .errors import PackingError
from .evidence import Evidence
from .moments import Time
from .names import Subject, require_subject

if TYPE_CHECKING:
    from typing_extensions import Buffer

_T = TypeVar("_T")

_NATIVE: Final = "@=<" if sys.byteorder == "little" else "@=>!"
_UNSIGNED: Final = frozenset("ILQN")
_BYTES: Final = frozenset("Bbc")


class Packed:
    """The requests of check_many, packed: certificates one after another, and where each one and each request begins.

    A snapshot: everything is validated and, unless it is immutable, copied when it is made, in one piece. From then on
    the buffers may be changed, resized, released and used again; verdicts describe the bytes that were judged. Of `der`
    only the part that is used is copied, and nothing at all of `bytes`. (C reads a certificate several times, without
    Python's lock. In a buffer that others can write to, and any but `bytes` may be one, what was checked at first
    need not hold later: that would be neither safe nor an answer about any certificate.) Whoever changes a buffer in
    another thread *while* this is made, without Python's lock, gets some mixture of old and new bytes judged, which is
    still what the verdicts describe.
    """

    __slots__ = ("_counts", "_der", "_evidences", "_lengths", "_start", "_subjects")

    def __init__(
        self,
        *,
        der: Buffer,
        offsets: Buffer,
        chains: Buffer,
        subject: Subject | Sequence[Subject],
        evidence: Evidence | Sequence[Evidence | None] | None = None,
    ) -> None:
        """Take a snapshot. Buffers are one-dimensional, contiguous, and in this machine's byte order.

        der: bytes-like (bytes, bytearray, memoryview, mmap, ...): certificates in DER, one after another.
        offsets: uint32 or uint64 (array("I"), array("Q"), memoryview, ...), one more than there are certificates:
            certificate n is der[offsets[n]:offsets[n + 1]].
        chains: uint32 or uint64, one more than there are requests: the chain of request n is certificates chains[n] to
            chains[n + 1] - 1, the target first, the rest in any order.
        subject: whom all targets must name, or a sequence of whom each must name.
        evidence: what came with all requests, or a sequence of what came with each (None: nothing).

        TypeError for what is no such buffer, Subject or Evidence. PackingError (a ValueError) for offsets that are
        empty, not in order, lead out of what they point into, or lie 4 GiB or more apart; for a buffer that was
        released or closed; and for as many subjects or evidences as there are no requests. What a single request
        holds, an empty chain among it, spoils its own verdict only.
        """
        certificates = _read_offsets("offsets", offsets)
        requests = _read_offsets("chains", chains)
        if requests.last > len(certificates.lengths):
            raise PackingError("chains", f"they reach to {requests.last} of {len(certificates.lengths)} certificates")
        skipped = certificates.lengths[: requests.first]
        self._lengths: Final = certificates.lengths[requests.first : requests.last]
        self._counts: Final = requests.lengths
        begin = certificates.first + sum(skipped)
        self._der: Final = _read_der(der, begin, begin + sum(self._lengths), certificates.last)
        self._start: Final = begin if self._der is der else 0
        self._subjects: Final[tuple[Subject, ...]] = self._one_or_each("subject", subject, require_subject)
        self._evidences: Final[tuple[Evidence | None, ...]] = self._one_or_each("evidence", evidence, require_evidence)

    def _one_or_each(self, option: str, given: _T | Sequence[_T], require: Callable[[object], None]) -> tuple[_T, ...]:
        if isinstance(given, str) or not isinstance(given, Sequence):
            require(given)
            return (given,)
        listed = tuple(given)
        if len(listed) != len(self):
            raise PackingError(option, f"there are {len(listed)} for {len(self)} requests")
        for each in {type(each): each for each in listed}.values():
            require(each)
        return listed

    def __len__(self) -> int:
        """The number of requests."""
        return len(self._counts)

    @property
    def any_evidence(self) -> Evidence | None:
        """Some evidence that came with a request; None: there is none at all."""
        return next((each for each in self._evidences if each is not None), None)

    def batches(self, size: int, time: Time) -> Iterator[_core.BatchInput]:
        """The requests in batches of this size, the last of fewer."""
        first, start = 0, self._start
        for at in range(0, len(self), size):
            counts = self._counts[at : at + size]
            lengths = self._lengths[first : first + sum(counts)]
            yield _core.BatchInput(
                joined=self._der,
                lengths=lengths,
                counts=counts,
                subjects=_part(self._subjects, at, size),
                times=(time,),
                evidences=() if self.any_evidence is None else _part(self._evidences, at, size),
                start=start,
            )
            first += len(lengths)
            start += sum(lengths)

    def __repr__(self) -> str:
        return f"<Packed: {len(self)} requests, {len(self._lengths)} certificates>"


def _part(values: tuple[_T, ...], at: int, size: int) -> tuple[_T, ...]:
    return values if len(values) == 1 else values[at : at + size]


def _view(option: str, given: object, wanted: str, formats: frozenset[str]) -> memoryview:
    """A view of a plain buffer; TypeError and PackingError."""
    try:
        view = memoryview(given)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{option} takes a buffer of {wanted}, not {type(given).__name__}") from None
    except (ValueError, BufferError) as error:
        raise PackingError(option, f"its buffer cannot be had: {error}") from None
    if view.ndim != 1 or not view.c_contiguous or view.format.lstrip(_NATIVE) not in formats:
        kind = f"{view.ndim} dimensions, format {view.format!r}{'' if view.c_contiguous else ', not contiguous'}"
        view.release()
        raise TypeError(f"{option} takes a contiguous buffer of {wanted}, not one of {kind}")
    return view


def _read_offsets(option: str, given: object) -> _core.Lengths:
    with _view(option, given, "uint32 or uint64", _UNSIGNED) as view:
        copied, size = bytes(view), view.itemsize
    if not copied:
        raise PackingError(option, "there is none; one more is needed than there are pieces")
    found = _core.read_offsets(copied, size)
    if found.num_ordered < len(found.lengths) + 1:
        raise PackingError(option, f"number {found.num_ordered} is below the one before it, or 4 GiB beyond it")
    return found


def _read_der(given: object, begin: int, end: int, last: int) -> bytes:
    """The bytes from `begin` to `end`, and all of them if they cannot change."""
    with _view("der", given, "bytes", _BYTES) as view:
        if last > len(view):
            raise PackingError("offsets", f"they reach to {last} of {len(view)} bytes")
        return given if type(given) is bytes else bytes(view[begin:end])
