"""Revocation by OCSP (RFC 6960), field by field of 4.2: each response beside its twin that differs in nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

import pki
import pyvalidator as pv
import revocation_pki as rp
from pki import DAY, NOW
from pyvalidator import signatures
from pyvalidator.signatures import SignatureJob, SignatureResult
from revocation_asking import (
    CHAIN,
    LEAF,
    NOTE,
    about_evidence,
    is_revoked,
    is_trusted,
    is_unknown,
    judge,
    revoked_details,
)
from revocation_pki import GOOD, NO_CHECK, OCSP_SIGNING, REVOKED, UNKNOWN, crl, ocsp, single

ROOT = pki.root("OCSP Root")
CA = ROOT.ca("OCSP CA")
GW = CA.leaf("ocsp gw", dns=["gw.example"])
OTHER = ROOT.ca("OCSP Other CA")
STRANGER = pki.root("OCSP Stranger")
ATTACKER = pki.key("attacker")
RESPONDER = rp.responder(CA)
SECOND = timedelta(seconds=1)


def ask(*responses: bytes | pv.OcspResponse, leaf: pki.Issued = GW, **options: Any) -> pv.Verdict:
    return judge(leaf, CA, anchors=[ROOT], ocsp=responses, **options)


def good(**options: Any) -> bytes:
    return ocsp(CA, GW, **options)


def revoked(**options: Any) -> bytes:
    return ocsp(CA, GW, status=REVOKED, **options)


def counts(**options: Any) -> None:
    """Such a response speaks for the certificate, and against it."""
    is_trusted(ask(good(**options)))
    is_revoked(ask(revoked(**options)))


def counts_not(*because: str, **options: Any) -> None:
    """Such a response says neither: it covers nothing, it revokes nothing, it lifts nothing."""
    is_unknown(ask(good(**options)), *because)
    is_unknown(ask(revoked(**options)), *because)
    is_trusted(ask(good(), revoked(**options)))
    is_revoked(ask(revoked(), good(**options)))


# ======================================================================================================================
# The plain case
# ======================================================================================================================


def test_good_and_revoked_by_the_issuer_itself() -> None:
    counts()


def test_a_response_covers_only_its_certificate() -> None:
    is_unknown(ask(ocsp(CA, CA.leaf("another"))))
    is_unknown(ask(good(), scope=CHAIN))
    is_trusted(ask(good(), ocsp(ROOT, CA), scope=CHAIN))
    is_revoked(ask(good(), ocsp(ROOT, CA, status=REVOKED), scope=CHAIN))
    is_trusted(ask(good(), ocsp(ROOT, CA, status=REVOKED), scope=LEAF))


def test_the_anchor_is_never_judged() -> None:
    is_trusted(ask(good(), ocsp(ROOT, CA), ocsp(ROOT, ROOT, status=REVOKED), scope=CHAIN))


def test_any_revoked_refuses_whatever_else_says_good() -> None:
    for responses in ((good(), revoked()), (revoked(), good()), (good(), revoked(), good(this_update=NOW))):
        is_revoked(ask(*responses))


def test_crl_and_ocsp_together() -> None:
    clean, listed = crl(CA), crl(CA, [GW])
    is_trusted(ask(good(), crls=[clean]))
    is_revoked(ask(good(), crls=[listed]))
    is_revoked(ask(revoked(), crls=[clean]))
    is_trusted(ask(good(), crls=[crl(ROOT)], scope=CHAIN))
    is_trusted(ask(ocsp(ROOT, CA), crls=[clean], scope=CHAIN))


def test_sources_of_the_policy() -> None:
    only_crl, only_ocsp = frozenset({pv.RevocationSource.CRL}), frozenset({pv.RevocationSource.OCSP})
    is_unknown(ask(good(), sources=only_crl))
    is_trusted(ask(good(), sources=only_ocsp))
    is_trusted(ask(good(), crls=[crl(CA, [GW])], sources=only_ocsp))
    is_trusted(ask(revoked(), crls=[crl(CA)], sources=only_crl))


def test_a_note_instead_of_a_refusal() -> None:
    verdict = ask(ocsp(CA, GW, status=UNKNOWN), missing=NOTE)
    is_trusted(verdict)
    assert [each.reason for each in verdict.notes] == [pv.Reason.REVOCATION_UNKNOWN]
    is_revoked(ask(revoked(), missing=NOTE))


@pytest.mark.parametrize("kind", ["p256", "p384", "ed25519", "rsa2048"])
def test_every_kind_of_key_signs_responses(kind: str) -> None:
    ca = ROOT.ca(f"OCSP CA {kind}", kind=kind)
    leaf = ca.leaf(f"ocsp below {kind}")
    is_trusted(judge(leaf, ca, anchors=[ROOT], ocsp=[ocsp(ca, leaf)]))
    is_revoked(judge(leaf, ca, anchors=[ROOT], ocsp=[ocsp(ca, leaf, status=REVOKED)]))
    is_unknown(judge(leaf, ca, anchors=[ROOT], ocsp=[ocsp(ca, leaf, bad_signature=True)]), "EVIDENCE_SIGNER")


@pytest.mark.parametrize("engine", [pv.Engine.LIBCRYPTO, pv.Engine.CRYPTOGRAPHY])
def test_engines_agree_on_responses(engine: pv.Engine) -> None:
    for digest in ("sha1", "sha256", "sha384", "sha512"):
        is_trusted(ask(good(digest=digest), engine=engine))
        is_revoked(ask(revoked(digest=digest, responder=RESPONDER), engine=engine))
    is_unknown(ask(good(bad_signature=True), engine=engine), "EVIDENCE_SIGNER")


def test_what_a_response_says_of_itself() -> None:
    other = single(CA, 5, status=UNKNOWN, next_update=None)
    read = pv.OcspResponse.from_der(revoked(reason=1, responder=RESPONDER, by_key=False, singles=[other]))
    assert read.status is pv.OcspStatus.SUCCESSFUL
    assert read.produced_at == rp.THIS_UPDATE
    assert read.responder == pv.Certificate(RESPONDER.der).subject
    first, second = read.singles
    assert (first.serial, first.status) == (GW.plan.serial, pv.CertificateStatus.REVOKED)
    assert (first.this_update, first.next_update) == (rp.THIS_UPDATE, rp.NEXT_UPDATE)
    assert (first.revoked_at, first.reason) == (rp.REVOKED_AT, pv.RevocationReason.KEY_COMPROMISE)
    assert (second.serial, second.status, second.next_update) == (5, pv.CertificateStatus.UNKNOWN, None)
    assert [each.der for each in read.certificates] == [RESPONDER.der]


def test_a_revocation_tells_when_why_and_by_whom() -> None:
    verdict = ask(revoked(reason=4, responder=RESPONDER))
    is_revoked(verdict)
    told = revoked_details(verdict)
    assert (told.revoked_at, told.reason) == (rp.REVOKED_AT, pv.RevocationReason.SUPERSEDED)
    assert isinstance(told.source, pv.OcspResponse)
    assert told.by
    assert rp.REVOKED_AT.strftime("%Y-%m-%d") in verdict.explain()


# ======================================================================================================================
# OCSPResponse
# ======================================================================================================================


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (rp.MALFORMED_REQUEST, "MALFORMED_REQUEST"),
        (rp.INTERNAL_ERROR, "INTERNAL_ERROR"),
        (rp.TRY_LATER, "TRY_LATER"),
        (rp.SIG_REQUIRED, "SIG_REQUIRED"),
        (rp.UNAUTHORIZED, "UNAUTHORIZED"),
    ],
)
def test_responses_that_did_not_succeed(status: int, name: str) -> None:
    failed = ocsp(CA, GW, response_status=status)
    assert pv.OcspResponse.from_der(failed).status.name == name
    is_unknown(ask(failed), "OCSP_UNSUCCESSFUL")
    is_trusted(ask(failed, good()))
    is_revoked(ask(failed, revoked()))


def test_what_cannot_be_read_is_told() -> None:
    whole = good()
    no_bytes = pki.der(0x30, rp.integer(0, 0x0A))
    for der in (b"", b"no response", whole[:-1], whole + b"\0", GW.der, crl(CA), no_bytes, good(version=2)):
        with pytest.raises(pv.UnreadableEvidence) as caught:
            pv.OcspResponse.from_der(der)
        assert caught.value.reason is not pv.Reason.OK
        assert 0 <= caught.value.offset <= len(der)
        with pytest.raises(pv.UnreadableEvidence):
            pv.Evidence(ocsp=[der])


def test_a_response_type_that_is_not_basic() -> None:
    with contextlib.suppress(pv.UnreadableEvidence):
        is_unknown(ask(good(response_type="1.3.6.1.5.5.7.48.1.99")))


def test_more_certificates_than_are_read() -> None:
    counts(certificates=[pki.der(0x30, b"")] * 3)
    with pytest.raises(pv.UnreadableEvidence) as caught:
        pv.OcspResponse.from_der(good(certificates=[pki.der(0x30, b"")] * 1025))
    assert caught.value.reason is pv.Reason.EVIDENCE_TOO_LARGE


# ======================================================================================================================
# ResponseData
# ======================================================================================================================


def test_version_1_written_out() -> None:
    """DEFAULT v1 may not be written in DER; what has it is either read rightly or refused as unreadable."""
    try:
        pv.OcspResponse.from_der(good(version=1))
    except pv.UnreadableEvidence:
        return
    counts(version=1)


def test_responder_ids() -> None:
    for by_key in (True, False):
        counts(by_key=by_key)
        counts(by_key=by_key, responder=RESPONDER)


def test_producedat_in_the_future() -> None:
    leeway = timedelta(minutes=5)
    counts(produced_at=NOW + leeway)
    counts_not("EVIDENCE_NOT_YET_VALID", produced_at=NOW + leeway + SECOND)


def test_response_extensions() -> None:
    """4.4: a nonce is for whoever asked; what is not known and critical spoils the response."""
    counts(extensions=[rp.NONCE])
    counts(extensions=[rp.unknown_extension(critical=False)])
    counts_not("EVIDENCE_CRITICAL", extensions=[rp.unknown_extension(critical=True)])


def with_single(**options: Any) -> Callable[[int], bytes]:
    """A response whose only single has these options (extensions there are singleExtensions)."""
    return lambda status: ocsp(CA, None, singles=[single(CA, GW, status=status, **options)])


def test_single_extensions() -> None:
    plain = with_single(extensions=[rp.unknown_extension(critical=False)])
    is_trusted(ask(plain(GOOD)))
    is_revoked(ask(plain(REVOKED)))
    odd = with_single(extensions=[rp.unknown_extension(critical=True)])
    is_unknown(ask(odd(GOOD)), "EVIDENCE_CRITICAL")
    is_unknown(ask(odd(REVOKED)), "EVIDENCE_CRITICAL")


# ======================================================================================================================
# SingleResponse
# ======================================================================================================================


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_certids_by_every_digest(digest: str) -> None:
    counts(digest=digest)


def test_a_certid_by_a_digest_that_is_not_known() -> None:
    counts_not(digest="md5")


def test_a_certid_of_another_name() -> None:
    counts_not(name=OTHER.plan.subject)


def test_a_certid_of_another_key() -> None:
    counts_not(issuer_key=OTHER)


def test_a_certid_of_the_right_name_in_other_octets() -> None:
    """The hash is over the name as the certificate has it: another spelling is another hash."""
    counts_not(name=pki.name("ocsp ca"))


def test_a_certid_of_another_serial_number() -> None:
    is_unknown(ask(ocsp(CA, GW.plan.serial + 1)))
    is_trusted(ask(good(), ocsp(CA, GW.plan.serial + 1, status=REVOKED)))


@pytest.mark.parametrize("serial", [1, 127, 128, 255, 256, 2**159 - 1])
def test_serial_numbers_are_compared_whole(serial: int) -> None:
    leaf = GW.same(serial=serial)
    is_revoked(ask(ocsp(CA, leaf, status=REVOKED), leaf=leaf))
    near = {serial + 1, serial - 1, serial << 8, serial >> 8, -serial}
    wrong = [single(CA, each, status=REVOKED) for each in near]
    is_trusted(ask(ocsp(CA, leaf, singles=wrong), leaf=leaf))


def test_unknown_tells_nothing() -> None:
    unknown = ocsp(CA, GW, status=UNKNOWN)
    is_unknown(ask(unknown), "OCSP_UNKNOWN")
    is_trusted(ask(unknown, good()))
    is_revoked(ask(unknown, revoked()))
    is_trusted(ask(unknown, crls=[crl(CA)]))


@pytest.mark.parametrize("reason", [None, *(each for each in range(11) if each not in {7, 8})])
def test_every_reason_revokes(reason: int | None) -> None:
    verdict = ask(revoked(reason=reason))
    is_revoked(verdict)
    assert revoked_details(verdict).reason is pv.RevocationReason(reason or 0)


def test_a_revocation_time_in_the_future_revokes() -> None:
    is_revoked(ask(revoked(revoked_at=NOW + DAY)))


def test_thisupdate_at_its_edge() -> None:
    leeway = timedelta(minutes=5)
    counts(this_update=NOW + leeway)
    counts_not("EVIDENCE_NOT_YET_VALID", this_update=NOW + leeway + SECOND)
    is_unknown(ask(good(this_update=NOW + SECOND), leeway=timedelta(0)), "EVIDENCE_NOT_YET_VALID")


def test_nextupdate_at_its_edge() -> None:
    counts(next_update=NOW)
    is_unknown(ask(good(next_update=NOW - SECOND)), "EVIDENCE_STALE")
    is_revoked(ask(revoked(next_update=NOW - SECOND)))  # once revoked, always revoked


def test_a_hold_lasts_until_a_newer_response_says_good() -> None:
    """RFC 5280 5.3.1. Any other reason is for good."""
    held, newer = revoked(reason=6), good(this_update=NOW)
    is_revoked(ask(held))
    for responses in ((held, newer), (newer, held)):
        is_trusted(ask(*responses))
    for responses in ((revoked(reason=6, this_update=NOW), good()), (good(), revoked(reason=6, this_update=NOW))):
        is_revoked(ask(*responses))
    is_revoked(ask(held, good(this_update=NOW, signer=ATTACKER)))
    is_revoked(ask(revoked(next_update=NOW - SECOND), newer))


def test_no_nextupdate_is_stale_without_max_age() -> None:
    endless = good(next_update=None)
    is_unknown(ask(endless), "EVIDENCE_STALE")
    is_trusted(ask(endless, max_age=DAY))
    is_unknown(ask(endless, max_age=DAY - SECOND), "EVIDENCE_STALE")
    is_unknown(ask(good(), max_age=DAY - SECOND), "EVIDENCE_STALE")


def test_clocks() -> None:
    floor = pv.Time.floor(NOW)
    is_trusted(ask(good(this_update=NOW + DAY, produced_at=NOW + DAY), at=floor))
    is_unknown(ask(good(next_update=NOW - SECOND), at=floor), "EVIDENCE_STALE")
    for at in (pv.Time.unknown(), pv.Time.at_issuance()):
        old = {"this_update": NOW - 101 * DAY, "produced_at": NOW - 101 * DAY, "next_update": NOW - 100 * DAY}
        is_trusted(ask(good(**old), at=at))
        is_revoked(ask(revoked(**old), at=at))


def test_several_singles_in_one_response() -> None:
    """Each speaks for itself; two on one certificate: revoked wins, a stale one is passed over."""
    others = [single(CA, n, status=REVOKED) for n in range(1, 40)]
    is_trusted(ask(good(singles=others)))
    is_revoked(ask(revoked(singles=others)))
    is_trusted(ask(ocsp(CA, None, singles=[*others, single(CA, GW)])))
    is_revoked(ask(ocsp(CA, None, singles=[*others, single(CA, GW), single(CA, GW, status=REVOKED)])))
    is_revoked(ask(ocsp(CA, None, singles=[single(CA, GW, status=REVOKED), single(CA, GW)])))
    stale = single(CA, GW, next_update=NOW - SECOND)
    is_trusted(ask(ocsp(CA, None, singles=[stale, single(CA, GW)])))
    is_trusted(ask(ocsp(CA, None, singles=[single(CA, GW, status=UNKNOWN), single(CA, GW)])))
    is_trusted(
        ask(ocsp(CA, None, singles=[single(CA, GW, digest="sha256"), single(CA, GW, digest="md5", status=REVOKED)]))
    )


def test_one_response_for_the_whole_chain() -> None:
    """Only the issuer's own word counts on each: the CA cannot vouch for itself."""
    is_unknown(ask(good(singles=[single(ROOT, CA)]), scope=CHAIN))
    is_trusted(ask(good(singles=[single(ROOT, CA)]), ocsp(ROOT, CA), scope=CHAIN))


