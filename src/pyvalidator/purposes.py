"""What a certificate may be used for: extended key usages (RFC 5280 4.2.1.12)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Final

from .errors import PolicyError


@unique
class Purpose(Enum):
    """What the target is to be used for: the extended key usage that it, and every intermediate that has the extension,
    must allow (RFC 5280 4.2.1.12). For others give an EkuOid."""

    ANY = 1
    SERVER_AUTH = 2
    CLIENT_AUTH = 3
    CODE_SIGNING = 4
    EMAIL_PROTECTION = 5
    TIME_STAMPING = 6
    OCSP_SIGNING = 7


@dataclass(frozen=True, slots=True)
class EkuOid:
    """An extended key usage by its object identifier: EkuOid("1.3.6.1.5.5.7.3.17"). PolicyError if it is none."""

    dotted: str
    encoded: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.dotted, str):
            raise TypeError(f"EkuOid takes a str, not {type(self.dotted).__name__}")
        object.__setattr__(self, "encoded", encode_oid(self.dotted))

    def __str__(self) -> str:
        return self.dotted


_KEY_PURPOSES: Final = {
    Purpose.ANY: "2.5.29.37.0",
    Purpose.SERVER_AUTH: "1.3.6.1.5.5.7.3.1",
    Purpose.CLIENT_AUTH: "1.3.6.1.5.5.7.3.2",
    Purpose.CODE_SIGNING: "1.3.6.1.5.5.7.3.3",
    Purpose.EMAIL_PROTECTION: "1.3.6.1.5.5.7.3.4",
    Purpose.TIME_STAMPING: "1.3.6.1.5.5.7.3.8",
    Purpose.OCSP_SIGNING: "1.3.6.1.5.5.7.3.9",
}


def purpose_oid(purpose: Purpose | EkuOid) -> bytes:
    """The DER contents of the purpose's object identifier."""
    return purpose.encoded if isinstance(purpose, EkuOid) else encode_oid(_KEY_PURPOSES[purpose])


_OID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,38})){1,30}", re.ASCII)


def encode_oid(dotted: str) -> bytes:
    """The DER contents of an object identifier (X.690 8.19). PolicyError if it is none."""
    arcs = [int(arc) for arc in dotted.split(".")] if _OID.fullmatch(dotted) else []
    if len(arcs) < 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise PolicyError("oid", f"{dotted[:60]!r} is no object identifier")
    return b"".join(map(_base128, [arcs[0] * 40 + arcs[1], *arcs[2:]]))


def decode_oid(contents: bytes) -> str:
    """The dotted form of an object identifier's DER contents, which were found well-formed (X.690 8.19)."""
    arcs, arc = [], 0
    for octet in contents:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(_digits, [first, arcs[0] - 40 * first, *arcs[1:]]))


def _digits(arc: int) -> str:
    # An arc may have thousands of octets; Python refuses to write such numbers in decimal, in hexadecimal not.
    return str(arc) if arc.bit_length() <= 4096 else hex(arc)


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(arc & 0x7F | 0x80)
    return bytes(reversed(digits))
