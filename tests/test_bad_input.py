"""What no honest peer sends and no careful caller passes: each has its defined answer, none of them is "trusted",
none costs much."""

from __future__ import annotations

import gc
import resource
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509

import der_tools
import pki
import pyvalidator as pv
import revocation_pki as rp
from conftest import Hierarchy

SUBJECT = pv.DNSName("gw.example")
DEVICE = pv.Policy(profile=pv.Profile.DEVICE, purpose=pv.Purpose.SERVER_AUTH)
STRICT = pv.Policy(profile=pv.Profile.RFC5280, purpose=pv.Purpose.SERVER_AUTH)
#: Large certificates cost steps too: one for each 512 bytes sent, for putting them in order.
ROOMY = pv.Policy(
    profile=pv.Profile.DEVICE,
    purpose=pv.Purpose.SERVER_AUTH,
    budget=pv.Budget(bytes=1 << 26, der_bytes=1 << 26, steps=100_000),
)


def validator(root: pki.Issued, policy: pv.Policy = DEVICE) -> pv.Validator:
    return pv.Validator(pv.TrustStore.from_der([root.der]), policy)


def judge(root: pki.Issued, chain: list[bytes], policy: pv.Policy = DEVICE) -> pv.Verdict:
    return validator(root, policy).check(chain, SUBJECT, at=pki.NOW)


# --- Encodings


def test_every_truncation_of_the_leaf(simple: Hierarchy) -> None:
    checker = validator(simple.root)
    for length in range(len(simple.leaf.der)):
        verdict = checker.check([simple.leaf.der[:length], simple.ca.der], SUBJECT, at=pki.NOW)
        assert verdict.outcome is pv.Outcome.REFUSED, length


def test_every_truncation_of_the_intermediate(simple: Hierarchy) -> None:
    checker = validator(simple.root)
    for length in range(len(simple.ca.der)):
        verdict = checker.check([simple.leaf.der, simple.ca.der[:length]], SUBJECT, at=pki.NOW)
        assert verdict.outcome is pv.Outcome.REFUSED, length


@pytest.mark.parametrize(
    "octets", ["80", "8100", "84ffffffff", "847fffffff", "88ffffffffffffffff", "ff", "82ffff", "83ffffff"]
)
def test_any_length_field_can_lie(simple: Hierarchy, octets: str) -> None:
    """Indefinite, not minimal, beyond the data, beyond 32 bits: in every element of the leaf in turn."""
    checker = validator(simple.root)
    for element in der_tools.elements(simple.leaf.der):
        lying = der_tools.relabel_length(simple.leaf.der, element, bytes.fromhex(octets))
        assert checker.check([lying, simple.ca.der], SUBJECT, at=pki.NOW).outcome is pv.Outcome.REFUSED
        assert checker.check([simple.leaf.der, lying], SUBJECT, at=pki.NOW).outcome is pv.Outcome.REFUSED


@pytest.mark.parametrize("edit", [der_tools.long_form, der_tools.indefinite])
def test_ber_is_not_der(simple: Hierarchy, edit: Callable[[bytes, der_tools.Element], bytes]) -> None:
    """BER of the frame, with every length around it put right, is refused at its encoding, not at its signature
    (X.690 10.1)."""
    tbs = list(der_tools.elements(simple.leaf.der))[:3]
    for element in tbs:
        verdict = judge(simple.root, [edit(simple.leaf.der, element), simple.ca.der])
        assert verdict.outcome is pv.Outcome.REFUSED
        assert verdict.reason.name == "DER_LENGTH", verdict.explain()


def test_trailing_byte(simple: Hierarchy) -> None:
    verdict = judge(simple.root, [simple.leaf.der + b"\0", simple.ca.der])
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason.name == "DER_TRAILING"


@pytest.mark.parametrize(
    "junk", [b"", b"\0", b"0", b"\x30\x00", b"\x30\x80", b"-----BEGIN CERTIFICATE-----", b"\xff" * 5000]
)
def test_junk_as_the_leaf_and_beside_it(simple: Hierarchy, junk: bytes) -> None:
    """Junk as the target is refused; junk beside a good chain is passed over."""
    assert judge(simple.root, [junk, *simple.chain]).outcome is pv.Outcome.REFUSED
    assert judge(simple.root, [simple.leaf.der, junk, simple.ca.der]).outcome is pv.Outcome.TRUSTED


# --- Types