# ======================================================================================================================
# signature, certs: who may answer (4.2.2.2)
# ======================================================================================================================


def test_a_bad_signature() -> None:
    counts_not("EVIDENCE_SIGNER", bad_signature=True)
    counts_not(bad_signature=True, responder=RESPONDER)


def test_signed_by_a_stranger() -> None:
    counts_not("EVIDENCE_SIGNER", signer=ATTACKER)
    counts_not(responder=rp.responder(STRANGER))
    counts_not(responder=STRANGER)


def test_signed_by_the_certificate_itself() -> None:
    counts_not(responder=GW)
    counts_not(signer=GW)


def test_signed_by_a_sibling_ca() -> None:
    counts_not(responder=OTHER)
    counts_not(responder=rp.responder(OTHER))


def test_the_root_answers_for_its_ca_only() -> None:
    """The CA's issuer is no issuer of the CA's leaves."""
    counts_not(responder=ROOT)


def test_weak_and_unknown_algorithms() -> None:
    counts_not(algorithm="ecdsa-sha1")
    counts_not(algorithm="unknown")


def test_a_delegated_responder() -> None:
    counts(responder=RESPONDER)


def test_a_delegated_responder_whose_certificate_is_not_in_the_response() -> None:
    bare = {"responder": RESPONDER, "certificates": []}
    is_unknown(ask(good(**bare)))
    is_trusted(ask(good(**bare), certificates=[RESPONDER]))
    is_revoked(ask(revoked(**bare), certificates=[RESPONDER]))


