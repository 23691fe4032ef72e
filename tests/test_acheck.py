"""acheck: the answers and errors of check, in batches; and nothing is left over of loops, threads, forks and exits."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pki
import pyvalidator as pv
from conftest import Hierarchy
from pyvalidator import _core, collecting

GW = pv.DNSName("gw.example")
OTHER = pv.DNSName("other.example")
TRUSTED = pv.Outcome.TRUSTED


def make(simple: Hierarchy, **options: Any) -> pv.Validator:
    cache, engine = options.pop("cache", None), options.pop("engine", pv.Engine.AUTO)
    store = pv.TrustStore.from_der([simple.root.der])
    return pv.Validator(store, pv.Policy.tls_client(**options), cache=cache, engine=engine)


def told(verdict: pv.Verdict) -> tuple[object, ...]:
    rejections = [(each.reason, each.depth, each.position, each.text) for each in verdict.rejections]
    heads = (verdict.outcome, verdict.reason, verdict.path, verdict.anchor, verdict.chain, rejections, verdict.omitted)
    return (*heads, verdict.subject, verdict.time, verdict.evidence, verdict.explain(), verdict.to_dict())


async def gather(calls: Sequence[Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*calls, return_exceptions=True)


def check_the_same(validator: pv.Validator, questions: Sequence[tuple[Any, ...]]) -> list[pv.Verdict]:
    async def ask() -> list[Any]:
        return await gather([validator.acheck(*question) for question in questions])

    verdicts = asyncio.run(ask())
    for question, verdict in zip(questions, verdicts, strict=True):
        assert told(verdict) == told(validator.check(*question))
    return verdicts


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the batches that were judged together."""
    sizes: list[int] = []
    genuine = collecting.judge_together

    def counted(judge: Any, asked: Any) -> Any:
        sizes.append(len(asked))
        return genuine(judge, asked)

    monkeypatch.setattr("pyvalidator.collecting.judge_together", counted)
    return sizes


