"""What a check costs from Python. Each benchmark asserts its answer and takes a fixed time.

    pytest benchmarks                        # measured
    pytest benchmarks --benchmark-disable    # as tests, once each

The figures are for this machine and this run only: raw_floor.py gives ratios.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from setups import FLEET_SIZE, HOST, make_chain, make_fleet, make_validator

import pki
import pyvalidator as pv

KINDS = ("p256", "p384", "rsa2048", "ed25519")
SUBJECT = pv.DNSName(HOST)
SECONDS = 1.0

pytestmark = pytest.mark.benchmark(max_time=SECONDS, min_time=0.0005, warmup=True, warmup_iterations=20)


def test_parse(benchmark: BenchmarkFixture) -> None:
    """DER to a usable certificate, through Python."""
    der = make_chain("p256").sent[0]
    cert = benchmark(lambda: pv.Certificate(der).fields)
    assert cert.version == 3


@pytest.mark.parametrize("kind", KINDS)
def test_cold_check(benchmark: BenchmarkFixture, kind: str) -> None:
    """Leaf and intermediate; nothing is set up but the anchor's key, nothing is remembered."""
    chain = make_chain(kind)
    validator = make_validator(chain)
    verdict = benchmark(lambda: validator.check(chain.sent, SUBJECT, at=pki.NOW))
    assert verdict.outcome is pv.Outcome.TRUSTED


@pytest.mark.parametrize("kind", KINDS)
def test_repeated_check(benchmark: BenchmarkFixture, kind: str) -> None:
    """The same bytes again, with a cache: everything but the signatures is judged anew."""
    chain = make_chain(kind)
    validator = make_validator(chain, cache=pv.Cache(max_bytes=1 << 22))
    validator.check(chain.sent, SUBJECT, at=pki.NOW)
    verdict = benchmark(lambda: validator.check(chain.sent, SUBJECT, at=pki.NOW))
    assert verdict.outcome is pv.Outcome.TRUSTED


def test_refused_by_name(benchmark: BenchmarkFixture) -> None:
    """A wrong name is found before any signature is asked about."""
    chain = make_chain("p256")
    validator = make_validator(chain)
    verdict = benchmark(lambda: validator.check(chain.sent, pv.DNSName("other.example"), at=pki.NOW))
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.spent.signatures == 0


@pytest.mark.parametrize("cached", [False, True], ids=["cold", "repeated"])
def test_fleet(benchmark: BenchmarkFixture, cached: bool) -> None:
    """Distinct leaves of one intermediate in one check_many; the figure is for all of them."""
    chain = make_chain("p256")
    validator = make_validator(chain, cache=pv.Cache(max_bytes=1 << 24) if cached else None)
    requests = [pv.Request(sent, SUBJECT) for sent in make_fleet()]
    if cached:
        validator.check_many(requests, at=pki.NOW)
    verdicts = benchmark(lambda: validator.check_many(requests, at=pki.NOW))
    assert len(verdicts) == FLEET_SIZE
    assert all(verdict.outcome is pv.Outcome.TRUSTED for verdict in verdicts)


def test_load_store(benchmark: BenchmarkFixture) -> None:
    """The Mozilla roots, self-signatures included."""
    certifi = pytest.importorskip("certifi")
    pem = Path(certifi.where()).read_bytes()
    store = benchmark(lambda: pv.TrustStore.from_pem(pem))
    assert len(store) > 100
