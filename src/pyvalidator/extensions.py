"""Extensions of certificates, CRLs and OCSP responses in words, for people (RFC 5280 4.2, 5.2; RFC 6960 4.4).

It describes what is there; the core alone judges. Whatever cannot be read comes out as hexadecimal: nothing here raises
for what a certificate holds, except where said.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from .certificate import elements, identity, oid_text
from .errors import printable
from .evidence import OcspResponse, RevocationList

_MAX_NAMES: Final = 40
_MAX_FACTS: Final = 60
_MAX_HEX: Final = 32


class Extension(NamedTuple):
    """An extension as it stands: dotted OID, critical or not, the contents of its OCTET STRING, and where the extension
    begins in the certificate's DER."""

    oid: str
    critical: bool
    value: bytes
    offset: int

    @property
    def name(self) -> str:
        """Its name in the standards; the OID if it has none here."""
        return _NAMES.get(self.oid, self.oid)

    @property
    def facts(self) -> tuple[str, ...]:
        """What it says, in lines that are safe to print; its bytes if it cannot be read or is not known."""
        decode = _DECODERS.get(self.oid)
        try:
            told = () if decode is None else tuple(islice(decode(self.value), _MAX_FACTS))
        except (ValueError, IndexError, OverflowError):
            told = (f"cannot be read: {_hex(self.value)}",)
        return tuple(printable(each, 400) for each in told) if decode is not None else (_hex(self.value),)


class KeyIds(NamedTuple):
    """The key identifier that a certificate has, and the one that its issuer must have; b"": not given."""

    own: bytes
    issuer: bytes


class Subtree(NamedTuple):
    """A name constraint: the form of name (a context tag's number), its base, and the subtree's DER as it stands."""

    excluded: bool
    form: int
    base: bytes
    whole: bytes

    def __str__(self) -> str:
        return f"{_FORMS.get(self.form, f'form {self.form}')} {_base_text(self.form, self.base)}"


SUBJECT_KEY_ID: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
NAME_CONSTRAINTS: Final = "2.5.29.30"
AUTHORITY_KEY_ID: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
ISSUING_POINT: Final = "2.5.29.28"
DISTRIBUTION_POINTS: Final = "2.5.29.31"
AUTHORITY_INFO_ACCESS: Final = "1.3.6.1.5.5.7.1.1"

_NAMES: Final = {
    "2.5.29.9": "subjectDirectoryAttributes",
    SUBJECT_KEY_ID: "subjectKeyIdentifier",
    KEY_USAGE: "keyUsage",
    "2.5.29.16": "privateKeyUsagePeriod",
    "2.5.29.17": "subjectAltName",
    "2.5.29.18": "issuerAltName",
    BASIC_CONSTRAINTS: "basicConstraints",
    "2.5.29.20": "cRLNumber",
    "2.5.29.27": "deltaCRLIndicator",
    ISSUING_POINT: "issuingDistributionPoint",
    NAME_CONSTRAINTS: "nameConstraints",
    DISTRIBUTION_POINTS: "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.33": "policyMappings",
    AUTHORITY_KEY_ID: "authorityKeyIdentifier",
    "2.5.29.36": "policyConstraints",
    EXTENDED_KEY_USAGE: "extKeyUsage",
    "2.5.29.46": "freshestCRL",
    "2.5.29.54": "inhibitAnyPolicy",
    AUTHORITY_INFO_ACCESS: "authorityInfoAccess",
    "1.3.6.1.5.5.7.1.3": "qcStatements",
    "1.3.6.1.5.5.7.1.11": "subjectInfoAccess",
    "1.3.6.1.5.5.7.1.24": "tlsFeature",
    "1.3.6.1.5.5.7.48.1.2": "ocspNonce",
    "1.3.6.1.5.5.7.48.1.5": "ocspNoCheck",
    "1.3.6.1.5.5.7.48.1.6": "ocspArchiveCutoff",
    "1.3.6.1.5.5.7.48.1.9": "ocspExtendedRevoke",
    "1.3.6.1.4.1.11129.2.4.2": "signedCertificateTimestamps",
    "1.3.6.1.4.1.11129.2.4.3": "precertificatePoison",
    "2.16.840.1.113730.1.1": "netscapeCertType",
    "2.16.840.1.113730.1.13": "netscapeComment",
}
_USAGES: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
_PURPOSES: Final = {
    "2.5.29.37.0": "anyExtendedKeyUsage",
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
}
_POLICIES: Final = {
    "2.5.29.32.0": "anyPolicy",
    "2.23.140.1.2.1": "domain validated (CA/B)",
    "2.23.140.1.2.2": "organization validated (CA/B)",
    "2.23.140.1.1": "extended validation (CA/B)",
}
_METHODS: Final = {
    "1.3.6.1.5.5.7.48.1": "OCSP",
    "1.3.6.1.5.5.7.48.2": "caIssuers",
    "1.3.6.1.5.5.7.48.5": "caRepository",
}
_OCSP: Final = "1.3.6.1.5.5.7.48.1"
_CA_ISSUERS: Final = "1.3.6.1.5.5.7.48.2"
_FORMS: Final = {
    0: "otherName",
    1: "email",
    2: "DNS",
    3: "x400Address",
    4: "directory name",
    5: "ediPartyName",
    6: "URI",
    7: "IP",
    8: "registeredID",
}


