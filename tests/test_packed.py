"""Packed: chains in one buffer get the verdicts that Requests get; hostile offsets and buffers raise; and the columns
of a batch say what its verdicts say."""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pki
import pyvalidator as pv
from conftest import Hierarchy

GW = pv.DNSName("gw.example")
OTHER = pv.DNSName("other.example")


def make(simple: Hierarchy, **options: Any) -> pv.Validator:
    cache = options.pop("cache", None)
    return pv.Validator(pv.TrustStore.from_der([simple.root.der]), pv.Policy.tls_client(**options), cache=cache)


def offsets_of(sizes: Sequence[int], code: str = "I") -> array[int]:
    return array(code, accumulate(sizes, initial=0))


def pack(
    chains: Sequence[Sequence[bytes]],
    subject: pv.Subject | Sequence[pv.Subject] = GW,
    *,
    kind: Any = bytes,
    code: str = "I",
    **options: Any,
) -> pv.Packed:
    ders = [der for chain in chains for der in chain]
    return pv.Packed(
        der=kind(b"".join(ders)),
        offsets=offsets_of([len(der) for der in ders], code),
        chains=offsets_of([len(chain) for chain in chains]),
        subject=subject,
        **options,
    )


def some_chains(simple: Hierarchy, stranger: Hierarchy) -> list[list[bytes]]:
    cut = simple.leaf.der[:50]
    return [
        simple.chain,
        stranger.chain,
        [simple.leaf.der],
        [cut, simple.ca.der],
        [simple.leaf.der, cut, simple.ca.der],
        [simple.leaf.der, cut],
        simple.chain[::-1],
        [],
        [b""],
        [simple.leaf.der] * 1000,
        [simple.leaf.der, bytes(3_000_000)],
        [*simple.chain, simple.root.der],
    ]


def told(verdict: pv.Verdict) -> tuple[object, ...]:
    return verdict.to_dict(), verdict.explain(), verdict.chain, verdict.path, verdict.subject, verdict.time


def check_columns(verdicts: pv.Verdicts, store: pv.TrustStore) -> None:
    """Columns and verdicts say the same."""
    listed = list(verdicts)
    anchors = [None if each == verdicts.NO_ANCHOR else store.anchors[each] for each in verdicts.anchors]
    assert verdicts.outcomes.tolist() == [each.outcome.value for each in listed]
    assert verdicts.reasons.tolist() == [each.reason.value for each in listed]
    assert anchors == [each.anchor for each in listed]
    assert verdicts.tally() == {each: verdicts.outcomes.tolist().count(each.value) for each in pv.Outcome}


# --- The same answers


@pytest.mark.parametrize("code", ["I", "L", "Q"])
@pytest.mark.parametrize("kind", [bytes, bytearray, lambda der: memoryview(bytearray(b"x" + der + b"y"))[1:-1]])
def test_packed_and_requests_get_the_same_verdicts(
    simple: Hierarchy, stranger: Hierarchy, kind: Any, code: str
) -> None:
    validator = make(simple)
    chains = some_chains(simple, stranger)
    requests = validator.check_many([pv.Request(chain, GW) for chain in chains], at=pki.NOW)
    packed = validator.check_many(pack(chains, kind=kind, code=code), at=pki.NOW)
    assert list(map(told, packed)) == list(map(told, requests))
    assert packed.outcomes == requests.outcomes
    assert packed.reasons == requests.reasons
    assert packed.anchors == requests.anchors
    check_columns(packed, validator.store)
    check_columns(requests, validator.store)


