"""Reading certificates: through Python, and by C alone."""

from __future__ import annotations

import pytest
from parsing import ParseLoop
from pytest_benchmark.fixture import BenchmarkFixture
from setups import KINDS, Chain

import pyvalidator as pv


@pytest.mark.parametrize("kind", KINDS)
def test_parse(benchmark: BenchmarkFixture, chains: dict[str, Chain], kind: str) -> None:
    """DER to a usable certificate, through Python."""
    der = chains[kind].sent[0]
    cert = benchmark(lambda: pv.Certificate(der).fields)
    assert cert.version == 3


def test_parse_in_c(benchmark: BenchmarkFixture, fleet: list[tuple[bytes, ...]]) -> None:
    """Every leaf of a fleet, every extension indexed; the figure is for all of them."""
    loop = ParseLoop([leaf for leaf, _ in fleet], times=1)
    assert benchmark(loop.measure) > 0


def test_names_and_keys(benchmark: BenchmarkFixture, chains: dict[str, Chain]) -> None:
    """What a program asks of a certificate that it has read."""
    cert = pv.Certificate(chains["p256"].sent[0])
    told = benchmark(lambda: (cert.subject, cert.issuer, cert.not_after, cert.fingerprint_sha256))
    assert told[0] == "CN=Bench leaf p256"
