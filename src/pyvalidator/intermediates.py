"""Intermediates that a peer may forget to send: candidates for every path, trusted by nobody."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from . import _core
from .certificate import Certificate, der_of
from .der import plain
from .pem import split_pem


class Intermediates:
    """Candidate issuers that every request of a validator may use beside what its peer sends (RFC 4158 2.3). Immutable,
    and safe to share between threads and validators.

    None of them is trusted: a path through one still has to end at an anchor, with every signature and rule checked. A
    store holds roots and nothing else; whatever else is at hand, from a fetched AIA issuer to the CAs of a fleet,
    belongs here. They are found by name: how many there are of other names does not show in the time of a check.

    What lay on trusted paths before is `Cache.intermediates()`: hand it over to take it for a candidate from now on.
    Nothing is learned behind your back, so equal questions have equal answers.
    """

    __slots__ = ("_ders", "_native")

    def __init__(self, certificates: Iterable[bytes | Certificate]) -> None:
        """Take these CA certificates (DER); equal ones count once. UnreadableCertificate and NotAnIntermediate name the
        entry, counted from 1 among the different ones; TypeError for what is no certificate."""
        if isinstance(certificates, bytes | bytearray | str):
            raise TypeError("Intermediates takes several certificates: Intermediates([der])")
        listed = [_der(each, position) for position, each in enumerate(certificates, 1)]
        self._ders: Final = tuple(dict.fromkeys(listed))
        self._native: Final = _core.NativePool(self._ders)

    @classmethod
    def from_pem(cls, source: str | os.PathLike[str] | bytes) -> Intermediates:
        """Those in a PEM file (a str is its path) or in PEM bytes. PemError names the line."""
        return cls(split_pem(plain(source) if isinstance(source, bytes) else Path(source).read_bytes()))

    @property
    def ders(self) -> tuple[bytes, ...]:
        """Their DER, in the order given."""
        return self._ders

    @property
    def native(self) -> _core.NativePool:
        """The core's side of them."""
        return self._native

    def __iter__(self) -> Iterator[Certificate]:
        return map(Certificate, self._ders)

    def __len__(self) -> int:
        return len(self._ders)

    def __contains__(self, certificate: object) -> bool:
        return isinstance(certificate, Certificate) and certificate.der in self._ders

    def __repr__(self) -> str:
        return f"<{len(self._ders)} intermediates>"


def _der(certificate: object, position: int) -> bytes:
    der = der_of(certificate)
    if der is None:
        raise TypeError(f"certificate {position} is {type(certificate).__name__}, not DER bytes or a Certificate")
    return der