def test_singles_say_the_same(simple: Hierarchy, stranger: Hierarchy) -> None:
    validator = make(simple)
    chains = [chain for chain in some_chains(simple, stranger) if chain]
    for chain, verdict in zip(chains, validator.check_many(pack(chains), at=pki.NOW), strict=True):
        assert told(verdict) == told(validator.check(chain, GW, at=pki.NOW))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    picked=st.lists(st.tuples(st.integers(0, 8), st.sampled_from([GW, OTHER, pv.AnySubject()])), max_size=150),
    workers=st.sampled_from([1, 2, 5]),
)
def test_any_mixture(
    simple: Hierarchy, stranger: Hierarchy, picked: list[tuple[int, pv.Subject]], workers: int
) -> None:
    validator = make(simple)
    some = some_chains(simple, stranger)
    chains, subjects = [some[which] for which, _ in picked], [subject for _, subject in picked]
    packed = validator.check_many(pack(chains, subjects), at=pki.NOW, workers=workers)
    requests = [pv.Request(chain, subject) for chain, subject in zip(chains, subjects, strict=True)]
    assert list(map(told, packed)) == list(map(told, validator.check_many(requests, at=pki.NOW)))
    check_columns(packed, validator.store)


def test_a_part_of_a_larger_buffer(simple: Hierarchy, stranger: Hierarchy) -> None:
    """Offsets need not begin at 0, nor chains at the first certificate."""
    ders = [stranger.leaf.der, *simple.chain, stranger.ca.der]
    offsets = array("Q", accumulate(map(len, ders), initial=7))
    for kind in (bytes, bytearray):
        der = kind(b"?" * 7 + b"".join(ders) + b"more")
        packed = pv.Packed(der=der, offsets=offsets, chains=array("I", [1, 3]), subject=GW)
        verdict = make(simple).check_many(packed, at=pki.NOW)[0]
        assert verdict.outcome is pv.Outcome.TRUSTED
        assert [each.der for each in verdict.path] == simple.chain


def test_mmap(simple: Hierarchy, tmp_path: Path) -> None:
    path = tmp_path / "chains"
    path.write_bytes(b"".join(simple.chain))
    offsets, chains = offsets_of(list(map(len, simple.chain))), array("I", [0, 2])
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as der:
        packed = pv.Packed(der=der, offsets=offsets, chains=chains, subject=GW)
    verdicts = make(simple).check_many(packed, at=pki.NOW)  # the file is closed
    assert verdicts[0].outcome is pv.Outcome.TRUSTED
    with pytest.raises(pv.PackingError, match="der"):
        pv.Packed(der=der, offsets=offsets, chains=chains, subject=GW)