@pytest.mark.parametrize(
    "chain", [None, 7, "text", 1.5, object(), [None], ["text"], [7], [[b""]], {"a": 1}, [bytearray(b"x"), 3]]
)
def test_wrong_types_in_the_chain(simple: Hierarchy, chain: Any) -> None:
    with pytest.raises(TypeError):
        validator(simple.root).check(chain, SUBJECT, at=pki.NOW)


@pytest.mark.parametrize("chain", [[], (), b""])
def test_nothing_sent(simple: Hierarchy, chain: Any) -> None:
    with pytest.raises(pv.EmptyChain):
        validator(simple.root).check(chain, SUBJECT, at=pki.NOW)


@pytest.mark.parametrize("subject", ["gw.example", b"gw.example", None, 7, ["gw.example"], DEVICE])
def test_a_subject_is_a_type(simple: Hierarchy, subject: Any) -> None:
    with pytest.raises(TypeError):
        validator(simple.root).check(simple.chain, subject, at=pki.NOW)


@pytest.mark.parametrize("at", [0, 1.5, "2026-06-01", pki.NOW.date()])
def test_a_time_is_a_type(simple: Hierarchy, at: Any) -> None:
    with pytest.raises(TypeError):
        validator(simple.root).check(simple.chain, SUBJECT, at=at)


def test_naive_datetimes_are_refused(simple: Hierarchy) -> None:
    with pytest.raises(pv.NaiveDatetime):
        validator(simple.root).check(simple.chain, SUBJECT, at=datetime(2026, 6, 1))


def test_an_empty_store_trusts_nobody(simple: Hierarchy) -> None:
    """It cannot be built, or it anchors nothing."""
    try:
        store = pv.TrustStore.from_der([])
    except ValueError:
        return
    assert pv.Validator(store, DEVICE).check(simple.chain, SUBJECT, at=pki.NOW).outcome is pv.Outcome.REFUSED


# --- PEM


def key_block() -> bytes:
    return b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"


