"""Whom we trust: stores of anchors. Only roots are anchors, and no option switches that off."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from . import _core
from .algorithms import KeyAlgorithm
from .anchors import AnchorConstraints, TrustAnchor
from .certificate import Certificate
from .errors import (
    EndEntityAsAnchor,
    IntermediateAsAnchor,
    MissingDependency,
    NotAnAnchor,
    PemError,
    StoreError,
    UnprovenRoot,
    UnreadableCertificate,
    printable,
)
from .pem import split_pem
from .reasons import Reason
from .signatures import Engine, SignatureResult, native_engine

__all__ = ["AnchorConstraints", "TrustAnchor", "TrustStore"]

_log: Final = logging.getLogger("pyvalidator")


class _Entry(NamedTuple):
    """An anchor, and where it stood in the input, counted from 1."""

    anchor: TrustAnchor
    position: int


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
        entries = [_Entry(_require_anchor(anchor), position) for position, anchor in enumerate(anchors, 1)]
        _require_roots(entries)
        self._anchors: Final = tuple(dict.fromkeys(entry.anchor for entry in entries))
        if not self._anchors:
            raise StoreError("a trust store without anchors would refuse everything")
        self._native: Final = _core.NativeStore(self._anchors)

    @classmethod
    def from_der(cls, certificates: Iterable[bytes | Certificate]) -> TrustStore:
        """A store of these roots' DER certificates. UnreadableCertificate names the entry that cannot be read."""
        if isinstance(certificates, bytes | bytearray | str):
            raise TypeError("from_der takes several certificates: from_der([der])")
        return cls(_anchor_at(each, position) for position, each in enumerate(certificates, 1))

    @classmethod
    def from_pem(cls, source: str | os.PathLike[str] | bytes) -> TrustStore:
        """A store of the roots in a PEM file (a str is its path) or in PEM bytes. PemError names the line."""
        return cls.from_der(split_pem(_read(source)))

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
        found = [anchor for der in _system_certificates() if (anchor := _system_anchor(der)) is not None]
        if not found:
            raise StoreError("the operating system's trust store was not found, or holds no root")
        return cls(found)

    @property
    def anchors(self) -> tuple[TrustAnchor, ...]:
        """The anchors, in the order given."""
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
        return (TrustStore, (self._anchors,))

    def __repr__(self) -> str:
        return f"<TrustStore of {len(self._anchors)} anchors>"


def _require_anchor(anchor: object) -> TrustAnchor:
    if not isinstance(anchor, TrustAnchor):
        kind = type(anchor).__name__
        raise TypeError(f"TrustStore takes TrustAnchor objects, not {kind}; see from_der and from_pem")
    return anchor


def _anchor_at(certificate: bytes | Certificate, position: int) -> TrustAnchor:
    try:
        return TrustAnchor.from_certificate(certificate)
    except UnreadableCertificate as error:
        raise UnreadableCertificate(error.reason, error.field, error.offset, position) from None


def _read(source: str | os.PathLike[str] | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"from_pem takes a path or PEM bytes, not {type(source).__name__}")
    return Path(source).read_bytes()


# --- The roots-only rule


def _require_roots(entries: list[_Entry]) -> None:
    for entry in entries:
        certificate = entry.anchor.certificate
        if certificate is not None and (problem := _problem(certificate)) is not None:
            raise _named(problem, certificate, entry.position, entries)


def _problem(certificate: Certificate) -> type[NotAnAnchor] | Reason | None:
    """Why this certificate is no root: the error, or the reason why it cannot be told; None: it is one."""
    fields = certificate.fields
    if not fields.is_ca:
        return EndEntityAsAnchor
    if not fields.is_self_issued:
        return IntermediateAsAnchor
    if certificate.public_key_algorithm is KeyAlgorithm.DSA:  # no anchor has one, whatever a policy lists
        return Reason.ALGORITHM_NOT_ALLOWED
    if fields.key_fault is not Reason.OK:
        return fields.key_fault
    result = native_engine(Engine.AUTO).self_signature(certificate.der)
    if result == SignatureResult.GOOD.value:
        return None
    if result == SignatureResult.BAD.value:
        return IntermediateAsAnchor
    unsupported = result == SignatureResult.UNSUPPORTED.value
    return Reason.SIGNATURE_UNSUPPORTED if unsupported else Reason.SIGNATURE_NOT_CHECKED


def _named(
    problem: type[NotAnAnchor] | Reason, certificate: Certificate, position: int, entries: list[_Entry]
) -> NotAnAnchor:
    subject = printable(certificate.subject, 200) or "(empty subject)"
    issuer = printable(certificate.issuer, 200)
    if isinstance(problem, Reason):
        return UnprovenRoot(subject, issuer, position, reason=problem)
    twin = _twin(certificate, entries) if problem is IntermediateAsAnchor else None
    return problem(subject, issuer, position, twin)


def _twin(certificate: Certificate, entries: list[_Entry]) -> str | None:
    """The self-signed certificate with the same name and key, in the same input or in certifi, in words."""
    wanted = (certificate.fields.subject, certificate.fields.spki)
    for entry in entries:
        held = entry.anchor.certificate
        if held is not None and (entry.anchor.subject, entry.anchor.spki) == wanted and _problem(held) is None:
            return f"certificate {entry.position} of this input"
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


def _system_anchor(der: bytes) -> TrustAnchor | None:
    try:
        anchor = TrustAnchor.from_certificate(der)
        _require_roots([_Entry(anchor, 0)])
    except (NotAnAnchor, UnreadableCertificate) as error:
        _log.warning("the system's trust store: a certificate was left out: %s", error)
        return None
    return anchor