def test_many_batches(simple: Hierarchy, stranger: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyvalidator.validator._BATCH", 16)
    validator = make(simple)
    chains = [simple.chain, stranger.chain, [], [simple.leaf.der]] * 30
    subjects = [GW, GW, GW, GW, OTHER] * 24
    requests = [pv.Request(chain, subject) for chain, subject in zip(chains, subjects, strict=True)]
    wanted = list(map(told, (validator.check_many([each], at=pki.NOW)[0] for each in requests)))
    for workers in (1, 3):
        for given_in in (pack(chains, subjects), pack(chains, subjects, kind=bytearray), requests):
            verdicts = validator.check_many(given_in, at=pki.NOW, workers=workers)
            assert len(verdicts) == 120
            assert list(map(told, verdicts)) == wanted
            check_columns(verdicts, validator.store)


def test_none_at_all(simple: Hierarchy) -> None:
    packed = pv.Packed(der=b"", offsets=array("I", [0]), chains=array("I", [0]), subject=GW)
    for nothing in (packed, []):
        verdicts = make(simple).check_many(nothing, at=pki.NOW, workers=2)
        assert len(verdicts) == len(verdicts.outcomes) == len(verdicts.anchors) == len(verdicts.reasons) == 0
    assert repr(packed) == "<Packed: 0 requests, 0 certificates>"


def test_a_snapshot(simple: Hierarchy) -> None:
    """What becomes of the buffers afterwards changes neither answers nor verdicts."""
    der = bytearray(b"".join(simple.chain))
    offsets, chains = offsets_of(list(map(len, simple.chain))), array("I", [0, 2])
    subjects = [GW]
    packed = pv.Packed(der=der, offsets=offsets, chains=chains, subject=subjects)
    der[:] = bytes(len(der))
    der.clear()  # it is not pinned
    offsets[1], chains[1] = 0xFFFFFFFF, 0
    subjects.clear()
    verdict = make(simple).check_many(packed, at=pki.NOW)[0]
    assert verdict.outcome is pv.Outcome.TRUSTED
    assert [each.der for each in verdict.chain] == simple.chain


def test_bytes_are_not_copied(simple: Hierarchy) -> None:
    joined = b"".join(simple.chain)
    offsets, chains = offsets_of(list(map(len, simple.chain))), array("I", [0, 2])
    packed = pv.Packed(der=joined, offsets=offsets, chains=chains, subject=GW)
    assert packed._der is joined


# --- Hooks, wildcards, evidence


@pytest.mark.parametrize("workers", [1, 3])
def test_hooks(simple: Hierarchy, stranger: Hierarchy, workers: int) -> None:
    def only_simple(path: pv.FoundPath) -> pv.HookRefusal | None:
        return None if path.certificates[0].der == simple.leaf.der else pv.HookRefusal("another")

    validator = make(simple, hooks=(only_simple,))
    twin = simple.leaf.same(serial=99)
    chains = [*some_chains(simple, stranger), [twin.der, simple.ca.der]]
    requests = validator.check_many([pv.Request(chain, GW) for chain in chains], at=pki.NOW, workers=workers)
    packed = validator.check_many(pack(chains), at=pki.NOW, workers=workers)
    assert list(map(told, packed)) == list(map(told, requests))
    assert packed[-1].reason is pv.Reason.HOOK_REFUSED
    for verdicts in (requests, packed):
        check_columns(verdicts, validator.store)


def test_wildcards() -> None:
    """Those that the Public Suffix List decides, after the core."""
    pytest.importorskip("publicsuffixlist")
    root = pki.root("Web Root")
    ca = root.ca("Web CA")
    names = ("*.example.com", "*.co.uk", "www.example.com")
    chains = [[ca.leaf(None, dns=[name], eku=(ExtendedKeyUsageOID.SERVER_AUTH,)).der, ca.der] for name in names] * 40
    store, subject = pv.TrustStore.from_der([root.der]), pv.AnySubject()
    validator = pv.Validator(store, pv.Policy.tls_server())
    requests = [pv.Request(chain, subject) for chain in chains]
    singles = [told(validator.check(chain, subject, at=pki.NOW)) for chain in chains[:3]]
    for what in (pack(chains, subject), pack(chains, subject, kind=bytearray), requests):
        verdicts = validator.check_many(what, at=pki.NOW, workers=2)
        assert verdicts.outcomes.tolist() == [1, 2, 1] * 40
        check_columns(verdicts, store)
        assert list(map(told, verdicts)) == singles * 40


def test_evidence(simple: Hierarchy) -> None:
    crl = pv.Evidence(crls=[])
    asking = make(simple, revocation=pv.Revocation())
    chains = [simple.chain] * 3
    for evidence in (crl, [crl, None, crl], [None, None, None], None):
        verdicts = asking.check_many(pack(chains, evidence=evidence), at=pki.NOW)
        listed = evidence if isinstance(evidence, list) else [evidence] * 3
        assert [each.evidence for each in verdicts] == listed
        assert {each.reason for each in verdicts} == {pv.Reason.REVOCATION_UNKNOWN}
        requests = [pv.Request(chain, GW, each) for chain, each in zip(chains, listed, strict=True)]
        assert list(map(told, verdicts)) == list(map(told, asking.check_many(requests, at=pki.NOW)))
    with pytest.raises(pv.PolicyError, match="evidence"):
        make(simple).check_many(pack(chains, evidence=[None, None, crl]), at=pki.NOW)
    with pytest.raises(TypeError, match="evidence"):
        pack(chains, evidence=[None, None, "crl"])
    with pytest.raises(pv.PackingError, match="evidence: there are 2 for 3 requests"):
        pack(chains, evidence=[None, None])


# --- What raises

DER = bytes(range(100))


@pytest.mark.parametrize(
    ("offsets", "chains", "option"),
    [
        ([], [0], "offsets"),
        ([0], [], "chains"),
        ([0, 10, 9, 20], [0, 3], "offsets"),
        ([0, 101], [0, 1], "offsets"),
        ([0, 10, 101], [0, 1], "offsets"),  # also where no chain uses it
        ([101], [0], "offsets"),
        ([0, 10, 20], [0, 3], "chains"),
        ([0, 10, 20], [0, 2, 1], "chains"),
        ([0, 10, 20], [3, 3], "chains"),
        ([0, 10, 20], [0, 0xFFFFFFFF], "chains"),
        ([0, 0xFFFFFFFF], [0, 1], "offsets"),
    ],
)
def test_hostile_offsets(offsets: list[int], chains: list[int], option: str) -> None:
    for code in "IQ":
        with pytest.raises(pv.PackingError) as caught:
            pv.Packed(der=DER, offsets=array(code, offsets), chains=array("I", chains), subject=GW)
        assert caught.value.option == option
        assert str(caught.value).startswith(option)


@pytest.mark.parametrize("far", [1 << 32, 1 << 40, (1 << 64) - 1])
def test_far_offsets(far: int) -> None:
    for offsets in ([0, far], [far, far], [far - 1, far], [far, 0]):
        with pytest.raises(pv.PackingError, match="offsets"):
            pv.Packed(der=DER, offsets=array("Q", offsets), chains=array("I", [0, 1]), subject=GW)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    offsets=st.lists(st.one_of(st.integers(0, 120), st.integers(0, (1 << 64) - 1)), max_size=8),
    chains=st.lists(st.one_of(st.integers(0, 9), st.integers(0, (1 << 32) - 1)), max_size=8),
)
def test_any_offsets(simple: Hierarchy, offsets: list[int], chains: list[int]) -> None:
    """They raise exactly if they are not in order or lead out, and are answered otherwise."""
    sound = bool(offsets) and bool(chains) and offsets == sorted(offsets) and chains == sorted(chains)
    sound = sound and offsets[-1] <= len(DER) and chains[-1] < len(offsets)
    try:
        packed = pv.Packed(der=DER, offsets=array("Q", offsets), chains=array("I", chains), subject=GW)
    except pv.PackingError:
        assert not sound
        return
    assert sound
    verdicts = make(simple).check_many(packed, at=pki.NOW)
    bounds = list(pairwise(chains))
    ders = [DER[start:end] for start, end in pairwise(offsets)]
    assert [[each.der for each in verdict.chain] for verdict in verdicts] == [ders[a:b] for a, b in bounds]
    assert set(verdicts.outcomes.tolist()) <= {pv.Outcome.REFUSED.value}


