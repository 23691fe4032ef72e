"""A certificate as people and programs look at it: a view over its DER, read when first asked.

This module knows no native code. What it needs of the reader below is the `Reader` protocol; the core's reader is put
in place once, when the package is imported. It describes; it never judges.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from .algorithms import KeyAlgorithm, SignatureAlgorithm
from .der import plain
from .errors import InvalidName, printable
from .moments import from_seconds
from .names import URI, DirectoryName, DNSName, DNSPattern, EmailAddress, Identity, IPAddress, OtherName
from .pem import split_pem
from .reasons import Reason


class CertificateFields(NamedTuple):
    """What the reader finds in a certificate. `names` holds (form, bytes) of each general name; None: unreadable."""

    version: int
    serial: bytes
    issuer: bytes
    subject: bytes
    spki: bytes
    not_before: int
    not_after: int
    signature_algorithm: int
    key_algorithm: int
    key_bits: int
    key_fault: Reason
    is_ca: bool
    is_self_issued: bool
    names: tuple[tuple[int, bytes], ...] | None


class Reader(Protocol):
    """Reads DER, or raises UnreadableCertificate."""

    def __call__(self, der: bytes) -> CertificateFields: ...  # noqa: D102 (said above)


_reader: list[Reader] = []


def install_reader(reader: Reader) -> None:
    """Puts the reader in place (the core does, once)."""
    _reader[:] = [reader]


class Certificate:
    """A DER certificate. Equal certificates are equal bytes. Reading any field but `der` and the fingerprint raises
    UnreadableCertificate if the DER cannot be read. It says nothing of trust."""

    __slots__ = ("_der", "_fields")

    def __init__(self, der: bytes) -> None:
        if not isinstance(der, bytes):
            raise TypeError(f"Certificate takes DER bytes, not {type(der).__name__}")
        self._der: Final = plain(der)
        self._fields: CertificateFields | None = None

    @classmethod
    def from_pem(cls, data: bytes) -> tuple[Certificate, ...]:
        """The certificates of PEM text, in order. Raises PemError."""
        return tuple(map(cls, split_pem(data)))

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self._der

    @property
    def fields(self) -> CertificateFields:
        """Everything that the reader found, as numbers and bytes."""
        if self._fields is None:
            self._fields = _reader[0](self._der)
        return self._fields

    @property
    def subject(self) -> str:
        """The subject as RFC 4514 text, safe to print; "" if empty."""
        return name_text(self.fields.subject)

    @property
    def issuer(self) -> str:
        """The issuer as RFC 4514 text, safe to print."""
        return name_text(self.fields.issuer)

    @property
    def serial_number(self) -> int:
        """The serial number; may be zero, negative or long if the certificate is so."""
        return int.from_bytes(self.fields.serial, signed=True)

    @property
    def not_before(self) -> datetime:
        """The first moment of validity (aware; years beyond 1 to 9999 are clamped)."""
        return from_seconds(self.fields.not_before)

    @property
    def not_after(self) -> datetime:
        """The last moment of validity, itself included."""
        return from_seconds(self.fields.not_after)

    @property
    def subject_alt_names(self) -> tuple[Identity, ...]:
        """The names of the subjectAltName, each as its type; what is not well-formed for its form is an OtherName."""
        return tuple(identity(form, value) for form, value in self.fields.names or ())

    @property
    def is_ca(self) -> bool:
        """Whether basicConstraints says cA."""
        return self.fields.is_ca

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name (RFC 5280 3.2)."""
        return self.fields.is_self_issued

    @property
    def public_key_algorithm(self) -> KeyAlgorithm:
        """The kind of public key."""
        return KeyAlgorithm(self.fields.key_algorithm)

    @property
    def public_key_bits(self) -> int:
        """Bits of the RSA modulus, or of the curve; 0 if not known."""
        return self.fields.key_bits

    @property
    def signature_algorithm(self) -> SignatureAlgorithm | None:
        """The algorithm of its signature; None: unknown, or one that no policy takes."""
        number = self.fields.signature_algorithm
        return SignatureAlgorithm(number) if number in _SIGNATURES else None

    @property
    def fingerprint_sha256(self) -> str:
        """SHA-256 over the DER, in lower-case hexadecimal."""
        return hashlib.sha256(self._der).hexdigest()

    def to_pem(self) -> bytes:
        """PEM text (RFC 7468), lines of 64 characters."""
        text = base64.b64encode(self._der)
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, Certificate) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __reduce__(self) -> tuple[type[Certificate], tuple[bytes]]:
        return (Certificate, (self._der,))

    def __repr__(self) -> str:
        return f"<Certificate {describe(self._der)!r}>"


def der_of(certificate: object) -> bytes | None:
    """The DER of a certificate, given as such or as a Certificate; None: it is neither."""
    if isinstance(certificate, Certificate):
        return certificate.der
    return plain(certificate) if isinstance(certificate, bytes) else None


_SIGNATURES: Final = frozenset(each.value for each in SignatureAlgorithm)


def describe(der: bytes) -> str:
    """A short name to print: the subject, else what is known without reading the certificate."""
    try:
        subject = Certificate(der).subject
    except ValueError:
        return f"unreadable certificate of {len(der)} bytes"
    return printable(subject, 200) or "(empty subject)"


