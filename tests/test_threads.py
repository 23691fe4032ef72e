"""Threads that come at the same moment: what is made when it is first asked for, what is shared, and the GIL.

With the GIL these tests say little more than that nothing was forgotten; without it (python3.14t) they are meant to
find what relied on it.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable
from typing import Any

import pytest

import pki
import pyvalidator as pv
import revocation_pki as rp
from conftest import Hierarchy
from pyvalidator import public_suffix, signatures

NUM_THREADS = 8
ROUNDS = 40
GW = pv.DNSName("gw.example")
IS_FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def all_at_once(work: Callable[[int], Any], num: int = NUM_THREADS) -> list[Any]:
    """What each thread got; all begin together, and are switched as often as can be. Raises what one raised."""
    barrier = threading.Barrier(num)
    results: dict[int, Any] = {}
    failures: list[BaseException] = []

    def run(thread: int) -> None:
        try:
            barrier.wait(60)
            results[thread] = work(thread)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(num)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for each in threads:
            each.start()
        for each in threads:
            each.join(120)
    finally:
        sys.setswitchinterval(before)
    if failures:
        raise failures[0]
    assert len(results) == num, "a thread did not end"
    return [results[thread] for thread in range(num)]


def same_for_all(make: Callable[[], Any], ask: Callable[[Any], Any]) -> None:
    """Each round all ask one new thing at once, and get what one alone gets of another."""
    wanted = ask(make())
    for _ in range(ROUNDS):
        made = make()
        assert all(found == wanted for found in all_at_once(lambda _thread: ask(made)))  # noqa: B023 (all have ended)


def test_the_helper_sees_a_failure() -> None:
    def fail(thread: int) -> None:
        assert thread != 3

    with pytest.raises(AssertionError):
        all_at_once(fail)


# --- What is made when it is first asked for


@pytest.mark.parametrize("attribute", ["fields", "subject", "issuer", "not_after", "fingerprint_sha256"])
def test_certificate(simple: Hierarchy, attribute: str) -> None:
    der = simple.leaf.der
    same_for_all(lambda: pv.Certificate(der), lambda cert: getattr(cert, attribute))


def _told(verdict: pv.Verdict) -> tuple[Any, ...]:
    rejections = [str(each) for each in verdict.rejections]
    return verdict.outcome, verdict.reason, verdict.chain, verdict.path, verdict.spent, rejections, verdict.explain()


@pytest.mark.parametrize("host", ["gw.example", "other.example"])
def test_verdict(simple: Hierarchy, host: str) -> None:
    validator = pv.Validator(pv.TrustStore.from_der([simple.root.der]), pv.Policy.device())
    same_for_all(lambda: validator.check(simple.chain, pv.DNSName(host), pki.NOW), _told)


def test_verdicts_of_a_batch(simple: Hierarchy, stranger: Hierarchy) -> None:
    validator = pv.Validator(pv.TrustStore.from_der([simple.root.der]), pv.Policy.device())
    requests = [pv.Request(each.chain, GW) for each in (simple, stranger)] * 3 + [pv.Request([], GW)]
    same_for_all(
        lambda: validator.check_many(requests, pki.NOW),
        lambda verdicts: ([_told(each) for each in verdicts], verdicts.tally()),
    )


def test_revocation_list(simple: Hierarchy) -> None:
    der = rp.crl(simple.ca, [simple.leaf])
    listed = pv.Certificate(simple.leaf.der)
    same_for_all(
        lambda: pv.RevocationList.from_der(der),
        lambda crl: (crl.fingerprint_sha256, len(crl), crl.find(listed), [entry.serial for entry in crl]),
    )


def test_engines_are_made_once() -> None:
    kept = dict(signatures._engines)
    try:
        for _ in range(ROUNDS):
            signatures._engines.clear()
            engines = all_at_once(lambda _thread: signatures.native_engine(pv.Engine.AUTO))
            assert len(set(map(id, engines))) == 1
    finally:
        signatures._engines.clear()
        signatures._engines.update(kept)


def test_public_suffix_list() -> None:
    pytest.importorskip("publicsuffixlist")
    for _ in range(3):
        public_suffix._list.cache_clear()
        assert all(all_at_once(lambda _thread: public_suffix.is_public_suffix("co.uk"), num=3))


# --- What is shared


@pytest.mark.parametrize("engine", [pv.Engine.AUTO, pv.Engine.CRYPTOGRAPHY])
@pytest.mark.parametrize("is_cached", [False, True], ids=["no-cache", "cache"])
def test_validator(simple: Hierarchy, stranger: Hierarchy, engine: pv.Engine, is_cached: bool) -> None:
    """One validator, each thread with questions of its own; nobody gets another's answer."""
    store, cache = pv.TrustStore.from_der([simple.root.der]), pv.Cache() if is_cached else None
    validator = pv.Validator(store, pv.Policy.device(), engine=engine, cache=cache)
    leaves = [simple.ca.leaf(f"thread {n}", dns=[f"t{n}.example"]).der for n in range(NUM_THREADS)]

    def ask(thread: int) -> None:
        name = pv.DNSName(f"t{thread}.example")
        chain = [leaves[thread], simple.ca.der] + [simple.ca.der] * thread * 9  # so that rooms of all sizes are needed
        for _ in range(ROUNDS):
            verdict = validator.check(chain, name, pki.NOW)
            assert verdict.outcome is pv.Outcome.TRUSTED
            assert verdict.path[0].der == leaves[thread]
            assert validator.check(stranger.chain, GW, pki.NOW).reason is pv.Reason.NO_ISSUER
            verdicts = validator.check_many([pv.Request(chain, name), pv.Request(simple.chain, name)], pki.NOW)
            assert [each.reason for each in verdicts] == [pv.Reason.OK, pv.Reason.SUBJECT_MISMATCH]

    all_at_once(ask)


