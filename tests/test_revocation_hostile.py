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


WITNESSES = {  # more of the certificate in question: sent, in evidence, pooled; renewed: its name and key, another serial
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