class Gate:
    """Holds up batches on the worker thread."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, batches: list[int]) -> Iterator[Gate]:
    made, counted = Gate(), collecting.judge_together

    def held_up(judge: Any, asked: Any) -> Any:
        made.entered.set()
        assert made.opened.wait(30)
        return counted(judge, asked)

    monkeypatch.setattr("pyvalidator.collecting.judge_together", held_up)
    yield made
    made.opened.set()


async def until(event: threading.Event) -> None:
    while not event.is_set():
        await asyncio.sleep(0.001)


# --- The same answers


def chains_of(simple: Hierarchy, stranger: Hierarchy) -> list[Any]:
    cut, twins = simple.leaf.der[:50], [simple.ca.same(serial=number).der for number in range(70, 90)]
    forged = simple.leaf.der[:-1] + bytes([simple.leaf.der[-1] ^ 1])
    return [
        simple.chain,
        tuple(map(pv.Certificate, simple.chain)),
        pki.pem(*simple.chain),
        stranger.chain,
        [simple.leaf.der],
        [cut, simple.ca.der],
        [simple.leaf.der, cut],
        [simple.leaf.der, cut, simple.ca.der],
        simple.chain[::-1],
        [forged, simple.ca.der],
        [forged, simple.ca.der, *twins],
        [simple.leaf.der, simple.leaf.der, simple.ca.der, simple.ca.der, simple.root.der],
        [simple.leaf.der] * 1000,
        [simple.leaf.der, bytes(3_000_000)],
        [b""],
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    picked=st.lists(
        st.tuples(
            st.integers(0, 14),
            st.sampled_from([GW, OTHER, pv.AnySubject(), pv.IPAddress("192.0.2.7")]),
            st.sampled_from([pki.NOW, pki.NOW + 3 * pki.YEAR, pv.Time.unknown(), pv.Time.at_issuance()]),
        ),
        max_size=90,
    ),
    engine=st.sampled_from(list(pv.Engine)),
)
def test_the_same_answers(
    simple: Hierarchy, stranger: Hierarchy, picked: list[tuple[int, pv.Subject, Any]], engine: pv.Engine
) -> None:
    some = chains_of(simple, stranger)
    check_the_same(make(simple, engine=engine), [(some[which], *rest) for which, *rest in picked])


def test_long_logs_are_kept_as_in_check(simple: Hierarchy) -> None:
    """More lines than check_many keeps, and more than check keeps."""
    forged = simple.leaf.der[:-1] + bytes([simple.leaf.der[-1] ^ 1])
    validator = make(simple, budget=pv.Budget(certificates=400))
    for number in (30, 100, 390):
        chain = [forged, *(simple.ca.same(serial=1 + each).der for each in range(number))]
        verdicts = check_the_same(validator, [(chain, GW, pki.NOW), (simple.chain, GW, pki.NOW)] * 2)
        assert [each.outcome is TRUSTED for each in verdicts] == [False, True] * 2


def test_evidence(simple: Hierarchy) -> None:
    validator = make(simple, revocation=pv.Revocation())
    evidence = pv.Evidence(certificates=[simple.ca.der])
    for evidences in ([None] * 4, [evidence] * 4, [None, evidence, None, pv.Evidence()]):
        check_the_same(validator, [(simple.chain, GW, pki.NOW, each) for each in evidences])


def test_wildcards() -> None:
    pytest.importorskip("publicsuffixlist")
    root = pki.root("Web Root")
    ca = root.ca("Web CA")
    names = ("*.example.com", "*.co.uk", "www.example.com")
    chains = [[ca.leaf(None, dns=[name], eku=(ExtendedKeyUsageOID.SERVER_AUTH,)).der, ca.der] for name in names]
    validator = pv.Validator(pv.TrustStore.from_der([root.der]), pv.Policy.tls_server())
    verdicts = check_the_same(validator, [(chain, pv.AnySubject(), pki.NOW) for chain in chains * 3])
    assert [each.outcome is TRUSTED for each in verdicts] == [True, False, True] * 3


def test_averify(simple: Hierarchy) -> None:
    validator = make(simple)
    assert asyncio.run(validator.averify(simple.chain, GW, pki.NOW)).outcome is TRUSTED
    with pytest.raises(pv.Refused) as caught:
        asyncio.run(validator.averify(simple.chain, OTHER, pki.NOW))
    assert caught.value.verdict.outcome is pv.Outcome.REFUSED
    tight = make(simple, budget=pv.Budget(signatures=1))
    with pytest.raises(pv.Undecided):
        asyncio.run(tight.averify(simple.chain, GW, pki.NOW))


def test_a_verdict_holds_its_own_chain_alone(simple: Hierarchy, stranger: Hierarchy) -> None:
    validator = make(simple)
    verdicts = check_the_same(validator, [(simple.chain, GW, pki.NOW), (stranger.chain, GW, pki.NOW)])
    assert verdicts[0]._question.joined == b"".join(simple.chain)


def test_each_call_has_its_own_now(simple: Hierarchy, batches: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    validator = make(simple)
    years = iter([2026, 2030, 2026])

    def clock() -> int:
        return int(datetime(next(years), 6, 1, tzinfo=pki.NOW.tzinfo).timestamp()) * 10**9

    monkeypatch.setattr("pyvalidator.asking.clock.time_ns", clock)

    async def ask() -> list[Any]:
        return await gather([validator.acheck(simple.chain, GW) for _ in range(3)])

    verdicts = asyncio.run(ask())
    assert [each.outcome.name for each in verdicts] == ["TRUSTED", "REFUSED", "TRUSTED"]
    assert batches == [3]


# --- Errors


def test_errors_are_the_callers_own(simple: Hierarchy, batches: list[int]) -> None:
    validator = make(simple)
    wrong: list[tuple[Any, ...]] = [
        ("text", GW),
        ([None], GW),
        ([], GW),
        (b"no PEM", GW),
        (simple.chain, "gw.example"),
        (simple.chain, GW, datetime(2026, 6, 1)),
        (simple.chain, GW, None, ()),
        (simple.chain, GW, None, pv.Evidence()),
    ]

    async def ask() -> list[Any]:
        return await gather([validator.acheck(*each) for question in wrong for each in (question, (simple.chain, GW))])

    answers = asyncio.run(ask())
    for question, answer in zip(wrong, answers[::2], strict=True):
        with pytest.raises(type(answer)) as caught:
            validator.check(*question)
        assert str(caught.value) == str(answer)
    assert {each.subject for each in answers[1::2]} == {GW}
    assert batches == [len(wrong)]


def test_without_a_loop(simple: Hierarchy) -> None:
    call = make(simple).acheck(simple.chain, GW)
    with pytest.raises(RuntimeError, match="no running event loop"):
        call.send(None)


def test_a_batch_that_fails_is_asked_one_by_one(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise pv.CoreFailure("checking a batch")

    monkeypatch.setattr(_core.Judge, "check_many", fails)
    validator = make(simple)
    check_the_same(validator, [(simple.chain, GW, pki.NOW)] * 5)
    monkeypatch.setattr(_core.Judge, "check_one", fails)

    async def ask() -> list[Any]:
        return await gather([validator.acheck(simple.chain, GW) for _ in range(3)])

    answers = asyncio.run(ask())
    assert [type(each) for each in answers] == [pv.CoreFailure] * 3
    assert len(set(map(id, answers))) == 3


def test_hooks_run_on_the_worker_thread(simple: Hierarchy) -> None:
    threads: set[int] = set()
    numbers = iter(range(100))

    def hook(path: pv.FoundPath) -> pv.HookRefusal | None:
        threads.add(threading.get_ident())
        number = next(numbers)
        if number % 3 == 1:
            raise KeyError(number)
        return pv.HookRefusal("third") if number % 3 == 2 else None

    validator = make(simple, hooks=(hook,))

    async def ask() -> list[Any]:
        return await gather([validator.acheck(simple.chain, GW, pki.NOW) for _ in range(9)])

    answers = asyncio.run(ask())
    assert [each.args for each in answers[1::3]] == [(1,), (4,), (7,)]
    assert {each.outcome for each in answers[::3]} == {TRUSTED}
    assert {each.reason for each in answers[2::3]} == {pv.Reason.HOOK_REFUSED}
    assert len(threads) == 1
    assert threads != {threading.get_ident()}


# --- Batches


def test_calls_at_the_same_time_are_one_batch(simple: Hierarchy, batches: list[int]) -> None:
    validator = make(simple)

    async def ask() -> None:
        await gather([validator.acheck(simple.chain, GW, pki.NOW) for _ in range(64)])
        await validator.acheck(simple.chain, GW, pki.NOW)

    asyncio.run(ask())
    assert batches == [64, 1]


def test_batches_are_bounded(simple: Hierarchy, batches: list[int]) -> None:
    validator = make(simple, cache=pv.Cache())

    async def ask() -> list[Any]:
        return await gather([validator.acheck(simple.chain, GW, pki.NOW) for _ in range(600)])

    assert {each.outcome for each in asyncio.run(ask())} == {TRUSTED}
    assert batches == [256, 256, 88]


def test_calls_meanwhile_make_up_the_next_batch(simple: Hierarchy, batches: list[int], gate: Gate) -> None:
    validator = make(simple)

    async def ask() -> None:
        first = asyncio.create_task(validator.acheck(simple.chain, GW, pki.NOW))
        await until(gate.entered)
        later = []
        for _ in range(10):
            later.append(asyncio.create_task(validator.acheck(simple.chain, GW, pki.NOW)))
            await asyncio.sleep(0)  # the loop goes on
        assert not first.done()
        gate.opened.set()
        assert {each.outcome for each in await gather([first, *later])} == {TRUSTED}

    asyncio.run(ask())
    assert batches == [1, 10]


# --- Cancelling


def test_cancelled_before_and_during(simple: Hierarchy, batches: list[int], gate: Gate) -> None:
    validator = make(simple)

    async def ask() -> None:
        first = [asyncio.create_task(validator.acheck(simple.chain, GW, pki.NOW)) for _ in range(4)]
        await until(gate.entered)
        second = [asyncio.create_task(validator.acheck(simple.chain, GW, pki.NOW)) for _ in range(4)]
        await asyncio.sleep(0.01)
        for task in (first[1], second[0], second[2]):
            task.cancel()
        gate.opened.set()
        answers = await gather([*first, *second])
        gone = [isinstance(each, asyncio.CancelledError) for each in answers]
        assert gone == [False, True, False, False, True, False, True, False]
        assert {each.outcome for each in answers if isinstance(each, pv.Verdict)} == {TRUSTED}

    asyncio.run(ask())
    assert batches == [4, 2]


def test_all_cancelled(simple: Hierarchy, batches: list[int]) -> None:
    validator = make(simple)

    async def ask() -> None:
        tasks = [asyncio.create_task(validator.acheck(simple.chain, GW, pki.NOW)) for _ in range(4)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await gather(tasks)
        assert (await validator.acheck(simple.chain, GW, pki.NOW)).outcome is TRUSTED

    asyncio.run(ask())
    assert batches == [1]


def test_timeouts(simple: Hierarchy, gate: Gate) -> None:
    validator = make(simple)

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(validator.acheck(simple.chain, GW, pki.NOW), 0.02)
        gate.opened.set()
        assert (await validator.acheck(simple.chain, GW, pki.NOW)).outcome is TRUSTED

    asyncio.run(ask())


# --- Loops, threads, lives


def test_a_loop_that_is_closed_meanwhile(simple: Hierarchy, gate: Gate) -> None:
    validator = make(simple)

    async def leave() -> None:
        task = asyncio.create_task(validator.acheck(simple.chain, GW, pki.NOW))
        await until(gate.entered)
        task.cancel()

    asyncio.run(leave())
    gate.opened.set()
    verdict = asyncio.run(validator.acheck(simple.chain, GW, pki.NOW))
    assert verdict.outcome is TRUSTED
    gc.collect()


def test_one_loop_after_another(simple: Hierarchy) -> None:
    validator = make(simple)
    loops = [asyncio.new_event_loop() for _ in range(2)]
    with contextlib.ExitStack() as stack:
        for loop in loops:
            stack.callback(loop.close)
        for loop in loops * 3:
            assert loop.run_until_complete(validator.acheck(simple.chain, GW, pki.NOW)).outcome is TRUSTED
    names = [each.name for each in threading.enumerate() if each.name.startswith("pyvalidator")]
    assert len(names) >= 1
    ends = [weakref.ref(loop) for loop in loops]
    del loops, loop, stack
    gc.collect()
    assert [end() for end in ends] == [None, None]


def test_loops_in_several_threads(simple: Hierarchy, stranger: Hierarchy) -> None:
    validator = make(simple, cache=pv.Cache())
    wrong: list[object] = []

    async def ask() -> None:
        for _ in range(10):
            calls = [validator.acheck(chain, GW, pki.NOW) for chain in (simple.chain, stranger.chain) * 8]
            outcomes = [each.outcome for each in await gather(calls)]
            if outcomes != [TRUSTED, pv.Outcome.REFUSED] * 8:
                wrong.append(outcomes)

    threads = [threading.Thread(target=lambda: asyncio.run(ask())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def workers() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("pyvalidator")]


def wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        gc.collect()
        time.sleep(0.005)
    return condition()


def test_the_thread_ends_with_its_validator(simple: Hierarchy) -> None:
    gc.collect()
    wait_for(lambda: not workers())
    validator = make(simple)
    assert not workers()  # it is begun when it is needed
    asyncio.run(validator.acheck(simple.chain, GW, pki.NOW))
    asyncio.run(validator.acheck(simple.chain, GW, pki.NOW))
    assert len(workers()) == 1
    del validator
    assert wait_for(lambda: not workers())


def test_when_no_thread_can_be_begun(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the interpreter's end."""

    def refuse(*_: object) -> None:
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    monkeypatch.setattr("pyvalidator.collecting._Worker.submit", refuse)
    check_the_same(make(simple), [(simple.chain, GW, pki.NOW)] * 3)


