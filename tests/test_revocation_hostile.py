"""What strangers hand in to hide a revocation, to bring one about, or to burn time: each a case that was once open."""

from __future__ import annotations

import hashlib
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import pki
import pyvalidator as pv
import revocation_pki as rp
from pki import DAY, NOW, der
from revocation_asking import CHAIN, LEAF, NOTE, is_revoked, is_trusted, is_unknown, judge
from revocation_pki import crl, ocsp

ROOT = pki.root("Hostile Root")
CA = ROOT.ca("Hostile CA")
GW = CA.leaf("gw")
SIGNER = ROOT.ca("Hostile CA", label="hostile signer", serial=777)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def test_certificates_sent_cannot_crowd_out_a_signer() -> None:
    """The signer's public key under the CA's name, issued by nobody: no private key is needed for it."""
    junk = [
        pki.issue(pki.ca_plan("Hostile CA", label="hostile signer", serial=1000 + number), pki.root("Nobody"))
        for number in range(16)
    ]
    listed = [crl(CA, [GW], signer=SIGNER), crl(ROOT)]
    for scope in (LEAF, CHAIN):
        for missing in pv.MissingEvidence:
            for stapled in ([], [ocsp(CA, GW)]):
                is_revoked(
                    judge(GW, CA, *junk, anchors=[ROOT], crls=listed, ocsp=stapled, certificates=[SIGNER],
                          scope=scope, missing=missing)
                )  # fmt: skip


def test_a_signer_in_the_chain_behind_junk_leaves_it_undecided() -> None:
    """Where there is no room to find the signer's path, a word that would revoke is not passed over."""
    junk = [
        pki.issue(pki.ca_plan("Hostile CA", label="hostile signer", serial=1000 + number), pki.root("Nobody"))
        for number in range(16)
    ]
    for order in ([SIGNER, *junk], [*junk, SIGNER]):
        verdict = judge(GW, CA, *order, anchors=[ROOT], crls=[crl(CA, [GW], signer=SIGNER), crl(ROOT)], missing=NOTE)
        assert verdict.outcome is not pv.Outcome.TRUSTED, verdict.explain()


def test_revoked_is_heard_though_nobody_tells_of_who_says_so() -> None:
    delegate = rp.responder(CA, extensions=[])
    word = ocsp(CA, GW, status=rp.REVOKED, responder=delegate)
    listed = crl(CA, [GW], signer=SIGNER)
    is_revoked(judge(GW, CA, anchors=[ROOT], ocsp=[word], missing=NOTE))
    is_revoked(judge(GW, CA, anchors=[ROOT], ocsp=[ocsp(CA, GW), word]))
    is_revoked(judge(GW, CA, anchors=[ROOT], crls=[listed], certificates=[SIGNER], missing=NOTE))
    is_revoked(judge(GW, CA, anchors=[ROOT], ocsp=[ocsp(CA, GW)], crls=[listed], certificates=[SIGNER]))


def test_nobody_below_speaks_for_a_ca() -> None:
    below = CA.leaf("R", subject=ROOT.plan.subject, usage=pki.key_usage("crl_sign"), eku=())
    evidence = [crl(ROOT, signer=below), crl(CA)]
    for scope in (LEAF, CHAIN):
        is_unknown(judge(CA, anchors=[ROOT], crls=evidence, certificates=[below], scope=scope))
        is_revoked(judge(CA, anchors=[ROOT], crls=[*evidence, crl(ROOT, [CA])], certificates=[below], scope=scope))


WITNESSES = {  # more of the certificate in question; renewed: its name and key under another serial number
    "none": {},
    "sent twice": {"sent": 777},
    "in evidence": {"certificates": 777},
    "pooled": {"pool": 777},
    "renewed and sent": {"sent": 778},
    "renewed, in evidence": {"certificates": 778},
    "renewed and pooled": {"pool": 778},
}


def _is_no_witness(of: pki.Issued, where: str, scope: pv.RevocationScope, **evidence: list[bytes]) -> None:
    more = {place: [of.same(serial=serial)] for place, serial in WITNESSES[where].items()}
    is_unknown(judge(of, CA, *more.pop("sent", []), anchors=[ROOT], scope=scope, **evidence, **more))


