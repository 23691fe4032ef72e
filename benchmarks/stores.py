"""What loading a trust store costs beyond the self-signature checks that cannot be avoided.

    python benchmarks/stores.py [--smoke] [--rounds N]

Mozilla's roots (certifi) and 10,000 roots with P-256 keys of their own, from PEM, from DER and from a dump. The raw
side is raw_verify.c: the same self-signatures by the same libcrypto, keys and contexts set up beforehand, in one loop
of C.
Each round takes the measures in another order, each after a collection of garbage, in CPU time of the thread, so that
what else runs on the machine counts less. "Beyond" is the difference of two minima, and the median of the differences
within each round. Milliseconds. Every store is asserted to hold what it should.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crl import describe_machine
from raw import RawChecks

import pki
import pyvalidator as pv

try:
    import certifi
except ImportError:
    certifi = None

Samples = dict[str, list[float]]
RAW = "raw self-signature checks (C)"


@dataclass(frozen=True, slots=True)
class Bars:
    """Milliseconds beyond the raw checks, and from a dump."""

    built: float
    loaded: float


class Subject:
    """Some roots in each form, and the ways to load them."""

    def __init__(self, name: str, pem: bytes, bars: Bars) -> None:
        self.name, self.pem, self.bars = name, pem, bars
        self.ders = [each.der for each in pv.Certificate.from_pem(pem)]
        self._store = pv.TrustStore.from_pem(pem)
        self.dump = self._store.dump()
        for build_store in self.ways().values():
            store = build_store()
            assert store.dump() == self.dump
            assert store.anchors == self._store.anchors

    def ways(self) -> dict[str, Callable[[], pv.TrustStore]]:
        return {
            "TrustStore.from_pem": lambda: pv.TrustStore.from_pem(self.pem),
            "TrustStore.from_der": lambda: pv.TrustStore.from_der(self.ders),
            "TrustStore.load, rechecked": self._load_rechecked,
            "TrustStore.load": lambda: pv.TrustStore.load(self.dump),
        }

    def _load_rechecked(self) -> pv.TrustStore:
        return pv.TrustStore.load(self.dump, signatures=pv.SelfSignatures.RECHECKED)

    def dumping(self) -> None:
        assert self._store.dump() == self.dump


def milliseconds(call: Callable[[], object]) -> float:
    gc.collect()
    begin = time.thread_time_ns()
    kept = call()
    elapsed = time.thread_time_ns() - begin
    del kept
    return elapsed / 1e6


def loads(build_store: Callable[[], pv.TrustStore], num: int) -> Callable[[], pv.TrustStore]:
    def load() -> pv.TrustStore:
        store = build_store()
        assert len(store) == num
        return store

    return load


def measure(subject: Subject, rounds: int, raw: RawChecks) -> Samples:
    """Every measure once a round, in another order each time."""
    calls: dict[str, Callable[[], object]] = {RAW: raw.measure}
    calls |= {name: loads(way, len(subject.ders)) for name, way in subject.ways().items()}
    calls["TrustStore.dump"] = subject.dumping
    samples: Samples = {name: [] for name in calls}
    order = random.Random(rounds)
    for _ in range(rounds):
        for name in order.sample(list(calls), len(calls)):
            samples[name].append(milliseconds(calls[name]))
    return samples


def report(subject: Subject, samples: Samples) -> None:
    print(f"\n{subject.name}: {len(subject.ders):,} roots, {sum(map(len, subject.ders)):,} bytes of DER")
    print(f"  {'':32} {'min':>10} {'median':>10}   beyond the raw checks: min, median, bar")
    for name, values in samples.items():
        line = f"  {name:32} {min(values):10.2f} {statistics.median(values):10.2f}"
        if name in ("TrustStore.from_pem", "TrustStore.from_der", "TrustStore.load, rechecked"):
            least = min(values) - min(samples[RAW])
            middle = statistics.median(a - b for a, b in zip(values, samples[RAW], strict=True))
            line += f"   {least:8.2f} {middle:8.2f} {subject.bars.built:8.2f}"
        elif name == "TrustStore.load":
            line += f"   all of it: bar {subject.bars.loaded:.2f}"
        print(line)


def subjects(num: int) -> list[Subject]:
    pem = b"".join(pki.root(f"Bench Root {number}").pem for number in range(num))
    found = [Subject("P-256", pem, Bars(50, 20))]
    if certifi is None:
        print("Mozilla: missing (certifi)")
    else:
        found.insert(0, Subject("Mozilla", Path(certifi.where()).read_bytes(), Bars(2, 1)))
    return found


def main() -> None:
    """Print a table for each set of roots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few roots, two rounds: only the answers count")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    num, rounds = (100, 2) if options.smoke else (10_000, options.rounds)
    print(describe_machine())
    for subject in subjects(num):
        raw = RawChecks((der, der) for der in subject.ders)
        raw.measure()
        report(subject, measure(subject, rounds, raw))


if __name__ == "__main__":
    main()
