"""Tables of hot keys: the same verdicts as without, faster; who gets one, and what is done when one is wrong."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

import pki
import pyvalidator as pv
from pyvalidator.hot_keys import layer_states, shared_hot_keys
from pyvalidator.signatures import native_engine

ROOT = pki.root("Hot Root")
CA = ROOT.ca("Hot CA")
STORE = pv.TrustStore.from_der([ROOT.der])
GW = pv.DNSName("gw.example")
LEAVES = [CA.leaf(f"hot {n}", label="one key for all", serial=1000 + n, dns=["gw.example"]).der for n in range(300)]
SENT = [[leaf, CA.der] for leaf in LEAVES]
LAYERS = [layer for layer, state in layer_states().items() if state is not None]


def has_libcrypto() -> bool:
    try:
        native_engine(pv.Engine.LIBCRYPTO)
    except pv.EngineUnavailable:
        return False
    return bool(LAYERS)


pytestmark = pytest.mark.skipif(not has_libcrypto(), reason="no libcrypto, or no layer here: there are no tables")


def spoiled(chain: list[bytes], at: int) -> list[bytes]:
    """The leaf with one bit of its signature turned."""
    leaf = bytearray(chain[0])
    leaf[-1 - at % 30] ^= 1 << at % 8
    return [bytes(leaf), *chain[1:]]


MIXED = [spoiled(chain, number) if number % 4 == 1 else chain for number, chain in enumerate(SENT)]


def make(hot_keys: pv.HotKeys | None = None, **options: Any) -> pv.Validator:
    return pv.Validator(STORE, pv.Policy.device(), hot_keys=hot_keys, **options)


def requests(chains: list[list[bytes]]) -> list[pv.Request]:
    return [pv.Request(chain, GW) for chain in chains]


def warm(hot_keys: pv.HotKeys) -> pv.Validator:
    """A validator whose CA has a table."""
    validator = make(hot_keys)
    assert len(validator.check_many(requests(SENT[:150]), at=pki.NOW)) == 150
    assert hot_keys.wait(seconds=20)
    assert hot_keys.stats().tables >= 1
    return validator


def outcomes(verdicts: pv.Verdicts) -> list[tuple[int, int]]:
    return list(zip(verdicts.outcomes, verdicts.reasons, strict=True))


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_verdicts_as_without(layer: pv.HotLayer, workers: int) -> None:
    hot_keys = pv.HotKeys(layer=layer, shadow=10)
    validator = warm(hot_keys)
    plain = make(engine=pv.Engine.LIBCRYPTO).check_many(requests(MIXED), at=pki.NOW)
    assert outcomes(validator.check_many(requests(MIXED), at=pki.NOW, workers=workers)) == outcomes(plain)
    for number in (0, 1, 2, 5, 200):
        assert validator.check(MIXED[number], GW, at=pki.NOW).outcome is plain[number].outcome
    stats = hot_keys.stats()
    assert stats.layer == layer.value
    assert 0 < stats.accepted < stats.taken
    assert 0 < stats.sampled < stats.accepted
    assert not stats.is_wrong


def test_strangers_get_no_table() -> None:
    """Neither chains that lead nowhere, nor forged ones, however many."""
    hot_keys = pv.HotKeys()
    other = pki.root("Cold Root").ca("Cold CA")
    leaf = other.leaf("gw", dns=["gw.example"])
    validator = make(hot_keys)
    refused = validator.check_many(requests([[leaf.der, other.der]] * 300), at=pki.NOW)
    forged = validator.check_many(requests([spoiled(chain, n) for n, chain in enumerate(SENT)]), at=pki.NOW)
    assert {*refused.outcomes, *forged.outcomes} == {pv.Outcome.REFUSED.value}
    assert hot_keys.wait()
    assert hot_keys.stats().built == 0


def test_a_path_refused_for_its_name_makes_no_table() -> None:
    hot_keys = pv.HotKeys()
    asked = [pv.Request(chain, pv.DNSName("other.example")) for chain in SENT]
    assert pv.Outcome.TRUSTED.value not in make(hot_keys).check_many(asked, at=pki.NOW).outcomes
    assert hot_keys.wait()
    assert hot_keys.stats().built == 0


def test_all_signatures_in_the_shadow() -> None:
    hot_keys = pv.HotKeys(shadow=1)
    validator = warm(hot_keys)
    before = hot_keys.stats()
    validator.check_many(requests(SENT), at=pki.NOW)
    after = hot_keys.stats()
    assert after.sampled - before.sampled == after.accepted - before.accepted > 0


def test_what_a_cache_knows_needs_no_table() -> None:
    hot_keys = pv.HotKeys()
    warm(hot_keys)
    validator = make(hot_keys, cache=pv.Cache())
    validator.check_many(requests(SENT), at=pki.NOW)
    before = hot_keys.stats().taken
    validator.check_many(requests(SENT), at=pki.NOW)
    assert hot_keys.stats().taken == before
    stats = validator.stats()
    assert stats.cache is not None
    assert stats.cache.edges > len(SENT)


def test_other_engines_go_without() -> None:
    with pytest.raises(pv.PolicyError, match="AUTO"):
        make(pv.HotKeys(), engine=pv.Engine.LIBCRYPTO)
    assert make(engine=pv.Engine.LIBCRYPTO).stats() == pv.ValidatorStats(cache=None, hot_keys=None)
    assert make().stats().hot_keys is not None
    assert shared_hot_keys() is shared_hot_keys()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"max_bytes": 1 << 20}, pv.PolicyError),
        ({"max_bytes": 1 << 41}, pv.PolicyError),
        ({"max_bytes": 1.5}, TypeError),
        ({"shadow": 0}, pv.PolicyError),
        ({"shadow": 1 << 32}, pv.PolicyError),
        ({"shadow": True}, TypeError),
        ({"layer": 3}, TypeError),
    ],
)
def test_options(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        pv.HotKeys(**options)


def test_hot_keys_are_of_their_type() -> None:
    wrong: Any = {}
    with pytest.raises(TypeError, match="HotKeys"):
        make(wrong)


def test_threads_share_them() -> None:
    hot_keys, wrong = pv.HotKeys(shadow=50), []
    plain = outcomes(make(engine=pv.Engine.LIBCRYPTO).check_many(requests(MIXED), at=pki.NOW))

    def run() -> None:
        validator = make(hot_keys)
        wrong.extend(1 for _ in range(6) if outcomes(validator.check_many(requests(MIXED), at=pki.NOW)) != plain)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong
    assert hot_keys.stats().tables >= 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_of_fork_has_its_parents_tables() -> None:
    hot_keys = pv.HotKeys()
    validator = warm(hot_keys)
    plain = outcomes(make(engine=pv.Engine.LIBCRYPTO).check_many(requests(MIXED), at=pki.NOW))
    child = os.fork()
    if child == 0:  # pragma: no cover
        before = hot_keys.stats().accepted
        good = outcomes(validator.check_many(requests(MIXED), at=pki.NOW)) == plain
        os._exit(0 if good and hot_keys.stats().accepted > before else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_of_fork_can_make_tables() -> None:
    """Also when the parent was just making one, whose thread the child does not have."""
    for _ in range(8):
        hot_keys = pv.HotKeys()
        validator = make(hot_keys)
        validator.check_many(requests(SENT[:100]), at=pki.NOW)  # the table is being made
        child = os.fork()
        if child == 0:  # pragma: no cover
            validator.check_many(requests(SENT), at=pki.NOW)
            done = hot_keys.wait(seconds=20) and hot_keys.stats().tables >= 1
            verdicts = validator.check_many(requests(MIXED), at=pki.NOW)
            os._exit(0 if done and verdicts[1].outcome is pv.Outcome.REFUSED else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_doctor_tells_of_the_layers() -> None:
    states = layer_states()
    assert set(states) == set(pv.HotLayer)
    assert states[pv.HotLayer.PORTABLE] is not False
    assert False not in states.values()
