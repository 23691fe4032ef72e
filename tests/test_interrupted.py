"""Exceptions that come from outside while a call is under way, as a signal's handler raises them: they end the call and
come out of it, nothing is decided without what they kept from being checked, and nothing is lost."""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import pki
import pyvalidator as pv
import revocation_pki
from conftest import Hierarchy
from pyvalidator import _core, signatures
from pyvalidator.signatures import CryptographyChecker, SignatureJob, SignatureResult

GW = pv.DNSName("gw.example")
TRUSTED = pv.Outcome.TRUSTED


class TimeIsUp(Exception):
    """What a handler may well raise; others derive theirs from BaseException."""


class Interrupted(CryptographyChecker):
    """Raises at its n-th job, once."""

    def __init__(self, error: BaseException, at: int = 1) -> None:
        super().__init__()
        self.error, self.left, self.asked = error, at, 0

    def check(self, job: SignatureJob) -> SignatureResult:
        self.left -= 1
        self.asked += 1
        if self.left == 0:
            raise self.error
        return super().check(job)


ERRORS = [KeyboardInterrupt, TimeIsUp, MemoryError]


def interrupted(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch, checker: Any, **options: Any) -> pv.Validator:
    engine = signatures.checker_engine(checker)
    monkeypatch.setattr("pyvalidator.validator.native_engine", lambda kind: engine)
    store = pv.TrustStore.from_der([simple.root.der])
    return pv.Validator(store, pv.Policy.tls_client(**options))


def check(validator: pv.Validator, simple: Hierarchy) -> pv.Verdict:
    return validator.check(simple.chain, GW, at=pki.NOW)


def check_many(validator: pv.Validator, simple: Hierarchy) -> pv.Verdict:
    return validator.check_many([pv.Request(simple.chain, GW)] * 3, pki.NOW)[0]


def paths(validator: pv.Validator, simple: Hierarchy) -> pv.FoundPath:
    return validator.paths(simple.chain, GW, at=pki.NOW)[0]


def acheck(validator: pv.Validator, simple: Hierarchy) -> pv.Verdict:
    async def ask() -> pv.Verdict:
        return await validator.acheck(simple.chain, GW, at=pki.NOW)

    return asyncio.run(ask())


@pytest.mark.parametrize("ask", [check, check_many, paths, acheck])
@pytest.mark.parametrize("kind", ERRORS)
def test_what_a_checker_raises_comes_out(
    simple: Hierarchy, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException], ask: Callable[..., object]
) -> None:
    checker = Interrupted(kind("now"))
    validator = interrupted(simple, monkeypatch, checker)
    with pytest.raises(kind) as raised:
        ask(validator, simple)
    assert raised.value is checker.error
    assert not _core._raised
    ask(validator, simple)  # nothing is left of it
    assert check(validator, simple).outcome is TRUSTED


