"""A cold check against its floor: two raw libcrypto P-256 verifications, keys set up, interleaved in one run.

    python benchmarks/raw_floor.py [rounds]

The raw side is raw_verify.c, timed inside C; our side is `Validator.check` from Python: a leaf and one intermediate,
the anchor's key set up, no cache. Both use the same libcrypto. Prints minima and medians in microseconds, the
difference, and the ratio.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import raw
from setups import HOST, make_chain, make_validator

import pki
import pyvalidator as pv


def timed(question: Callable[[], pv.Verdict]) -> int:
    begin = time.perf_counter_ns()
    verdict = question()
    elapsed = time.perf_counter_ns() - begin
    if verdict.outcome is not pv.Outcome.TRUSTED:
        raise SystemExit(verdict.explain())
    return elapsed


def report(name: str, samples: list[int]) -> tuple[float, float]:
    least, middle = min(samples) / 1000, statistics.median(samples) / 1000
    print(f"{name:<32} min {least:9.2f} us   median {middle:9.2f} us")
    return least, middle


def main(rounds: int) -> None:
    chain = make_chain("p256")
    subject = pv.DNSName(HOST)
    cold = make_validator(chain)
    warm = make_validator(chain, cache=pv.Cache(max_bytes=1 << 20))
    pair = raw.RawChecks.of_chain((*chain.sent, chain.root))
    raw_ns, cold_ns, warm_ns = [], [], []
    for _ in range(rounds):
        raw_ns.append(pair.measure())
        cold_ns.append(timed(lambda: cold.check(chain.sent, subject, at=pki.NOW)))
        warm_ns.append(timed(lambda: warm.check(chain.sent, subject, at=pki.NOW)))
    print(f"{raw.version()}; {rounds} interleaved rounds")
    raw_least, raw_middle = report("two raw P-256 checks (C)", raw_ns)
    least, middle = report("cold check (Python)", cold_ns)
    print(f"{'  over the raw checks':<32} min {least - raw_least:9.2f} us   median {middle - raw_middle:9.2f} us")
    print(f"{'  ratio':<32} min {least / raw_least:9.3f}      median {middle / raw_middle:9.3f}")
    warm_least, warm_middle = report("repeated check, cache (Python)", warm_ns)
    of_one, of_one_middle = 200 * warm_least / raw_least, 200 * warm_middle / raw_middle
    print(f"{'  of one raw check':<32} min {of_one:9.2f} %    median {of_one_middle:9.2f} %")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