def test_other_certificates_in_the_response() -> None:
    counts(responder=RESPONDER, certificates=[STRANGER, OTHER, GW, RESPONDER])
    counts(responder=RESPONDER, certificates=[pki.der(0x30, b"junk"), RESPONDER])
    counts(certificates=[STRANGER, RESPONDER])


def test_a_responder_without_ocsp_signing() -> None:
    """4.2.2.2: explicitly; neither anyExtendedKeyUsage nor no extension at all is that."""
    for eku in ((), (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,), (pki.SERVER, pki.CLIENT)):
        counts_not("OCSP_RESPONDER", responder=RESPONDER.same(eku=eku))
    counts(responder=RESPONDER.same(eku=(pki.SERVER, OCSP_SIGNING)))


def test_a_responder_issued_by_another_ca() -> None:
    for issuer in (ROOT, OTHER, RESPONDER):
        counts_not(responder=rp.responder(issuer))


def test_a_responder_issued_by_another_key_of_the_issuers_name() -> None:
    """The same key that issued the certificate must have issued the responder's."""
    twin = ROOT.ca("OCSP CA", label="OCSP CA, another key", serial=2)
    counts_not(responder=rp.responder(twin))
    counts_not(responder=rp.responder(twin), issuer_key=twin)


def test_a_responder_whose_certificate_is_forged() -> None:
    forged = RESPONDER.same(public_of=ATTACKER)
    spoiled = forged.der[:-1] + bytes([forged.der[-1] ^ 1])
    counts(responder=forged)
    counts_not(responder=forged, certificates=[spoiled])


