"""Intermediates that a peer forgot: candidates for every path, trusted by nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pki
import pyvalidator as pv
import revocation_pki as rp
from conftest import Hierarchy
from pyvalidator import signatures
from pyvalidator.signatures import CryptographyChecker, SignatureJob, SignatureResult

GW = pv.DNSName("gw.example")


def make(roots: list[pki.Issued], *intermediates: pki.Issued, **options: Any) -> pv.Validator:
    pool = pv.Intermediates([each.der for each in intermediates])
    return pv.Validator(
        pv.TrustStore.from_der([each.der for each in roots]), pv.Policy.device(), intermediates=pool, **options
    )


def test_a_leaf_alone_is_enough(simple: Hierarchy) -> None:
    bare = make([simple.root])
    assert bare.check([simple.leaf.der], GW, at=pki.NOW).reason is pv.Reason.NO_ISSUER
    validator = make([simple.root], simple.ca)
    verdict = validator.verify([simple.leaf.der], GW, at=pki.NOW)
    assert [each.der for each in verdict.path] == [simple.leaf.der, simple.ca.der]
    assert verdict.found is not None
    assert verdict.found.certificates == verdict.path
    assert verdict.chain == (pv.Certificate(simple.leaf.der),)
    assert f"1 {simple.ca.certificate.subject.rfc4514_string()}" in verdict.explain()
    assert verdict.to_dict()["path"][1]["sha256"] == pv.Certificate(simple.ca.der).fingerprint_sha256


def test_none_is_an_anchor(simple: Hierarchy) -> None:
    """Not an intermediate, and not a root of somebody else's either."""
    stranger = pki.root("Somebody Else")
    validator = make([stranger], simple.ca, simple.root)
    verdict = validator.check([simple.leaf.der], GW, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason is pv.Reason.ROOT_NOT_TRUSTED
    assert verdict.nearest.certificate == pv.Certificate(simple.root.der)
    assert verdict.nearest.position is None


def test_it_is_judged_like_one_that_was_sent(simple: Hierarchy) -> None:
    forged = simple.ca.der[:-1] + bytes([simple.ca.der[-1] ^ 1])
    expired = simple.ca.same(not_before=pki.NOW - 2 * pki.YEAR, not_after=pki.NOW - pki.YEAR)
    for bad, reason in ((forged, pv.Reason.SIGNATURE_BAD), (expired.der, pv.Reason.EXPIRED)):
        store = pv.TrustStore.from_der([simple.root.der])
        pooled = pv.Validator(store, pv.Policy.device(), intermediates=pv.Intermediates([bad]))
        verdict = pooled.check([simple.leaf.der], GW, at=pki.NOW)
        sent = pv.Validator(store, pv.Policy.device()).check([simple.leaf.der, bad], GW, at=pki.NOW)
        assert (verdict.outcome, verdict.reason) == (sent.outcome, sent.reason) == (pv.Outcome.REFUSED, reason)
        assert verdict.nearest.certificate == pv.Certificate(bad)
        both = pooled.check([simple.leaf.der, simple.ca.der], GW, at=pki.NOW)  # what was sent is good
        assert both.outcome is pv.Outcome.TRUSTED


def test_all_ways_of_asking(simple: Hierarchy) -> None:
    validator = make([simple.root], simple.ca)
    chain = [simple.leaf.der]
    [verdict] = validator.check_many([pv.Request(chain, GW)], at=pki.NOW)
    assert len(verdict.path) == 2
    [path] = validator.paths(chain, GW, at=pki.NOW)
    assert path.certificates[1].der == simple.ca.der
    seen: list[pv.FoundPath] = []
    hooked = pv.Validator(
        validator.store, pv.Policy.device(hooks=(seen.append,)), intermediates=validator.intermediates
    )
    assert hooked.check(chain, GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED
    assert seen[0].certificates[1].der == simple.ca.der


class Counting(CryptographyChecker):
    """Whose signatures were asked about, by their bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bytes] = []

    def check(self, job: SignatureJob) -> SignatureResult:
        self.asked.append(job.signature)
        return super().check(job)


def test_its_signature_is_checked_once(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a cache, too: the pool remembers what lay on a trusted path, and nothing else."""
    checker = Counting()
    engine = signatures.checker_engine(checker)
    monkeypatch.setattr("pyvalidator.validator.native_engine", lambda kind: engine)
    validator = make([simple.root], simple.ca)
    forged = simple.leaf.der[:-1] + bytes([simple.leaf.der[-1] ^ 1])
    signature = simple.ca.certificate.signature
    for times in (1, 2):
        assert validator.check([forged], GW, at=pki.NOW).outcome is pv.Outcome.REFUSED
        assert checker.asked.count(signature) == times
    spent = {validator.verify([simple.leaf.der], GW, at=pki.NOW).spent for _ in range(3)}
    assert checker.asked.count(signature) == 3
    assert len(spent) == 1  # it is charged for all the same: no answer hangs on what was asked before


def test_order_and_repetition_do_not_matter(simple: Hierarchy) -> None:
    other = simple.root.ca("Another CA")
    for order in ([simple.ca, other], [other, simple.ca, simple.ca]):
        validator = make([simple.root], *order)
        assert len(validator.intermediates or ()) == 2
        assert validator.check([simple.leaf.der, simple.ca.der], GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED


def test_what_is_no_candidate(simple: Hierarchy) -> None:
    with pytest.raises(pv.NotAnIntermediate, match="certificate 2") as refused:
        pv.Intermediates([simple.ca.der, simple.leaf.der])
    assert refused.value.entry == 2
    with pytest.raises(pv.UnreadableCertificate) as unreadable:
        pv.Intermediates([simple.ca.der, simple.ca.der, simple.ca.der + b"\0"])
    assert unreadable.value.entry == 2  # of the different ones
    with pytest.raises(pv.UnreadableCertificate):
        pv.Intermediates([b""])
    for wrong in (simple.ca.der, "text", bytearray(simple.ca.der)):
        with pytest.raises(TypeError):
            pv.Intermediates(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="certificate 1"):
        pv.Intermediates([None])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="intermediates takes"):
        pv.Validator(
            pv.TrustStore.from_der([simple.root.der]),
            pv.Policy.device(),
            intermediates=[simple.ca.der],  # type: ignore[arg-type]
        )


def test_of_pem_and_of_nothing(simple: Hierarchy, tmp_path: Path) -> None:
    pem = pv.Certificate(simple.ca.der).to_pem()
    (tmp_path / "cas.pem").write_bytes(pem)
    for pool in (pv.Intermediates.from_pem(pem), pv.Intermediates.from_pem(tmp_path / "cas.pem")):
        assert list(pool) == [pv.Certificate(simple.ca.der)]
        assert pv.Certificate(simple.ca.der) in pool
        assert repr(pool) == "<1 intermediates>"
    empty = pv.Intermediates([])
    assert len(empty) == 0
    validator = pv.Validator(pv.TrustStore.from_der([simple.root.der]), pv.Policy.device(), intermediates=empty)
    assert validator.check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED


def test_what_a_cache_saw_is_a_candidate_when_handed_over(simple: Hierarchy) -> None:
    cache = pv.Cache()
    validator = make([simple.root], cache=cache)
    alone = [simple.leaf.der]
    assert validator.check(alone, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED
    stranger = pki.root("Somebody Else").ca("Stranger CA")
    strange = [stranger.leaf("stray", dns=["gw.example"]).der, stranger.der]
    assert validator.check(strange, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED
    assert cache.intermediates() == ()
    validator.verify(simple.chain, GW, at=pki.NOW)
    assert validator.check(alone, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED  # as before: nothing is learned
    assert cache.intermediates() == (pv.Certificate(simple.ca.der),)
    taught = pv.Validator(validator.store, validator.policy, intermediates=pv.Intermediates(cache.intermediates()))
    assert taught.check(alone, GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED


def test_many_take_little_room(simple: Hierarchy) -> None:
    many = [simple.root.ca(f"Other CA {n}", label="one key for all") for n in range(300)]
    pool = pv.Intermediates([each.der for each in [*many, simple.ca]])
    assert pool.native.overhead < 200 * len(pool)
    validator = pv.Validator(pv.TrustStore.from_der([simple.root.der]), pv.Policy.device(), intermediates=pool)
    small = make([simple.root], simple.ca)
    verdict, other = (each.check([simple.leaf.der], GW, at=pki.NOW) for each in (validator, small))
    assert verdict.outcome is pv.Outcome.TRUSTED
    assert verdict.spent == other.spent  # how many there are is not paid for


def test_many_of_one_name_are_bounded(simple: Hierarchy) -> None:
    many = [simple.root.ca("Device CA", label=f"key {n}") for n in range(200)]
    leaf = simple.root.ca("Device CA", label="nobody's").leaf("device", dns=["gw.example"])
    pool = pv.Intermediates([each.der for each in many])
    budget = pv.Budget(signatures=64)
    validator = pv.Validator(
        pv.TrustStore.from_der([simple.root.der]), pv.Policy.device(budget=budget), intermediates=pool
    )
    verdict = validator.check([leaf.der], GW, at=pki.NOW)
    assert verdict.outcome is not pv.Outcome.TRUSTED
    assert verdict.spent.signatures <= 64


def test_revocation_is_asked_of_it_too() -> None:
    """Scope CHAIN: whoever did not send it cannot spare it the question; and it may sign a CRL for its leaves."""
    root = pki.root("Pool Root")
    ca = root.ca("Pool CA")
    leaf = ca.leaf("device", dns=["gw.example"])
    policy = pv.Policy.device(revocation=pv.Revocation(scope=pv.RevocationScope.CHAIN))
    validator = pv.Validator(
        pv.TrustStore.from_der([root.der]), policy, intermediates=pv.Intermediates([ca.der]), cache=pv.Cache()
    )

    def ask(*crls: bytes) -> pv.Verdict:
        return validator.check([leaf.der], GW, at=pki.NOW, evidence=pv.Evidence(crls=list(crls)))

    for _ in range(2):  # the second time with all that is remembered
        assert ask(rp.crl(root), rp.crl(ca)).outcome is pv.Outcome.TRUSTED
        assert ask(rp.crl(ca)).reason is pv.Reason.REVOCATION_UNKNOWN
        assert ask(rp.crl(root, [ca]), rp.crl(ca)).reason is pv.Reason.REVOKED
        assert ask(rp.crl(root), rp.crl(ca, [leaf])).reason is pv.Reason.REVOKED
    assert ask(rp.crl(root, [ca]), rp.crl(ca)).nearest.certificate == pv.Certificate(ca.der)


def test_rules_count_for_it() -> None:
    """Name constraints and path length of a pooled intermediate."""
    root = pki.root("Strict Root")
    permitted = pki.name_constraints(permitted=pki.general_names(dns=["other.example"]))
    narrow = root.ca("Narrow CA", extensions=[permitted])
    short = root.ca("Short CA", path_len=0)
    for ca, leaf, reason in (
        (narrow, narrow.leaf("a", dns=["gw.example"]), pv.Reason.NC_NOT_PERMITTED),
        (short, short.ca("Sub CA").leaf("b", dns=["gw.example"]), pv.Reason.PATH_LEN_EXCEEDED),
    ):
        sent = [leaf.der] if ca is narrow else [leaf.der, leaf.issuer.der]
        assert make([root], ca).check(sent, GW, at=pki.NOW).reason is reason
