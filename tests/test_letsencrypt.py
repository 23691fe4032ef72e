"""A real hierarchy through its whole life: cross-signs, an expired root, a new generation of roots.

Every root, intermediate and cross-sign is published at letsencrypt.org/certificates; PYVALIDATOR_DATA names the
folder that holds them in letsencrypt/. The target of each check is a CA certificate, which stands for what it issues.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import pyvalidator as pv

#: Root YE and Root YR were cross-signed on 2026-05-13.
GENERATION_Y = datetime(2026, 6, 1, tzinfo=UTC)
BEFORE_DST_EXPIRED = datetime(2021, 9, 1, tzinfo=UTC)
#: DST Root CA X3 ended on 2021-09-30, 14:01:15 UTC.
AFTER_DST_EXPIRED = datetime(2021, 10, 2, tzinfo=UTC)

FILES = {
    "X1": "isrgrootx1.pem",
    "X2": "isrg-root-x2.pem",
    "DST": "trustid-x3-root.pem",
    "X1_by_DST": "isrg-root-x1-cross-signed.pem",
    "R3": "lets-encrypt-r3.pem",
    "R3_by_DST": "lets-encrypt-r3-cross-signed.pem",
    "E1": "lets-encrypt-e1.pem",
    "X2_by_X1_2020": "isrg-root-x2-cross-signed.pem",
    "X2_by_X1": "gen-y/root-x2-by-x1.pem",
    "YE_by_X2": "gen-y/root-ye-by-x2.pem",
    "YE": "gen-y/root-ye.pem",
    "YE1": "gen-y/int-ye1.pem",
    "YR_by_X1": "gen-y/root-yr-by-x1.pem",
    "YR": "gen-y/root-yr.pem",
    "YR1": "gen-y/int-yr1.pem",
}

Ders = dict[str, bytes]


@pytest.fixture(scope="module")
def le(data_dir: Path) -> Ders:
    folder = data_dir / "letsencrypt"
    missing = [file for file in FILES.values() if not (folder / file).exists()]
    if missing:
        pytest.skip(f"{folder} lacks {missing}; the public source is letsencrypt.org/certificates")
    return {name: read_der(folder / file) for name, file in FILES.items()}


def read_der(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


def check(le: Ders, anchors: str, sent: str, at: datetime) -> pv.Verdict:
    store = pv.TrustStore.from_der([le[name] for name in anchors.split()])
    validator = pv.Validator(store, pv.Policy(profile=pv.Profile.DEVICE, purpose=pv.Purpose.ANY))
    return validator.check([le[name] for name in sent.split()], pv.AnySubject(), at=at)


def path_of(le: Ders, verdict: pv.Verdict) -> str:
    by_der = {der: name for name, der in le.items()}
    return " ".join(by_der[cert.der] for cert in verdict.path)


@pytest.mark.parametrize(
    ("anchors", "sent", "paths"),
    [
        ("X1 X2", "YE1 YE_by_X2", {"YE1 YE_by_X2"}),
        ("X1 X2", "YE1 YE_by_X2 X2_by_X1", {"YE1 YE_by_X2", "YE1 YE_by_X2 X2_by_X1"}),
        ("X2", "YE1 YE_by_X2 X2_by_X1", {"YE1 YE_by_X2"}),
        ("X1", "YE1 YE_by_X2 X2_by_X1", {"YE1 YE_by_X2 X2_by_X1"}),
        ("X1", "YE1 X2_by_X1 YE_by_X2", {"YE1 YE_by_X2 X2_by_X1"}),
        ("X1", "YE1 YE X2_by_X1 X2_by_X1_2020 YE_by_X2", {"YE1 YE_by_X2 X2_by_X1"}),
        ("X1", "YR1 YR_by_X1", {"YR1 YR_by_X1"}),
        ("X1", "YR1 YR YR_by_X1", {"YR1 YR_by_X1"}),
        ("YE", "YE1 YE_by_X2", {"YE1"}),
        ("YR", "YR1", {"YR1"}),
    ],
)
def test_generation_y(le: Ders, anchors: str, sent: str, paths: set[str]) -> None:
    verdict = check(le, anchors, sent, GENERATION_Y)
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
    assert path_of(le, verdict) in paths


@pytest.mark.parametrize(
    ("anchors", "sent", "reason"),
    [
        ("X1", "YE1 YE_by_X2", "NO_ISSUER"),
        ("X2", "YR1 YR_by_X1", "NO_ISSUER"),
        ("X1 X2", "YE1", "NO_ISSUER"),
        ("X1 X2", "YE1 YE", "ROOT_NOT_TRUSTED"),
    ],
)
def test_generation_y_without_its_link(le: Ders, anchors: str, sent: str, reason: str) -> None:
    verdict = check(le, anchors, sent, GENERATION_Y)
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason.name == reason, verdict.explain()


def test_r3_the_day_after_dst_expired(le: Ders) -> None:
    """On 2021-10-01 the cross-sign of X1 was still valid and its issuer was not: any order finds the way to X1."""
    for order in itertools.permutations(["R3_by_DST", "X1_by_DST"]):
        verdict = check(le, "DST X1", " ".join(("R3", *order)), datetime(2021, 10, 1, tzinfo=UTC))
        assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
        assert path_of(le, verdict) == "R3"


def test_r3_under_dst_alone(le: Ders) -> None:
    """The same certificates, a month apart."""
    sent = "R3 R3_by_DST X1_by_DST"
    before = check(le, "DST", sent, BEFORE_DST_EXPIRED)
    assert before.outcome is pv.Outcome.TRUSTED, before.explain()
    assert path_of(le, before) == "R3 X1_by_DST"
    after = check(le, "DST", sent, AFTER_DST_EXPIRED)
    assert after.outcome is pv.Outcome.REFUSED
    assert after.reason.name == "ANCHOR_EXPIRED", after.explain()


def test_the_answer_says_what_expired_and_when(le: Ders) -> None:
    text = check(le, "DST", "R3 X1_by_DST", AFTER_DST_EXPIRED).explain()
    assert "DST Root CA X3" in text
    assert "2021-09-30" in text


def test_the_answer_says_which_intermediate_expired_and_when(le: Ders) -> None:
    verdict = check(le, "DST X1", "R3_by_DST X1_by_DST", datetime(2021, 9, 29, 19, 21, 41, tzinfo=UTC))
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason.name == "EXPIRED"
    assert "2021-09-29" in verdict.explain()


@pytest.mark.parametrize(
    "name", ["R3", "R3_by_DST", "E1", "YE1", "YR1", "X1_by_DST", "X2_by_X1", "YE_by_X2", "YR_by_X1"]
)
def test_an_intermediate_is_no_anchor(le: Ders, name: str) -> None:
    with pytest.raises(pv.IntermediateAsAnchor):
        pv.TrustStore.from_der([le["X1"], le[name]])


@pytest.mark.parametrize(
    ("cross_sign", "twin"), [("X1_by_DST", "X1"), ("X2_by_X1", "X2"), ("YE_by_X2", "YE"), ("YR_by_X1", "YR")]
)
def test_a_cross_sign_names_its_self_signed_twin(le: Ders, cross_sign: str, twin: str) -> None:
    """The twin is in the same input, before it or behind it."""
    for order in itertools.permutations([cross_sign, twin]):
        with pytest.raises(pv.IntermediateAsAnchor) as caught:
            pv.TrustStore.from_der([le[name] for name in order])
        assert caught.value.twin is not None
        subject = x509.load_der_x509_certificate(le[twin]).subject
        common_name = subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        assert str(common_name) in str(caught.value)


def test_the_twin_of_a_public_root_is_known(le: Ders) -> None:
    """ISRG Root X1 is in certifi: its cross-sign alone is refused by naming it."""
    pytest.importorskip("certifi")
    with pytest.raises(pv.IntermediateAsAnchor) as caught:
        pv.TrustStore.from_der([le["X1_by_DST"]])
    assert caught.value.twin is not None
    assert "ISRG Root X1" in str(caught.value)


def test_every_published_root_is_a_root(le: Ders) -> None:
    """DST Root CA X3 signed itself with SHA-1: taken for the store, where it only proves whose certificate it is."""
    assert len(pv.TrustStore.from_der([le[name] for name in ("X1", "X2", "DST", "YE", "YR")])) == 5