def read_extensions(der: bytes) -> tuple[Extension, ...]:
    """The extensions of a certificate that the core could read, in their order. ValueError if it could not."""
    [(_, certificate, _)] = elements(der)
    _, tbs, whole = _head(certificate)
    offset = (len(der) - len(certificate)) + (len(whole) - len(tbs))
    for tag, contents, field in elements(tbs):
        if tag == 0xA3:
            [(_, rows, _)] = elements(contents)
            return tuple(_rows(rows, offset + len(field) - len(rows)))
        offset += len(field)
    return ()


def _rows(rows: bytes, offset: int) -> Iterator[Extension]:
    for _, contents, whole in elements(rows):
        (_, oid, _), *rest = elements(contents)
        critical = any(tag == 0x01 and value != b"\0" for tag, value, _ in rest)
        yield Extension(oid_text(oid), critical, rest[-1][1] if rest else b"", offset)
        offset += len(whole)


def evidence_extensions(source: RevocationList | OcspResponse) -> tuple[Extension, ...]:
    """The extensions of a CRL, or those of a whole OCSP response, in their order; empty if they cannot be read here."""
    try:
        if isinstance(source, RevocationList):
            held = source.fields
            rows = _head(held.extensions)[1] if held.extensions else b""
            return tuple(_rows(rows, held.extensions_offset + len(held.extensions) - len(rows)))
        return _response_extensions(source)
    except (ValueError, IndexError):
        return ()


def _response_extensions(source: OcspResponse) -> tuple[Extension, ...]:
    data, offset = source.fields.data, source.fields.data_offset
    if not data:
        return ()
    [(_, parts, _)] = elements(data)
    offset += len(data) - len(parts)
    has_singles = False
    for tag, contents, whole in elements(parts):
        if tag == 0xA1 and has_singles:  # before the singles, [1] is the responder's name
            [(_, rows, _)] = elements(contents)
            return tuple(_rows(rows, offset + len(whole) - len(rows)))
        has_singles = has_singles or tag == 0x30
        offset += len(whole)
    return ()


def find(der: bytes, oid: str) -> Extension | None:
    """The extension with this OID; None if there is none, or the certificate cannot be read."""
    try:
        return next((each for each in read_extensions(der) if each.oid == oid), None)
    except (ValueError, IndexError):
        return None


# --- What explanations compare


def _value(der: bytes, oid: str) -> bytes:
    extension = find(der, oid)
    return b"" if extension is None else extension.value


def key_ids(der: bytes) -> KeyIds:
    """Its subjectKeyIdentifier, and the keyIdentifier of its authorityKeyIdentifier."""
    own = _first(_value(der, SUBJECT_KEY_ID), 0x04)
    return KeyIds(own, _first(_first(_value(der, AUTHORITY_KEY_ID), 0x30), 0x80))


def _head(contents: bytes) -> tuple[int, bytes, bytes]:
    for each in elements(contents):
        return each
    raise ValueError("an element is missing")


def _first(contents: bytes, tag: int) -> bytes:
    try:
        return next((value for kind, value, _ in elements(contents) if kind == tag), b"")
    except ValueError:
        return b""


