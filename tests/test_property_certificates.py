"""Certificates that `cryptography` builds say the same through our view. HYPOTHESIS_PROFILE=long looks longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

import pki
import pyvalidator as pv
import test_property_chains  # noqa: F401  (registers the hypothesis profiles)

ROOT = pki.root("Round Trip Root")

KEY_KINDS = {
    "p256": ("P256", 256),
    "p384": ("P384", 384),
    "p521": ("P521", 521),
    "rsa2048": ("RSA", 2048),
    "ed25519": ("ED25519", None),
    "ed448": ("ED448", None),
}

# UTCTime and GeneralizedTime both (RFC 5280 4.1.2.5).
moments = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(9999, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
windows = st.tuples(moments, moments).map(sorted)
serials = st.one_of(st.integers(1, 300), st.integers(1, 2**159 - 1))
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=20)
attributes = st.lists(
    st.tuples(
        st.sampled_from(["ORGANIZATION_NAME", "ORGANIZATIONAL_UNIT_NAME", "LOCALITY_NAME", "SERIAL_NUMBER"]), texts
    ),
    max_size=4,
    unique_by=lambda pair: pair[0],
)
host_names = st.sampled_from(["a.example", "*.b.example", "XN--BCHER-KVA.test", "c-d.e.example"])
addresses = st.ip_addresses()
mailboxes = st.sampled_from(["a@b.example", "x.y+z@HOST.test"])
uris = st.sampled_from(["urn:dev:mac:0024befffe804ff1", "spiffe://example.org/gw", "https://h.example/?q=1"])


def subject_of(common_name: str, pairs: list[tuple[str, str]]) -> x509.Name:
    """serialNumber is a PrintableString, so it is kept plain."""
    return pki.name(common_name, **{oid: "SN 1" if oid == "SERIAL_NUMBER" else text for oid, text in pairs})


@given(serial=serials, window=windows, common_name=texts, pairs=attributes)
def test_serial_times_and_names(
    serial: int, window: list[datetime], common_name: str, pairs: list[tuple[str, str]]
) -> None:
    not_before, not_after = window
    subject = subject_of(common_name, pairs)
    leaf = ROOT.leaf("x", subject=subject, dns=["a.example"], serial=serial, not_before=not_before, not_after=not_after)
    cert = pv.Certificate(leaf.der)
    assert cert.serial_number == serial == leaf.certificate.serial_number
    assert (cert.not_before, cert.not_after) == (not_before, not_after)
    assert cert.fields.subject == subject.public_bytes()
    assert cert.fields.issuer == ROOT.subject_der
    assert cert.fields.spki == leaf.spki
    assert cert.fields.version == 3
    assert not cert.is_self_issued
    assert cert.subject.isprintable()


@given(common_name=texts)
def test_subject_text_is_what_rfc_4514_says(common_name: str) -> None:
    """Where every character is harmless the text is that of the other reader."""
    leaf = ROOT.leaf("x", subject=pki.name(common_name, ORGANIZATION_NAME="Org, Ltd"))
    text = pv.Certificate(leaf.der).subject
    if common_name.isascii() and common_name.isprintable():
        assert text == leaf.certificate.subject.rfc4514_string()


@given(
    dns=st.lists(host_names, max_size=3),
    ip=st.lists(addresses, max_size=3),
    email=st.lists(mailboxes, max_size=2),
    uri=st.lists(uris, max_size=2),
)
def test_subject_alt_names(
    dns: list[str], ip: list[IPv4Address | IPv6Address], email: list[str], uri: list[str]
) -> None:
    leaf = ROOT.leaf("x", dns=dns, ip=[str(each) for each in ip], email=email, uri=uri)
    found = pv.Certificate(leaf.der).subject_alt_names
    expected = [
        *(pv.DNSPattern(name) if name.startswith("*") else pv.DNSName(name) for name in dns),
        *(pv.IPAddress(each) for each in ip),
        *(pv.URI(each) for each in uri),
        *(pv.EmailAddress(each) for each in email),
    ]
    assert list(found) == expected


def test_a_directory_name_and_an_other_name() -> None:
    directory = x509.DirectoryName(pki.name("Inner", ORGANIZATION_NAME="Org"))
    other = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x0c\x01x")
    first, second = pv.Certificate(ROOT.leaf("x", other=[directory, other]).der).subject_alt_names
    assert isinstance(first, pv.DirectoryName)
    assert first.der == directory.value.public_bytes()
    assert isinstance(second, pv.OtherName)
    assert second.form == "otherName"


@pytest.mark.parametrize("kind", KEY_KINDS)
def test_keys_and_signatures(kind: str) -> None:
    """The leaf's own key, and the kind of signature that such a key makes."""
    algorithm, bits = KEY_KINDS[kind]
    ca = ROOT.ca(f"CA {kind}", kind=kind)
    cert = pv.Certificate(ca.der)
    assert cert.public_key_algorithm.name == algorithm
    if bits is not None:
        assert cert.public_key_bits == bits
    assert cert.fields.key_fault is pv.Reason.OK
    assert cert.signature_algorithm is pv.SignatureAlgorithm.ECDSA_SHA256
    below = pv.Certificate(ca.leaf("x").der).signature_algorithm
    assert below is not None
    assert below.name.startswith({"RSA": "RSA_PKCS1", "ED25519": "ED25519", "ED448": "ED448"}.get(algorithm, "ECDSA"))


