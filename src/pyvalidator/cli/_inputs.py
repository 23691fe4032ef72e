"""What the command line is handed: files of certificates, roots, names, moments. Read here, judged elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

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
from ..evidence import is_pem
from ..pem import split_pem

#: A file larger than this is not read: 64 MiB, the default budget for the bytes of one chain.
MAX_FILE: Final = 64 << 20

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


def read_file(path: str) -> bytes:
    """The bytes of a file, or of standard input for "-". InputError: it cannot be read, is empty, or too large."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_FILE + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(path, f"cannot be read: {printable(problem)}") from None
    if not data:
        raise InputError(path, "is empty")
    if len(data) > MAX_FILE:
        raise InputError(path, f"is larger than {MAX_FILE >> 20} MiB")
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


def read_all(paths: Iterable[str]) -> list[Entry]:
    """The certificates of several files, in order."""
    return [entry for path in paths for entry in read_certificates(path)]


def read_crls(path: str) -> list[RevocationList]:
    """The CRLs of a file: all blocks of PEM, or one of DER. InputError if it is neither."""
    data = read_file(path)
    try:
        return list(RevocationList.from_pem(data)) if is_pem(data) else [RevocationList.from_der(data)]
    except (PemError, UnreadableEvidence) as error:
        raise InputError(path, problem_text(error)) from None


def read_ocsp(path: str) -> OcspResponse:
    """The OCSP response of a file, in DER. InputError if it is none."""
    try:
        return OcspResponse.from_der(read_file(path))
    except UnreadableEvidence as error:
        raise InputError(path, problem_text(error)) from None


def read_evidence(crls: Iterable[str], ocsp: Iterable[str]) -> Evidence:
    """All that these files say of revocation."""
    return Evidence(crls=[read_crls(path) for path in crls], ocsp=[read_ocsp(path) for path in ocsp])


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
