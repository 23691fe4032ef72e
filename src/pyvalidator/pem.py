"""PEM (RFC 7468) to DER: blocks of one label, with any text around them, and nothing else."""

from __future__ import annotations

import binascii
import re
from collections.abc import Collection
from typing import Final

from .errors import PemError, printable

_BOUNDARY: Final = re.compile(rb"-----(BEGIN|END) ([!-,.-~](?:[ -]?[!-,.-~])*)-----")

#: The labels of RFC 7468 5 and 7, and the one that OpenSSL gives to OCSP responses.
CERTIFICATE: Final = "CERTIFICATE"
CRL: Final = "X509 CRL"
OCSP: Final = "OCSP RESPONSE"


def count_blocks(data: bytes) -> int:
    """How many blocks there are at most, at a glance."""
    return data.count(b"-----BEGIN ")


def split_pem(data: bytes, label: str = CERTIFICATE) -> list[bytes]:
    """The DER of each block of this label, in order; at least one. Text outside blocks is passed over.

    PemError, with its line: a block of another label (a key, a TRUSTED CERTIFICATE), one that is not base64, is empty
    or has no end, an END without BEGIN; and text without any block.
    """
    return [der for _, der in split_blocks(data, (label,))]


def split_blocks(data: bytes, labels: Collection[str]) -> list[tuple[str, bytes]]:
    """Label and DER of each block, in order, where several labels may stand; else as split_pem."""
    found: list[tuple[str, bytes]] = []
    body: list[bytes] = []
    begun, open_label = 0, ""  # the line of the open block's BEGIN; 0: none is open
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        text = line.strip()
        boundary = _BOUNDARY.fullmatch(text)
        if boundary is None:
            if begun:
                body.append(_checked(text, number))
            continue
        label = _checked_label(boundary, labels, open_label, begun, number)
        if boundary[1] == b"BEGIN":
            begun, open_label, body = number, label, []
        else:
            found.append((label, _decode(body, begun)))
            begun, open_label = 0, ""
    if begun:
        raise PemError("this block has no END line", begun)
    if not found:
        wanted = " or ".join(f"'-----BEGIN {each}-----'" for each in labels)
        raise PemError(f"there is no {wanted} in it" + _hint(data))
    return found


def _hint(data: bytes) -> str:
    return "; it looks like DER: pass it as DER, in a list" if data[:1] == b"\x30" else ""


def _checked_label(boundary: re.Match[bytes], labels: Collection[str], open_label: str, begun: int, number: int) -> str:
    label = boundary[2].decode("ascii")
    if label not in labels:
        raise PemError(f"a block of {printable(label, 60)} is no {' or '.join(labels)}; leave it out", number)
    if boundary[1] == b"BEGIN" and begun:
        raise PemError(f"the block that begins at line {begun} has no END line", number)
    if boundary[1] == b"END" and not begun:
        raise PemError("an END line without BEGIN", number)
    if boundary[1] == b"END" and label != open_label:
        raise PemError(f"the block that begins at line {begun} is {open_label}, and ends as {label}", number)
    return label


_BASE64_LINE: Final = re.compile(rb"[A-Za-z0-9+/]*={0,2}")


def _checked(text: bytes, number: int) -> bytes:
    if _BASE64_LINE.fullmatch(text) is None:
        raise PemError("this is not base64", number)
    return text


def _decode(body: list[bytes], begun: int) -> bytes:
    try:
        der = binascii.a2b_base64(b"".join(body), strict_mode=True)
    except binascii.Error:
        raise PemError("this block is not base64", begun) from None
    if not der:
        raise PemError("this block is empty", begun)
    return der