def usages(der: bytes) -> tuple[str, ...] | None:
    """The bits of its keyUsage by name; None: it has no keyUsage."""
    extension = find(der, KEY_USAGE)
    return None if extension is None else tuple(_usages(extension.value))


def purposes(der: bytes) -> tuple[str, ...] | None:
    """Its extended key usages, by name where they have one, else dotted; None: it has no extKeyUsage."""
    extension = find(der, EXTENDED_KEY_USAGE)
    try:
        return None if extension is None else tuple(_purposes(extension.value))
    except ValueError:
        return ()


def path_len(der: bytes) -> int | None:
    """Its pathLenConstraint."""
    octets = _first(_first(_value(der, BASIC_CONSTRAINTS), 0x30), 0x02)
    return int.from_bytes(octets) if octets else None


def issuer_urls(der: bytes) -> tuple[str, ...]:
    """Where its issuer's certificate can be fetched from (RFC 5280 4.2.2.1, caIssuers by http), safe to print."""
    try:
        rows = list(_accesses(_value(der, AUTHORITY_INFO_ACCESS)))
    except ValueError:
        return ()
    found = [value.decode("ascii", "replace") for method, form, value in rows if (method, form) == (_CA_ISSUERS, 6)]
    return tuple(printable(each, 200) for each in found[:4])


def revocation_urls(der: bytes) -> tuple[str, ...]:
    """Where it says that its CRLs and its OCSP responder are (RFC 5280 4.2.1.13, 4.2.2.1), safe to print."""
    try:
        rows = list(_accesses(_value(der, AUTHORITY_INFO_ACCESS)))
        found = [value for method, form, value in rows if (method, form) == (_OCSP, 6)]
        for _, points, _ in elements(_value(der, DISTRIBUTION_POINTS)):
            found += [name for _, point, _ in elements(points) for name in _point_urls(point)]
    except ValueError:
        return ()
    return tuple(printable(each.decode("ascii", "replace"), 200) for each in found[:4])


def _point_urls(point: bytes) -> Iterator[bytes]:
    for tag, field, _ in elements(point):
        if tag == 0xA0:
            for kind, names, _ in elements(field):
                if kind == 0xA0:
                    yield from (value for form, value, _ in elements(names) if form == 0x86)


def subtrees(value: bytes) -> tuple[Subtree, ...]:
    """The rows of a NameConstraints value. ValueError if it cannot be read."""
    [(_, both, _)] = elements(value)
    found = []
    for tag, rows, _ in elements(both):
        for _, subtree, whole in elements(rows):
            form, base, _ = _head(subtree)
            found.append(Subtree(tag == 0xA1, form & 0x1F, base, whole))
    return tuple(found)


def general_names(value: bytes) -> tuple[tuple[int, str, int], ...]:
    """(form, text, offset within `value`) of each GeneralName of a GeneralNames value. ValueError if unreadable."""
    [(_, names, _)] = elements(value)
    offset, found = len(value) - len(names), []
    for tag, name, whole in elements(names):
        found.append((tag & 0x1F, _name(tag & 0x1F, name), offset))
        offset += len(whole)
    return tuple(found)


def purpose_name(oid: str) -> str:
    """The name of an extended key usage, or its OID again."""
    return _PURPOSES.get(oid, oid)


# --- Values in words


def _hex(value: bytes) -> str:
    more = f"... ({len(value)} bytes)" if len(value) > _MAX_HEX else ""
    return (value[:_MAX_HEX].hex() or "empty") + more


def colons(octets: bytes) -> str:
    """Key identifiers as people know them: AB:CD:..."""
    return octets[:_MAX_HEX].hex(":").upper() + ("..." if len(octets) > _MAX_HEX else "")


def _name(form: int, value: bytes) -> str:
    name, text = _FORMS.get(form, f"form {form}"), printable(str(identity(form, value)), 200)
    return text if text.startswith(f"{name}:") else f"{name} {text}"


def _names(value: bytes) -> Iterator[str]:
    names = general_names(value)
    yield from (text for _, text, _ in names[:_MAX_NAMES])
    if len(names) > _MAX_NAMES:
        yield f"and {len(names) - _MAX_NAMES} more"


