"""PEM (RFC 7468) to DER: blocks of CERTIFICATE, with any text around them, and nothing else."""

from __future__ import annotations

import binascii
import re
from typing import Final

from .errors import PemError, printable

_BOUNDARY: Final = re.compile(rb"-----(BEGIN|END) ([!-,.-~](?:[ -]?[!-,.-~])*)-----")
_LABEL: Final = b"CERTIFICATE"


def count_blocks(data: bytes) -> int:
    """How many blocks there are at most, at a glance."""
    return data.count(b"-----BEGIN ")


def split_pem(data: bytes) -> list[bytes]:
    """The DER of each certificate, in order; at least one. Text outside blocks is passed over.

    PemError, with its line: a block of another label (a key, a TRUSTED CERTIFICATE), one that is not base64, is empty
    or has no end, an END without BEGIN; and text without any block.
    """
    found: list[bytes] = []
    body: list[bytes] = []
    begun = 0  # the line of the open block's BEGIN; 0: none is open
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        text = line.strip()
        boundary = _BOUNDARY.fullmatch(text)
        if boundary is None:
            if begun:
                body.append(_checked(text, number))
            continue
        _check_boundary(boundary, begun, number)
        if boundary[1] == b"BEGIN":
            begun, body = number, []
        else:
            found.append(_decode(body, begun))
            begun = 0
    if begun:
        raise PemError("this block has no END line", begun)
    if not found:
        raise PemError("there is no '-----BEGIN CERTIFICATE-----' in it" + _hint(data))
    return found


def _hint(data: bytes) -> str:
    return "; it looks like DER: pass it as DER, in a list" if data[:1] == b"\x30" else ""


def _check_boundary(boundary: re.Match[bytes], begun: int, number: int) -> None:
    if boundary[2] != _LABEL:
        label = printable(boundary[2].decode("ascii"), 60)
        raise PemError(f"a block of {label} is no CERTIFICATE; leave it out", number)
    if boundary[1] == b"BEGIN" and begun:
        raise PemError(f"the block that begins at line {begun} has no END line", number)
    if boundary[1] == b"END" and not begun:
        raise PemError("an END line without BEGIN", number)


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