# --- General names

_FORMS: Final = (
    "otherName",
    "rfc822Name",
    "dNSName",
    "x400Address",
    "directoryName",
    "ediPartyName",
    "uniformResourceIdentifier",
    "iPAddress",
    "registeredID",
)
_OTHER, _EMAIL, _DNS, _DIRECTORY, _URI, _IP = 0, 1, 2, 4, 6, 7
_SMTP_UTF8_MAILBOX: Final = bytes.fromhex("06082b06010505070809")  # id-on-SmtpUTF8Mailbox (RFC 9598 3)


def identity(form: int, value: bytes) -> Identity:
    """A general name as its type; OtherName if its bytes are not what the form demands."""
    try:
        return _typed(form, value) or OtherName(_FORMS[form], value)
    except (InvalidName, UnicodeDecodeError, ValueError):
        return OtherName(_FORMS[form], value)


def _typed(form: int, value: bytes) -> Identity | None:
    if form == _DNS:
        text = value.decode("ascii")
        return DNSPattern(text) if text.startswith("*") else DNSName(text)
    if form == _EMAIL:
        return EmailAddress(value.decode("ascii"))
    if form == _URI:
        return URI(value.decode("ascii"))
    if form == _IP:
        return IPAddress(ipaddress.ip_address(value))
    if form == _DIRECTORY:
        return DirectoryName(name_text(value), value)
    return _smtp_utf8(value) if form == _OTHER else None


def _smtp_utf8(value: bytes) -> EmailAddress | None:
    if not value.startswith(_SMTP_UTF8_MAILBOX):
        return None
    [(_, explicit, _)] = elements(value[len(_SMTP_UTF8_MAILBOX) :])
    [(tag, mailbox, _)] = elements(explicit)
    # RFC 9598 3, 5: an ASCII mailbox in this form is none, and must not pass for the rfc822Name that it spells.
    return EmailAddress(mailbox.decode("utf-8")) if tag == 0x0C and not mailbox.isascii() else None


# --- Distinguished names as text (RFC 4514)

_ATTRIBUTES: Final = {
    "550403": "CN",
    "550404": "SN",
    "550405": "serialNumber",
    "550406": "C",
    "550407": "L",
    "550408": "ST",
    "550409": "STREET",
    "55040a": "O",
    "55040b": "OU",
    "55040c": "title",
    "55042a": "givenName",
    "55042e": "dnQualifier",
    "550441": "pseudonym",
    "550461": "organizationIdentifier",
    "0992268993f22c640101": "UID",
    "0992268993f22c640119": "DC",
    "2a864886f70d010901": "emailAddress",
}
_STRINGS: Final = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",  # T61String, as everyone in fact used it
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


def name_text(name: bytes) -> str:
    r"""RFC 4514 text of a DER Name: the last RDN first. Control, bidirectional and invisible characters come out as
    \XX escapes of their UTF-8, so the text is safe to print. ValueError if it is not DER."""
    [(_, rdns, _)] = elements(name)
    return ",".join(reversed([_rdn_text(rdn) for _, rdn, _ in elements(rdns)]))


def _rdn_text(rdn: bytes) -> str:
    return "+".join(_attribute_text(attribute) for _, attribute, _ in elements(rdn))


def _attribute_text(attribute: bytes) -> str:
    (_, oid, _), (tag, value, whole) = elements(attribute)
    name = _ATTRIBUTES.get(oid.hex()) or oid_text(oid)
    try:
        return f"{name}={_escaped(value.decode(_STRINGS[tag]))}"
    except (KeyError, UnicodeDecodeError):
        return f"{name}=#{whole.hex()}"


def _escaped(value: str) -> str:
    text = "".join(map(_escaped_character, value))
    if text[:1] in (" ", "#"):
        text = "\\" + text
    return text[:-1] + "\\ " if len(text) > 1 and value.endswith(" ") else text


def _escaped_character(character: str) -> str:
    if character in '"+,;<=>\\':
        return "\\" + character
    if printable(character) == character:
        return character
    return "".join(f"\\{octet:02X}" for octet in character.encode("utf-8", "surrogatepass"))


def oid_text(oid: bytes) -> str:
    """The dotted form of an object identifier's DER contents."""
    arcs, arc = [], 0
    for octet in oid:
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(arc)
            arc = 0
    if not arcs:
        raise ValueError("an empty object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def elements(contents: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(tag, contents, whole element) of each DER element in a row; ValueError if one does not fit."""
    start = 0
    while start < len(contents):
        header, length = _length_at(contents, start)
        end = start + header + length
        if end > len(contents):
            raise ValueError("an element leaves its frame")
        yield contents[start], contents[start + header : end], contents[start:end]
        start = end


def _length_at(contents: bytes, start: int) -> tuple[int, int]:
    first = contents[start + 1] if start + 1 < len(contents) else 0xFF
    if first < 0x80:
        return 2, first
    octets = contents[start + 2 : start + 2 + (first & 0x7F)]
    if not 1 <= len(octets) <= 4 or len(octets) != first & 0x7F:
        raise ValueError("a length that DER does not have")
    return 2 + len(octets), int.from_bytes(octets)