def _base_text(form: int, base: bytes) -> str:
    if form == 7 and len(base) in (8, 32):
        half = len(base) // 2
        mask = int.from_bytes(base[half:])
        address = ipaddress.ip_address(base[:half])
        bits = mask.bit_count()
        straight = mask == ((1 << bits) - 1) << (half * 8 - bits)
        return f"{address}/{bits}" if straight else f"{address} mask {ipaddress.ip_address(base[half:])}"
    if form in (1, 2, 6):
        return printable(base.decode("ascii", "backslashreplace"), 200) or '""'
    if form == 4:
        return printable(str(identity(form, base)), 200) or "(empty name)"
    return _hex(base)


def _key_id(value: bytes) -> Iterator[str]:
    yield colons(_first(value, 0x04)) or "empty"


def _usages(value: bytes) -> Iterator[str]:
    octets = _first(value, 0x03)[1:]
    bits = "".join(f"{octet:08b}" for octet in octets[:2])
    yield from (name for name, bit in zip(_USAGES, bits, strict=False) if bit == "1")


def _usage_line(value: bytes) -> Iterator[str]:
    yield ", ".join(_usages(value)) or "no bit is set"


def _basic(value: bytes) -> Iterator[str]:
    [(_, rows, _)] = elements(value)
    fields = {tag: contents for tag, contents, _ in elements(rows)}
    yield "CA" if fields.get(0x01, b"\0") != b"\0" else "not a CA"
    if 0x02 in fields:
        yield f"pathLenConstraint {int.from_bytes(fields[0x02])}"


def _constraints(value: bytes) -> Iterator[str]:
    rows = subtrees(value)
    for each in rows[:_MAX_NAMES]:
        yield f"{'excluded' if each.excluded else 'permitted'}: {each}"
    if len(rows) > _MAX_NAMES:
        yield f"and {len(rows) - _MAX_NAMES} more"


def _purposes(value: bytes) -> Iterator[str]:
    [(_, rows, _)] = elements(value)
    yield from (purpose_name(oid_text(oid)) for _, oid, _ in elements(rows))


def _purpose_line(value: bytes) -> Iterator[str]:
    yield ", ".join(_purposes(value)) or "none"


def _authority(value: bytes) -> Iterator[str]:
    [(_, rows, _)] = elements(value)
    for tag, contents, _ in elements(rows):
        if tag == 0x80:
            yield colons(contents) or "empty"
        elif tag == 0xA1:
            yield "issuer " + ", ".join(_name(kind & 0x1F, each) for kind, each, _ in elements(contents))
        elif tag == 0x82:
            yield f"serial number {contents.hex()}"


def _accesses(value: bytes) -> Iterator[tuple[str, int, bytes]]:
    for _, rows, _ in elements(value):
        for _, row, _ in elements(rows):
            (_, method, _), (tag, location, _) = elements(row)
            yield oid_text(method), tag & 0x1F, location


def _access(value: bytes) -> Iterator[str]:
    for method, form, location in _accesses(value):
        yield f"{_METHODS.get(method, method)}: {_name(form, location)}"


def _points(value: bytes) -> Iterator[str]:
    [(_, rows, _)] = elements(value)
    for _, point, _ in elements(rows):
        for tag, field, _ in elements(point):
            if tag == 0xA0:
                yield from _point_names(field)
            elif tag == 0xA2:
                yield "issuer " + ", ".join(_name(kind & 0x1F, each) for kind, each, _ in elements(field))


def _point_names(field: bytes) -> Iterator[str]:
    for tag, names, _ in elements(field):
        if tag == 0xA0:
            yield from (_name(kind & 0x1F, each) for kind, each, _ in elements(names))
        else:
            yield f"relative to the issuer: {_hex(names)}"


def _issuing_point(value: bytes) -> Iterator[str]:
    [(_, fields, _)] = elements(value)
    kinds = {0x81: "end entities' certificates", 0x82: "CA certificates", 0x85: "attribute certificates"}
    for tag, field, _ in elements(fields):
        if tag == 0xA0:
            yield from (f"the point {each}" for each in _point_names(field))
        elif tag == 0x83:
            yield f"for the reasons {', '.join(_reason_flags(field)) or 'none'} only"
        elif tag == 0x84 and field != b"\0":
            yield "certificates of other issuers, too (indirect)"
        elif tag in kinds and field != b"\0":
            yield f"{kinds[tag]} only"