def test_a_responder_that_is_not_valid_in_time() -> None:
    counts_not(responder=RESPONDER.same(not_after=NOW - DAY))
    counts_not(responder=RESPONDER.same(not_before=NOW + DAY))
    counts(responder=RESPONDER.same(not_before=NOW, not_after=NOW))


def test_a_responder_with_an_unknown_critical_extension() -> None:
    odd = [NO_CHECK, pki.raw_extension("1.3.6.1.4.1.99999.1", b"\5\0", critical=True)]
    counts_not(responder=RESPONDER.same(extensions=odd))


def test_a_responder_ca_that_lacks_digital_signature() -> None:
    """The issuer itself may answer whatever its keyUsage says of other things."""
    ca = CA.same(usage=pki.key_usage("key_cert_sign"))
    leaf = ca.leaf("ocsp gw")
    is_trusted(judge(leaf, ca, anchors=[ROOT], ocsp=[ocsp(ca, leaf)]))


def test_a_responder_named_by_another_id() -> None:
    """The responderID tells whose key it is: a name or key hash of someone else does not match the certificate."""
    counts_not(responder=RESPONDER, responder_id=pki.der(0xA1, OTHER.plan.subject.public_bytes()))
    counts_not(responder=RESPONDER, responder_id=pki.der(0xA2, pki.der(0x04, bytes(20))))


