"""Many chains: distinct leaves of one intermediate, one call after another, in batches, and in threads. Each figure is
for the whole fleet."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from setups import SUBJECT, Chain, all_are_trusted, is_trusted, make_validator

import pki
import pyvalidator as pv

Fleet = list[tuple[bytes, ...]]

cached = pytest.mark.parametrize("is_cached", [False, True], ids=["cold", "repeated"])


def _validator(chains: dict[str, Chain], fleet: Fleet, is_cached: bool) -> pv.Validator:
    made = make_validator(chains["p256"], cache=pv.Cache(max_bytes=1 << 24) if is_cached else None)
    all_are_trusted(made.check_many([pv.Request(sent, SUBJECT) for sent in fleet], at=pki.NOW), len(fleet))
    return made


def _check_each(validator: pv.Validator, fleet: Sequence[tuple[bytes, ...]], trusted: list[int]) -> None:
    verdicts = [validator.check(sent, SUBJECT, at=pki.NOW) for sent in fleet]
    trusted.append(sum(verdict.outcome is pv.Outcome.TRUSTED for verdict in verdicts))


@cached
@pytest.mark.parametrize("workers", [1, 2])
def test_check_many(
    benchmark: BenchmarkFixture, chains: dict[str, Chain], fleet: Fleet, is_cached: bool, workers: int
) -> None:
    validator = _validator(chains, fleet, is_cached)
    requests = [pv.Request(sent, SUBJECT) for sent in fleet]
    verdicts = benchmark(lambda: validator.check_many(requests, at=pki.NOW, workers=workers))
    all_are_trusted(verdicts, len(fleet))


def test_verdicts_are_read(benchmark: BenchmarkFixture, chains: dict[str, Chain], fleet: Fleet) -> None:
    """What it costs to make every verdict of a batch, and to look at its path."""
    validator = _validator(chains, fleet, is_cached=True)
    requests = [pv.Request(sent, SUBJECT) for sent in fleet]
    lengths = benchmark(lambda: [len(verdict.path) for verdict in validator.check_many(requests, at=pki.NOW)])
    assert set(lengths) == {2}


@cached
@pytest.mark.parametrize("num_threads", [1, 2, 4])
def test_threads(
    benchmark: BenchmarkFixture, chains: dict[str, Chain], fleet: Fleet, is_cached: bool, num_threads: int
) -> None:
    """The fleet shared out between threads that call `check`; starting them counts."""
    validator = _validator(chains, fleet, is_cached)

    def run() -> int:
        trusted: list[int] = []
        shares = [fleet[n::num_threads] for n in range(num_threads)]
        started = [threading.Thread(target=_check_each, args=(validator, share, trusted)) for share in shares]
        for each in started:
            each.start()
        for each in started:
            each.join()
        return sum(trusted)

    assert benchmark(run) == len(fleet)


def test_mixed_kinds(benchmark: BenchmarkFixture, chains: dict[str, Chain]) -> None:
    """One batch of chains with keys of every kind, under a store of all their roots."""
    store = pv.TrustStore.from_der([chain.root for chain in chains.values()])
    validator = pv.Validator(store, pv.Policy.device())
    requests = [pv.Request(chain.sent, SUBJECT) for chain in chains.values()]
    is_trusted(validator.check(requests[0].chain, SUBJECT, at=pki.NOW))
    all_are_trusted(benchmark(lambda: validator.check_many(requests, at=pki.NOW)), len(chains))
