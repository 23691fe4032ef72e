"""Validator: one chain, many chains, every path, hooks, times, engines, threads; and all that is no question at all."""

from __future__ import annotations

import logging
import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import pki
import pyvalidator as pv
from conftest import Hierarchy
from pyvalidator import signatures
from pyvalidator.signatures import CryptographyChecker, SignatureJob, SignatureResult

GW = pv.DNSName("gw.example")


def make(simple: Hierarchy, **options: Any) -> pv.Validator:
    engine = options.pop("engine", pv.Engine.AUTO)
    cache = options.pop("cache", None)
    store = pv.TrustStore.from_der([simple.root.der])
    return pv.Validator(store, pv.Policy.tls_client(**options), engine=engine, cache=cache)


@pytest.mark.parametrize("engine", list(pv.Engine))
def test_engines(simple: Hierarchy, engine: pv.Engine) -> None:
    validator = make(simple, engine=engine)
    assert validator.verify(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED
    forged = simple.leaf.der[:-1] + bytes([simple.leaf.der[-1] ^ 1])
    verdict = validator.check([forged, simple.ca.der], GW, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason is pv.Reason.SIGNATURE_BAD


def test_auto_falls_back_and_says_so(
    simple: Hierarchy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> None:
        raise pv.EngineUnavailable("libcrypto", "none here")

    monkeypatch.setattr("pyvalidator._core.libcrypto_engine", missing)
    signatures._engines.clear()
    try:
        with caplog.at_level(logging.WARNING, "pyvalidator"):
            for _ in range(3):
                assert make(simple).check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED
        assert caplog.text.count("none here") == 1
        with pytest.raises(pv.EngineUnavailable, match="none here"):
            make(simple, engine=pv.Engine.LIBCRYPTO)
    finally:
        signatures._engines.clear()


def test_chains_of_all_kinds(simple: Hierarchy) -> None:
    validator = make(simple)
    certificates = [pv.Certificate(der) for der in simple.chain]
    chains: list[Any] = [simple.chain, tuple(simple.chain), certificates, [certificates[0], simple.ca.der]]
    chains += [pki.pem(*simple.chain), iter(simple.chain)]
    for chain in chains:
        verdict = validator.check(chain, GW, at=pki.NOW)
        assert verdict.outcome is pv.Outcome.TRUSTED
        assert verdict.path == tuple(certificates)
        assert verdict.chain == tuple(certificates)


def test_a_list_that_changes_later_changes_no_verdict(simple: Hierarchy) -> None:
    chain = list(simple.chain)
    verdict = make(simple).check(chain, GW, at=pki.NOW)
    chain.clear()
    assert [each.der for each in verdict.path] == simple.chain


@pytest.mark.parametrize("chain", ["text", None, 7, ["x"], [None], [[b""]], [b"x", "y"]])
def test_no_chains(simple: Hierarchy, chain: Any) -> None:
    with pytest.raises(TypeError):
        make(simple).check(chain, GW, at=pki.NOW)


def test_empty_chains_and_bad_pem(simple: Hierarchy) -> None:
    empties: list[Any] = [[], (), b"", iter(())]
    for empty in empties:
        with pytest.raises(pv.EmptyChain):
            make(simple).check(empty, GW, at=pki.NOW)
    with pytest.raises(pv.PemError, match="looks like DER"):
        make(simple).check(simple.leaf.der, GW, at=pki.NOW)


def test_other_arguments(simple: Hierarchy) -> None:
    validator = make(simple)
    with pytest.raises(TypeError, match="bare str"):
        validator.check(simple.chain, "gw.example", at=pki.NOW)  # type: ignore[arg-type]
    with pytest.raises(pv.NaiveDatetime):
        validator.check(simple.chain, GW, at=datetime(2026, 6, 1))
    with pytest.raises(TypeError, match="evidence"):
        validator.check(simple.chain, GW, at=pki.NOW, evidence=())  # type: ignore[arg-type]
    with pytest.raises(pv.PolicyError, match="evidence"):  # it would not be looked at
        validator.check(simple.chain, GW, at=pki.NOW, evidence=pv.Evidence())
    wrongs: list[Any] = [(None, pv.Policy.device()), (validator.store, None)]
    for wrong in wrongs:
        with pytest.raises(TypeError):
            pv.Validator(*wrong)
    with pytest.raises(TypeError):
        make(simple, engine="libcrypto")
    with pytest.raises(TypeError):
        make(simple, cache={})


def test_verify_raises(simple: Hierarchy) -> None:
    validator = make(simple)
    with pytest.raises(pv.Refused) as caught:
        validator.verify(simple.chain, pv.DNSName("other.example"), at=pki.NOW)
    assert caught.value.verdict.outcome is pv.Outcome.REFUSED
    for part in ("CN=Simple leaf", "other.example", "RFC 9525 6.2", "to mend it"):
        assert part in str(caught.value)
    tight = make(simple, budget=pv.Budget(signatures=1))
    with pytest.raises(pv.Undecided, match="1 signatures"):
        tight.verify(simple.chain, GW, at=pki.NOW)


# --- Subjects and times


@pytest.mark.parametrize(
    ("names", "subject"),
    [
        ({"dns": ["a.example"]}, pv.DNSName("A.Example")),
        ({"dns": ["*.gw.example"]}, pv.DNSName("x.gw.example")),
        ({"ip": ["2001:db8::1"]}, pv.IPAddress("2001:db8::1")),
        ({"uri": ["spiffe://d/x"]}, pv.URI("spiffe://d/x")),
        ({"email": ["a@b.example"]}, pv.EmailAddress("a@b.example")),
        ({"dns": ["a.example"]}, pv.AnySubject()),
    ],
)
def test_subjects(simple: Hierarchy, names: dict[str, list[str]], subject: pv.Subject) -> None:
    leaf = simple.ca.leaf("subject", **names)
    validator = make(simple)
    assert validator.check([leaf.der, simple.ca.der], subject, at=pki.NOW).outcome is pv.Outcome.TRUSTED
    many = validator.check_many([pv.Request([leaf.der, simple.ca.der], subject)] * 2, at=pki.NOW)
    assert [each.outcome for each in many] == [pv.Outcome.TRUSTED] * 2
    other = simple.ca.leaf("other", dns=["z.example"])
    expected = pv.Outcome.TRUSTED if isinstance(subject, pv.AnySubject) else pv.Outcome.REFUSED
    assert validator.check([other.der, simple.ca.der], subject, at=pki.NOW).outcome is expected


def test_times(simple: Hierarchy) -> None:
    validator = make(simple)
    first, last = simple.leaf.plan.not_before, simple.leaf.plan.not_after

    def outcome(at: datetime | pv.Time) -> str:
        return validator.check(simple.chain, GW, at=at).outcome.name

    second = timedelta(seconds=1)
    assert outcome(first) == outcome(last) == outcome(last + second / 2) == "TRUSTED"
    assert outcome(first - second / 2) == outcome(first - second) == outcome(last + second) == "REFUSED"
    assert outcome(pv.Time.floor(first - second)) == "TRUSTED"
    assert outcome(pv.Time.floor(last + second)) == "REFUSED"
    assert outcome(pv.Time.unknown()) == "TRUSTED"
    assert outcome(pv.Time.at_issuance()) == "TRUSTED"


def test_now_is_read_at_each_call(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    validator = make(simple)
    for year, outcome in ((2026, "TRUSTED"), (2030, "REFUSED"), (1969, "REFUSED")):
        seconds = int(datetime(year, 6, 1, tzinfo=UTC).timestamp())
        monkeypatch.setattr("pyvalidator.asking.clock.time_ns", lambda at=seconds: at * 10**9 - 1)
        verdict = validator.check(simple.chain, GW)
        assert verdict.outcome.name == outcome
        assert verdict.time.value == seconds - 1


# --- Many


def test_many(simple: Hierarchy, stranger: Hierarchy) -> None:
    good = pv.Request(simple.chain, GW)
    bad = pv.Request(stranger.chain, GW)
    requests = [
        good,
        bad,
        pv.Request(pki.pem(*simple.chain), GW),
        pv.Request(simple.chain, pv.DNSName("x.example")),
    ] * 50
    for workers in (1, 3):
        verdicts = make(simple).check_many(iter(requests), at=pki.NOW, workers=workers)
        assert [each.outcome.name for each in verdicts] == ["TRUSTED", "REFUSED", "TRUSTED", "REFUSED"] * 50
        assert verdicts[-1].reason is pv.Reason.SUBJECT_MISMATCH
        assert verdicts[1].path == ()
        assert [each.der for each in verdicts[198].path] == simple.chain
        assert [each.outcome for each in verdicts[0:4:2]] == [pv.Outcome.TRUSTED] * 2
        assert verdicts.tally() == {pv.Outcome.TRUSTED: 100, pv.Outcome.REFUSED: 100, pv.Outcome.UNDECIDED: 0}
        with pytest.raises(IndexError):
            _ = verdicts[200]
    assert len(make(simple).check_many([])) == 0


def test_a_batch_says_what_single_calls_say(simple: Hierarchy, stranger: Hierarchy) -> None:
    chains = [
        simple.chain,
        stranger.chain,
        [simple.leaf.der],
        [simple.leaf.der[:50], simple.ca.der],
        simple.chain[::-1],
    ]
    validator = make(simple)
    many = validator.check_many([pv.Request(chain, GW) for chain in chains], at=pki.NOW)
    for chain, verdict in zip(chains, many, strict=True):
        single = validator.check(chain, GW, at=pki.NOW)
        assert verdict.to_dict() == single.to_dict()
        assert verdict.explain() == single.explain()


def test_one_bad_entry_spoils_only_itself(simple: Hierarchy) -> None:
    broken: list[Any] = ["text", [None], [], b"no PEM", [b"junk"], None, [simple.leaf.der] * 1000]
    requests = [pv.Request(chain, GW) for bad in broken for chain in (simple.chain, bad)]
    verdicts = make(simple).check_many([*requests, pv.Request(simple.chain, GW)], at=pki.NOW)
    assert [each.outcome.name for each in verdicts[0::2]] == ["TRUSTED"] * 8
    assert [each.outcome.name for each in verdicts[1::2]] == ["REFUSED"] * 6 + ["UNDECIDED"]
    reasons = [each.reason.name for each in verdicts[1::2]]
    assert reasons == ["INPUT_UNREADABLE"] * 4 + ["DER_TAG", "INPUT_UNREADABLE", "BUDGET_CERTIFICATES"]
    assert "bare" not in verdicts[1].explain()
    assert "not str" in verdicts[1].rejections[0].text
    assert all(verdict.explain() and verdict.to_dict() for verdict in verdicts)
    assert verdicts.tally()[pv.Outcome.TRUSTED] == 8


def test_programming_errors_of_many(simple: Hierarchy) -> None:
    validator = make(simple)
    with pytest.raises(TypeError, match="entry 1"):
        validator.check_many([pv.Request(simple.chain, GW), simple.chain])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="bare str"):
        pv.Request(simple.chain, "gw.example")  # type: ignore[arg-type]
    for workers in (0, -1, 65, True, 1.0):
        with pytest.raises(pv.PolicyError):
            validator.check_many([], workers=workers)  # type: ignore[arg-type]


# --- Hooks and paths


def test_hooks_refuse_and_the_search_goes_on(simple: Hierarchy) -> None:
    second = simple.ca.same(serial=77)
    seen: list[pv.FoundPath] = []

    def only_second(path: pv.FoundPath) -> pv.HookRefusal | None:
        seen.append(path)
        return None if path.certificates[1].serial_number == 77 else pv.HookRefusal("not on the list\u202e")

    validator = make(simple, hooks=(only_second,))
    verdict = validator.check([simple.leaf.der, simple.ca.der, second.der], GW, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.TRUSTED
    assert verdict.path[1].der == second.der
    assert seen[-1].anchor == validator.store.anchors[0]
    assert seen[-1].subject == GW
    refused = validator.check(simple.chain, GW, at=pki.NOW)
    assert refused.outcome is pv.Outcome.REFUSED
    assert refused.reason is pv.Reason.HOOK_REFUSED
    assert "not on the list\\u202e" in refused.explain()
    many = validator.check_many([pv.Request(simple.chain, GW)], at=pki.NOW)
    assert many[0].reason is pv.Reason.HOOK_REFUSED


def test_hooks_never_rescue(simple: Hierarchy, stranger: Hierarchy) -> None:
    called: list[object] = []
    validator = make(simple, hooks=(called.append,))
    assert validator.check(stranger.chain, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED
    assert not called


def test_what_a_hook_raises_or_returns(simple: Hierarchy) -> None:
    def broken(path: pv.FoundPath) -> None:
        raise KeyError("hook")

    with pytest.raises(KeyError, match="hook"):
        make(simple, hooks=(broken,)).check(simple.chain, GW, at=pki.NOW)
    for value in (True, False, "no", 0):
        with pytest.raises(TypeError, match="HookRefusal"):
            make(simple, hooks=(lambda path, value=value: value,)).check(simple.chain, GW, at=pki.NOW)


def test_every_path(simple: Hierarchy, stranger: Hierarchy) -> None:
    crossed = pki.cross_sign(simple.ca, stranger.root)
    store = pv.TrustStore.from_der([simple.root.der, stranger.root.der])
    validator = pv.Validator(store, pv.Policy.tls_client())
    found = validator.paths([*simple.chain, crossed.der], GW, at=pki.NOW)
    assert found.complete
    assert {(path.certificates[1].der, path.anchor.name) for path in found} == {
        (simple.ca.der, "CN=Simple Root"),
        (crossed.der, "CN=Stranger Root"),
    }
    assert len(validator.paths(simple.chain, pv.DNSName("x.example"), at=pki.NOW)) == 0
    only = make(simple, hooks=(lambda path: pv.HookRefusal("none"),)).paths(simple.chain, GW, at=pki.NOW)
    assert len(only) == 0
    tight = make(simple, budget=pv.Budget(signatures=8)).paths(simple.chain, GW, at=pki.NOW)
    assert not tight.complete
    flood = validator.paths([simple.leaf.der] * 1000, GW, at=pki.NOW)
    assert not flood.complete
    assert len(flood) == 0


# --- Caches, threads, engines that fail


def test_a_cache_changes_no_answer(simple: Hierarchy, stranger: Hierarchy) -> None:
    cache = pv.Cache(max_bytes=1 << 20)
    validator = make(simple, cache=cache)
    for _ in range(3):
        assert validator.check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED
        assert validator.check(stranger.chain, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED
        assert validator.check(simple.chain, GW, at=pki.NOW + 2 * pki.YEAR).outcome is pv.Outcome.REFUSED
        assert make(stranger, cache=cache).check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED
    stats = cache.stats()
    assert stats.edges == 2
    assert stats.edge_hits > 0
    assert stats.bytes <= stats.max_bytes == 1 << 20


@pytest.mark.parametrize("size", [0, -1, 1 << 60])
def test_cache_sizes(size: int) -> None:
    with pytest.raises(pv.PolicyError):
        pv.Cache(max_bytes=size)


def test_threads(simple: Hierarchy, stranger: Hierarchy) -> None:
    wrong: list[str] = []
    for engine in (pv.Engine.AUTO, pv.Engine.CRYPTOGRAPHY):
        validator = make(simple, engine=engine, cache=pv.Cache(max_bytes=1 << 20))

        def work(validator: pv.Validator = validator) -> None:
            for _ in range(50):
                if validator.check(simple.chain, GW, at=pki.NOW).outcome is not pv.Outcome.TRUSTED:
                    wrong.append("good chain")
                if validator.check(stranger.chain, GW, at=pki.NOW).outcome is not pv.Outcome.REFUSED:
                    wrong.append("stranger")

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_after_fork(simple: Hierarchy) -> None:
    validator = make(simple, cache=pv.Cache(max_bytes=1 << 20))
    validator.verify(simple.chain, GW, at=pki.NOW)
    child = os.fork()
    if child == 0:
        trusted = validator.check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED
        os._exit(0 if trusted else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class Failing(CryptographyChecker):
    """Fails in one of several ways."""

    def __init__(self, how: object) -> None:
        super().__init__()
        self._how = how

    def check(self, job: SignatureJob) -> SignatureResult:
        return self._how  # type: ignore[return-value]


@pytest.mark.parametrize("how", [None, 1, True, "GOOD", SignatureResult.NOT_CHECKED])
def test_an_engine_that_fails_is_undecided(simple: Hierarchy, how: object, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = signatures.checker_engine(Failing(how))
    monkeypatch.setattr("pyvalidator.validator.native_engine", lambda kind: engine)
    verdict = make(simple).check(simple.chain, GW, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.UNDECIDED
    assert verdict.reason is pv.Reason.SIGNATURE_NOT_CHECKED


def test_an_engine_that_cannot_tell(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = signatures.checker_engine(Failing(SignatureResult.UNSUPPORTED))
    monkeypatch.setattr("pyvalidator.validator.native_engine", lambda kind: engine)
    assert make(simple).check(simple.chain, GW, at=pki.NOW).outcome is not pv.Outcome.TRUSTED