@pytest.mark.parametrize("where", WITNESSES)
@pytest.mark.parametrize("scope", [LEAF, CHAIN])
def test_no_copy_of_a_certificate_speaks_for_it(where: str, scope: pv.RevocationScope) -> None:
    rolled = CA.ca("Hostile CA", label="hostile CA, new key", serial=777)
    _is_no_witness(rolled, where, scope, crls=[crl(CA, signer=rolled), crl(ROOT)])
    leaf = CA.leaf("own word", serial=777, eku=(rp.OCSP_SIGNING, pki.CLIENT), extensions=[rp.NO_CHECK])
    if "pooled" not in where:  # the pool takes no leaves
        response = ocsp(CA, leaf, responder=leaf, certificates=[])
        _is_no_witness(leaf, where, scope, crls=[crl(ROOT)], ocsp=[response])
        embedded = ocsp(CA, leaf, responder=leaf, certificates=[leaf])
        _is_no_witness(leaf, where, scope, crls=[crl(ROOT)], ocsp=[embedded])


ROLLED = ROOT.ca("Hostile Root", label="hostile root, new key", serial=79)  # self-issued: certified by the old key


@pytest.mark.parametrize("below", [(), (ROLLED.leaf("below it"),)])
def test_a_ca_has_no_word_for_itself(below: tuple[pki.Issued, ...]) -> None:
    """Not as the target, and not as a CA above it either."""
    kept = [crl(ROLLED)]
    is_unknown(judge(*below, ROLLED, anchors=[ROOT], crls=kept, scope=CHAIN))
    is_trusted(judge(*below, ROLLED, anchors=[ROOT], crls=[crl(ROOT), *kept], scope=CHAIN))
    is_revoked(judge(*below, ROLLED, anchors=[ROOT], crls=[crl(ROOT, [ROLLED]), *kept], scope=CHAIN))


def test_a_responder_with_a_cas_own_key_has_no_word_for_it() -> None:
    gateway = ROLLED.leaf("gw")
    delegate = ROOT.leaf("same key", label="hostile root, new key", subject=ROOT.plan.subject,
                         eku=(rp.OCSP_SIGNING,), extensions=[rp.NO_CHECK])  # fmt: skip
    response = ocsp(ROOT, ROLLED, responder=delegate, certificates=[delegate])
    is_unknown(judge(gateway, ROLLED, anchors=[ROOT], crls=[crl(ROLLED)], ocsp=[response], scope=CHAIN))


def test_nobody_lifts_his_own_hold() -> None:
    below, beside = ROLLED.leaf("below it"), ROOT.leaf("beside it")
    held = crl(ROOT, [rp.entry(ROLLED, reason=6), rp.entry(beside, reason=6)], number=5)
    lifting = crl(ROLLED, number=6, aki=rp.key_id(ROOT))  # who signs a CRL chooses what it says of its key
    is_revoked(judge(below, ROLLED, anchors=[ROOT], crls=[held, lifting], scope=CHAIN))
    is_revoked(judge(beside, anchors=[ROOT], crls=[held, lifting], certificates=[ROLLED], scope=LEAF))
    is_trusted(judge(beside, anchors=[ROOT], crls=[held, crl(ROOT, number=6)], scope=LEAF))


def test_a_hold_is_lifted_by_the_key_that_set_it() -> None:
    held = crl(CA, [rp.entry(GW, reason=6)], number=5)
    for signer, verdict_is in ((SIGNER, is_revoked), (CA, is_trusted)):
        delta = crl(CA, [rp.entry(GW, reason=rp.REMOVE)], number=6, delta_of=5, signer=signer, aki=rp.key_id(CA))
        verdict_is(judge(GW, CA, anchors=[ROOT], crls=[held, delta, crl(ROOT)], certificates=[SIGNER]))


