"""Certificates as people look at them; hostile names are safe to print. PEM is read strictly."""

from __future__ import annotations

import hashlib
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

import pki
import pyvalidator as pv
from conftest import Hierarchy
from pyvalidator.certificate import name_text
from pyvalidator.pem import split_pem


def test_fields(simple: Hierarchy) -> None:
    held = pv.Certificate(simple.leaf.der)
    assert held.subject == "CN=Simple leaf"
    assert held.issuer == "CN=Simple CA"
    assert held.serial_number == simple.leaf.plan.serial
    assert (held.not_before, held.not_after) == (simple.leaf.plan.not_before, simple.leaf.plan.not_after)
    assert held.subject_alt_names == (pv.DNSName("gw.example"), pv.IPAddress("192.0.2.7"))
    assert held.public_key_algorithm is pv.KeyAlgorithm.P256
    assert held.public_key_bits == 256
    assert held.signature_algorithm is pv.SignatureAlgorithm.ECDSA_SHA256
    assert held.fingerprint_sha256 == hashlib.sha256(simple.leaf.der).hexdigest()
    assert not held.is_ca
    assert pv.Certificate(simple.ca.der).is_ca
    assert pv.Certificate(simple.root.der).is_self_issued


def test_equality_and_pem(simple: Hierarchy) -> None:
    held = pv.Certificate(simple.leaf.der)
    assert held == pv.Certificate(bytes(bytearray(simple.leaf.der)))
    assert held != pv.Certificate(simple.ca.der)
    assert held != simple.leaf.der
    assert held.to_pem() == simple.leaf.pem
    assert pv.Certificate.from_pem(pki.pem(*simple.chain)) == tuple(map(pv.Certificate, simple.chain))
    assert pickle.loads(pickle.dumps(held)) == held


def test_it_is_lazy(simple: Hierarchy) -> None:
    held = pv.Certificate(simple.leaf.der[:-1])
    assert held.fingerprint_sha256
    assert "unreadable" in repr(held)
    with pytest.raises(pv.UnreadableCertificate) as caught:
        _ = held.subject
    assert caught.value.reason is pv.Reason.DER_TRUNCATED
    with pytest.raises(TypeError):
        pv.Certificate("text")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["rsa2048", "p384", "p521", "ed25519", "ed448"])
def test_key_kinds(kind: str) -> None:
    held = pv.Certificate(pki.root(f"Kind {kind}", kind=kind).der)
    assert held.public_key_algorithm.name.lower() == kind.removesuffix("2048")
    assert held.signature_algorithm is not None


def test_names_of_all_kinds(simple: Hierarchy) -> None:
    smtp = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), pki.der(0x0C, "ä@b.example".encode()))
    other = x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\5\0")
    directory = x509.DirectoryName(pki.name("x", ORGANIZATION_NAME="y"))
    leaf = simple.ca.leaf(
        "names", dns=["*.gw.example"], uri=["urn:a:b"], email=["a@b.example"], other=[smtp, other, directory]
    )
    pattern, uri, email, utf8, unknown, named = pv.Certificate(leaf.der).subject_alt_names
    assert (pattern, uri, email) == (pv.DNSPattern("*.gw.example"), pv.URI("urn:a:b"), pv.EmailAddress("a@b.example"))
    assert utf8 == pv.EmailAddress("ä@b.example")
    assert isinstance(unknown, pv.OtherName)
    assert isinstance(named, pv.DirectoryName)
    assert str(named) == "CN=x,O=y"


def test_odd_names_never_look_like_good_ones(simple: Hierarchy) -> None:
    """A NUL inside a dNSName must not come out as a DNSName, whatever follows it."""
    der = simple.leaf.patched(b"gw.example", b"gw.\0xample")
    first, _ = pv.Certificate(der).subject_alt_names
    assert first == pv.OtherName("dNSName", b"gw.\0xample")