@given(path_len=st.one_of(st.none(), st.integers(0, 300)), is_ca=st.booleans())
def test_basic_constraints_count(path_len: int | None, is_ca: bool) -> None:
    """What basicConstraints says is read as it acts: whether something below is trusted."""
    options: dict[str, Any] = {"is_ca": is_ca, "path_len": path_len if is_ca else None}
    top = ROOT.ca("Top", **options)
    ca = top.ca("Middle")
    leaf = ca.leaf("x", dns=["a.example"])
    assert pv.Certificate(top.der).is_ca == is_ca
    verdict = judge([leaf.der, ca.der, top.der])
    allowed = is_ca and (path_len is None or path_len >= 1)
    assert (verdict.outcome is pv.Outcome.TRUSTED) == allowed, verdict.explain()


def judge(chain: list[bytes], policy: pv.Policy | None = None) -> pv.Verdict:
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), policy or pv.Policy.device())
    return validator.check(chain, pv.AnySubject(), at=pki.NOW)


USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)


@given(uses=st.sets(st.sampled_from(USES), min_size=1))
def test_key_usage_counts(uses: set[str]) -> None:
    """RFC 5280 6.1.4 (n): an issuer's keyUsage must have keyCertSign."""
    ca = ROOT.ca("Used CA", usage=pki.key_usage(*uses))
    verdict = judge([ca.leaf("x").der, ca.der])
    assert (verdict.outcome is pv.Outcome.TRUSTED) == ("key_cert_sign" in uses), verdict.explain()


@given(shift=st.integers(-3, 3))
def test_the_window_includes_both_ends(shift: int) -> None:
    """RFC 5280 4.1.2.5: from notBefore through notAfter, to the second."""
    leaf = ROOT.leaf("x", not_before=pki.NOW, not_after=pki.NOW + timedelta(seconds=1))
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device())
    verdict = validator.check([leaf.der], pv.AnySubject(), at=pki.NOW + timedelta(seconds=shift, microseconds=999_999))
    assert (verdict.outcome is pv.Outcome.TRUSTED) == (0 <= shift <= 1), verdict.explain()


def test_addresses_of_odd_lengths_are_no_addresses() -> None:
    """RFC 5280 4.2.1.6: four or sixteen octets."""
    san = pki.der(0x30, pki.der(0x87, bytes(5)))
    leaf = ROOT.leaf("x", extensions=[pki.raw_extension("2.5.29.17", san)])
    assert not any(isinstance(name, pv.IPAddress) for name in pv.Certificate(leaf.der).subject_alt_names)
    assert judge([leaf.der]).reason is pv.Reason.SAN_MALFORMED