@pytest.mark.parametrize("profile", pv.Profile)
@pytest.mark.parametrize("missing", pv.MissingEvidence)
def test_revoked_is_heard_though_the_crl_is_of_odd_form(profile: pv.Profile, missing: pv.MissingEvidence) -> None:
    """Where a profile is strict about the form of CRLs (5.2), an odd one cannot clear a certificate, but revoke it."""
    leaf = CA.leaf("leaf", serial=4242, dns=["gw.example"])
    revocation = pv.Revocation(scope=LEAF, missing=missing)
    policy = pv.Policy(purpose=pv.Purpose.SERVER_AUTH, profile=profile, revocation=revocation)
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), policy)
    older = crl(CA, this_update=rp.THIS_UPDATE - DAY)
    for entry in (rp.entry(leaf), rp.entry(leaf, reason=6)):
        odd = crl(CA, [entry], number=None)
        for evidence in (
            pv.Evidence(crls=[odd]),
            pv.Evidence(crls=[odd, older]),
            pv.Evidence(crls=[odd], ocsp=[ocsp(CA, leaf)]),
        ):
            is_revoked(validator.check([leaf.der, CA.der], pv.DNSName("gw.example"), NOW, evidence))


def test_of_two_entries_the_final_one_counts() -> None:
    twice = [rp.entry(GW, reason=6), rp.entry(GW, reason=1)]
    removed = crl(CA, [rp.entry(GW, reason=rp.REMOVE)], number=6, delta_of=5)
    for listed in (twice, twice[::-1], [rp.entry(number) for number in range(1, 40)] + twice):
        for newer in (removed, crl(CA, number=6)):
            is_revoked(judge(GW, CA, anchors=[ROOT], crls=[crl(CA, listed, number=5), newer]))
    held = crl(CA, [rp.entry(GW, reason=rp.REMOVE), rp.entry(GW, reason=6)], number=6, delta_of=5)
    is_revoked(judge(GW, CA, anchors=[ROOT], crls=[crl(CA, number=5), held]))


def _at_infinity(signed: bytes) -> tuple[pki.PrivateKey, bytes]:
    """A key and a signature over these bytes whose sum of points is infinity: no valid one (SEC 1 4.1.4)."""
    digest, r, s = int.from_bytes(hashlib.sha256(signed).digest()), 12345678901234567890, 98765432109876543210
    key = ec.derive_private_key(-digest * pow(r, -1, P256_ORDER) % P256_ORDER, ec.SECP256R1())
    return key, der(0x03, b"\0", der(0x30, rp.integer(r), rp.integer(s)))


def test_a_signature_at_infinity_is_bad_and_no_doubt() -> None:
    forged = crl(CA, [GW], signer=pki.key("hostile stranger"))
    signed = rp.signed_part(forged)
    key, signature = _at_infinity(signed)
    forged = der(0x30, signed, pki.ECDSA_SHA256, signature)
    certificate = pki.issue(pki.ca_plan("Hostile CA"), None)
    usage = pki.key_usage("crl_sign")
    plan = pki.Plan(
        subject=CA.plan.subject,
        public_of=key,
        not_before=NOW - DAY,
        not_after=NOW + DAY,
        serial=7,
        is_ca=True,
        usage=usage,
    )
    stranger = pki.issue(plan, certificate)
    for engine in (pv.Engine.AUTO, pv.Engine.CRYPTOGRAPHY):
        for sent, held in (([stranger], []), ([], [stranger])):
            is_trusted(judge(GW, CA, *sent, anchors=[ROOT], crls=[crl(CA), forged], certificates=held, engine=engine))


def test_names_that_are_passed_over_are_paid_for() -> None:
    """A stranger's CRL of the right name with tens of thousands of names of another form, against a point of many."""
    names = rp.idp(full=[der(0x82) for _ in range(50_000)])
    many = rp.points(rp.point(full=[der(0x86) for _ in range(2_000)]))
    leaf = CA.leaf("pointed", extensions=[many])
    evidence = [crl(CA, idp=names, signer=pki.key("hostile stranger"))]
    begin = time.perf_counter()
    verdict = judge(leaf, CA, anchors=[ROOT], crls=evidence, budget=pv.Budget(names=20_000))
    assert verdict.outcome is pv.Outcome.UNDECIDED, verdict.explain()
    assert verdict.reason is pv.Reason.BUDGET_NAMES
    assert time.perf_counter() - begin < 2  # reading the CRL included; unpaid it was many seconds