def test_distinguished_names() -> None:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "AT"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'a,b+c"d\\e<f>g;h=i'),
            x509.NameAttribute(NameOID.COMMON_NAME, " #x "),
        ]
    )
    assert name_text(name.public_bytes()) == 'CN=\\ #x\\ ,O=a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h\\=i,C=AT'
    assert name_text(b"\x30\x00") == ""


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[2Jb", "a\u202eb", "a\u2028b", "\u200bab", "a\x00b"])
def test_hostile_subjects_are_safe_to_print(simple: Hierarchy, text: str) -> None:
    held = pv.Certificate(simple.ca.leaf(text, dns=["gw.example"]).der)
    assert held.subject.isprintable()
    assert repr(held).isprintable()
    for character in "\n\x1b\u202e\u2028\u200b\0":
        assert character not in held.subject


def test_unknown_attributes_and_types() -> None:
    rdn = pki.der(0x31, pki.der(0x30, bytes.fromhex("06022a03"), b"\x04\x01\xff"))
    two = pki.der(
        0x31,
        pki.der(0x30, b"\x06\x03\x55\x04\x03", b"\x1e\x02\x00\x41"),
        pki.der(0x30, b"\x06\x03\x55\x04\x0a", b"\x14\x01\xe4"),
    )
    assert name_text(pki.der(0x30, rdn, two)) == "CN=A+O=ä,1.2.3=#0401ff"


def test_years_beyond_datetime() -> None:
    forever = pki.root("Forever").same(not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert pv.Certificate(forever.der).not_after.year == 9999


# --- PEM


def test_text_around_and_line_ends(simple: Hierarchy) -> None:
    text = b"\xef\xbb\xbfsubject=x\n" + simple.leaf.pem + b"between\n" + simple.ca.pem + b"end"
    assert split_pem(text) == simple.chain
    assert split_pem(text.replace(b"\n", b"\r\n")) == simple.chain
    assert split_pem(simple.leaf.pem.rstrip()) == [simple.leaf.der]


BODY = b"MAA=\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (b"", 0, "BEGIN CERTIFICATE"),
        (b"\x30\x82\x01\x02", 0, "looks like DER"),
        (b"x\n-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", 2, "PRIVATE KEY"),
        (b"-----BEGIN TRUSTED CERTIFICATE-----\nMAA=\n-----END TRUSTED CERTIFICATE-----\n", 1, "TRUSTED CERTIFICATE"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n", 1, "no END"),
        (b"-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n", 2, "no END"),
        (b"-----END CERTIFICATE-----\n", 1, "without BEGIN"),
        (b"-----BEGIN CERTIFICATE-----\nM!A=\n-----END CERTIFICATE-----\n", 2, "not base64"),
        (b"-----BEGIN CERTIFICATE-----\nMA=A\n-----END CERTIFICATE-----\n", 2, "not base64"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\nMAA=\n-----END CERTIFICATE-----\n", 1, "not base64"),
        (b"-----BEGIN CERTIFICATE-----\nProc-Type: 4\n-----END CERTIFICATE-----\n", 2, "not base64"),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 1, "empty"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END X509 CRL-----\n", 3, "X509 CRL"),
    ],
)
def test_pem_that_cannot_be_read(text: bytes, line: int, said: str) -> None:
    with pytest.raises(pv.PemError, match=said) as caught:
        split_pem(text)
    assert caught.value.line == line


def test_fields_of_hostile_bytes_raise_one_error(simple: Hierarchy) -> None:
    """Any byte changed: every property answers, or raises UnreadableCertificate."""
    for position in range(0, len(simple.leaf.der), 3):
        der = bytearray(simple.leaf.der)
        der[position] ^= 0xFF
        held: Any = pv.Certificate(bytes(der))
        for name in ("subject", "issuer", "serial_number", "not_after", "subject_alt_names", "public_key_algorithm"):
            try:
                getattr(held, name)
            except pv.UnreadableCertificate:
                break
