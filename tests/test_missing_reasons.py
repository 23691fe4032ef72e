"""Reasons that no other test reaches from Python: each certificate or chain beside a good twin that differs in nothing
but the fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography import x509

import der_tools
import pki
import pyvalidator as pv
from pyvalidator import signatures
from pyvalidator.signatures import SignatureJob, SignatureResult

ROOT = pki.root("Reason Root")
CA = ROOT.ca("Reason CA")
LEAF = CA.leaf("Reason leaf", dns=["gw.example"])
STORE = pv.TrustStore.from_der([ROOT.der])
TBS = LEAF.certificate.tbs_certificate_bytes


def fields(tbs: bytes) -> list[der_tools.Element]:
    """The fields of a tbsCertificate: version, serialNumber, signature, issuer, validity, subject, key, extensions."""
    return [element for element in der_tools.elements(tbs) if element.depth == 1]


def with_field(position: int, new: bytes, tbs: bytes = TBS) -> bytes:
    return pki.sign_tbs(der_tools.replace(tbs, fields(tbs)[position], new), CA.key)


def with_bytes(old: bytes, new: bytes) -> bytes:
    """The first place where `old` stands, changed."""
    assert old in TBS
    assert len(old) == len(new)
    return pki.sign_tbs(TBS.replace(old, new, 1), CA.key)


def attribute(value: bytes, tag: int = 0x0C) -> bytes:
    return pki.der(0x30, pki.der(6, b"\x55\x04\x03"), pki.der(tag, value))


def with_subject(*rdns: bytes) -> bytes:
    return with_field(5, pki.der(0x30, *rdns))


def with_attributes(count: int) -> bytes:
    return with_subject(pki.der(0x31, *(attribute(bytes([0x61 + i])) for i in range(count))))


def with_usage(bits: str) -> bytes:
    return LEAF.same(usage=None, extensions=[pki.raw_extension("2.5.29.15", bytes.fromhex(bits))]).der


# --- Faults of the encoding


@dataclass(frozen=True, slots=True)
class Fault:
    reason: pv.Reason
    good: Callable[[], bytes]
    bad: Callable[[], bytes]


FAULTS = [
    Fault(
        pv.Reason.DER_BOOLEAN,
        lambda: with_bytes(b"\x01\x01\xff", b"\x01\x01\xff"),
        lambda: with_bytes(b"\x01\x01\xff", b"\x01\x01\x01"),
    ),
    Fault(
        pv.Reason.DER_INTEGER,
        lambda: with_field(1, pki.der(2, b"\0\x80")),
        lambda: with_field(1, pki.der(2, b"\0\x7f")),
    ),
    Fault(pv.Reason.DER_BIT_STRING, lambda: with_usage("03020780"), lambda: with_usage("03020781")),
    Fault(
        pv.Reason.DER_OID,
        lambda: with_bytes(b"\x06\x03\x55\x1d\x0f", b"\x06\x03\x55\x1d\x7f"),
        lambda: with_bytes(b"\x06\x03\x55\x1d\x0f", b"\x06\x03\x55\x1d\xff"),
    ),
    Fault(
        pv.Reason.DER_TIME,
        lambda: with_bytes(b"260101000000Z", b"260228000000Z"),
        lambda: with_bytes(b"260101000000Z", b"260229000000Z"),
    ),
    Fault(
        pv.Reason.DER_STRING,
        lambda: with_subject(pki.der(0x31, attribute(b"caf\xc3\xa9"))),
        lambda: with_subject(pki.der(0x31, attribute(b"caf\xc3\x29"))),
    ),
    Fault(pv.Reason.DER_EMPTY, with_subject, lambda: with_subject(pki.der(0x31))),
    Fault(
        pv.Reason.CERT_VERSION,
        lambda: with_field(0, bytes.fromhex("a003020102")),
        lambda: with_field(0, bytes.fromhex("a003020103")),
    ),
    Fault(pv.Reason.NAME_RDN_TOO_LARGE, lambda: with_attributes(16), lambda: with_attributes(17)),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.reason.name)
def test_faults_of_the_encoding(fault: Fault) -> None:
    assert pv.Certificate(fault.good()).serial_number > 0
    with pytest.raises(pv.UnreadableCertificate) as caught:
        _ = pv.Certificate(fault.bad()).serial_number
    assert caught.value.reason is fault.reason
    verdict = judge([fault.bad(), CA.der])
    assert (verdict.outcome, verdict.reason) == (pv.Outcome.REFUSED, fault.reason)


# --- Keys and algorithms


def judge(sent: list[bytes], policy: pv.Policy | None = None) -> pv.Verdict:
    policy = policy or pv.Policy.device(purpose=pv.Purpose.ANY)
    return pv.Validator(STORE, policy).check(sent, pv.AnySubject(), at=pki.NOW)


def rsa_key(modulus: int, exponent: int = 65537) -> bytes:
    def integer(value: int) -> bytes:
        return pki.der(2, value.to_bytes(value.bit_length() // 8 + 1))

    algorithm = pki.der(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    return pki.der(0x30, algorithm, pki.der(3, b"\0", pki.der(0x30, integer(modulus), integer(exponent))))


def p256_key(point: bytes) -> bytes:
    return pki.der(0x30, bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107"), pki.der(3, b"\0", point))


def ml_dsa_key(size: int) -> bytes:
    return pki.der(0x30, bytes.fromhex("300b0609608648016503040311"), pki.der(3, bytes(1 + size)))


POINT = pki.spki(LEAF.key)[-65:]

KEYS = [
    (pv.Reason.KEY_TOO_LARGE, rsa_key(2**8191 + 1), rsa_key(2**8192 + 1)),
    (pv.Reason.KEY_MODULUS, rsa_key(2**2047 + 1), rsa_key(2**2047 + 2)),
    (pv.Reason.KEY_EXPONENT, rsa_key(2**2047 + 1, 3), rsa_key(2**2047 + 1, 1)),
    (pv.Reason.KEY_EXPONENT, rsa_key(2**2047 + 1, 2**33 - 1), rsa_key(2**2047 + 1, 2**33 + 1)),
    (pv.Reason.KEY_POINT, p256_key(POINT), p256_key(bytes([2 + POINT[-1] % 2]) + POINT[1:33])),
    (pv.Reason.KEY_LENGTH, ml_dsa_key(1312), ml_dsa_key(1311)),
    (pv.Reason.KEY_LENGTH, ml_dsa_key(1312), ml_dsa_key(1313)),
]


@pytest.mark.parametrize(("reason", "good", "bad"), KEYS, ids=lambda value: getattr(value, "name", ""))
def test_keys_of_the_target(reason: pv.Reason, good: bytes, bad: bytes) -> None:
    verdict = judge([with_field(6, good), CA.der])
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
    verdict = judge([with_field(6, bad), CA.der])
    assert (verdict.outcome, verdict.reason) == (pv.Outcome.REFUSED, reason)


def test_an_algorithm_that_nobody_knows() -> None:
    algorithm = pki.der(0x30, pki.der(6, bytes.fromhex("2a8648ce3d040305")))
    tbs = der_tools.replace(TBS, fields(TBS)[2], algorithm)
    verdict = judge([pki.sign_tbs(tbs, CA.key, algorithm), CA.der])
    assert (verdict.outcome, verdict.reason) == (pv.Outcome.REFUSED, pv.Reason.ALGORITHM_UNKNOWN)


class Unable:
    """A checker that can check nothing."""

    def check(self, job: SignatureJob) -> SignatureResult:
        return SignatureResult.UNSUPPORTED


def test_an_engine_that_cannot_check(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = signatures.checker_engine(Unable())
    monkeypatch.setattr("pyvalidator.validator.native_engine", lambda kind: engine)
    verdict = judge([LEAF.der, CA.der])
    assert verdict.outcome is not pv.Outcome.TRUSTED
    assert verdict.reason is pv.Reason.SIGNATURE_UNSUPPORTED


# --- Lengths of paths


def test_too_many_intermediates() -> None:
    assert judge([LEAF.der, CA.der], pv.Policy.device(max_intermediates=1)).outcome is pv.Outcome.TRUSTED
    verdict = judge([LEAF.der, CA.der], pv.Policy.device(max_intermediates=0))
    assert (verdict.outcome, verdict.reason) == (pv.Outcome.REFUSED, pv.Reason.TOO_MANY_INTERMEDIATES)


def rolled_over(count: int) -> list[bytes]:
    """A leaf under `count` CAs, each of which certified its next key (6.1.4 (l): self-issued certificates do not count
    as intermediates)."""
    chain = [ROOT]
    for depth in range(count):
        old = chain[-1].ca(f"Rolling CA {depth}", label=f"old {depth}")
        chain += [old, old.ca(f"Rolling CA {depth}", label=f"new {depth}")]
    return [chain[-1].leaf("Rolling leaf", dns=["gw.example"]).der, *(each.der for each in reversed(chain[1:]))]


def test_a_path_longer_than_can_be_followed_is_not_judged() -> None:
    policy = pv.Policy.device(max_intermediates=22)
    assert judge(rolled_over(11), policy).outcome is pv.Outcome.TRUSTED
    verdict = judge(rolled_over(12), policy)
    assert (verdict.outcome, verdict.reason) == (pv.Outcome.UNDECIDED, pv.Reason.LIMIT_PATH)


# --- CA/Browser Forum BR 7.1.1


def test_a_target_without_a_version() -> None:
    """Self-issued, so that RFC 5280 4.2.1.1 does not miss its key identifier first."""
    tbs = CA.leaf("x", subject=x509.Name(CA.certificate.subject), dns=["gw.example"]).certificate.tbs_certificate_bytes
    bare = der_tools.delete(tbs, fields(tbs)[-1])
    bare = der_tools.delete(bare, fields(bare)[0])
    sent = [pki.sign_tbs(bare, CA.key), CA.der]
    strict = pv.Policy(profile=pv.Profile.RFC5280, purpose=pv.Purpose.SERVER_AUTH)
    assert judge(sent, strict).outcome is pv.Outcome.TRUSTED
    verdict = judge(sent, pv.Policy.tls_server())
    assert (verdict.outcome, verdict.reason) == (pv.Outcome.REFUSED, pv.Reason.BR_VERSION)