@pytest.mark.parametrize(
    "wrong",
    [
        array("H", [0, 1]),
        array("i", [0, 1]),
        array("q", [0, 1]),
        array("d", [0, 1]),
        bytes(8),
        bytearray(8),
        memoryview(array("I", [0, 1, 2, 3]))[::2],
        memoryview(array("I", [1, 0]))[::-1],
        memoryview(bytes(16)).cast("I", (2, 2)),
        [0, 1],
        (0, 1),
        "text",
        None,
        7,
    ],
)
def test_offsets_of_other_types(wrong: Any) -> None:
    good = array("I", [0, 1])
    with pytest.raises(TypeError, match="offsets takes a"):
        pv.Packed(der=DER, offsets=wrong, chains=good, subject=GW)
    with pytest.raises(TypeError, match="chains takes a"):
        pv.Packed(der=DER, offsets=good, chains=wrong, subject=GW)


@pytest.mark.parametrize(
    "wrong",
    ["text", None, 7, [b"der"], array("I", [1, 2]), memoryview(DER)[::2], memoryview(DER).cast("B", (10, 10))],
)
def test_der_of_other_types(wrong: Any) -> None:
    with pytest.raises(TypeError, match="der takes a"):
        pv.Packed(der=wrong, offsets=array("I", [0, 1]), chains=array("I", [0, 1]), subject=GW)