# --- The responder's own status (4.2.2.2.1)


UNCHECKED = RESPONDER.same(extensions=())


def test_without_nocheck_the_responder_is_judged_too() -> None:
    is_unknown(ask(good(responder=UNCHECKED)))
    is_trusted(ask(good(responder=UNCHECKED), crls=[crl(CA, idp=rp.idp(only_user=True)), crl(CA)]))
    is_trusted(ask(good(responder=UNCHECKED), ocsp(CA, UNCHECKED)))


def test_a_responder_that_is_revoked() -> None:
    listed = crl(CA, [UNCHECKED], idp=rp.idp(full=[rp.uri("http://crl.example/r")]))
    pointed = UNCHECKED.same(extensions=[rp.points(rp.point(full=[rp.uri("http://crl.example/r")]))])
    clean = crl(CA, idp=rp.idp(full=[rp.uri("http://crl.example/r")]))
    is_trusted(ask(good(responder=pointed), crls=[clean]))
    is_unknown(ask(good(responder=pointed), crls=[listed]))
    is_unknown(ask(good(responder=UNCHECKED), ocsp(CA, UNCHECKED, status=REVOKED)))
    is_unknown(ask(revoked(responder=UNCHECKED), ocsp(CA, UNCHECKED, status=REVOKED)))


