"""What the benchmarks share: sizes, small ones where nothing is timed (--benchmark-disable), and what they are about.

    pytest benchmarks                        # measured
    pytest benchmarks --benchmark-disable    # as tests, once each

Each benchmark asserts its answer and takes a fixed time. The figures are for this machine and this run only: bar.py
gives ratios.
"""

from __future__ import annotations

import pytest
from setups import KINDS, TIMED, TRIED, Chain, Sizes, make_chain, make_fleet

import pki

#: Of what has no marker of its own.
DEFAULT = pytest.mark.benchmark(max_time=1.0, min_time=0.0005, warmup=True, warmup_iterations=20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("benchmark") is None:
            item.add_marker(DEFAULT)


@pytest.fixture(scope="session")
def sizes(pytestconfig: pytest.Config) -> Sizes:
    return TRIED if pytestconfig.getoption("benchmark_disable") else TIMED


@pytest.fixture(scope="session")
def chains() -> dict[str, Chain]:
    """A leaf and one intermediate for each kind of key."""
    return {kind: make_chain(kind) for kind in KINDS}


@pytest.fixture(scope="session")
def fleet(sizes: Sizes) -> list[tuple[bytes, ...]]:
    """Distinct leaves under the intermediate of the P-256 chain."""
    return make_fleet(sizes.fleet)


@pytest.fixture(scope="session")
def roots(sizes: Sizes) -> list[bytes]:
    """As many roots as the largest store has."""
    return [pki.root(f"Bench Other Root {n}").der for n in range(max(sizes.stores))]
