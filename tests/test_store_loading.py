"""Stores of many roots: the roots-only rule over all of them at once, PEM at speed, and anchors made when asked for."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pki
import pyvalidator as pv
import test_property_chains  # noqa: F401  (registers the hypothesis profiles)
from conftest import Hierarchy
from pyvalidator import _core
from pyvalidator.pem import split_pem
from pyvalidator.trust import Anchors

# --- The same errors, for the same certificate, in whatever company


@cache
def pool() -> dict[str, tuple[bytes, type[Exception] | None]]:
    """Certificates, and what each alone is refused with."""
    root, other = pki.root("Pool Root"), pki.root("Pool Other", kind="rsa2048")
    old, new = pki.root("Pool Rolling", label="pool old"), pki.root("Pool Rolling", label="pool new")
    ca = root.ca("Pool CA")
    altered = root.der[:-1] + bytes([root.der[-1] ^ 1])
    return {
        "root": (root.der, None),
        "other": (other.der, None),
        "sha1": (pki.with_sha1(other), None),
        "old": (old.der, None),
        "rolled": (pki.cross_sign(new, old).der, pv.IntermediateAsAnchor),
        "intermediate": (ca.der, pv.IntermediateAsAnchor),
        "crossed": (pki.cross_sign(root, other).der, pv.IntermediateAsAnchor),
        "altered": (altered, pv.IntermediateAsAnchor),
        "leaf": (ca.leaf("Pool leaf").der, pv.EndEntityAsAnchor),
        "lonely": (pki.issue(pki.leaf_plan("Pool lonely"), None).der, pv.EndEntityAsAnchor),
        "small": (pki.root("Pool Small", kind="rsa1024").der, pv.UnprovenRoot),
        "dsa": (pki.root("Pool DSA", kind="dsa2048").der, pv.UnprovenRoot),
        "trailing": (root.der + b"\0", pv.UnreadableCertificate),
        "empty": (b"", pv.UnreadableCertificate),
    }


def first_fault(names: Sequence[str]) -> tuple[type[Exception], int] | None:
    """What is told of these: one that cannot be read, else the first that is no root, and its place from 1."""
    kinds = [pool()[name][1] for name in names]
    found = [(kind, position) for position, kind in enumerate(kinds, 1) if kind is not None]
    unreadable = [each for each in found if each[0] is pv.UnreadableCertificate]
    return next(iter([*unreadable, *found]), None)


def alone(der: bytes) -> dict[str, Any]:
    """The fields of the error of a certificate by itself, but for its place and its company."""
    with pytest.raises((pv.NotAnAnchor, pv.UnreadableCertificate)) as caught:
        pv.TrustStore.from_der([der])
    return {key: value for key, value in vars(caught.value).items() if key not in ("entry", "twin")}


def from_anchors(ders: list[bytes]) -> pv.TrustStore:
    return pv.TrustStore(map(pv.TrustAnchor.from_certificate, ders))


@given(names=st.lists(st.sampled_from(sorted(pool())), min_size=1, max_size=6), as_anchors=st.booleans())
def test_the_first_fault_is_told(names: list[str], as_anchors: bool) -> None:
    ders = [pool()[name][0] for name in names]
    fault = first_fault(names)
    if fault is None:
        assert [anchor.certificate.der for anchor in pv.TrustStore.from_der(ders)] == list(dict.fromkeys(ders))
        return
    kind, position = fault
    build = from_anchors if as_anchors and kind is not pv.UnreadableCertificate else pv.TrustStore.from_der
    with pytest.raises(kind) as caught:
        build(ders)
    error = vars(caught.value)
    assert type(caught.value) is kind
    assert error["entry"] == position
    assert {key: error[key] for key in error if key not in ("entry", "twin")} == alone(ders[position - 1])
    if names[position - 1] == "crossed":
        twin = names.index("root") + 1 if "root" in names else None
        assert error["twin"] == (f"certificate {twin} of this input" if twin else None)


def test_reasons_of_what_cannot_be_shown() -> None:
    for name, reason in (("small", pv.Reason.KEY_TOO_SMALL), ("dsa", pv.Reason.ALGORITHM_NOT_ALLOWED)):
        assert alone(pool()[name][0])["reason"] is reason


def test_faults_of_types_and_certificates_in_their_order(simple: Hierarchy) -> None:
    mixed: list[Any] = [simple.root.der, b"0", 7]
    with pytest.raises(pv.UnreadableCertificate) as caught:
        pv.TrustStore.from_der(mixed)
    assert caught.value.entry == 2
    mixed[1:] = [7, b"0"]
    with pytest.raises(TypeError, match="int"):
        pv.TrustStore.from_der(mixed)


def test_bytes_of_other_types(simple: Hierarchy) -> None:
    class Octets(bytes):
        pass

    assert len(pv.TrustStore.from_der([Octets(simple.root.der), pv.Certificate(simple.root.der)])) == 1


def test_more_than_one_window(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "_WINDOW", 2)
    roots = [pki.root(f"Window Root {number}").der for number in range(5)]
    assert len(pv.TrustStore.from_der(roots)) == 5
    roots[3] = pool()["altered"][0]
    with pytest.raises(pv.IntermediateAsAnchor) as caught:
        pv.TrustStore.from_der([roots[0], *roots])
    assert caught.value.entry == 5


# --- PEM at speed: what is taken there is what the reader of all PEM reads


def pem_of(*ders: bytes) -> bytes:
    return b"".join(pv.Certificate(der).to_pem() for der in ders)


def both_ways(text: bytes) -> bool:
    """Whether the text is plain; then both readers must agree."""
    plain = _core.PackedRoots.of_pem(text)
    if plain is None:
        return False
    assert list(plain) == split_pem(text)
    return True


def test_usual_files_are_plain(simple: Hierarchy, stranger: Hierarchy) -> None:
    text = pem_of(simple.root.der, stranger.root.der)
    assert both_ways(text)
    assert both_ways(text.replace(b"\n", b"\r\n"))
    assert both_ways(text.rstrip(b"\n"))
    assert both_ways("# Größe\n\n".encode() + text.replace(b"-----BEGIN", b"Issuer: X\n-----BEGIN") + b"end")
    certifi = pytest.importorskip("certifi")
    assert both_ways(Path(certifi.where()).read_bytes())


def test_odd_files_are_read_as_well(simple: Hierarchy, stranger: Hierarchy) -> None:
    text = pem_of(simple.root.der, stranger.root.der)
    for odd in (b"\xef\xbb\xbf" + text, text.replace(b"\n", b"\r"), text.replace(b"\n", b" \n"), b" " + text):
        assert not both_ways(odd)
        assert len(pv.TrustStore.from_pem(odd)) == 2


SNIPPETS = [
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"-",
    b"=",
    b"==",
    b"A",
    b"A===",
    b"#",
    b"\0",
    b"\xff",
    b"-----",
    b"\x0c",
    b"\x0b",
]
SNIPPETS += [b"-----BEGIN CERTIFICATE-----\n", b"\n-----END CERTIFICATE-----\n", b"-----BEGIN X509 CRL-----\n"]


@given(data=st.data())
def test_edited_pem(data: st.DataObject) -> None:
    """Cut, repeat and insert at random: the fast reader never takes what the other refuses, or takes otherwise."""
    blocks = [bytes(range(size)) for size in data.draw(st.lists(st.integers(1, 70), min_size=1, max_size=3))]
    text = pem_of(*blocks)
    for _ in range(data.draw(st.integers(0, 3))):
        at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 3))
        text = text[:at] + data.draw(st.sampled_from([b"", *SNIPPETS])) + text[at + length :]
    both_ways(text)


@given(st.lists(st.sampled_from([*SNIPPETS, b"QUJD", b"QQ==", b"QR=="]), max_size=8).map(b"".join))
def test_pem_of_scraps(text: bytes) -> None:
    both_ways(text)


# --- Anchors, made when they are asked for


def made(anchors: Sequence[pv.TrustAnchor]) -> int:
    assert isinstance(anchors, Anchors)
    return len(anchors._made)


def test_no_anchor_is_made_before_it_is_asked_for(simple: Hierarchy, stranger: Hierarchy) -> None:
    store = pv.TrustStore.from_der([stranger.root.der, simple.root.der])
    validator = pv.Validator(store, pv.Policy.device())
    assert (len(store), len(store.anchors), made(store.anchors)) == (2, 2, 0)
    verdict = validator.check(simple.chain, pv.AnySubject(), at=pki.NOW)
    assert verdict.anchor is store.anchors[1]
    assert made(store.anchors) == 1


def test_anchors_are_a_sequence(simple: Hierarchy, stranger: Hierarchy) -> None:
    ders = [simple.root.der, stranger.root.der]
    expected = tuple(map(pv.TrustAnchor.from_certificate, ders))
    anchors: Any = pv.TrustStore.from_der(ders).anchors
    assert isinstance(anchors, Sequence)
    assert (anchors[0], anchors[-1], anchors[True]) == (expected[0], expected[1], expected[1])
    assert anchors[0] is anchors[-2]
    assert anchors[::-1] == expected[::-1]
    assert (list(anchors), list(reversed(anchors))) == (list(expected), list(expected[::-1]))
    assert (anchors.index(expected[1]), anchors.count(expected[0])) == (1, 1)
    assert expected[1] in anchors
    assert anchors == expected
    assert expected == anchors
    assert anchors == pv.TrustStore(expected).anchors
    assert anchors != list(expected)
    assert hash(anchors) == hash(expected)
    assert repr(anchors) == repr(expected)
    for wrong in (2, -3):
        with pytest.raises(IndexError):
            anchors[wrong]
    with pytest.raises(TypeError):
        anchors["0"]
    with pytest.raises(TypeError):
        anchors[0] = expected[0]
    with pytest.raises(AttributeError):
        anchors.append(expected[0])


def test_anchors_and_stores_are_copied(simple: Hierarchy) -> None:
    store = pv.TrustStore.from_der([simple.root.der])
    assert pickle.loads(pickle.dumps(store.anchors)) == store.anchors
    for other in (copy.copy(store), copy.deepcopy(store), pickle.loads(pickle.dumps(store))):
        assert other.anchors == store.anchors
    assert pv.TrustStore(store.anchors).anchors is store.anchors
    assert pv.TrustStore(store).anchors == store.anchors


def test_given_anchors_stay_the_same_objects(simple: Hierarchy, stranger: Hierarchy) -> None:
    plain = pv.TrustAnchor.from_certificate(simple.root.der)
    bare = pv.TrustAnchor(subject=stranger.root.subject_der, spki=stranger.root.spki)
    for given_anchors in ([plain], [plain, bare], [bare, plain, plain]):
        store = pv.TrustStore(given_anchors)
        assert [id(anchor) for anchor in store] == [id(anchor) for anchor in dict.fromkeys(given_anchors)]