def test_pem_chain(simple: Hierarchy) -> None:
    verdict = validator(simple.root).check(pki.pem(*simple.chain), SUBJECT, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.TRUSTED


def test_pem_with_other_things(simple: Hierarchy) -> None:
    """A private key among certificates is a mistake that is said, not passed over."""
    with pytest.raises(pv.PemError):
        validator(simple.root).check(pki.pem(simple.leaf.der) + key_block(), SUBJECT, at=pki.NOW)
    with pytest.raises(pv.PemError):
        pv.TrustStore.from_pem(simple.root.pem + key_block())


@pytest.mark.parametrize(
    "text",
    [
        b"no PEM at all",
        b"-----BEGIN CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END X509 CRL-----\n",
        b"-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n",
    ],
)
def test_broken_pem(simple: Hierarchy, text: bytes) -> None:
    with pytest.raises((pv.PemError, pv.UnreadableCertificate)):
        pv.TrustStore.from_pem(text)
    try:
        verdict = validator(simple.root).check(text, SUBJECT, at=pki.NOW)
    except ValueError:
        return
    assert verdict.outcome is not pv.Outcome.TRUSTED


# --- Sizes


def padded(simple: Hierarchy, size: int, serial: int = 1) -> bytes:
    """A good leaf with one big extension that nobody asks for."""
    filler = pki.raw_extension("1.3.6.1.4.1.99999.2", b"\x04\x82" + bytes(size))
    return simple.ca.leaf("Padded", dns=["gw.example"], extensions=[filler], serial=serial).der


def test_seventy_kilobytes_work(simple: Hierarchy) -> None:
    leaf = padded(simple, 70_000)
    assert len(leaf) > 70_000
    assert judge(simple.root, [leaf, simple.ca.der]).outcome is pv.Outcome.TRUSTED


@pytest.mark.parametrize("size", [1_000_000, (1 << 24) - 1000])
def test_megabytes(simple: Hierarchy, size: int) -> None:
    """Up to 16 MiB a certificate is read, if the budget says so; the default budget is spent before that, and says
    so."""
    leaf = padded(simple, size)
    assert size < len(leaf) <= 1 << 24
    assert judge(simple.root, [leaf, simple.ca.der], ROOMY).outcome is pv.Outcome.TRUSTED
    assert judge(simple.root, [leaf, simple.ca.der]).outcome is not pv.Outcome.REFUSED


def test_above_sixteen_megabytes(simple: Hierarchy) -> None:
    leaf = padded(simple, 1 << 24)
    verdict = judge(simple.root, [leaf, simple.ca.der], ROOMY)
    assert verdict.outcome is not pv.Outcome.TRUSTED
    assert verdict.reason.name in {"CERT_TOO_LARGE", "BUDGET_BYTES"}, verdict.explain()


def test_a_million_certificates(simple: Hierarchy) -> None:
    chain = [simple.leaf.der] + [simple.ca.der] * 999_999
    begin = time.perf_counter()
    verdict = validator(simple.root).check(chain, SUBJECT, at=pki.NOW)
    assert time.perf_counter() - begin < 1.0
    assert verdict.outcome is pv.Outcome.UNDECIDED
    assert verdict.reason.name == "BUDGET_CERTIFICATES"


def test_a_million_certificates_in_a_batch_spoil_only_themselves(simple: Hierarchy) -> None:
    flood = pv.Request([simple.leaf.der] + [simple.ca.der] * 999_999, SUBJECT)
    honest = pv.Request(simple.chain, SUBJECT)
    verdicts = validator(simple.root).check_many([honest, flood, honest], at=pki.NOW)
    outcomes = [verdict.outcome for verdict in verdicts]
    assert outcomes == [pv.Outcome.TRUSTED, pv.Outcome.UNDECIDED, pv.Outcome.TRUSTED]


def test_many_extensions(simple: Hierarchy) -> None:
    """Sixty-four extensions are read, one more is refused by name."""
    for num, outcome in ((64, pv.Outcome.TRUSTED), (65, pv.Outcome.REFUSED)):
        own = 5  # keyUsage, extKeyUsage, subjectAltName and the two key identifiers
        more = [pki.raw_extension(f"1.3.6.1.4.1.99999.3.{n}", b"\5\0") for n in range(num - own)]
        leaf = simple.ca.leaf("Many extensions", dns=["gw.example"], extensions=more)
        assert len(leaf.certificate.extensions) == num
        verdict = judge(simple.root, [leaf.der, simple.ca.der])
        assert verdict.outcome is outcome, verdict.explain()
    assert verdict.reason.name == "CERT_TOO_MANY_EXTENSIONS"


# --- What is unusual and fine on a device


def test_no_end(simple: Hierarchy) -> None:
    """99991231235959Z says that there is no good expiry date (RFC 5280 4.1.2.5)."""
    forever = simple.ca.leaf("Forever", dns=["gw.example"], not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    for policy in (DEVICE, STRICT):
        verdict = judge(simple.root, [forever.der, simple.ca.der], policy)
        assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()


def test_empty_subject_with_a_hardware_module_name(simple: Hierarchy) -> None:
    """RFC 4108 5: a device that is named by its module's type and serial number only."""
    module = pki.der(0x30, pki.der(0x06, bytes.fromhex("2b0601040182c13f01")), pki.der(0x04, b"serial 7"))
    other = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.4"), module)
    leaf = simple.ca.leaf(None, other=[other])
    policy = pv.Policy(profile=pv.Profile.DEVICE, purpose=pv.Purpose.ANY)
    chain = [leaf.der, simple.ca.der]
    assert validator(simple.root, policy).check(chain, pv.AnySubject(), at=pki.NOW).outcome is pv.Outcome.TRUSTED
    verdict = validator(simple.root, policy).check(chain, SUBJECT, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason.name == "SUBJECT_MISMATCH", verdict.explain()


def with_serial(simple: Hierarchy, content: bytes) -> bytes:
    """The leaf with these octets as its serial number; its own has sixteen."""
    tbs = simple.leaf.certificate.tbs_certificate_bytes
    old = simple.leaf.plan.serial.to_bytes(16)
    serial = next(e for e in der_tools.elements(tbs) if e.tag(tbs) == 2 and tbs[e.body : e.end] == old)
    return pki.sign_tbs(der_tools.replace(tbs, serial, pki.der(2, content)), simple.ca.key)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"\xff", "RULE_SERIAL_NEGATIVE"),
        (b"\x80\1", "RULE_SERIAL_NEGATIVE"),
        (b"\0", "RULE_SERIAL_ZERO"),
        (b"\1" * 21, "RULE_SERIAL_TOO_LONG"),
    ],
)
def test_odd_serials(simple: Hierarchy, content: bytes, note: str) -> None:
    """RFC 5280 4.1.2.2: noted on devices, where they are in use, and refused where section 4 is the rule."""
    chain = [with_serial(simple, content), simple.ca.der]
    verdict = judge(simple.root, chain)
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
    assert note in {found.reason.name for found in verdict.notes}
    strict = judge(simple.root, chain, STRICT)
    assert strict.outcome is pv.Outcome.REFUSED
    assert strict.reason.name == note, strict.explain()