SCRIPT = """
import asyncio, os, sys, threading, time
sys.path.insert(0, {tests!r})
import pki
import pyvalidator as pv

root = pki.root("Root")
ca = root.ca("CA")
leaf = ca.leaf("leaf", dns=["gw.example"])
validator = pv.Validator(pv.TrustStore.from_der([root.der]), pv.Policy.tls_client())
subject = pv.DNSName("gw.example")


def ask(number=20):
    async def gather():
        calls = [validator.acheck([leaf.der, ca.der], subject, pki.NOW) for _ in range(number)]
        return await asyncio.gather(*calls)

    return {{each.outcome for each in asyncio.run(gather())}} == {{pv.Outcome.TRUSTED}}


"""


def run(body: str) -> subprocess.CompletedProcess[str]:
    script = SCRIPT.format(tests=str(Path(__file__).parent)) + body
    options = ["-X", "dev", "-W", "error", "-W", "ignore::DeprecationWarning", "-c", script]
    return subprocess.run([sys.executable, *options], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "body",
    [
        "assert ask()",
        # the interpreter ends while a batch is under way, and its loop is closed
        "async def leave():\n"
        "    task = asyncio.create_task(validator.acheck([leaf.der, ca.der] * 8, subject))\n"
        "    await asyncio.sleep(0)\n"
        "    await asyncio.sleep(0)\n"
        "    task.cancel()\n"
        "asyncio.run(leave())\n",
        # and while a loop in a daemon thread goes on asking
        "threading.Thread(target=lambda: [ask() for _ in range(10**9)], daemon=True).start()\ntime.sleep(0.3)\n",
        # after the threads were joined
        "import atexit\nask()\natexit.register(lambda: print(ask()))\n",
    ],
    ids=["plain", "in flight", "daemon", "atexit"],
)
def test_the_interpreter_ends(body: str) -> None:
    done = run(body)
    assert done.returncode == 0, done.stderr
    if "daemon=True" not in body:  # what Python itself says of daemons at its end is not ours
        assert done.stderr == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_after_fork() -> None:
    done = run(
        "assert ask()\n"
        "child = os.fork()\n"
        "trusted = ask() and ask()\n"
        "if child == 0:\n"
        "    sys.stdout.flush()\n"
        "    sys.exit(0 if trusted else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 and trusted\n"
        "print('both')\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "both\n", "")


# --- What goes wrong between a batch and its answers


class Odd(BaseException):
    """As a thread's asynchronous exception, or a signal's."""


async def _ask_three(validator: pv.Validator, simple: Hierarchy) -> list[Any]:
    calls = [validator.acheck(simple.chain, GW, pki.NOW) for _ in range(3)]
    return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 20)


