"""Dumps of trust stores: what is written is read, nothing else is, and no dump makes an anchor of what is no root."""

from __future__ import annotations

import gc
import hashlib
import pickle
import re
import struct
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

import pki
import pyvalidator as pv
import test_property_chains  # noqa: F401  (registers the hypothesis profiles)
from conftest import Hierarchy
from pyvalidator import store_dump
from pyvalidator.anchors import UNLIMITED

NAMES = x509.NameConstraints(permitted_subtrees=[x509.DNSName("gw.example")], excluded_subtrees=None).public_bytes()
RECHECKED = pv.SelfSignatures.RECHECKED


def seal(body: bytes) -> bytes:
    """A right checksum, whatever it is about."""
    return body + hashlib.sha256(body).digest()


def refused(data: bytes, **options: Any) -> pv.StoreDumpError:
    with pytest.raises(pv.StoreDumpError) as caught:
        pv.TrustStore.load(data, **options)
    assert isinstance(caught.value, pv.StoreError | ValueError)
    assert 0 <= caught.value.offset <= len(data)
    return caught.value


@cache
def roots() -> list[pki.Issued]:
    return [pki.root("Dump Root"), pki.root("Dump Other"), pki.root("Dump P-384", kind="p384")]


def key_anchor(root: pki.Issued, constraints: pv.AnchorConstraints = UNLIMITED) -> pv.TrustAnchor:
    return pv.TrustAnchor(subject=root.subject_der, spki=root.spki, constraints=constraints)


def limited(der: bytes, **limits: Any) -> pv.TrustAnchor:
    return pv.TrustAnchor.from_certificate(der, constraints=pv.AnchorConstraints(**limits))


@cache
def mixed() -> pv.TrustStore:
    """One of every kind, and roots before and after."""
    first, second, third = roots()
    limits: dict[str, Any] = {
        "not_before": datetime(2020, 1, 1, 2, 3, 4, 567890, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        "not_after": datetime(2039, 1, 1, tzinfo=UTC),
        "distrust_after": datetime(1969, 12, 31, tzinfo=UTC),
        "name_constraints": NAMES,
        "eku": (pv.EkuOid("1.3.6.1.5.5.7.3.1"), pv.Purpose.SERVER_AUTH, pv.EkuOid("2.999.1")),
    }
    plain = map(pv.TrustAnchor.from_certificate, (first.der, second.der))
    others = [key_anchor(second), key_anchor(first, pv.AnchorConstraints(eku=(pv.Purpose.ANY,)))]
    return pv.TrustStore([*plain, limited(second.der, **limits), *others, pv.TrustAnchor.from_certificate(third.der)])


# --- What is written is read


def test_mixed() -> None:
    data = mixed().dump()
    for signatures in pv.SelfSignatures:
        store = pv.TrustStore.load(data, signatures=signatures)
        assert store.anchors == mixed().anchors
        assert store.dump() == data


def test_the_format(simple: Hierarchy, stranger: Hierarchy) -> None:
    """By hand, so that it cannot change unnoticed."""
    when = datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    limits = pv.AnchorConstraints(distrust_after=when, eku=(pv.Purpose.CLIENT_AUTH, pv.EkuOid("1.2.3")))
    store = pv.TrustStore([pv.TrustAnchor.from_certificate(simple.root.der), key_anchor(stranger.root, limits)])
    blob = b"\x14" + struct.pack("<q", 1767225600000001) + b"\x02\0\0\0" + b"\x03" + b"\0\x05\x001.2.3"
    parts = [simple.root.der, stranger.root.subject_der, stranger.root.spki, blob]
    header = b"pvstore\0" + struct.pack("<HHI", 1, 1, 2) + b"\0\x03"
    assert store.dump() == seal(header + struct.pack("<4I", *map(len, parts)) + b"".join(parts))


def test_dumps_are_the_same_however_the_store_was_made(simple: Hierarchy, stranger: Hierarchy) -> None:
    ders = [simple.root.der, stranger.root.der]
    store = pv.TrustStore.from_der(ders)
    data = store.dump()
    assert data == pv.TrustStore.from_pem(simple.root.pem + stranger.root.pem).dump()
    assert data == pv.TrustStore(map(pv.TrustAnchor.from_certificate, ders)).dump()
    assert data == pv.TrustStore.load(data).dump()
    assert list(store)
    assert data == store.dump()
    assert data != pv.TrustStore.from_der(ders[::-1]).dump()


moments = st.datetimes(
    min_value=datetime(1, 1, 2),
    max_value=datetime(9999, 12, 30),
    timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-9))),
)
oids = st.lists(st.integers(0, 2**64), max_size=5).map(lambda arcs: pv.EkuOid(".".join(map(str, [1, 3, *arcs]))))
purposes = st.lists(st.sampled_from(pv.Purpose) | oids, max_size=3).map(tuple)