def test_released_views() -> None:
    good = {"der": DER, "offsets": array("I", [0, 1]), "chains": array("I", [0, 1])}
    for option, value in good.items():
        view = memoryview(value)
        view.release()
        with pytest.raises(pv.PackingError, match=option):
            pv.Packed(**(good | {option: view}), subject=GW)  # type: ignore[arg-type]


def test_unaligned_offsets(simple: Hierarchy) -> None:
    sizes = list(map(len, simple.chain))
    shifted = memoryview(b"?" + offsets_of(sizes, "Q").tobytes())[1:].cast("Q")
    packed = pv.Packed(der=b"".join(simple.chain), offsets=shifted, chains=array("I", [0, 2]), subject=GW)
    assert make(simple).check_many(packed, at=pki.NOW)[0].outcome is pv.Outcome.TRUSTED


def test_subjects(simple: Hierarchy) -> None:
    chains = [simple.chain] * 3
    verdicts = make(simple).check_many(pack(chains, (GW, OTHER, pv.AnySubject())), at=pki.NOW)
    assert [each.outcome.name for each in verdicts] == ["TRUSTED", "REFUSED", "TRUSTED"]
    assert [each.subject for each in verdicts] == [GW, OTHER, pv.AnySubject()]
    wrong: Any
    for wrong in ("gw.example", None, 7, b"gw.example", [GW, "gw.example", GW], {GW}):
        with pytest.raises((TypeError, pv.PackingError)):
            pack(chains, wrong)
    for number in (0, 1, 2, 4):
        with pytest.raises(pv.PackingError, match=f"subject: there are {number} for 3"):
            pack(chains, [GW] * number)


def test_columns_are_read_only(simple: Hierarchy) -> None:
    verdicts = make(simple).check_many(pack([simple.chain] * 2), at=pki.NOW)
    for column, code, value in (
        (verdicts.outcomes, "B", pv.Outcome.TRUSTED.value),
        (verdicts.anchors, "I", 0),
        (verdicts.reasons, "H", pv.Reason.OK.value),
    ):
        assert (column.format, column.readonly, column.shape) == (code, True, (2,))
        assert column.tolist() == [value] * 2
        with pytest.raises(TypeError):
            column[0] = 0
    with pytest.raises(IndexError):
        _ = verdicts[0]._source.anchors[verdicts.NO_ANCHOR]


def test_columns_outlive_the_verdicts(simple: Hierarchy) -> None:
    outcomes = make(simple).check_many(pack([simple.chain] * 100), at=pki.NOW).outcomes
    assert bytes(outcomes) == b"\1" * 100


def test_frozen(simple: Hierarchy) -> None:
    packed = pack([simple.chain])
    with pytest.raises(AttributeError):
        packed.other = 1  # type: ignore[attr-defined]
    assert len(packed) == 1


def test_columns_make_no_anchors(simple: Hierarchy, stranger: Hierarchy) -> None:
    """Not where one request that was settled without the core has none."""
    store = pv.TrustStore.from_der([simple.root.der, stranger.root.der])
    validator = pv.Validator(store, pv.Policy.tls_client())
    verdicts = validator.check_many([pv.Request(b"no PEM", GW), pv.Request(simple.chain, GW)], pki.NOW)
    assert verdicts.anchors.tolist() == [pv.Verdicts.NO_ANCHOR, 0]
    assert not store.anchors._made  # type: ignore[attr-defined]