def test_with_nocheck_the_responder_is_not_asked_about() -> None:
    is_trusted(ask(good(responder=RESPONDER)))
    is_trusted(ask(good(responder=RESPONDER), ocsp(ROOT, CA), scope=CHAIN))


def test_a_note_for_missing_evidence_does_not_silence_a_responder() -> None:
    """The path is trusted although nothing tells of its CA; what the CA's delegate says then counts as much."""
    told = revoked(responder=RESPONDER)
    is_revoked(ask(told, scope=LEAF, missing=NOTE))
    is_revoked(ask(told, crls=[crl(ROOT)], scope=CHAIN, missing=NOTE))
    is_revoked(ask(told, scope=CHAIN, missing=NOTE))


def test_a_responder_does_not_vouch_for_itself() -> None:
    is_unknown(ask(good(responder=UNCHECKED), ocsp(CA, UNCHECKED, responder=UNCHECKED)))
    is_unknown(ask(good(responder=UNCHECKED, singles=[single(CA, UNCHECKED)])))


def test_responders_that_vouch_for_each_other_only() -> None:
    """It ends, and nothing comes of it."""
    one, two = (UNCHECKED.same(subject=pki.name(f"R{n}"), public_of=pki.key(f"R{n}"), serial=50 + n) for n in (1, 2))
    circle = [ocsp(CA, one, responder=two), ocsp(CA, two, responder=one)]
    verdict = ask(good(responder=one), *circle)
    assert verdict.outcome is pv.Outcome.REFUSED, verdict.explain()
    is_trusted(ask(good(responder=one), ocsp(CA, one, responder=two), ocsp(CA, two)))
    is_unknown(ask(good(responder=one), ocsp(CA, one, responder=two), ocsp(CA, two, status=REVOKED)))


