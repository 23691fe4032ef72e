"""CRLs and OCSP responses for tests, on top of pki.py: what CAs publish, and what none would.

    ca = pki.root("Root").ca("CA")
    leaf = ca.leaf("gw", extensions=[points(point(full=[uri("http://crl.example/1")]))])
    der = crl(ca, [leaf], idp=idp(full=[uri("http://crl.example/1")]))
    answer = ocsp(ca, leaf, status=REVOKED)

Everything is written as DER by hand, so that each field can be left out, repeated or spoiled, and signed by any key.
Keys are those of pki.py: the same bytes on every run. Nothing here imports what is tested.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

import pki
from pki import der

HOUR: Final = timedelta(hours=1)
THIS_UPDATE: Final = pki.NOW - pki.DAY
NEXT_UPDATE: Final = pki.NOW + 6 * pki.DAY
REVOKED_AT: Final = pki.NOW - 30 * pki.DAY

OCSP_SIGNING: Final = ExtendedKeyUsageOID.OCSP_SIGNING

#: Who signs: a certificate of the factory, or a bare key (an attacker's).
Signer: TypeAlias = pki.Issued | pki.PrivateKey


# --- DER


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    encoded = b""
    for arc in (40 * first + second, *rest):
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.insert(0, 0x80 | arc & 0x7F)
        encoded += bytes(octets)
    return der(0x06, encoded)


def integer(value: int, tag: int = 0x02) -> bytes:
    """An INTEGER (or ENUMERATED: tag 0x0a)."""
    return der(tag, value.to_bytes(((value + (value < 0)).bit_length() + 8) // 8, "big", signed=True))


def general_time(moment: datetime) -> bytes:
    """A GeneralizedTime."""
    return der(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def time(moment: datetime) -> bytes:
    """A Time as RFC 5280 has it: UTCTime to 2049."""
    return der(0x17, moment.strftime("%y%m%d%H%M%SZ").encode()) if moment.year < 2050 else general_time(moment)


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    """An Extension; `value` is what its OCTET STRING holds."""
    return der(0x30, oid(dotted), der(0x01, b"\xff") if critical else b"", der(0x04, value))


def unknown_extension(*, critical: bool) -> bytes:
    """One that nobody knows."""
    return extension("1.3.6.1.4.1.99999.7", b"\5\0", critical=critical)


def pem(label: str, *ders: bytes) -> bytes:
    """PEM blocks, one after another."""
    blocks = []
    for each in ders:
        text = base64.encodebytes(each).decode()
        blocks.append(f"-----BEGIN {label}-----\n{text}-----END {label}-----\n")
    return "".join(blocks).encode()


# --- Signing

_SHA256: Final = hashes.SHA256()
_SHA384: Final = hashes.SHA384()
_ALGORITHMS: Final = {
    "ecdsa-sha1": der(0x30, oid("1.2.840.10045.4.1")),
    "ecdsa-sha256": pki.ECDSA_SHA256,
    "ecdsa-sha384": der(0x30, oid("1.2.840.10045.4.3.3")),
    "rsa-sha256": der(0x30, oid("1.2.840.113549.1.1.11"), b"\5\0"),
    "ed25519": der(0x30, oid("1.3.101.112")),
    "unknown": der(0x30, oid("1.3.6.1.4.1.99999.8")),
}


def private_key(signer: Signer) -> pki.PrivateKey:
    return signer.key if isinstance(signer, pki.Issued) else signer


def kind_of(key: pki.PrivateKey) -> str:
    """How this key signs, by the names of _ALGORITHMS."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return "ecdsa-sha384" if key.key_size == 384 else "ecdsa-sha256"
    return "rsa-sha256" if isinstance(key, rsa.RSAPrivateKey) else "ed25519"


def sign(data: bytes, signer: Signer, algorithm: str) -> bytes:
    """The BIT STRING of a signature."""
    key = private_key(signer)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        digest = {"ecdsa-sha384": _SHA384, "ecdsa-sha1": hashes.SHA1()}.get(algorithm, _SHA256)
        signature = key.sign(data, ec.ECDSA(digest, deterministic_signing=not isinstance(digest, hashes.SHA1)))
    elif isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(data, padding.PKCS1v15(), _SHA256)
    else:
        signature = key.sign(data)
    return der(0x03, b"\0", signature)


def flipped(signed: bytes) -> bytes:
    """With the last bit of it, which is one of the signature's, turned over (not for what ends in certificates)."""
    return signed[:-1] + bytes([signed[-1] ^ 1])


# --- GeneralNames and distribution points


def uri(value: str) -> bytes:
    """A uniformResourceIdentifier."""
    return der(0x86, value.encode())


def directory(name: x509.Name | pki.Issued) -> bytes:
    """A directoryName: of a CA, its subject."""
    subject = name.plan.subject if isinstance(name, pki.Issued) else name
    return der(0xA4, subject.public_bytes())


