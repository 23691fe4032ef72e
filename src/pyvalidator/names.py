"""Names to compare a certificate with, as types whose constructor is the validation.

A name is never a bare str and never None: `DNSName("gw.example")`, `IPAddress("192.0.2.7")`, `URI("urn:x:y")`,
`EmailAddress("a@b.example")`, or, if any name will do, `AnySubject()`. Comparison follows RFC 9525 and RFC 5280; only
the subjectAltName is read, never the common name.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from .errors import InvalidName, printable

_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_DOT_STRING: Final = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_QUOTED_STRING: Final = re.compile(r'"(?:[ !#-\[\]-~\x80-\U0010ffff]|\\[ -~])*"')
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)  # RFC 3986 2


@dataclass(frozen=True, slots=True)
class DNSName:
    """A host name: LDH labels of 1 to 63 octets, 253 in all (RFC 1034 3.5, RFC 5280 4.2.1.6), compared without case.

    Internationalised names are given in their A-label form ("xn--..."), as certificates hold them. A final dot is
    refused, because no certificate has one. Raises InvalidName, and TypeError for what is not a str.
    """

    value: str = field(compare=False)
    folded: str = field(init=False, repr=False)
    encoded: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _require_str(self, self.value)
        problem = dns_problem(self.value)
        if problem is not None:
            raise InvalidName("DNS name", self.value, problem)
        object.__setattr__(self, "folded", self.value.lower())
        object.__setattr__(self, "encoded", str.encode(self.value, "ascii"))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class DNSPattern:
    """A wildcard that a certificate presents: "*." and a DNS name of at least two labels (RFC 9525 6.3). Found among a
    certificate's names; nobody asks for a pattern."""

    value: str

    def __post_init__(self) -> None:
        _require_str(self, self.value)
        rest = self.value[2:]
        problem = dns_problem(rest)
        if not self.value.startswith("*.") or "." not in rest or problem is not None:
            raise InvalidName("DNS wildcard", self.value, problem or "it is not '*.' and two labels or more")

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, init=False)
class IPAddress:
    """An IPv4 or IPv6 address, of text or of an `ipaddress` object. A zone ("fe80::1%eth0") is refused: certificates
    have none. Raises InvalidName, and TypeError for other types."""

    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    encoded: bytes = field(repr=False, compare=False)

    def __init__(self, address: str | ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
        if not isinstance(address, str | ipaddress.IPv4Address | ipaddress.IPv6Address):
            raise TypeError(f"IPAddress takes a str or an ipaddress object, not {type(address).__name__}")
        try:
            parsed = ipaddress.ip_address(address) if isinstance(address, str) else address
        except ValueError:
            raise InvalidName("IP address", str(address), "it is neither IPv4 nor IPv6") from None
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.scope_id is not None:
            raise InvalidName("IP address", str(address), "a zone is no part of the address")
        object.__setattr__(self, "address", parsed)
        object.__setattr__(self, "encoded", parsed.packed)

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class URI:
    """A URI (RFC 3986, in ASCII), compared whole and byte for byte: "spiffe://example.org/gw". Raises InvalidName."""

    value: str
    encoded: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _require_str(self, self.value)
        if _URI.fullmatch(self.value) is None:
            raise InvalidName("URI", self.value, "it is not a scheme, a colon, and characters of RFC 3986")
        object.__setattr__(self, "encoded", str.encode(self.value, "ascii"))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """A mailbox (RFC 5321 4.1.2): dot-string or quoted local part, "@", a DNS name in A-label form. A local part
    beyond ASCII is compared with SmtpUTF8Mailbox names (RFC 9598). Raises InvalidName."""

    value: str
    encoded: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _require_str(self, self.value)
        problem = _email_problem(self.value)
        if problem is not None:
            raise InvalidName("mailbox", self.value, problem)
        object.__setattr__(self, "encoded", str.encode(self.value, "utf-8"))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class AnySubject:
    """No particular name is asked for: whoever the certificate names will do. Read `Verdict.identities` then."""

    encoded: bytes = field(default=b"", init=False, repr=False, compare=False)

    def __str__(self) -> str:
        return "any subject"


@dataclass(frozen=True, slots=True)
class DirectoryName:
    """A distinguished name of a subjectAltName: its RFC 4514 text and its DER."""

    text: str
    der: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class OtherName:
    """Any other name, or one that is not what its form demands: `form` ("otherName", "dNSName", ...) and the bytes.
    Never take it for one of the other types."""

    form: str
    value: bytes

    def __str__(self) -> str:
        return f"{self.form}:{self.value[:40].hex()}"


#: Whom a certificate must name.
Subject: TypeAlias = DNSName | IPAddress | URI | EmailAddress | AnySubject

#: Whom a certificate names.
Identity: TypeAlias = DNSName | DNSPattern | IPAddress | URI | EmailAddress | DirectoryName | OtherName


def require_subject(value: object) -> None:
    """Raises TypeError, with what to write instead, unless `value` is a Subject."""
    if isinstance(value, DNSName | IPAddress | URI | EmailAddress | AnySubject):
        return
    if isinstance(value, str):
        shown = printable(value, 60)
        raise TypeError(f"the subject is a bare str; write DNSName({shown!r}), IPAddress({shown!r}), or AnySubject()")
    raise TypeError(
        f"the subject is {type(value).__name__}; it is a DNSName, IPAddress, URI, EmailAddress, or AnySubject()"
    )


def dns_problem(value: str) -> str | None:
    """Why this is no DNS name; None: it is one."""
    if not value.isascii():
        return "it is not ASCII; give internationalised names in their A-label form (xn--...)"
    if value.endswith("."):
        return "certificates name hosts without the final dot; leave it out"
    if _is_ip(value):
        return "it is an IP address; use IPAddress"
    labels = value.split(".")
    if len(value) > 253 or not all(map(_LABEL.fullmatch, labels)):
        return "labels are 1 to 63 letters, digits and inner hyphens, 253 octets in all"
    return "its last label is a number" if labels[-1].isdigit() else None


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _email_problem(value: str) -> str | None:
    local, at, domain = value.rpartition("@")
    if not at or not (_DOT_STRING.fullmatch(local) or _QUOTED_STRING.fullmatch(local)):
        return "it is not a local part, '@', and a domain"
    if any("\ud800" <= character <= "\udfff" or "\x80" <= character < "\xa0" for character in local):
        return "its local part holds control characters or lone surrogates"
    problem = dns_problem(domain)
    return None if problem is None else f"its domain: {problem}"


def _require_str(owner: object, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{type(owner).__name__} takes a str, not {type(value).__name__}")