def test_store_that_is_first_used_by_all(simple: Hierarchy) -> None:
    """Keys of anchors are set up by whichever validator comes first."""
    for _ in range(ROUNDS):
        store = pv.TrustStore.from_der([simple.root.der])

        def ask(thread: int, store: pv.TrustStore = store) -> pv.Outcome:
            engine = pv.Engine.CRYPTOGRAPHY if thread % 2 else pv.Engine.AUTO
            return pv.Validator(store, pv.Policy.device(), engine=engine).check(simple.chain, GW, pki.NOW).outcome

        assert set(all_at_once(ask)) == {pv.Outcome.TRUSTED}


def test_evidence(simple: Hierarchy) -> None:
    """One CRL for all: its signature is remembered by whoever checked it first."""
    revocation = pv.Revocation(scope=pv.RevocationScope.LEAF)
    validator = pv.Validator(pv.TrustStore.from_der([simple.root.der]), pv.Policy.device(revocation=revocation))
    other = simple.ca.leaf("other", dns=["gw.example"])
    der = rp.crl(simple.ca, [simple.leaf])
    for _ in range(ROUNDS):
        evidence = pv.Evidence(crls=[der])

        def ask(thread: int, evidence: pv.Evidence = evidence) -> bool:
            leaf = simple.leaf if thread % 2 else other
            reason = validator.check([leaf.der, simple.ca.der], GW, pki.NOW, evidence).reason
            return reason is (pv.Reason.REVOKED if thread % 2 else pv.Reason.OK)

        assert all(all_at_once(ask))


# --- The GIL


@pytest.mark.skipif(not IS_FREE_THREADED, reason="this Python has a GIL")
def test_the_gil_stays_off() -> None:
    """A module that does not say it can do without would turn it on."""
    program = "import sys, pyvalidator; sys.exit(sys._is_gil_enabled())"
    assert subprocess.run([sys.executable, "-W", "error", "-c", program]).returncode == 0