# ======================================================================================================================
# The search, the budget, the engine
# ======================================================================================================================


def test_a_cross_signed_intermediate_that_one_issuer_revoked() -> None:
    second = pki.root("OCSP Root 2")
    cross = pki.cross_sign(CA, second)
    for first_status, second_status, middle in ((REVOKED, GOOD, cross), (GOOD, REVOKED, CA)):
        told = [good(), ocsp(ROOT, CA, status=first_status), ocsp(second, cross, status=second_status)]
        verdict = judge(GW, CA, cross, anchors=[ROOT, second], ocsp=told, scope=CHAIN)
        is_trusted(verdict)
        assert verdict.path[1].der == middle.der
    told = [good(), ocsp(ROOT, CA, status=REVOKED), ocsp(second, cross, status=REVOKED)]
    is_revoked(judge(GW, CA, cross, anchors=[ROOT, second], ocsp=told, scope=CHAIN))


def test_many_forged_responses_cost_no_more_than_the_budget() -> None:
    forged = [good(signer=pki.key(f"forger {n % 8}"), produced_at=NOW - n * SECOND) for n in range(300)]
    verdict = ask(*forged)
    assert verdict.outcome in {pv.Outcome.REFUSED, pv.Outcome.UNDECIDED}
    assert verdict.spent.signatures <= pv.Budget().signatures
    assert ask(*forged, revoked()).outcome is not pv.Outcome.TRUSTED


def test_many_responder_certificates_cost_no_more_than_the_budget() -> None:
    many = [rp.responder(CA, f"R{n}", serial=100 + n, label=f"R{n % 8}").der for n in range(200)]
    verdict = ask(good(responder=RESPONDER, signer=ATTACKER, certificates=many))
    assert verdict.outcome in {pv.Outcome.REFUSED, pv.Outcome.UNDECIDED}
    assert verdict.spent.signatures <= pv.Budget().signatures


def test_a_spent_budget_is_undecided() -> None:
    cost = ask(good(responder=RESPONDER)).spent.signatures
    is_trusted(ask(good(responder=RESPONDER), budget=pv.Budget(signatures=cost)))
    verdict = ask(good(responder=RESPONDER), budget=pv.Budget(signatures=cost - 1))
    assert verdict.outcome is pv.Outcome.UNDECIDED
    assert verdict.reason is pv.Reason.BUDGET_SIGNATURES


class FailsOn:
    """An engine that has nothing to say of one message, and checks the rest."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._real = signatures.CryptographyChecker()

    def check(self, job: SignatureJob) -> SignatureResult:
        if job.message and bytes(job.message) in self._message:
            return SignatureResult.NOT_CHECKED
        return self._real.check(job)


def test_an_engine_that_fails_on_evidence_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = signatures.checker_engine(FailsOn(good()))
    monkeypatch.setattr("pyvalidator.validator.native_engine", lambda kind: engine)
    assert ask(good()).outcome is pv.Outcome.UNDECIDED
    is_revoked(ask(revoked()))


def test_evidence_that_told_nothing_is_named_with_its_reason() -> None:
    verdict = ask(good(next_update=NOW - SECOND), ocsp(CA, GW, status=UNKNOWN), good(signer=ATTACKER))
    is_unknown(verdict)
    assert about_evidence(verdict) >= {"EVIDENCE_STALE", "OCSP_UNKNOWN", "EVIDENCE_SIGNER"}
    kinds = {type(each.evidence) for each in verdict.rejections if each.evidence is not None}
    assert kinds == {pv.OcspResponse}
