"""A cache spares work and changes no answer."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from typing import Any

import pytest

import pki
import pyvalidator as pv
from conftest import Hierarchy

GW = pv.DNSName("gw.example")


def make(root: pki.Issued, cache: pv.Cache | None = None, **options: Any) -> pv.Validator:
    return pv.Validator(pv.TrustStore.from_der([root.der]), pv.Policy.device(**options), cache=cache)


def told(verdict: pv.Verdict) -> tuple[Any, ...]:
    return verdict.to_dict(), verdict.explain()


def flipped(der: bytes, position: int) -> bytes:
    return der[:position] + bytes([der[position] ^ 1]) + der[position + 1 :]


def test_every_byte_counts(simple: Hierarchy) -> None:
    """A chain that differs from a known one in one byte anywhere is answered as without a cache."""
    cache = pv.Cache()
    warm, cold = make(simple.root, cache), make(simple.root)
    assert warm.check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED
    for which, der in enumerate(simple.chain):
        for position in range(0, len(der), 3):
            chain = list(simple.chain)
            chain[which] = flipped(der, position)
            verdict = warm.check(chain, GW, at=pki.NOW)
            assert verdict.outcome is not pv.Outcome.TRUSTED
            assert told(verdict) == told(cold.check(chain, GW, at=pki.NOW))


def test_all_but_the_signature_is_judged_anew(simple: Hierarchy) -> None:
    cache = pv.Cache()
    warm = make(simple.root, cache)
    warm.verify(simple.chain, GW, at=pki.NOW)
    hits = cache.stats().edge_hits
    warm.verify(simple.chain, GW, at=pki.NOW)
    assert cache.stats().edge_hits == hits + 2
    assert warm.check(simple.chain, GW, at=pki.NOW + 100 * pki.YEAR).reason is pv.Reason.EXPIRED
    assert warm.check(simple.chain, pv.DNSName("other.example"), at=pki.NOW).reason is pv.Reason.SUBJECT_MISMATCH
    strict = make(simple.root, cache, purpose=pv.Purpose.EMAIL_PROTECTION)
    assert strict.check(simple.chain, GW, at=pki.NOW).reason is pv.Reason.EKU_MISMATCH
    revoking = make(simple.root, cache, revocation=pv.Revocation())
    assert revoking.check(simple.chain, GW, at=pki.NOW).reason is pv.Reason.REVOCATION_UNKNOWN
    elsewhere = make(pki.root("Somebody Else"), cache)
    assert elsewhere.check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED
    stingy = make(simple.root, cache, budget=pv.Budget(signatures=8))
    assert stingy.check(simple.chain, GW, at=pki.NOW).reason is pv.Reason.BUDGET_SIGNATURES  # charged all the same


def test_a_root_of_the_same_name_and_another_key(simple: Hierarchy) -> None:
    """What was verified under one key is not verified under another."""
    cache = pv.Cache()
    make(simple.root, cache).verify(simple.chain, GW, at=pki.NOW)
    name = simple.root.certificate.subject.rfc4514_string().removeprefix("CN=")
    twin = pki.root(name, label="another key")
    verdict = make(twin, cache).check(simple.chain, GW, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason is pv.Reason.SIGNATURE_BAD


def test_nothing_enters_from_untrusted_paths(simple: Hierarchy) -> None:
    cache = pv.Cache()
    warm = make(simple.root, cache)
    stranger = pki.root("Somebody Else").ca("Stranger CA")
    strange = [stranger.leaf("stray", dns=["gw.example"]).der, stranger.der]
    forged = [flipped(simple.leaf.der, len(simple.leaf.der) - 1), simple.ca.der]
    for chain in (strange, forged):
        assert warm.check(chain, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED
        list(warm.check_many([pv.Request(chain, GW)], at=pki.NOW))
    assert warm.check(simple.chain, pv.DNSName("other.example"), at=pki.NOW).outcome is pv.Outcome.REFUSED
    stats = cache.stats()
    assert (stats.edges, stats.keys) == (0, 0)


def test_refusals_are_remembered_in_a_room_of_their_own(simple: Hierarchy) -> None:
    cache = pv.Cache(max_bytes=1 << 16)
    warm, cold = make(simple.root, cache), make(simple.root)
    warm.verify(simple.chain, GW, at=pki.NOW)
    last = len(simple.leaf.der) - 1
    forged = [flipped(simple.leaf.der, last), simple.ca.der]
    first = warm.check(forged, GW, at=pki.NOW)
    again = warm.check(forged, GW, at=pki.NOW)
    assert cache.stats().refusal_hits == 1
    assert told(first) == told(again) == told(cold.check(forged, GW, at=pki.NOW))
    for position in range(len(simple.leaf.der) - 40, last):  # any number of them drives out nothing that is good
        warm.check([flipped(simple.leaf.der, position), simple.ca.der], GW, at=pki.NOW)
    stats = cache.stats()
    assert stats.edges == 2
    assert 0 < stats.refusals < 10
    assert stats.bytes <= 1 << 16


def test_a_refusal_is_of_one_key(simple: Hierarchy) -> None:
    """The same certificate under the right key of the same name is trusted, whatever was tried before."""
    cache = pv.Cache()
    name = simple.root.certificate.subject.rfc4514_string().removeprefix("CN=")
    twin = pki.root(name, label="another key")
    assert make(twin, cache).check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED
    assert make(simple.root, cache).check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.TRUSTED
    assert make(twin, cache).check(simple.chain, GW, at=pki.NOW).outcome is pv.Outcome.REFUSED


@pytest.mark.parametrize("size", [1 << 16, 1 << 20])
def test_under_pressure_from_threads(simple: Hierarchy, size: int) -> None:
    """Four threads, more leaves than there is room for, forged ones among them."""
    cache = pv.Cache(max_bytes=size)
    warm = make(simple.root, cache)
    leaves = [simple.ca.leaf(f"device {n}", dns=["gw.example"], label=f"key {n % 4}").der for n in range(120)]
    wrong: list[int] = []

    def work(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(400):
            n = rng.randrange(len(leaves))
            leaf = leaves[n] if n % 5 else flipped(leaves[n], len(leaves[n]) - 1)
            verdict = warm.check([leaf, simple.ca.der], GW, at=pki.NOW)
            if (verdict.outcome is pv.Outcome.TRUSTED) != bool(n % 5):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats = cache.stats()
    assert not wrong
    assert stats.bytes <= size
    assert stats.evictions > 0 or size > 1 << 16


def test_batches_and_single_checks_share_it(simple: Hierarchy) -> None:
    cache = pv.Cache()
    warm = make(simple.root, cache)
    requests = [pv.Request(simple.chain, GW)] * 3
    assert warm.check_many(requests, at=pki.NOW).tally()[pv.Outcome.TRUSTED] == 3
    misses = cache.stats().edge_misses
    warm.verify(simple.chain, GW, at=pki.NOW)
    warm.check_many(requests, at=pki.NOW + timedelta(days=1))
    assert cache.stats().edge_misses == misses
