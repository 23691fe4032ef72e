#!/usr/bin/env python3
"""Writes the made-up PKI of the examples: three roots, cross-signs, two intermediates, leaves, and a forgery.

    python examples/make_pki.py [FOLDER]

The keys are made afresh on each run and forgotten: none is written, so nobody can issue under these roots.
What each file holds and what is to be expected of it: examples/pki/README.md.

    Meadow Root ----(cross-sign)----.
    Lantern Root (expired 2021) ----+--> Harbor Root --> Harbor Device CA --> device-0042.fleet.example
                                                     `-> (forged: another key) device-0042.fleet.example
    Granite Root --> Granite Server CA --> gw.fleet.example, 192.0.2.10
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

START = datetime(2024, 1, 1, tzinfo=UTC)
ROOT_END = datetime(2059, 12, 31, 23, 59, 59, tzinfo=UTC)
CA_END = datetime(2057, 12, 31, 23, 59, 59, tzinfo=UTC)
LEAF_END = datetime(2055, 12, 31, 23, 59, 59, tzinfo=UTC)
LANTERN_START = datetime(2001, 1, 1, tzinfo=UTC)
LANTERN_END = datetime(2021, 9, 30, 14, 1, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Authority:
    """A name and its key: what signs certificates."""

    name: x509.Name
    key: SigningKey


def _name(organization: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(subject: Authority, issuer: Authority, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject.name)
        .issuer_name(issuer.name)
        .public_key(subject.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(subject.key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )


def ca_certificate(
    subject: Authority, issuer: Authority, end: datetime, *, start: datetime = START, path_length: int | None = None
) -> x509.Certificate:
    """A CA certificate of `subject`; a root if it is its own issuer, a cross-sign if a root has it from another."""
    return (
        _builder(subject, issuer, start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .sign(issuer.key, hashes.SHA256())
    )


def leaf_certificate(
    subject: Authority,
    issuer: Authority,
    names: Iterable[x509.GeneralName],
    purpose: ObjectIdentifier,
    *,
    start: datetime = START,
    end: datetime = LEAF_END,
) -> x509.Certificate:
    """An end entity's certificate for one purpose."""
    return (
        _builder(subject, issuer, start, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


def p256(organization: str, common: str) -> Authority:
    """A name with a new P-256 key."""
    return Authority(_name(organization, common), ec.generate_private_key(ec.SECP256R1()))


def rsa_key(organization: str, common: str) -> Authority:
    """A name with a new RSA key of 3072 bits."""
    return Authority(_name(organization, common), rsa.generate_private_key(65537, 3072))


def make_pki() -> dict[str, list[x509.Certificate]]:
    """The files of the PKI: name without ending, and the certificates in it."""
    meadow = rsa_key("Meadow Trust", "Meadow Root")
    harbor = p256("Harbor Trust", "Harbor Root")
    granite = Authority(_name("Granite Trust", "Granite Root"), ec.generate_private_key(ec.SECP384R1()))
    lantern = rsa_key("Lantern Trust", "Lantern Root")
    device_ca = p256("Harbor Trust", "Harbor Device CA")
    server_ca = p256("Granite Trust", "Granite Server CA")
    device = p256("Example Fleet", "device 0042")
    server = p256("Example Fleet", "gateway")
    forger = Authority(device_ca.name, ec.generate_private_key(ec.SECP256R1()))

    roots = [ca_certificate(root, root, ROOT_END) for root in (meadow, harbor, granite)]
    expired = ca_certificate(lantern, lantern, LANTERN_END, start=LANTERN_START)
    by_meadow = ca_certificate(harbor, meadow, CA_END)
    by_lantern = ca_certificate(harbor, lantern, CA_END, start=datetime(2020, 1, 1, tzinfo=UTC))
    device_int = ca_certificate(device_ca, harbor, CA_END, path_length=0)
    server_int = ca_certificate(server_ca, granite, CA_END, path_length=0)

    device_names = [
        x509.DNSName("device-0042.fleet.example"),
        x509.UniformResourceIdentifier("spiffe://fleet.example/device/0042"),
    ]
    server_names = [x509.DNSName("gw.fleet.example"), x509.IPAddress(ip_address("192.0.2.10"))]
    device_leaf = leaf_certificate(device, device_ca, device_names, ExtendedKeyUsageOID.CLIENT_AUTH)
    server_leaf = leaf_certificate(server, server_ca, server_names, ExtendedKeyUsageOID.SERVER_AUTH)
    forged_leaf = leaf_certificate(device, forger, device_names, ExtendedKeyUsageOID.CLIENT_AUTH)
    return {
        "roots": roots,
        "root-meadow": roots[:1],
        "root-harbor": roots[1:2],
        "root-granite": roots[2:],
        "root-lantern-expired": [expired],
        "harbor-by-meadow": [by_meadow],
        "harbor-by-lantern": [by_lantern],
        "device-ca": [device_int],
        "server-ca": [server_int],
        "device": [device_leaf, device_int, by_lantern, by_meadow],
        "device-leaf": [device_leaf],
        "device-forged": [forged_leaf, device_int, by_lantern, by_meadow],
        "server": [server_leaf, server_int],
    }


def main(arguments: list[str]) -> None:
    """Write every file as PEM into the folder."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent / "pki"
    folder.mkdir(parents=True, exist_ok=True)
    for name, certificates in make_pki().items():
        pem = b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)
        (folder / f"{name}.pem").write_bytes(pem)


if __name__ == "__main__":
    main(sys.argv[1:])