def test_hooks_hear_of_it_too(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    validator = interrupted(simple, monkeypatch, Interrupted(TimeIsUp()), hooks=(lambda path: None,))
    with pytest.raises(TimeIsUp):
        check(validator, simple)
    assert check(validator, simple).outcome is TRUSTED


def test_nothing_more_is_checked_for_a_call_that_failed(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    checker = Interrupted(KeyboardInterrupt(), at=2)
    leaves = [simple.ca.leaf(f"leaf {number}", dns=["gw.example"]) for number in range(100)]
    validator = interrupted(simple, monkeypatch, checker)
    with pytest.raises(KeyboardInterrupt):
        validator.check_many([pv.Request([leaf.der, simple.ca.der], GW) for leaf in leaves], pki.NOW)
    assert checker.asked == 2


def test_a_hash_that_is_interrupted(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = interrupted(simple, monkeypatch, CryptographyChecker())._judge._engine.pointer
    state, out = _core.ffi.new("uint8_t[]", _core.lib.PV_DIGEST_STATE), _core.ffi.new("uint8_t[]", 64)
    span, _kept = _core._span(b"data")

    def digest() -> int:
        steps = [_core.lib.PV_DIGEST_BEGIN, _core.lib.PV_DIGEST_UPDATE, _core.lib.PV_DIGEST_FINISH]
        function, algorithm = _core.lib.pvh_engine_digest, _core.lib.PV_DIGEST_SHA256
        return [_core._asking(function, engine, state, out, step, algorithm, span[0]) for step in steps][-1]

    def new(*_: object) -> None:
        raise TimeIsUp

    assert digest() == 32
    with monkeypatch.context() as patch:
        patch.setattr("pyvalidator._core.hashlib.new", new)
        with pytest.raises(TimeIsUp):
            digest()
    assert digest() == 32


class FailsElsewhere(CryptographyChecker):
    """Raises on any thread but the caller's, which waits for that."""

    def __init__(self) -> None:
        super().__init__()
        self.caller, self.has_raised = threading.get_ident(), threading.Event()

    def check(self, job: SignatureJob) -> SignatureResult:
        if threading.get_ident() == self.caller:
            self.has_raised.wait(20)
        elif not self.has_raised.is_set():
            self.has_raised.set()
            raise TimeIsUp
        return super().check(job)


def test_the_error_of_another_thread_is_the_callers(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = [simple.ca.leaf(f"leaf {number}", dns=["gw.example"]) for number in range(8)]
    requests = [pv.Request([leaf.der, simple.ca.der], GW) for leaf in leaves]
    checker = FailsElsewhere()
    validator = interrupted(simple, monkeypatch, checker)
    with pytest.raises(TimeIsUp):
        validator.check_many(requests, pki.NOW, workers=4)
    assert checker.has_raised.is_set()
    assert not _core._raised
    assert validator.check_many(requests, pki.NOW, workers=4).tally()[TRUSTED] == 8


def test_what_is_left_of_a_call_is_not_raised_by_the_next(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second exception came before the first could be raised."""
    validator = interrupted(simple, monkeypatch, CryptographyChecker())
    for ask in (check, check_many, paths):
        _core._raised[threading.get_ident()] = TimeIsUp()
        ask(validator, simple)
        assert not _core._raised


# --- Signals


def _handle(number: int, frame: FrameType | None) -> None:
    raise TimeIsUp


@pytest.fixture
def raising() -> Iterator[None]:
    """A signal is a TimeIsUp."""
    before = signal.signal(signal.SIGTERM, _handle)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("raising")
def test_a_signal_during_a_check(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the checker has an exception's handler of its own around it."""
    genuine, left = signatures._verify, [1]

    def verify(key: Any, job: SignatureJob) -> bool:
        if left:
            left.pop()
            signal.raise_signal(signal.SIGTERM)
        return genuine(key, job)

    monkeypatch.setattr("pyvalidator.signatures._verify", verify)
    store = pv.TrustStore.from_der([simple.root.der])
    validator = pv.Validator(store, pv.Policy.tls_client(), engine=pv.Engine.CRYPTOGRAPHY)
    with pytest.raises(TimeIsUp):
        check(validator, simple)
    assert check(validator, simple).outcome is TRUSTED


def test_a_store_that_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    roots = [pki.root(f"Root {number}").der for number in range(3)]
    engine = signatures.checker_engine(Interrupted(KeyboardInterrupt(), at=2))
    monkeypatch.setattr("pyvalidator.trust.native_engine", lambda kind: engine)
    with pytest.raises(KeyboardInterrupt):
        pv.TrustStore.from_der(roots)
    assert len(pv.TrustStore.from_der(roots)) == 3


# --- What a call made, when an exception comes as it returns


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _raise_on_return_of(name: str) -> Callable[[FrameType, str, Any], None]:
    def profile(frame: FrameType, event: str, what: Any) -> None:
        if event == "c_return" and what.__name__ == name:
            raise TimeIsUp

    return profile


def _interrupt(name: str, call: Callable[[], object]) -> None:
    sys.setprofile(_raise_on_return_of(name))
    try:
        with pytest.raises(TimeIsUp):
            call()
    finally:
        sys.setprofile(None)


def _makers(simple: Hierarchy) -> dict[str, Callable[[], object]]:
    """What has C make something, by the function that does."""
    crl = revocation_pki.crl(simple.ca, raw_entries=revocation_pki.many_entries(20_000))
    ocsp = revocation_pki.ocsp(simple.ca, simple.leaf)
    certificates = [simple.ca.der] * 1000
    validator = pv.Validator(
        pv.TrustStore.from_der([simple.root.der]), pv.Policy.tls_client(hooks=(lambda path: None,))
    )
    plain = pv.Validator(pv.TrustStore.from_der([simple.root.der]), pv.Policy.tls_client())
    requests = [pv.Request(simple.chain, GW)] * 1000
    return {
        "pvh_hold_crl": lambda: pv.RevocationList(crl),
        "pvh_hold_ocsp": lambda: pv.OcspResponse(ocsp),
        "pvh_hold_evidence": lambda: _core.NativeEvidence((), (), certificates),
        "pvh_hold_pool": lambda: _core.NativePool(certificates),
        "pvh_hold_answers": lambda: plain.check_many(requests, pki.NOW),
        "pvh_hold_session": lambda: check(validator, simple),
    }


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("kind", ["crl", "ocsp", "evidence", "pool", "answers", "session"])
def test_nothing_is_lost(simple: Hierarchy, kind: str) -> None:
    name = f"pvh_hold_{kind}"
    call, times = _makers(simple)[name], 20_000 if kind == "ocsp" else 400 if kind == "session" else 60
    for _ in range(times // 10):
        _interrupt(name, call)
    before = _resident()
    for _ in range(times):
        _interrupt(name, call)
    assert _resident() - before < 4 << 20
