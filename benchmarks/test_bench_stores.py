"""Trust stores: building them, and what their size does to a check. (stores.py measures them beside others.)"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from setups import SUBJECT, Chain, Sizes, is_trusted

import pki
import pyvalidator as pv

of_size = pytest.mark.parametrize("which", [0, 1, 2], ids=["one", "some", "many"])


def _store(chains: dict[str, Chain], roots: list[bytes], size: int) -> pv.TrustStore:
    return pv.TrustStore.from_der([*roots[: size - 1], chains["p256"].root])


@pytest.mark.benchmark(min_rounds=3, max_time=1.0)
def test_load_mozilla(benchmark: BenchmarkFixture) -> None:
    """The Mozilla roots, self-signatures included."""
    certifi = pytest.importorskip("certifi")
    pem = Path(certifi.where()).read_bytes()
    store = benchmark(lambda: pv.TrustStore.from_pem(pem))
    assert len(store) > 100


@of_size
@pytest.mark.benchmark(min_rounds=3, max_time=1.0)
def test_load(
    benchmark: BenchmarkFixture, chains: dict[str, Chain], roots: list[bytes], sizes: Sizes, which: int
) -> None:
    """P-256 roots, self-signatures included."""
    size = sizes.stores[which]
    assert len(benchmark(lambda: _store(chains, roots, size))) == size


@of_size
@pytest.mark.parametrize("is_cached", [False, True], ids=["cold", "repeated"])
def test_check(
    benchmark: BenchmarkFixture,
    chains: dict[str, Chain],
    roots: list[bytes],
    sizes: Sizes,
    which: int,
    is_cached: bool,
) -> None:
    """A chain by the number of anchors."""
    store = _store(chains, roots, sizes.stores[which])
    validator = pv.Validator(store, pv.Policy.device(), cache=pv.Cache() if is_cached else None)
    sent = chains["p256"].sent
    is_trusted(validator.check(sent, SUBJECT, at=pki.NOW))
    is_trusted(benchmark(lambda: validator.check(sent, SUBJECT, at=pki.NOW)))


@of_size
def test_unknown_root(
    benchmark: BenchmarkFixture, chains: dict[str, Chain], roots: list[bytes], sizes: Sizes, which: int
) -> None:
    """A chain under none of the anchors."""
    store = pv.TrustStore.from_der([*roots[: sizes.stores[which] - 1], chains["ed25519"].root])
    validator = pv.Validator(store, pv.Policy.device())
    verdict = benchmark(lambda: validator.check(chains["p256"].sent, SUBJECT, at=pki.NOW))
    assert verdict.reason is pv.Reason.NO_ISSUER
    assert verdict.spent.signatures == 0