@st.composite
def constraints(draw: st.DrawFn) -> pv.AnchorConstraints:
    window = sorted([draw(moments), draw(moments)])
    return pv.AnchorConstraints(
        not_before=draw(st.none() | st.just(window[0])),
        not_after=draw(st.none() | st.just(window[1])),
        distrust_after=draw(st.none() | moments),
        name_constraints=draw(st.none() | st.just(NAMES)),
        eku=draw(purposes),
    )


@st.composite
def some_anchors(draw: st.DrawFn) -> list[pv.TrustAnchor]:
    found = []
    for root in draw(st.lists(st.sampled_from(roots()), min_size=1, max_size=5)):
        limits = draw(st.just(UNLIMITED) | constraints())
        certificate = pv.TrustAnchor.from_certificate(root.der, constraints=limits)
        found.append(draw(st.sampled_from([certificate, key_anchor(root, limits)])))
    return found


@given(anchors=some_anchors(), signatures=st.sampled_from(pv.SelfSignatures))
def test_round_trip(anchors: list[pv.TrustAnchor], signatures: pv.SelfSignatures) -> None:
    store = pv.TrustStore(anchors)
    data = store.dump()
    loaded = pv.TrustStore.load(data, signatures=signatures)
    assert loaded.anchors == store.anchors
    assert [hash(each) for each in loaded] == [hash(each) for each in store]
    assert loaded.dump() == data


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_the_bytes_are_copied(simple: Hierarchy, kind: Any) -> None:
    data = bytearray(pv.TrustStore.from_der([simple.root.der]).dump())
    store = pv.TrustStore.load(kind(data))
    data[:] = bytes(len(data))
    assert store.anchors[0].certificate == pv.Certificate(simple.root.der)


def test_a_loaded_store_judges_as_the_first(simple: Hierarchy) -> None:
    for limits, reason in (
        ({}, pv.Reason.OK),
        ({"not_after": datetime(2026, 5, 31, tzinfo=UTC)}, pv.Reason.ANCHOR_EXPIRED),
        ({"distrust_after": datetime(2025, 1, 1, tzinfo=UTC)}, pv.Reason.ANCHOR_DISTRUSTED),
        ({"eku": (pv.Purpose.CODE_SIGNING,)}, pv.Reason.EKU_MISMATCH),
        ({"name_constraints": NAMES}, pv.Reason.OK),
    ):
        for anchor in (limited(simple.root.der, **limits), key_anchor(simple.root, pv.AnchorConstraints(**limits))):
            store = pv.TrustStore.load(pv.TrustStore([anchor]).dump())
            validator = pv.Validator(store, pv.Policy.device(purpose=pv.Purpose.SERVER_AUTH))
            verdict = validator.check(simple.chain, pv.AnySubject(), at=pki.NOW)
            assert verdict.reason is reason
            assert verdict.outcome is (pv.Outcome.TRUSTED if reason is pv.Reason.OK else pv.Outcome.REFUSED)


def test_mozilla() -> None:
    pytest.importorskip("certifi")
    store = pv.TrustStore.mozilla()
    assert pv.TrustStore.load(store.dump()).anchors == store.anchors


def test_a_moment_that_cannot_be_written(simple: Hierarchy) -> None:
    late = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))
    with pytest.raises(pv.StoreError, match="9999"):
        pv.TrustStore([limited(simple.root.der, not_after=late)]).dump()


# --- Nothing else is read


def test_every_byte_counts() -> None:
    data = mixed().dump()
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 1 << at % 8
        fault = refused(bytes(damaged)).fault
        assert fault is (
            pv.DumpFault.NOT_A_DUMP if at < 8 else pv.DumpFault.VERSION if at < 10 else pv.DumpFault.CHECKSUM
        )


def test_every_cut() -> None:
    data = mixed().dump()
    for size in range(len(data)):
        assert refused(data[:size]).fault is (pv.DumpFault.NOT_A_DUMP if size < 16 else pv.DumpFault.CHECKSUM)
    refused(data + b"\0")


@given(data=st.data())
def test_damage(data: st.DataObject) -> None:
    """Bytes changed, cut out and put in at random places: never a store."""
    whole = mixed().dump()
    at, length = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, 40))
    damaged = whole[:at] + data.draw(st.binary(max_size=40)) + whole[at + length :]
    if damaged != whole:
        refused(damaged)


