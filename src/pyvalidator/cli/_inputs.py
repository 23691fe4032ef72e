"""What the command line is handed: files of certificates, of evidence, roots, names, moments. Read here, judged
elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from .. import (
    Certificate,
    EkuOid,
    Evidence,
    OcspResponse,
    PemError,
    Purpose,
    PyvalidatorError,
    RevocationList,
    Time,
    UnreadableCertificate,
    UnreadableEvidence,
)
from ..errors import printable
from ..pem import CERTIFICATE, CRL, OCSP, split_blocks, split_pem

#: A file larger than this is not read: 64 MiB, the default budget for the bytes of one chain.
MAX_FILE: Final = 64 << 20

#: But one with CRLs: what 256 MiB of DER, the largest CRL that is read, take as PEM.
MAX_CRL_FILE: Final = 384 << 20

#: The names that --purpose takes.
PURPOSES: Final = {
    "server-auth": Purpose.SERVER_AUTH,
    "client-auth": Purpose.CLIENT_AUTH,
    "code-signing": Purpose.CODE_SIGNING,
    "email": Purpose.EMAIL_PROTECTION,
    "time-stamping": Purpose.TIME_STAMPING,
    "ocsp-signing": Purpose.OCSP_SIGNING,
    "any": Purpose.ANY,
}


class InputError(Exception):
    """An input that cannot be read, or cannot be used as what it was given for: exit code 5."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(source, problem)
        self.source = source
        self.problem = problem

    def __str__(self) -> str:
        return f"{printable(self.source)}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A certificate and where it was read: `entry` counts from 1 within the file."""

    der: bytes
    source: str
    entry: int

    def __str__(self) -> str:
        return f"{printable(self.source)} ({self.entry})"


def read_file(path: str, limit: int = MAX_FILE) -> bytes:
    """The bytes of a file, or of standard input for "-". InputError: it cannot be read, is empty, or larger than
    `limit` bytes."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(path, f"cannot be read: {printable(problem)}") from None
    if not data:
        raise InputError(path, "is empty")
    if len(data) > limit:
        raise InputError(path, f"is larger than {limit >> 20} MiB")
    return data


def read_certificates(path: str) -> list[Entry]:
    """The certificates of a file: all blocks of PEM, or one of DER. InputError if it is neither."""
    data = read_file(path)
    if data[:1] == b"\x30":
        return [Entry(data, path, 1)]
    try:
        ders = split_pem(data)
    except PemError as error:
        raise InputError(path, f"is neither PEM nor DER: {error}" if not error.line else str(error)) from None
    return [Entry(der, path, number) for number, der in enumerate(ders, 1)]


def _blocks(path: str, label: str) -> list[bytes]:
    """The DER of every block of a file, or of the whole file."""
    data = read_file(path, MAX_CRL_FILE)
    if data[:1] == b"\x30":
        return [data]
    try:
        return split_pem(data, label)
    except PemError as error:
        raise InputError(path, f"is neither PEM nor DER: {error}" if not error.line else str(error)) from None


def read_evidence(crls: Iterable[str], ocsp: Iterable[str]) -> Evidence:
    """The CRLs and OCSP responses of these files, PEM or DER. InputError if one cannot be read."""
    lists = [_evidence(RevocationList, der, path, number) for path in crls for number, der in _numbered(path, CRL)]
    answers = [_evidence(OcspResponse, der, path, number) for path in ocsp for number, der in _numbered(path, OCSP)]
    return Evidence(crls=lists, ocsp=answers)


def _numbered(path: str, label: str) -> Iterable[tuple[int, bytes]]:
    found = _blocks(path, label)
    return enumerate(found, 1) if len(found) > 1 else [(0, found[0])]


_T = TypeVar("_T", RevocationList, OcspResponse)


def _evidence(kind: type[_T], der: bytes, path: str, number: int) -> _T:
    try:
        return kind.from_der(der)
    except UnreadableEvidence as error:
        error.entry = number
        raise InputError(path, problem_text(error)) from None


@dataclass(frozen=True, slots=True)
class Block(Entry):
    """As Entry; `label` is the PEM label, "" for DER."""

    label: str = ""


def read_blocks(path: str) -> list[Block]:
    """The certificates, CRLs and OCSP responses of a file: blocks of PEM in any mixture, or one of DER, of whichever
    kind. InputError if it is neither."""
    data = read_file(path, MAX_CRL_FILE)
    if data[:1] == b"\x30":
        return [Block(data, path, 1)]
    try:
        found = split_blocks(data, (CERTIFICATE, CRL, OCSP))
    except PemError as error:
        raise InputError(path, f"is neither PEM nor DER: {error}" if not error.line else str(error)) from None
    return [Block(der, path, number, label) for number, (label, der) in enumerate(found, 1)]


def read_all(paths: Iterable[str]) -> list[Entry]:
    """The certificates of several files, in order."""
    return [entry for path in paths for entry in read_certificates(path)]


def require_readable(entry: Entry) -> None:
    """InputError unless this is a certificate: without the one in question there is nothing to judge."""
    try:
        _ = Certificate(entry.der).fields
    except UnreadableCertificate as error:
        error.entry = entry.entry
        raise InputError(entry.source, problem_text(error)) from None


def parse_purpose(text: str) -> Purpose | EkuOid:
    """A name of PURPOSES, or a dotted object identifier. PyvalidatorError otherwise."""
    known = PURPOSES.get(text)
    return EkuOid(text) if known is None else known


def parse_time(text: str) -> Time:
    """ISO 8601 with a zone, "floor:" and such a time, "unknown" or "at-issuance". ValueError otherwise."""
    if text == "unknown":
        return Time.unknown()
    if text == "at-issuance":
        return Time.at_issuance()
    if text.startswith("floor:"):
        return Time.floor(_moment(text.removeprefix("floor:")))
    return Time.at(_moment(text))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{printable(text, 60)!r} is no time: write 2026-06-01T12:00:00Z, floor:2026-06-01T12:00:00Z, "
            "unknown, or at-issuance"
        ) from None
    if moment.utcoffset() is None:
        raise ValueError(f"{printable(text, 60)!r} has no zone: write {moment.isoformat()}Z for UTC")
    return moment


def problem_text(error: PyvalidatorError | ValueError) -> str:
    """An error's text, safe to print."""
    return printable(str(error), 1000)
