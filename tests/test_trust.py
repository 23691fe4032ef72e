"""Stores take roots only, say why they refuse, and read nothing loosely."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

import pki
import pyvalidator as pv
from conftest import Hierarchy
from pyvalidator import trust


def judged(store: pv.TrustStore, chain: list[bytes], **options: Any) -> pv.Verdict:
    return pv.Validator(store, pv.Policy.device(**options)).check(chain, pv.AnySubject(), at=pki.NOW)


def test_roots(simple: Hierarchy, stranger: Hierarchy) -> None:
    store = pv.TrustStore.from_der([simple.root.der, pv.Certificate(stranger.root.der), simple.root.der])
    assert len(store) == 2
    assert [anchor.certificate for anchor in store] == [pv.Certificate(each.root.der) for each in (simple, stranger)]
    assert store.anchors[0].subject == simple.root.subject_der
    assert store.anchors[0].spki == simple.root.spki
    assert store.anchors[0] in store
    assert store.anchors[0].name == "CN=Simple Root"


def test_pem_from_bytes_and_files(simple: Hierarchy, tmp_path: Path) -> None:
    file = tmp_path / "roots.pem"
    file.write_bytes(simple.root.pem)
    for source in (simple.root.pem, file, str(file)):
        assert len(pv.TrustStore.from_pem(source)) == 1
    with pytest.raises(TypeError):
        pv.TrustStore.from_pem(7)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        pv.TrustStore.from_pem(tmp_path / "none.pem")


ML_DSA = ["mldsa44", "mldsa65", "mldsa87"] if pki.HAS_ML_DSA else []


@pytest.mark.parametrize("kind", ["rsa2048", "rsa4096", "p384", "p521", "ed25519", "ed448", *ML_DSA])
def test_self_signatures_of_all_kinds(kind: str) -> None:
    assert len(pv.TrustStore.from_der([pki.root(f"Store {kind}", kind=kind).der])) == 1


def test_a_sha1_self_signature_is_taken_for_the_store_alone() -> None:
    root = pki.root("Old Root", kind="rsa2048")
    ca = root.ca("Old CA", kind="rsa2048")
    leaf = ca.leaf("Old leaf")
    store = pv.TrustStore.from_der([pki.with_sha1(root)])
    assert judged(store, [leaf.der, ca.der]).outcome is pv.Outcome.TRUSTED
    verdict = judged(store, [leaf.der, pki.with_sha1(ca)])
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason is pv.Reason.ALGORITHM_NOT_ALLOWED


def test_an_intermediate(simple: Hierarchy) -> None:
    with pytest.raises(pv.IntermediateAsAnchor, match="Trust the root above it") as caught:
        pv.TrustStore.from_der([simple.root.der, simple.ca.der])
    error = caught.value
    assert (error.subject, error.issuer, error.entry, error.twin) == ("CN=Simple CA", "CN=Simple Root", 2, None)


def test_a_cross_signed_root_names_its_twin(simple: Hierarchy, stranger: Hierarchy) -> None:
    crossed = pki.cross_sign(simple.root, stranger.root).der
    with pytest.raises(pv.IntermediateAsAnchor, match="certificate 2 of this input") as caught:
        pv.TrustStore.from_der([crossed, simple.root.der])
    assert caught.value.entry == 1
    with pytest.raises(pv.IntermediateAsAnchor) as caught:
        pv.TrustStore.from_der([crossed])
    assert caught.value.twin is None


def test_a_twin_in_certifi(simple: Hierarchy, stranger: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    root = pv.Certificate(simple.root.der)
    monkeypatch.setattr(trust, "_mozilla_roots", lambda: {(root.fields.subject, root.fields.spki): "f1"})
    with pytest.raises(pv.IntermediateAsAnchor, match="SHA-256 f1"):
        pv.TrustStore.from_der([pki.cross_sign(simple.root, stranger.root).der])


def test_self_issued_is_not_self_signed() -> None:
    """Root rollover (RFC 4210 4.4): the new key under the old one, same name on both sides."""
    old = pki.root("Rolling", label="old key")
    new = pki.root("Rolling", label="new key")
    for rolled in (pki.cross_sign(new, old), pki.cross_sign(old, new)):
        assert pv.Certificate(rolled.der).is_self_issued
        with pytest.raises(pv.IntermediateAsAnchor):
            pv.TrustStore.from_der([rolled.der])


def test_an_altered_root_is_no_root(simple: Hierarchy) -> None:
    with pytest.raises(pv.IntermediateAsAnchor):
        pv.TrustStore.from_der([simple.root.der[:-1] + bytes([simple.root.der[-1] ^ 1])])


def test_end_entities(simple: Hierarchy) -> None:
    with pytest.raises(pv.EndEntityAsAnchor, match="Simple CA"):
        pv.TrustStore.from_der([simple.leaf.der])
    lonely = pki.issue(pki.leaf_plan("self-signed leaf"), None)
    with pytest.raises(pv.EndEntityAsAnchor):
        pv.TrustStore.from_der([lonely.der])


def test_a_root_that_cannot_be_proven() -> None:
    with pytest.raises(pv.NotAnAnchor, match="cannot be shown") as caught:
        pv.TrustStore.from_der([pki.root("Small", kind="rsa1024").der])
    assert caught.value.reason is pv.Reason.KEY_TOO_SMALL  # type: ignore[attr-defined]


def test_unreadable_entries(simple: Hierarchy) -> None:
    with pytest.raises(pv.UnreadableCertificate) as caught:
        pv.TrustStore.from_der([simple.root.der, simple.root.der + b"\0"])
    assert caught.value.entry == 2
    assert caught.value.reason is pv.Reason.DER_TRAILING


@pytest.mark.parametrize("wrong", [b"der", "text", None, 7, [None], ["text"], [b""]])
def test_wrong_input(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        pv.TrustStore.from_der(wrong)


def test_empty_stores() -> None:
    with pytest.raises(pv.StoreError):
        pv.TrustStore([])
    with pytest.raises(pv.PemError):
        pv.TrustStore.from_pem(b"")
    with pytest.raises(TypeError, match="from_der"):
        pv.TrustStore([b"der"])  # type: ignore[list-item]


# --- Anchors without a certificate


def test_name_and_key(simple: Hierarchy) -> None:
    store = pv.TrustStore([pv.TrustAnchor(subject=simple.root.subject_der, spki=simple.root.spki)])
    verdict = judged(store, simple.chain)
    assert verdict.outcome is pv.Outcome.TRUSTED
    assert verdict.anchor is store.anchors[0]
    assert verdict.anchor.certificate is None


def test_bad_der_in_an_anchor(simple: Hierarchy) -> None:
    for subject, spki in ((b"x", simple.root.spki), (simple.root.subject_der, b""), (simple.root.subject_der, b"0\0")):
        with pytest.raises(pv.StoreError, match="anchor 1"):
            pv.TrustStore([pv.TrustAnchor(subject=subject, spki=spki)])


ENDED = datetime(2026, 5, 31, tzinfo=UTC)
NAMES = x509.NameConstraints(permitted_subtrees=[x509.DNSName("other.example")], excluded_subtrees=None).public_bytes()


@pytest.mark.parametrize("with_certificate", [False, True])
@pytest.mark.parametrize(
    ("constraints", "reason"),
    [
        ({}, "OK"),
        ({"not_after": ENDED}, "ANCHOR_EXPIRED"),
        ({"not_before": datetime(2026, 7, 1, tzinfo=UTC)}, "ANCHOR_NOT_YET_VALID"),
        ({"not_before": ENDED}, "OK"),
        ({"name_constraints": NAMES}, "NC_NOT_PERMITTED"),
        ({"eku": (pv.Purpose.CODE_SIGNING,)}, "EKU_MISMATCH"),
        ({"eku": (pv.Purpose.CODE_SIGNING, pv.Purpose.SERVER_AUTH)}, "OK"),
        ({"distrust_after": datetime(2025, 1, 1, tzinfo=UTC)}, "ANCHOR_DISTRUSTED"),
        ({"distrust_after": datetime(2026, 5, 1, tzinfo=UTC)}, "OK"),
    ],
)
def test_constraints(simple: Hierarchy, constraints: dict[str, Any], reason: str, with_certificate: bool) -> None:
    limits = pv.AnchorConstraints(**constraints)
    if with_certificate:
        anchor = pv.TrustAnchor.from_certificate(simple.root.der, constraints=limits)
    else:
        anchor = pv.TrustAnchor(subject=simple.root.subject_der, spki=simple.root.spki, constraints=limits)
    verdict = judged(pv.TrustStore([anchor]), simple.chain, purpose=pv.Purpose.SERVER_AUTH)
    assert verdict.reason.name == reason, verdict.explain()
    assert (verdict.outcome is pv.Outcome.TRUSTED) == (reason == "OK")


def test_constraints_that_cannot_work() -> None:
    later = datetime(2026, 7, 1, tzinfo=UTC)
    values: list[Any] = [{"not_before": later, "not_after": ENDED}, {"name_constraints": b""}]
    values.append({"not_after": datetime(2026, 1, 1)})
    for options in values:
        with pytest.raises((pv.PolicyError, pv.NaiveDatetime)):
            pv.AnchorConstraints(**options)
    types: list[Any] = [{"name_constraints": "x"}, {"eku": "serverAuth"}, {"eku": ("1.2.3",)}, {"not_after": 7}]
    for options in types:
        with pytest.raises(TypeError):
            pv.AnchorConstraints(**options)


def test_a_certificate_does_not_make_an_intermediate_an_anchor(simple: Hierarchy) -> None:
    with pytest.raises(pv.IntermediateAsAnchor):
        pv.TrustStore([pv.TrustAnchor.from_certificate(simple.ca.der)])


# --- Stores of others


def test_mozilla() -> None:
    pytest.importorskip("certifi")
    assert len(pv.TrustStore.mozilla()) > 50


def test_mozilla_without_certifi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "certifi", None)
    with pytest.raises(pv.MissingDependency, match="certifi"):
        pv.TrustStore.mozilla()


def test_system_leaves_out_what_is_no_root(
    simple: Hierarchy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(simple.root.pem + simple.ca.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with caplog.at_level(logging.WARNING, "pyvalidator"):
        store = pv.TrustStore.system()
    assert [anchor.name for anchor in store] == ["CN=Simple Root"]
    assert "left out" in caplog.text
    bundle.write_bytes(simple.ca.pem)
    with pytest.raises(pv.StoreError):
        pv.TrustStore.system()