@given(data=st.data())
def test_edits_with_a_right_checksum(data: st.DataObject) -> None:
    """Whoever writes dumps chooses the roots, and yet: there is one way to write a store, and every anchor is a root by
    structure."""
    body = mixed().dump()[:-32]
    for _ in range(data.draw(st.integers(1, 3))):
        near = st.integers(0, min(60, len(body))) | st.integers(0, len(body))
        at, length = data.draw(near), data.draw(st.integers(0, 2))
        body = body[:at] + data.draw(st.binary(max_size=2)) + body[at + length :]
    try:
        store = pv.TrustStore.load(seal(body))
    except pv.StoreDumpError:
        return
    assert store.dump() == seal(body)
    assert all(anchor.certificate is None or anchor.certificate.is_self_issued for anchor in store)
    assert all(anchor.certificate is None or anchor.certificate.is_ca for anchor in store)


@given(st.binary(max_size=80))
def test_noise_with_a_right_checksum(noise: bytes) -> None:
    refused(seal(b"pvstore\0\x01\0\x01\0" + noise))


def header(count: int, *, version: int = 1, flags: int = 1) -> bytes:
    return b"pvstore\0" + struct.pack("<HHI", version, flags, count)


def test_what_is_no_dump(simple: Hierarchy) -> None:
    for data in (b"", b"pvstore\0", simple.root.pem, simple.root.der, bytes(100)):
        assert refused(data).fault is pv.DumpFault.NOT_A_DUMP
    wrong: Any
    for wrong in ("path", None, 7, [b""]):
        with pytest.raises(TypeError):
            pv.TrustStore.load(wrong)
    for wrong in (True, "recorded", None):
        with pytest.raises(TypeError, match="SelfSignatures"):
            pv.TrustStore.load(mixed().dump(), signatures=wrong)


def test_other_versions() -> None:
    error = refused(seal(header(1, version=2) + b"who knows"))
    assert (error.fault, error.offset) == (pv.DumpFault.VERSION, 8)
    assert "version 2" in str(error)
    assert "dump the store again" in str(error)


def test_structure() -> None:
    der = roots()[0].der
    length = struct.pack("<I", len(der))
    good = header(1) + b"\0" + length + der
    assert len(pv.TrustStore.load(seal(good))) == 1
    for body, offset in (
        (header(0), 12),
        (header(1), 12),
        (header(1, flags=0) + good[16:], 10),
        (header(1, flags=3) + good[16:], 10),
        (header(2) + b"\0" + good[16:], 18),
        (header(0xFFFFFFFF) + good[16:], 12),
        (header(1) + b"\x04" + good[17:], 16),
        (header(1) + b"\x01" + good[17:], 17),
        (header(1) + b"\0" + length[:3], 17),
        (header(1) + b"\0" + b"\xff" * 4 + der, 17),
        (good + b"\0", 17),
        (good[:-1], 17),
    ):
        error = refused(seal(body))
        assert (error.fault, error.offset) == (pv.DumpFault.STRUCTURE, offset), body[:24].hex()


def test_large_numbers_cost_nothing() -> None:
    tracemalloc.start()
    for body in (
        header(0xFFFFFFFF),
        header(0xFFFFFFFF) + bytes(1000),
        header(1000) + b"\x03" * 1000,
        header(1) + b"\0\xff\xff\xff\xff",
        header(1) + b"\x03" + struct.pack("<3I", 1, 1, 5) + b"ss\x08\xff\xff\xff\xff",
        header(1) + b"\x03" + struct.pack("<3I", 1, 1, 5) + b"ss\x10\xff\xff\xff\xff",
    ):
        refused(seal(body))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_constraints_that_are_none() -> None:
    root = roots()[0]
    quad = struct.pack("<q", 1 << 62)
    for blob in (
        b"",
        b"\0",
        b"\x20",
        b"\x01",
        b"\x01" + quad,
        b"\x01" + bytes(8) + b"\0",
        b"\x03" + struct.pack("<2q", 1, 0),
        b"\x08" + bytes(4),
        b"\x08" + struct.pack("<I", 2) + b"0",
        b"\x10" + bytes(4),
        b"\x10\x01\0\0\0\x63",
        b"\x10\x01\0\0\0\0\x03\x001.a",
        b"\x10\x01\0\0\0\0\x02\x00\xff\xfe",
    ):
        for kind, parts in ((b"\x01", [root.der, blob]), (b"\x03", [root.subject_der, root.spki, blob])):
            lengths = struct.pack(f"<{len(parts)}I", *map(len, parts))
            error = refused(seal(header(1) + kind + lengths + b"".join(parts)))
            assert (error.fault, error.entry, error.offset) == (pv.DumpFault.ANCHOR, 1, 17 + len(lengths)), blob.hex()


# --- What is no root


