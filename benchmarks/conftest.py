"""Fixtures of the benchmarks."""

from __future__ import annotations

import pytest
import setups


@pytest.fixture(scope="session")
def fleet() -> list[tuple[bytes, ...]]:
    """Distinct leaves under one intermediate."""
    return setups.make_fleet()
