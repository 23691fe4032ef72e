"""What refusing hostile chains costs; hostile.py says how much of it went beyond the signatures."""

from __future__ import annotations

import hostile
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from setups import SUBJECT, Sizes

import pki
import pyvalidator as pv

pytestmark = pytest.mark.benchmark(min_rounds=3, max_time=1.0)


def _refused(benchmark: BenchmarkFixture, root: pki.Issued, sent: list[bytes], levels: int) -> None:
    policy = pv.Policy.device(max_intermediates=levels)
    validator = pv.Validator(pv.TrustStore.from_der([root.der]), policy)
    verdict = benchmark(lambda: validator.check(sent, SUBJECT, at=pki.NOW))
    assert verdict.outcome is not pv.Outcome.TRUSTED
    assert verdict.spent.signatures <= policy.budget.signatures


@pytest.mark.parametrize("one_name", [False, True], ids=["a-name-each-level", "one-name"])
@pytest.mark.parametrize("rooted", [False, True], ids=["no-root", "bad-leaf"])
def test_mesh(benchmark: BenchmarkFixture, sizes: Sizes, one_name: bool, rooted: bool) -> None:
    """Levels of CAs, each certified by all above."""
    root = pki.root("Bench Mesh Root")
    top = root if rooted else pki.root("Bench Nobody")
    sent = hostile.mesh(top, spoiled=rooted, levels=sizes.mesh_levels, one_name=one_name, key_ids=one_name)
    _refused(benchmark, root, sent, sizes.mesh_levels)


def test_twins(benchmark: BenchmarkFixture) -> None:
    """Intermediates of the right name, and none with the right key."""
    root = pki.root("Bench Mesh Root")
    _refused(benchmark, root, hostile.same_name_intermediates(root, 30), 8)


def test_many_names(benchmark: BenchmarkFixture) -> None:
    """Many constraints against many names."""
    root = pki.root("Bench Mesh Root")
    _refused(benchmark, root, hostile.many_names(root, 2000), 8)


def test_policies(benchmark: BenchmarkFixture) -> None:
    """Policies that are mapped to one another, level by level."""
    root = pki.root("Bench Mesh Root")
    _refused(benchmark, root, hostile.policy_blow_up(root, 7, 12), 8)
