"""Evidence of revocation: reading CRLs by their size, looking up, and whole checks. (crl.py has others beside.)"""

from __future__ import annotations

from functools import cache

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from setups import HOST, SUBJECT, Sizes, is_trusted

import pki
import pyvalidator as pv
import revocation_pki as rp

ROOT = pki.root("Bench CRL Root")
CA = ROOT.ca("Bench CRL CA")
CLEAN = CA.leaf("clean", dns=[HOST])
LISTED = CA.leaf("listed", dns=[HOST], serial=rp.many_serial(3))
POLICY = pv.Policy.device(revocation=pv.Revocation(scope=pv.RevocationScope.LEAF))

of_size = pytest.mark.parametrize("which", [0, 1, 2], ids=["small", "middle", "large"])


@cache
def _der(num_entries: int) -> bytes:
    return rp.crl(CA, raw_entries=rp.many_entries(num_entries))


def _validator(**options: object) -> pv.Validator:
    return pv.Validator(pv.TrustStore.from_der([ROOT.der]), POLICY, **options)


@of_size
@pytest.mark.benchmark(min_rounds=3, max_time=1.0)
def test_read(benchmark: BenchmarkFixture, sizes: Sizes, which: int) -> None:
    """Read and indexed."""
    num = sizes.crl_entries[which]
    der = _der(num)
    assert len(benchmark(lambda: pv.RevocationList.from_der(der))) == num


@of_size
def test_find(benchmark: BenchmarkFixture, sizes: Sizes, which: int) -> None:
    """A certificate that is listed."""
    crl, listed = pv.RevocationList.from_der(_der(sizes.crl_entries[which])), pv.Certificate(LISTED.der)
    found = benchmark(lambda: crl.find(listed))
    assert found is not None
    assert found.serial == rp.many_serial(3)


@of_size
@pytest.mark.parametrize("is_cached", [False, True], ids=["cold", "repeated"])
def test_check(benchmark: BenchmarkFixture, sizes: Sizes, which: int, is_cached: bool) -> None:
    """A good certificate; the CRL's signature was checked before."""
    evidence = pv.Evidence(crls=[_der(sizes.crl_entries[which])])
    validator = _validator(cache=pv.Cache() if is_cached else None)
    chain = [CLEAN.der, CA.der]
    is_trusted(validator.check(chain, SUBJECT, pki.NOW, evidence))
    is_trusted(benchmark(lambda: validator.check(chain, SUBJECT, pki.NOW, evidence)))


@of_size
def test_revoked(benchmark: BenchmarkFixture, sizes: Sizes, which: int) -> None:
    """A listed one."""
    evidence, validator = pv.Evidence(crls=[_der(sizes.crl_entries[which])]), _validator()
    verdict = benchmark(lambda: validator.check([LISTED.der, CA.der], SUBJECT, pki.NOW, evidence))
    assert verdict.reason is pv.Reason.REVOKED


def test_ocsp(benchmark: BenchmarkFixture) -> None:
    """A response by the CA itself, read each time: what a stapled one costs."""
    validator, answer = _validator(), rp.ocsp(CA, CLEAN)
    chain = [CLEAN.der, CA.der]
    is_trusted(benchmark(lambda: validator.check(chain, SUBJECT, pki.NOW, pv.Evidence(ocsp=[answer]))))