_FLAGS: Final = (
    *("unused", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation"),
    *("certificateHold", "privilegeWithdrawn", "aACompromise"),
)


def _reason_flags(field: bytes) -> Iterator[str]:
    bits = "".join(f"{octet:08b}" for octet in field[1:3])
    yield from (name for name, bit in zip(_FLAGS, bits, strict=False) if bit == "1")


def _crl_number(value: bytes) -> Iterator[str]:
    yield str(int.from_bytes(_first(value, 0x02)))


def _base_number(value: bytes) -> Iterator[str]:
    yield f"a delta of the complete CRL {int.from_bytes(_first(value, 0x02))}"


def _nonce(value: bytes) -> Iterator[str]:
    yield _hex(_first(value, 0x04))


def _policies(value: bytes) -> Iterator[str]:
    [(_, rows, _)] = elements(value)
    for _, row, _ in elements(rows):
        oid = oid_text(_head(row)[1])
        yield f"{oid} {_POLICIES[oid]}" if oid in _POLICIES else oid


def _mappings(value: bytes) -> Iterator[str]:
    [(_, rows, _)] = elements(value)
    for _, row, _ in elements(rows):
        (_, issuer, _), (_, subject, _) = elements(row)
        yield f"{oid_text(issuer)} of the issuer is {oid_text(subject)} of the subject"


def _policy_constraints(value: bytes) -> Iterator[str]:
    [(_, rows, _)] = elements(value)
    for tag, skip, _ in elements(rows):
        name = {0x80: "requireExplicitPolicy", 0x81: "inhibitPolicyMapping"}.get(tag, f"[{tag & 0x1F}]")
        yield f"{name} after {int.from_bytes(skip)} certificates"


def _inhibit_any(value: bytes) -> Iterator[str]:
    yield f"after {int.from_bytes(_first(value, 0x02))} certificates"


def _no_check(_value: bytes) -> Iterator[str]:
    yield "a responder's certificate whose revocation is not asked about"


def _features(value: bytes) -> Iterator[str]:
    [(_, rows, _)] = elements(value)
    known = {5: "status_request (OCSP must be stapled)", 17: "status_request_v2"}
    numbers = [int.from_bytes(each) for _, each, _ in elements(rows)]
    yield ", ".join(known.get(each, str(each)) for each in numbers)


def _timestamps(value: bytes) -> Iterator[str]:
    listed = _first(value, 0x04)[2:]
    num = 0
    while listed:
        listed, num = listed[2 + int.from_bytes(listed[:2]) :], num + 1
    yield f"{num} timestamps of Certificate Transparency logs"


def _poison(_value: bytes) -> Iterator[str]:
    yield "a precertificate: no relying party may accept it"


def _comment(value: bytes) -> Iterator[str]:
    yield _first(value, 0x16).decode("ascii", "backslashreplace")


_DECODERS: Final[dict[str, Callable[[bytes], Iterator[str]]]] = {
    SUBJECT_KEY_ID: _key_id,
    KEY_USAGE: _usage_line,
    "2.5.29.17": _names,
    "2.5.29.18": _names,
    BASIC_CONSTRAINTS: _basic,
    NAME_CONSTRAINTS: _constraints,
    "2.5.29.31": _points,
    "2.5.29.32": _policies,
    "2.5.29.33": _mappings,
    AUTHORITY_KEY_ID: _authority,
    "2.5.29.36": _policy_constraints,
    EXTENDED_KEY_USAGE: _purpose_line,
    "2.5.29.46": _points,
    "2.5.29.54": _inhibit_any,
    AUTHORITY_INFO_ACCESS: _access,
    "1.3.6.1.5.5.7.1.11": _access,
    "1.3.6.1.5.5.7.1.24": _features,
    "2.5.29.20": _crl_number,
    "2.5.29.27": _base_number,
    ISSUING_POINT: _issuing_point,
    "1.3.6.1.5.5.7.48.1.2": _nonce,
    "1.3.6.1.5.5.7.48.1.5": _no_check,
    "1.3.6.1.4.1.11129.2.4.2": _timestamps,
    "1.3.6.1.4.1.11129.2.4.3": _poison,
    "2.16.840.1.113730.1.13": _comment,
}
