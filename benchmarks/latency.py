"""How long one check takes to answer: alone, and beside a Python thread that is busy; single and collected by acheck.

    python benchmarks/latency.py [--smoke] [--rounds N]

Chains are distinct P-256 leaves under one intermediate, none of them seen before, checked without a cache. Beside a
busy thread each call into C gives up Python's lock and waits for it again, up to a switch interval (5 ms unless it is
set lower) each time. `check`: one call after another. `64 x check`: 64 tasks of an event loop call `check`, each
blocking the loop; the time of a call runs from when all 64 began. `64 x acheck`: the same with `acheck`. p50 and p99 in
microseconds. The table's last lines are the bar: p50 of a single check beside a busy thread is at most one switch
interval above the quiet one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

from setups import HOST, make_chain, make_fleet, make_validator

import pki
import pyvalidator as pv

SUBJECT = pv.DNSName(HOST)
CALLERS = 64
DEFAULT, LOW = 0.005, 0.0005
# How far above a switch interval a p50 may be for noise: the operating system's own scheduling.
SLACK = 0.001


def require_trust(verdict: pv.Verdict) -> None:
    if verdict.outcome is not pv.Outcome.TRUSTED:
        raise SystemExit(verdict.explain())


@contextlib.contextmanager
def busy_thread() -> Iterator[None]:
    """A thread that computes in Python and never lets go of the lock by itself."""
    ended = threading.Event()

    def work() -> None:
        number = 1
        while not ended.is_set():
            for _ in range(1000):
                number = number * 1103515245 + 12345 & 0x7FFFFFFF

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Bench:
    """The chains, taken in turn."""

    def __init__(self) -> None:
        self._validator = make_validator(make_chain("p256"))
        self._fleet = make_fleet(256)
        self._next = 0

    def _chain(self) -> tuple[bytes, ...]:
        self._next += 1
        return self._fleet[self._next % len(self._fleet)]

    def single(self, rounds: int) -> list[float]:
        """One check after another."""
        samples = []
        for _ in range(rounds):
            chain, begin = self._chain(), time.perf_counter()
            require_trust(self._validator.check(chain, SUBJECT, pki.NOW))
            samples.append(time.perf_counter() - begin)
        return samples

    def single_acheck(self, rounds: int) -> list[float]:
        """One acheck after another."""
        return asyncio.run(self._alone(rounds))

    async def _alone(self, rounds: int) -> list[float]:
        samples = []
        for _ in range(rounds):
            chain, begin = self._chain(), time.perf_counter()
            require_trust(await self._validator.acheck(chain, SUBJECT, pki.NOW))
            samples.append(time.perf_counter() - begin)
        return samples

    def blocking(self, rounds: int) -> list[float]:
        """64 tasks that call check."""
        return asyncio.run(self._together(rounds, self._check))

    def collected(self, rounds: int) -> list[float]:
        """64 tasks that call acheck."""
        return asyncio.run(self._together(rounds, self._acheck))

    async def _check(self) -> pv.Verdict:
        return self._validator.check(self._chain(), SUBJECT, pki.NOW)

    async def _acheck(self) -> pv.Verdict:
        return await self._validator.acheck(self._chain(), SUBJECT, pki.NOW)

    async def _together(self, rounds: int, ask: Callable[[], Awaitable[pv.Verdict]]) -> list[float]:
        samples: list[float] = []

        async def one(begin: float) -> None:
            require_trust(await ask())
            samples.append(time.perf_counter() - begin)

        for _ in range(max(1, rounds // CALLERS)):
            begin = time.perf_counter()
            await asyncio.gather(*(one(begin) for _ in range(CALLERS)))
        return samples


def measured(work: Callable[[int], list[float]], rounds: int, *, busy: bool, interval: float) -> list[float]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(interval)
    try:
        with busy_thread() if busy else contextlib.nullcontext():
            return work(rounds)
    finally:
        sys.setswitchinterval(before)


def percentiles(samples: list[float]) -> tuple[float, float]:
    ordered = sorted(samples)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def report(bench: Bench, rounds: int) -> dict[tuple[str, str], float]:
    """Print the table; p50 by row and column."""
    conditions = (("quiet", False, DEFAULT), ("busy", True, DEFAULT), ("busy, 0.5 ms", True, LOW))
    works = (
        ("check", bench.single),
        ("acheck", bench.single_acheck),
        (f"{CALLERS} x check", bench.blocking),
        (f"{CALLERS} x acheck", bench.collected),
    )
    print(f"{'p50 / p99, us':<16}" + "".join(f"{name:>26}" for name, *_ in conditions))
    found = {}
    for name, work in works:
        cells = []
        for condition, busy, interval in conditions:
            middle, late = percentiles(measured(work, rounds, busy=busy, interval=interval))
            found[name, condition] = middle
            cells.append(f"{middle * 1e6:12.0f} / {late * 1e6:11.0f}")
        print(f"{name:<16}" + "".join(f"{cell:>26}" for cell in cells))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few calls, to see that it runs; the bar is not judged")
    parser.add_argument("--rounds", type=int, default=640, help="calls for each figure")
    options = parser.parse_args()
    found = report(Bench(), 8 if options.smoke else options.rounds)
    over = {
        interval: found["check", condition] - found["check", "quiet"]
        for condition, interval in (("busy", DEFAULT), ("busy, 0.5 ms", LOW))
    }
    for interval, extra in over.items():
        print(f"a single check beside a busy thread: {extra * 1e3:.2f} ms more, switch interval {interval * 1e3} ms")
    if not options.smoke and any(extra > interval + SLACK for interval, extra in over.items()):
        raise SystemExit("more than one switch interval above the quiet one")


if __name__ == "__main__":
    main()