@pytest.mark.parametrize("kind", [Odd, MemoryError, RuntimeError])
@pytest.mark.parametrize("has_threads", [True, False])
def test_an_error_around_a_batch_reaches_its_callers(
    simple: Hierarchy, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException], has_threads: bool
) -> None:
    validator, genuine, left = make(simple), collecting.judge_together, [1]

    def judge_together(judge: Any, asked: Any) -> Any:
        if left:
            left.pop()
            raise kind
        return genuine(judge, asked)

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("pyvalidator.collecting.judge_together", judge_together)
    if not has_threads:
        monkeypatch.setattr("threading.Thread.start", start)

    async def ask() -> None:
        assert {type(each) for each in await _ask_three(validator, simple)} == {kind}
        assert {each.outcome for each in await _ask_three(validator, simple)} == {TRUSTED}

    asyncio.run(ask())


@pytest.mark.parametrize("kind", [TimeoutError, MemoryError])
@pytest.mark.parametrize("place", ["_Worker.submit", "_Collector._begin"])
def test_an_error_as_a_batch_begins_reaches_its_callers(
    simple: Hierarchy, monkeypatch: pytest.MonkeyPatch, kind: type[Exception], place: str
) -> None:
    """On the loop's own thread, where signals are handled."""

    def fails(*_: object) -> None:
        raise kind

    validator = make(simple)

    async def ask() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(f"pyvalidator.collecting.{place}", fails)
            assert {type(each) for each in await _ask_three(validator, simple)} == {kind}
        assert {each.outcome for each in await _ask_three(validator, simple)} == {TRUSTED}

    asyncio.run(ask())


def test_an_error_while_answers_are_delivered(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    validator, genuine, left = make(simple), collecting.judge_together, [1]

    def judge_together(judge: Any, asked: Any) -> Any:
        answers = genuine(judge, asked)
        return answers[: left.pop()] if left else answers  # zip raises, as a signal's handler might there

    monkeypatch.setattr("pyvalidator.collecting.judge_together", judge_together)

    async def ask() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        assert [type(each) for each in await _ask_three(validator, simple)] == [pv.Verdict, ValueError, ValueError]
        assert {each.outcome for each in await _ask_three(validator, simple)} == {TRUSTED}

    asyncio.run(ask())


def test_nothing_is_left_queued_where_no_thread_begins(
    simple: Hierarchy, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    validator = make(simple)

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def ask() -> None:
        with monkeypatch.context() as patch:
            patch.setattr("threading.Thread.start", start)
            for _ in range(5):
                assert (await validator.acheck(simple.chain, GW, pki.NOW)).outcome is TRUSTED
        for _ in range(2):
            assert (await validator.acheck(simple.chain, GW, pki.NOW)).outcome is TRUSTED

    asyncio.run(ask())
    assert batches == [1] * 7
