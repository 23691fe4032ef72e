"""A small certificate factory for tests: roots, intermediates, leaves, cross-signs, any extension.

    root = pki.root("Root A")
    ca = root.ca("Issuing CA")
    leaf = ca.leaf("gw", dns=["gw.example"])
    chain = [leaf.der, ca.der]

Keys come from their label: the same label is the same key, in every test and on every run (RSA keys are made once
a session). ECDSA signatures are deterministic, so certificates with P-256 keys are the same bytes on every run.
`Issued.same(...)` makes variants of a certificate, `cross_sign` puts a CA's name and key under another issuer, and
`sign_tbs` and `Issued.patched` make certificates that no library would agree to build.
"""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

try:
    from cryptography.hazmat.primitives.asymmetric import mldsa
except ImportError:
    mldsa = None  # type: ignore[assignment, unused-ignore]

#: Any private key; those of ML-DSA are not in every `cryptography`.
PrivateKey = Any

#: What `cryptography` can make keys for.
HAS_ML_DSA: Final = mldsa is not None

Digest = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

#: The moment at which tests judge, unless they say otherwise.
NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
YEAR: Final = timedelta(days=365)

SERVER: Final = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT: Final = ExtendedKeyUsageOID.CLIENT_AUTH
CODE_SIGNING: Final = ExtendedKeyUsageOID.CODE_SIGNING

_CURVES: Final = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}


# --- Keys


@cache
def key(label: str, kind: str = "p256") -> PrivateKey:
    """The private key of this label: "p256", "p384", "p521", "ed25519", "ed448", "mldsa44" and its kin, or
    "rsa" or "dsa" and its bits ("rsa2048")."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind.startswith("dsa"):
        return dsa_parameters(int(kind[3:])).generate_private_key()
    seed = hashlib.shake_256(f"{kind}:{label}".encode())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed.digest(32))
    if kind == "ed448":
        return ed448.Ed448PrivateKey.from_private_bytes(seed.digest(57))
    if kind.startswith("mldsa"):
        return getattr(mldsa, f"MLDSA{kind[5:]}PrivateKey").from_seed_bytes(seed.digest(32))
    # 32 bytes are below the order of each of the three curves, but for a chance of 2^-32 on P-256.
    return ec.derive_private_key(int.from_bytes(seed.digest(32)), _CURVES[kind])


@cache
def dsa_parameters(bits: int) -> dsa.DSAParameters:
    """Parameters that all DSA keys of this size share, made once a session."""
    return dsa.generate_parameters(bits)


def spki(private: PrivateKey) -> bytes:
    """The DER SubjectPublicKeyInfo of a key."""
    encoded: bytes = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def dss_parms(private: PrivateKey) -> bytes:
    """The DER Dss-Parms of a DSA key."""
    numbers = private.parameters().parameter_numbers()
    return der(0x30, integer(numbers.p), integer(numbers.q), integer(numbers.g))


def dsa_spki(private: PrivateKey, parameters: bytes = b"") -> bytes:
    """The DER SubjectPublicKeyInfo of a DSA key with other parameters than its own; without any it inherits them."""
    algorithm = der(0x30, bytes.fromhex("06072a8648ce380401"), parameters)
    return der(0x30, algorithm, der(3, b"\0", integer(private.public_key().public_numbers().y)))


# --- Names


def name(common_name: str | None, **attributes: str) -> x509.Name:
    """A Name of a CN and, in the order given, attributes such as ORGANIZATION_NAME="x". None: the empty name."""
    parts = [x509.NameAttribute(getattr(NameOID, oid), value) for oid, value in attributes.items()]
    if common_name is not None:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


def general_names(
    *,
    dns: Iterable[str] = (),
    ip: Iterable[str] = (),
    uri: Iterable[str] = (),
    email: Iterable[str] = (),
    other: Iterable[x509.GeneralName] = (),
) -> list[x509.GeneralName]:
    """GeneralNames for a subjectAltName."""
    return [
        *(x509.DNSName(value) for value in dns),
        *(x509.IPAddress(ipaddress.ip_address(value)) for value in ip),
        *(x509.UniformResourceIdentifier(value) for value in uri),
        *(x509.RFC822Name(value) for value in email),
        *other,
    ]


def name_constraints(
    *, permitted: Sequence[x509.GeneralName] = (), excluded: Sequence[x509.GeneralName] = ()
) -> x509.Extension[x509.NameConstraints]:
    """A critical nameConstraints extension, for `extensions=`."""
    return extension(x509.NameConstraints(list(permitted) or None, list(excluded) or None), critical=True)


def extension(value: x509.ExtensionType, *, critical: bool = False) -> x509.Extension[Any]:
    """An extension for `extensions=`."""
    return x509.Extension(value.oid, critical, value)


def raw_extension(oid: str, value: bytes, *, critical: bool = False) -> x509.Extension[Any]:
    """An extension of any OID with any bytes as its value."""
    return extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), critical=critical)


_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def key_usage(*uses: str) -> x509.KeyUsage:
    """A keyUsage of the named bits: key_usage("digital_signature")."""
    return x509.KeyUsage(**{use: use in uses for use in _USAGES})


# --- Certificates


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be put into a certificate. `extensions` are added, or take the place of one with the same OID;
    `omit` leaves some out."""

    subject: x509.Name
    public_of: PrivateKey
    not_before: datetime
    not_after: datetime
    serial: int
    is_ca: bool
    path_len: int | None = None
    usage: x509.KeyUsage | None = None
    eku: Sequence[x509.ObjectIdentifier] = ()
    san: Sequence[x509.GeneralName] = ()
    san_critical: bool = False
    basic_constraints_critical: bool = True
    ski: bool = True
    aki: bool = True
    extensions: Sequence[x509.Extension[Any]] = ()
    omit: Sequence[x509.ObjectIdentifier] = ()
    digest: Digest = dataclasses.field(default_factory=hashes.SHA256)
    pss: bool = False

    def all_extensions(self, signer: PrivateKey) -> list[x509.Extension[Any]]:
        """The extensions in their order, the added ones at the end."""
        own: list[x509.Extension[Any]] = []
        if self.is_ca:
            constraints = x509.BasicConstraints(ca=True, path_length=self.path_len)
            own.append(extension(constraints, critical=self.basic_constraints_critical))
        if self.usage is not None:
            own.append(extension(self.usage, critical=True))
        if self.eku:
            own.append(extension(x509.ExtendedKeyUsage(self.eku)))
        if self.san:
            own.append(extension(x509.SubjectAlternativeName(self.san), critical=self.san_critical))
        if self.ski:
            own.append(extension(x509.SubjectKeyIdentifier.from_public_key(self.public_of.public_key())))
        if self.aki:
            own.append(extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())))
        replaced = {added.oid for added in self.extensions} | set(self.omit)
        return [*(each for each in own if each.oid not in replaced), *self.extensions]


