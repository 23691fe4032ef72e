"""What one check costs from Python: nothing known, the intermediate known, all of it known, and refused."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from setups import HOST, KINDS, SUBJECT, Chain, Sizes, is_trusted, make_fleet, make_validator

import pki
import pyvalidator as pv


@pytest.mark.parametrize("kind", KINDS)
def test_cold(benchmark: BenchmarkFixture, chains: dict[str, Chain], kind: str) -> None:
    """Leaf and intermediate; nothing is set up but the anchor's key, nothing is remembered."""
    chain = chains[kind]
    validator = make_validator(chain)
    is_trusted(benchmark(lambda: validator.check(chain.sent, SUBJECT, at=pki.NOW)))


def test_new_leaf(benchmark: BenchmarkFixture, chains: dict[str, Chain], sizes: Sizes) -> None:
    """A cache knows the intermediate; every leaf is new to it."""
    validator = make_validator(chains["p256"], cache=pv.Cache(max_bytes=1 << 26))
    is_trusted(validator.check(chains["p256"].sent, SUBJECT, at=pki.NOW))
    leaves = iter(make_fleet(sizes.new_leaves))
    is_trusted(
        benchmark.pedantic(
            lambda sent: validator.check(sent, SUBJECT, at=pki.NOW),
            setup=lambda: ((next(leaves),), {}),
            rounds=sizes.new_leaves,
        )
    )


@pytest.mark.parametrize("kind", KINDS)
def test_repeated(benchmark: BenchmarkFixture, chains: dict[str, Chain], kind: str) -> None:
    """The same bytes again, with a cache: everything but the signatures is judged anew."""
    chain = chains[kind]
    validator = make_validator(chain, cache=pv.Cache(max_bytes=1 << 22))
    validator.check(chain.sent, SUBJECT, at=pki.NOW)
    is_trusted(benchmark(lambda: validator.check(chain.sent, SUBJECT, at=pki.NOW)))


def test_refused_by_name(benchmark: BenchmarkFixture, chains: dict[str, Chain]) -> None:
    """A wrong name is found before any signature is asked about."""
    chain = chains["p256"]
    validator = make_validator(chain)
    verdict = benchmark(lambda: validator.check(chain.sent, pv.DNSName("other.example"), at=pki.NOW))
    assert verdict.reason is pv.Reason.SUBJECT_MISMATCH
    assert verdict.spent.signatures == 0


def test_refused_by_signature(benchmark: BenchmarkFixture, chains: dict[str, Chain]) -> None:
    """A leaf whose signature is wrong, under a known intermediate: it is checked every time."""
    chain = chains["p256"]
    validator = make_validator(chain, cache=pv.Cache(max_bytes=1 << 22))
    is_trusted(validator.check(chain.sent, SUBJECT, at=pki.NOW))
    leaf, ca = chain.sent
    forged = (leaf[:-1] + bytes([leaf[-1] ^ 1]), ca)
    verdict = benchmark(lambda: validator.check(forged, SUBJECT, at=pki.NOW))
    assert verdict.reason is pv.Reason.SIGNATURE_BAD


def test_explain(benchmark: BenchmarkFixture, chains: dict[str, Chain]) -> None:
    """A refusal in words, which nobody pays for who does not ask."""
    validator = make_validator(chains["p256"])
    asked = pv.DNSName("other.example")
    text = benchmark(lambda: validator.check(chains["p256"].sent, asked, at=pki.NOW).explain())
    assert HOST in text
