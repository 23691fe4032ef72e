"""What check_many costs a request, of chains that are known and of new leaves, against a raw check in the same run.

    python benchmarks/batches.py [--smoke] [--rounds N]

Known: 4,096 distinct P-256 leaves under one intermediate, all in the cache. New: the same leaves, 256 of them a round,
without a cache; with one thread and with two, beside raw checks on one and on two threads. Minima and medians of
interleaved rounds, in microseconds a request; raw checks are raw_verify.c, timed inside C. Every answer is asserted.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from array import array
from collections.abc import Callable
from itertools import accumulate

from raw import RawChecks
from setups import HOST, make_chain, make_validator

import pki
import pyvalidator as pv

SUBJECT = pv.DNSName(HOST)
KNOWN, NEW = 4096, 256
TRUSTED = bytes([pv.Outcome.TRUSTED.value])


class Samples:
    """Times by name, in microseconds a piece."""

    def __init__(self) -> None:
        self._all: dict[str, list[float]] = {}

    def add(self, name: str, nanoseconds: float, pieces: int) -> None:
        self._all.setdefault(name, []).append(nanoseconds / pieces / 1000)

    def take(self, name: str, pieces: int, work: Callable[[], object]) -> None:
        begin = time.perf_counter_ns()
        work()
        self.add(name, time.perf_counter_ns() - begin, pieces)

    def pair(self, name: str) -> tuple[float, float]:
        return min(self._all[name]), statistics.median(self._all[name])

    def report(self, name: str) -> None:
        least, middle = self.pair(name)
        of_least, of_middle = (
            own / raw * 100 for own, raw in zip(self.pair(name), self.pair("raw check"), strict=True)
        )
        print(f"{name:<48} {least:8.3f} / {middle:8.3f} us   {of_least:6.2f} / {of_middle:6.2f} % of one raw check")

    def scaling(self, one: str, two: str) -> tuple[float, float]:
        least, middle = (a / b for a, b in zip(self.pair(one), self.pair(two), strict=True))
        return least, middle


def make_fleet(num: int) -> list[tuple[bytes, ...]]:
    ca = pki.root("Bench Root p256").ca("Bench CA p256")
    return [(ca.leaf(f"device {n}", dns=[HOST], label=f"device key {n % 16}").der, ca.der) for n in range(num)]


class Buffer:
    """A fleet as a gateway has it: one buffer and where what begins."""

    def __init__(self, fleet: list[tuple[bytes, ...]]) -> None:
        ders = [der for sent in fleet for der in sent]
        self.der = bytearray(b"".join(ders))
        self.offsets = array("Q", accumulate(map(len, ders), initial=0))
        self.chains = array("I", accumulate(map(len, fleet), initial=0))

    def packed(self, der: bytes | bytearray | None = None) -> pv.Packed:
        return pv.Packed(
            der=self.der if der is None else der, offsets=self.offsets, chains=self.chains, subject=SUBJECT
        )


def raw_leaf_checks(num: int) -> RawChecks:
    """The check of one leaf's edge, many times."""
    leaf, ca = make_chain("p256").sent
    return RawChecks([(leaf, ca)] * num)


def run_on_two(raws: list[RawChecks], num: int) -> None:
    """Half of them on each of two threads."""
    other = threading.Thread(target=raws[1].measure, args=(num // 2,))
    other.start()
    raws[0].measure(num // 2)
    other.join()


def ask(validator: pv.Validator, what: list[pv.Request] | pv.Packed, workers: int = 1) -> None:
    outcomes = validator.check_many(what, at=pki.NOW, workers=workers).outcomes
    if bytes(outcomes) != TRUSTED * len(what):
        raise SystemExit("not everything is trusted")


def measure(rounds: int, known: int, new: int) -> Samples:
    fleet, samples, raws = make_fleet(known), Samples(), [raw_leaf_checks(new) for _ in range(2)]
    chain = make_chain("p256")
    caching, plain = make_validator(chain, cache=pv.Cache(max_bytes=1 << 26)), make_validator(chain)
    whole, part = Buffer(fleet), Buffer(fleet[:new]).packed()
    frozen, packed = bytes(whole.der), whole.packed()
    requests = [pv.Request(sent, SUBJECT) for sent in fleet]
    ask(caching, packed)
    for _ in range(rounds):
        samples.take("raw check", new, lambda: raws[0].measure(new))
        samples.take("known, Packed made before", known, lambda: ask(caching, packed))
        samples.take("known, Packed of bytes made in the round", known, lambda: ask(caching, whole.packed(frozen)))
        samples.take("known, Packed of a bytearray made in the round", known, lambda: ask(caching, whole.packed()))
        samples.take("known, Requests", known, lambda: ask(caching, requests))
        samples.take("known, Packed made before, 2 workers", known, lambda: ask(caching, packed, 2))
        samples.take("raw checks, 2 threads", new, lambda: run_on_two(raws, new))
        samples.take("new leaves, Packed", new, lambda: ask(plain, part))
        samples.take("new leaves, Packed, 2 workers", new, lambda: ask(plain, part, 2))
        samples.take("new leaves, Requests", new, lambda: ask(plain, requests[:new]))
        samples.take("new leaves, Requests, 2 workers", new, lambda: ask(plain, requests[:new], 2))
    return samples


NAMES = (
    "raw check",
    "known, Packed made before",
    "known, Packed of bytes made in the round",
    "known, Packed of a bytearray made in the round",
    "known, Requests",
    "known, Packed made before, 2 workers",
    "new leaves, Packed",
    "new leaves, Requests",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few requests, to see that it runs")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    sizes = (2, 64, 16) if options.smoke else (options.rounds, KNOWN, NEW)
    samples = measure(*sizes)
    print(f"{sizes[1]} known and {sizes[2]} new chains, {sizes[0]} interleaved rounds; minimum / median")
    for name in NAMES:
        samples.report(name)
    floor = samples.scaling("raw check", "raw checks, 2 threads")
    print(f"two threads over one: raw checks {floor[0]:.3f} / {floor[1]:.3f}")
    for name in ("new leaves, Packed", "new leaves, Requests", "known, Packed made before"):
        own = samples.scaling(name, f"{name}, 2 workers")
        print(f"  {name:<28} {own[0]:.3f} / {own[1]:.3f}, of raw {own[0] / floor[0]:.3f} / {own[1] / floor[1]:.3f}")


if __name__ == "__main__":
    main()