def test_what_is_no_root_is_not_smuggled_in(simple: Hierarchy, stranger: Hierarchy) -> None:
    """Checksums are no signatures: these are right."""
    small, dsa = pki.root("Small", kind="rsa1024"), pki.root("Dump DSA", kind="dsa2048")
    cases: list[tuple[bytes, type[Exception]]] = [
        (simple.ca.der, pv.IntermediateAsAnchor),
        (pki.cross_sign(simple.root, stranger.root).der, pv.IntermediateAsAnchor),
        (simple.leaf.der, pv.EndEntityAsAnchor),
        (small.der, pv.UnprovenRoot),
        (dsa.der, pv.UnprovenRoot),
        (simple.root.der + b"\0", pv.UnreadableCertificate),
        (b"", pv.UnreadableCertificate),
    ]
    first = roots()[0].der
    for der, kind in cases:
        for signatures in pv.SelfSignatures:
            data = store_dump.encode([first, der])
            error = refused(data, signatures=signatures)
            assert (error.fault, error.entry) == (pv.DumpFault.ANCHOR, 2)
            assert error.offset == 16 + 2 + 8 + len(first)
            assert type(error.__cause__) is kind
            assert error.problem == str(error.__cause__)


def test_nor_below_constraints(simple: Hierarchy) -> None:
    for certificate, kind in ((simple.ca, pv.IntermediateAsAnchor), (simple.leaf, pv.EndEntityAsAnchor)):
        anchor = limited(certificate.der, eku=(pv.Purpose.ANY,))
        error = refused(store_dump.encode([roots()[1].der, key_anchor(roots()[0]), anchor, roots()[2].der]))
        assert (error.entry, type(error.__cause__)) == (3, kind)
    blob = b"\x01" + bytes(8)
    parts = [b"0\0", blob]
    error = refused(seal(header(1) + b"\x01" + struct.pack("<2I", *map(len, parts)) + b"".join(parts)))
    assert type(error.__cause__) is pv.UnreadableCertificate


def test_self_issued_and_not_self_signed() -> None:
    """What only the self-signature tells: the reason for RECHECKED, and for keeping dumps as safe as roots."""
    old, new = pki.root("Dump Rolling", label="dump old"), pki.root("Dump Rolling", label="dump new")
    altered = new.der[:-1] + bytes([new.der[-1] ^ 1])
    for der in (pki.cross_sign(new, old).der, altered):
        for anchor in (der, limited(der, eku=(pv.Purpose.ANY,))):
            data = store_dump.encode([roots()[0].der, anchor])
            assert len(pv.TrustStore.load(data)) == 2
            error = refused(data, signatures=RECHECKED)
            assert (error.entry, type(error.__cause__)) == (2, pv.IntermediateAsAnchor)
            with pytest.raises(pv.IntermediateAsAnchor):
                pv.TrustStore.from_der([der])


def test_anchors_that_cannot_be_used(simple: Hierarchy) -> None:
    for anchor in (
        pv.TrustAnchor(subject=b"x", spki=simple.root.spki),
        pv.TrustAnchor(subject=b"0\0", spki=simple.root.spki),
        pv.TrustAnchor(subject=simple.root.subject_der, spki=b""),
        pv.TrustAnchor(subject=simple.root.subject_der, spki=pki.root("Small", kind="rsa1024").spki),
    ):
        error = refused(store_dump.encode([roots()[0].der, anchor]))
        assert (error.fault, error.entry) == (pv.DumpFault.ANCHOR, 2)
        assert type(error.__cause__) is pv.StoreError


def test_anchors_that_stand_there_twice() -> None:
    first, second, _ = (root.der for root in roots())
    single = limited(second, eku=(pv.Purpose.ANY,))
    twice: list[list[bytes | pv.TrustAnchor]] = [[first, first], [first, single, first], [single, first, single]]
    for anchors in twice:
        error = refused(store_dump.encode(anchors))
        assert error.fault is pv.DumpFault.ANCHOR
        assert "twice" in str(error)
    assert len(pv.TrustStore.load(store_dump.encode([first, second, single, key_anchor(roots()[1])]))) == 4


def test_errors_in_cycles_are_collected() -> None:
    """What an error's frames hold of the dump is let go in any order."""
    data = store_dump.encode([roots()[0].der, roots()[0].ca("Dump CA").der])
    for _ in range(20):
        error: Any = refused(data)
        error.own = error
        del error
        gc.collect()


def test_errors_travel() -> None:
    error = refused(store_dump.encode([roots()[0].ca("Dump CA").der]))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is pv.StoreDumpError
    assert (str(copy), copy.fault, copy.offset, copy.entry) == (str(error), error.fault, error.offset, error.entry)
    assert isinstance(error, pv.StoreError)
    assert isinstance(error, ValueError)


def test_the_page_about_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its Python runs."""
    top = Path(__file__).parent.parent
    monkeypatch.chdir(top)
    names: dict[str, Any] = {}
    page = (top / "docs" / "stores.md").read_text(encoding="utf-8")
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL), 1):
        exec(compile(block, f"docs/stores.md, block {number}", "exec"), names)
    assert names["loaded"].anchors == names["store"].anchors