@dataclasses.dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its private key, its plan, and who issued it (None: it is self-signed)."""

    certificate: x509.Certificate
    plan: Plan
    issuer: Issued | None

    @property
    def key(self) -> PrivateKey:
        return self.plan.public_of

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def spki(self) -> bytes:
        return spki(self.key)

    @property
    def subject_der(self) -> bytes:
        return self.plan.subject.public_bytes()

    def ca(self, common_name: str, **options: Any) -> Issued:
        """An intermediate CA below this one."""
        return issue(ca_plan(common_name, **options), self)

    def leaf(self, common_name: str | None, **options: Any) -> Issued:
        """An end-entity certificate below this one."""
        return issue(leaf_plan(common_name, **options), self)

    def same(self, **changes: Any) -> Issued:
        """This certificate issued again by the same issuer, with changes to its plan."""
        return issue(dataclasses.replace(self.plan, **changes), self.issuer)

    def patched(self, old: bytes, new: bytes) -> bytes:
        """DER of this certificate with `old`, which must occur in the signed part exactly once, replaced by `new` of
        the same length, and signed again (P-256 issuers only)."""
        tbs = self.certificate.tbs_certificate_bytes
        if tbs.count(old) != 1 or len(old) != len(new):
            raise ValueError(f"{old.hex()} occurs {tbs.count(old)} times")
        return sign_tbs(tbs.replace(old, new), (self.issuer or self).key)


def ca_plan(
    common_name: str,
    *,
    kind: str = "p256",
    label: str | None = None,
    subject: x509.Name | None = None,
    **options: Any,
) -> Plan:
    """The plan of a CA certificate; `label` names its key (default: its common name)."""
    defaults: dict[str, Any] = {
        "not_before": datetime(2020, 1, 1, tzinfo=UTC),
        "not_after": datetime(2040, 1, 1, tzinfo=UTC),
        "serial": _serial(common_name),
        "is_ca": True,
        "usage": key_usage("key_cert_sign", "crl_sign"),
    }
    return Plan(
        subject=subject if subject is not None else name(common_name),
        public_of=key(label or common_name, kind),
        **(defaults | options),
    )


def leaf_plan(
    common_name: str | None,
    *,
    kind: str = "p256",
    label: str | None = None,
    subject: x509.Name | None = None,
    dns: Iterable[str] = (),
    ip: Iterable[str] = (),
    uri: Iterable[str] = (),
    email: Iterable[str] = (),
    other: Iterable[x509.GeneralName] = (),
    **options: Any,
) -> Plan:
    """The plan of an end-entity certificate for TLS servers and clients; with an empty subject its SAN is critical."""
    defaults: dict[str, Any] = {
        "not_before": datetime(2026, 1, 1, tzinfo=UTC),
        "not_after": datetime(2027, 1, 1, tzinfo=UTC),
        "serial": _serial(f"leaf:{common_name}"),
        "is_ca": False,
        "usage": key_usage("digital_signature"),
        "eku": (SERVER, CLIENT),
        "san": general_names(dns=dns, ip=ip, uri=uri, email=email, other=other),
        "san_critical": common_name is None,
    }
    return Plan(
        subject=subject if subject is not None else name(common_name),
        public_of=key(label or f"leaf:{common_name}", kind),
        **(defaults | options),
    )


def root(common_name: str, **options: Any) -> Issued:
    """A self-signed root; takes the options of ca_plan."""
    return issue(ca_plan(common_name, **({"not_before": datetime(2015, 1, 1, tzinfo=UTC)} | options)), None)


def cross_sign(ca: Issued, by: Issued, **changes: Any) -> Issued:
    """The name and key of `ca`, issued by `by`."""
    return issue(dataclasses.replace(ca.plan, serial=_serial(f"{ca.plan.serial}:{by.plan.serial}"), **changes), by)


def issue(plan: Plan, issuer: Issued | None) -> Issued:
    """Builds and signs; `issuer` None: self-signed."""
    signer = plan.public_of if issuer is None else issuer.key
    builder = x509.CertificateBuilder(
        issuer_name=plan.subject if issuer is None else issuer.plan.subject,
        subject_name=plan.subject,
        public_key=plan.public_of.public_key(),
        serial_number=plan.serial,
        not_valid_before=plan.not_before.replace(tzinfo=None),
        not_valid_after=plan.not_after.replace(tzinfo=None),
    )
    for each in plan.all_extensions(signer):
        builder = builder.add_extension(each.value, critical=each.critical)
    return Issued(_sign(builder, plan, signer), plan, issuer)


def _sign(builder: x509.CertificateBuilder, plan: Plan, signer: PrivateKey) -> x509.Certificate:
    digest = plan.digest
    if isinstance(signer, dsa.DSAPrivateKey):
        return builder.sign(signer, digest)
    if isinstance(signer, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size) if plan.pss else None
        return builder.sign(signer, digest, rsa_padding=pss)
    if isinstance(signer, ec.EllipticCurvePrivateKey):
        return builder.sign(signer, digest, ecdsa_deterministic=True)
    return builder.sign(signer, None)


def _serial(label: str) -> int:
    """A serial number of 16 octets that depends on the label only: positive, its first bit 0, never short."""
    return int.from_bytes(hashlib.sha256(label.encode()).digest()[:16]) >> 1 | 1 << 126


# --- DER by hand, for what no builder agrees to make


def der(tag: int, *contents: bytes) -> bytes:
    """One DER element: der(0x30, a, b) is a SEQUENCE of a and b."""
    body = b"".join(contents)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + body


def integer(value: int) -> bytes:
    """An INTEGER that is not negative."""
    return der(2, value.to_bytes(value.bit_length() // 8 + 1))


ECDSA_SHA256: Final = der(0x30, bytes.fromhex("06082a8648ce3d040302"))
_RSA_SHA256: Final = der(0x30, bytes.fromhex("06092a864886f70d01010b"), b"\5\0")
_RSA_SHA1: Final = der(0x30, bytes.fromhex("06092a864886f70d010105"), b"\5\0")


def sign_tbs(tbs: bytes, signer: PrivateKey, algorithm: bytes = ECDSA_SHA256) -> bytes:
    """DER of a certificate around any bytes taken for its signed part (a P-256 signer); `algorithm` is written into
    the unsigned part, the signature is ECDSA with SHA-256 all the same."""
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("sign_tbs takes an elliptic curve key")
    signature = signer.sign(tbs, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return der(0x30, tbs, algorithm, der(0x03, b"\0", signature))


def with_sha1(issued: Issued) -> bytes:
    """DER of a certificate signed again with SHA-1 (RSA issuers only)."""
    signer = (issued.issuer or issued).key
    if not isinstance(signer, rsa.RSAPrivateKey):
        raise TypeError("with_sha1 takes a certificate with an RSA issuer")
    tbs = issued.certificate.tbs_certificate_bytes.replace(_RSA_SHA256, _RSA_SHA1, 1)
    signature = signer.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    return der(0x30, tbs, _RSA_SHA1, der(0x03, b"\0", signature))


def pem(*ders: bytes) -> bytes:
    """PEM of these certificates, one after another."""
    return b"".join(x509.load_der_x509_certificate(each).public_bytes(Encoding.PEM) for each in ders)