def rdn(common_name: str) -> bytes:
    """The contents of a RelativeDistinguishedName with a CN (UTF8String, as cryptography writes it)."""
    return der(0x30, oid("2.5.4.3"), der(0x0C, common_name.encode()))


def below(ca: pki.Issued, common_name: str) -> x509.Name:
    """The name that nameRelativeToCRLIssuer of rdn(common_name) means under a CA's name."""
    return x509.Name([*ca.plan.subject.rdns, *pki.name(common_name).rdns])


#: ReasonFlags by bit, and all of them.
KEY, CA_KEY, AFFILIATION, SUPERSEDED, CESSATION, HOLD, WITHDRAWN, AA_KEY = range(1, 9)
ALL_REASONS: Final = frozenset(range(1, 9))


def _reason_flags(bits: Iterable[int]) -> bytes:
    """The contents of ReasonFlags: a named bit list, trailing zeros left out."""
    chosen = set(bits)
    width = max(chosen, default=-1) + 1
    octets = bytearray((width + 7) // 8)
    for bit in chosen:
        octets[bit // 8] |= 0x80 >> bit % 8
    return bytes([-width % 8]) + bytes(octets)


def _point_name(full: Sequence[bytes], relative: bytes | None) -> bytes:
    """DistributionPointName in its [0], or nothing."""
    if full:
        return der(0xA0, der(0xA0, *full))
    return b"" if relative is None else der(0xA0, der(0xA1, relative))


def point(
    *,
    full: Sequence[bytes] = (),
    relative: bytes | None = None,
    reasons: Iterable[int] | None = None,
    crl_issuer: Sequence[bytes] = (),
) -> bytes:
    """A DistributionPoint."""
    return der(
        0x30,
        _point_name(full, relative),
        b"" if reasons is None else der(0x81, _reason_flags(reasons)),
        der(0xA2, *crl_issuer) if crl_issuer else b"",
    )


def points(*each: bytes, critical: bool = False) -> x509.Extension[Any]:
    """cRLDistributionPoints, for a certificate's `extensions=`."""
    return pki.raw_extension("2.5.29.31", der(0x30, *each), critical=critical)


def freshest(*each: bytes) -> bytes:
    """freshestCRL, for a CRL's `extensions=`."""
    return extension("2.5.29.46", der(0x30, *each))


def idp(
    *,
    full: Sequence[bytes] = (),
    relative: bytes | None = None,
    only_user: bool = False,
    only_ca: bool = False,
    reasons: Iterable[int] | None = None,
    indirect: bool = False,
    only_attribute: bool = False,
    critical: bool = True,
) -> bytes:
    """issuingDistributionPoint, for a CRL's `idp=`."""
    flags = {0x81: only_user, 0x82: only_ca, 0x84: indirect, 0x85: only_attribute}
    written = {tag: der(tag, b"\xff") if flag else b"" for tag, flag in flags.items()}
    written[0x83] = b"" if reasons is None else der(0x83, _reason_flags(reasons))
    body = b"".join(written[tag] for tag in sorted(written))
    return extension("2.5.29.28", der(0x30, _point_name(full, relative), body), critical=critical)


# --- CRLs

REMOVE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One of revokedCertificates. `issuer`: its certificateIssuer. `extensions`: more, as DER."""

    serial: int
    at: datetime = REVOKED_AT
    reason: int | None = None
    invalid_at: datetime | None = None
    issuer: x509.Name | None = None
    extensions: tuple[bytes, ...] = ()

    @property
    def der(self) -> bytes:
        extensions = [*self.extensions]
        if self.reason is not None:
            extensions.append(extension("2.5.29.21", integer(self.reason, 0x0A)))
        if self.invalid_at is not None:
            extensions.append(extension("2.5.29.24", general_time(self.invalid_at)))
        if self.issuer is not None:
            extensions.append(extension("2.5.29.29", der(0x30, directory(self.issuer)), critical=True))
        return der(0x30, integer(self.serial), time(self.at), der(0x30, *extensions) if extensions else b"")


Listed: TypeAlias = pki.Issued | Entry | int


def entry(listed: Listed, **changes: Any) -> Entry:
    """The entry of a certificate or a serial number."""
    if isinstance(listed, Entry):
        return listed
    return Entry(serial=listed if isinstance(listed, int) else listed.plan.serial, **changes)


def key_id(signer: Signer) -> bytes:
    """The key identifier that cryptography puts into certificates: SHA-1 of the key's bits."""
    return x509.SubjectKeyIdentifier.from_public_key(private_key(signer).public_key()).digest


def crl(
    issuer: pki.Issued,
    revoked: Iterable[Listed] = (),
    *,
    number: int | None = 1,
    this_update: datetime = THIS_UPDATE,
    next_update: datetime | None = NEXT_UPDATE,
    delta_of: int | None = None,
    idp: bytes | None = None,
    extensions: Sequence[bytes] = (),
    signer: Signer | None = None,
    name: x509.Name | None = None,
    aki: bool | bytes = True,
    version: int | None = 2,
    algorithm: str | None = None,
    outer_algorithm: str | None = None,
    raw_entries: bytes | None = None,
) -> bytes:
    """A CRL of `issuer` (its name is `name` if given), in the order of `revoked`, signed by `signer` (default: the
    issuer's key). `delta_of`: the base number of a delta CRL. `version` None: a v1 CRL; it has no extensions but
    those in `extensions`. `raw_entries`: the contents of revokedCertificates as they are to stand."""
    signer = issuer if signer is None else signer
    algorithm = algorithm or kind_of(private_key(signer))
    entries = b"".join(entry(each).der for each in revoked) if raw_entries is None else raw_entries
    all_extensions = [*_own_crl_extensions(signer, number, delta_of, idp, aki), *extensions] if version else extensions
    tbs = der(
        0x30,
        integer(version - 1) if version else b"",
        _ALGORITHMS[algorithm],
        (name or issuer.plan.subject).public_bytes(),
        time(this_update),
        b"" if next_update is None else time(next_update),
        der(0x30, entries) if entries or raw_entries is not None else b"",
        der(0xA0, der(0x30, *all_extensions)) if all_extensions else b"",
    )
    return der(0x30, tbs, _ALGORITHMS[outer_algorithm or algorithm], sign(tbs, signer, algorithm))


def _own_crl_extensions(
    signer: Signer, number: int | None, delta_of: int | None, idp: bytes | None, aki: bool | bytes
) -> list[bytes]:
    extensions = []
    if aki:
        identifier = key_id(signer) if aki is True else aki
        extensions.append(extension("2.5.29.35", der(0x30, der(0x80, identifier))))
    if number is not None:
        extensions.append(extension("2.5.29.20", integer(number)))
    if delta_of is not None:
        extensions.append(extension("2.5.29.27", integer(delta_of), critical=True))
    if idp is not None:
        extensions.append(idp)
    return extensions


def many_entries(count: int, listed: Iterable[int] = (), *, first: int = 1) -> bytes:
    """The contents of revokedCertificates with `count` serial numbers of 16 octets and those `listed`, at the end.

    Written by joining bytes, so that a million take a second."""
    moment = time(REVOKED_AT)
    head = bytes([0x30, 18 + len(moment), 0x02, 16, 0x40])
    body = [
        b"".join((head, number.to_bytes(15, "big"), moment)) for number in map(_scattered, range(first, first + count))
    ]
    return b"".join(body) + b"".join(entry(each).der for each in listed)


def _scattered(number: int) -> int:
    """A number of 15 octets, another for each `number`: by an odd factor, modulo 2^120."""
    return number * 0x9E3779B97F4A7C15F39CC0605CEDC9 % (1 << 120)


def many_serial(number: int) -> int:
    """The serial number at position number - 1 of many_entries."""
    return 0x40 << 120 | _scattered(number)


# --- OCSP

GOOD: Final = 0
REVOKED: Final = 1
UNKNOWN: Final = 2

SUCCESSFUL: Final = 0
MALFORMED_REQUEST: Final = 1
INTERNAL_ERROR: Final = 2
TRY_LATER: Final = 3
SIG_REQUIRED: Final = 5
UNAUTHORIZED: Final = 6

_DIGESTS: Final = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "md5": "1.2.840.113549.2.5",
}

NONCE: Final = extension("1.3.6.1.5.5.7.48.1.2", der(0x04, bytes(range(16))))
NO_CHECK: Final = pki.raw_extension("1.3.6.1.5.5.7.48.1.5", b"\5\0")


def key_bits(signer: Signer) -> bytes:
    """What CertID and byKey hash: the contents of subjectPublicKey, without the number of unused bits."""
    parsed = pki.spki(private_key(signer))
    inner = _contents(parsed)
    algorithm_end = len(inner) - len(_skip(inner))
    return _contents(inner[algorithm_end:])[1:]


def _header(data: bytes) -> tuple[int, int]:
    """Where the contents of the first element begin and end."""
    first = data[1]
    if first < 0x80:
        return 2, 2 + first
    body = 2 + (first & 0x7F)
    return body, body + int.from_bytes(data[2:body], "big")


def _contents(data: bytes) -> bytes:
    body, end = _header(data)
    return data[body:end]


def _skip(data: bytes) -> bytes:
    return data[_header(data)[1] :]


def single(
    issuer: pki.Issued,
    cert: pki.Issued | int,
    *,
    status: int = GOOD,
    digest: str = "sha1",
    this_update: datetime = THIS_UPDATE,
    next_update: datetime | None = NEXT_UPDATE,
    revoked_at: datetime = REVOKED_AT,
    reason: int | None = None,
    extensions: Sequence[bytes] = (),
    name: x509.Name | None = None,
    issuer_key: Signer | None = None,
) -> bytes:
    """A SingleResponse on a certificate (or a serial number) of `issuer`; its CertID has the issuer's name and key
    unless `name` or `issuer_key` are given."""
    cert_id = der(
        0x30,
        der(0x30, oid(_DIGESTS[digest]), b"\5\0"),
        der(0x04, hashlib.new(digest, (name or issuer.plan.subject).public_bytes()).digest()),
        der(0x04, hashlib.new(digest, key_bits(issuer_key or issuer)).digest()),
        integer(cert if isinstance(cert, int) else cert.plan.serial),
    )
    told = {
        GOOD: der(0x80),
        REVOKED: der(0xA1, general_time(revoked_at), b"" if reason is None else der(0xA0, integer(reason, 0x0A))),
        UNKNOWN: der(0x82),
    }[status]
    return der(
        0x30,
        cert_id,
        told,
        general_time(this_update),
        b"" if next_update is None else der(0xA0, general_time(next_update)),
        der(0xA1, der(0x30, *extensions)) if extensions else b"",
    )


def ocsp(
    issuer: pki.Issued,
    cert: pki.Issued | int | None,
    *,
    responder: pki.Issued | None = None,
    signer: Signer | None = None,
    by_key: bool = True,
    responder_id: bytes | None = None,
    certificates: Sequence[pki.Issued | bytes] | None = None,
    singles: Sequence[bytes] = (),
    produced_at: datetime = THIS_UPDATE,
    extensions: Sequence[bytes] = (),
    version: int | None = None,
    algorithm: str | None = None,
    response_status: int = SUCCESSFUL,
    response_type: str = "1.3.6.1.5.5.7.48.1.1",
    bad_signature: bool = False,
    **of_single: Any,
) -> bytes:
    """An OCSPResponse on `cert` (None: only `singles`); takes the options of `single`, and `singles` more of them.

    responder: whose name or key the responderID tells, and who signs unless `signer` does; None: the issuer itself.
    certificates: those in `certs`; None: the responder's, if there is one of its own."""
    who = responder or issuer
    if response_status != SUCCESSFUL:
        return der(0x30, integer(response_status, 0x0A))
    signer = who if signer is None else signer
    if certificates is None:
        certificates = [] if responder is None else [responder]
    if responder_id is None:
        by_name = der(0xA1, who.plan.subject.public_bytes())
        responder_id = der(0xA2, der(0x04, hashlib.sha1(key_bits(who)).digest())) if by_key else by_name
    responses = ([] if cert is None else [single(issuer, cert, **of_single)]) + [*singles]
    data = der(
        0x30,
        b"" if version is None else der(0xA0, integer(version - 1)),
        responder_id,
        general_time(produced_at),
        der(0x30, *responses),
        der(0xA1, der(0x30, *extensions)) if extensions else b"",
    )
    algorithm = algorithm or kind_of(private_key(signer))
    signature = sign(data, signer, algorithm)
    ders = [each if isinstance(each, bytes) else each.der for each in certificates]
    basic = der(
        0x30,
        data,
        _ALGORITHMS[algorithm],
        flipped(signature) if bad_signature else signature,
        der(0xA0, der(0x30, *ders)) if ders else b"",
    )
    return der(0x30, integer(SUCCESSFUL, 0x0A), der(0xA0, der(0x30, oid(response_type), der(0x04, basic))))


def responder(issuer: pki.Issued, common_name: str = "OCSP responder", **options: Any) -> pki.Issued:
    """A responder's certificate under `issuer`, for OCSP signing, with id-pkix-ocsp-nocheck; takes leaf options."""
    return issuer.leaf(common_name, **({"eku": (OCSP_SIGNING,), "extensions": [NO_CHECK]} | options))


def _basic(evidence: bytes) -> bytes:
    """The SEQUENCE of signed part, algorithm and signature in a CRL or an OCSP response."""
    if evidence[_header(evidence)[0]] != 0x0A:
        return evidence
    response_bytes = _contents(_skip(_contents(evidence)))
    return _contents(_skip(_contents(response_bytes)))


def signed_part(evidence: bytes) -> bytes:
    """tbsCertList or tbsResponseData."""
    inner = _contents(_basic(evidence))
    return inner[: _header(inner)[1]]


def signature_part(evidence: bytes) -> bytes:
    """The BIT STRING of its signature."""
    rest = _skip(_skip(_contents(_basic(evidence))))
    return rest[: _header(rest)[1]]