def test_a_plain_chain_has_no_notes(simple: Hierarchy) -> None:
    assert not list(judge(simple.root, simple.chain).notes)


# --- Many calls


def peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_memory_does_not_grow(simple: Hierarchy, stranger: Hierarchy) -> None:
    """A hundred thousand refused checks of certificates never seen: of a stranger, and forged under a known CA."""
    checker = pv.Validator(pv.TrustStore.from_der([simple.root.der]), DEVICE, cache=pv.Cache(max_bytes=1 << 20))

    def refuse(hierarchy: Hierarchy, times: int, reason: str) -> None:
        leaf = bytearray(hierarchy.leaf.der)
        for n in range(times):
            leaf[-4:] = n.to_bytes(4)
            verdict = checker.check([bytes(leaf), hierarchy.ca.der], SUBJECT, at=pki.NOW)
            assert verdict.outcome is pv.Outcome.REFUSED
            assert verdict.reason.name == reason

    def refuse_all(times: int) -> None:
        refuse(stranger, times, "NO_ISSUER")
        refuse(simple, times // 10, "SIGNATURE_BAD")

    refuse_all(5_000)
    gc.collect()
    before = peak_kilobytes()
    refuse_all(91_000)
    assert peak_kilobytes() - before < 8_192


def test_threads_share_a_validator(simple: Hierarchy, stranger: Hierarchy) -> None:
    checker = pv.Validator(pv.TrustStore.from_der([simple.root.der]), DEVICE, cache=pv.Cache(max_bytes=1 << 20))
    wrong: list[pv.Outcome] = []

    def work() -> None:
        for _ in range(200):
            if checker.check(simple.chain, SUBJECT, at=pki.NOW).outcome is not pv.Outcome.TRUSTED:
                wrong.append(pv.Outcome.REFUSED)
            if checker.check(stranger.chain, SUBJECT, at=pki.NOW).outcome is not pv.Outcome.REFUSED:
                wrong.append(pv.Outcome.TRUSTED)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# --- bytes that say of themselves what is not so


class Liar(bytes):
    """C takes its octets, Python its word."""

    def __len__(self) -> int:
        return 1 << 20

    def __bytes__(self) -> bytes:
        return self

    def __getitem__(self, _: Any) -> Any:
        return self


def test_what_lies_about_its_length_is_read_as_what_it_is(simple: Hierarchy) -> None:
    root, chain = Liar(simple.root.der), [*map(Liar, simple.chain)]
    held = pv.Certificate(chain[0])
    assert type(held.der) is bytes
    assert held == pv.Certificate(simple.leaf.der)
    anchor = pv.TrustAnchor.from_certificate(root)
    limits = pv.AnchorConstraints(
        name_constraints=Liar(x509.NameConstraints([x509.DNSName("example")], None).public_bytes())
    )
    bare = pv.TrustAnchor(subject=Liar(anchor.subject), spki=Liar(anchor.spki), constraints=limits)
    first = pv.TrustStore.from_der([root])
    for store in (first, pv.TrustStore([anchor]), pv.TrustStore([bare]), pv.TrustStore.load(Liar(first.dump()))):
        checker = pv.Validator(store, DEVICE, intermediates=pv.Intermediates(chain[1:]))
        for sent in (chain, chain[:1], [held], Liar(pki.pem(*simple.chain))):
            assert checker.check(sent, SUBJECT, at=pki.NOW).outcome is pv.Outcome.TRUSTED


def test_evidence_that_lies_about_its_length_is_read_as_what_it_is(simple: Hierarchy) -> None:
    listed, answer = rp.crl(simple.ca), rp.ocsp(simple.ca, simple.leaf)
    assert pv.RevocationList(Liar(listed)).der == listed
    assert pv.OcspResponse(Liar(answer)).der == answer
    evidence = pv.Evidence(crls=[Liar(listed)], ocsp=[Liar(answer)], certificates=[Liar(simple.ca.der)])
    policy = pv.Policy.device(revocation=pv.Revocation(scope=pv.RevocationScope.LEAF))
    verdict = validator(simple.root, policy).check(simple.chain, SUBJECT, pki.NOW, evidence)
    assert verdict.outcome is pv.Outcome.TRUSTED
