"""Chains that public servers sent, from the x509-limbo suite: each is trusted at its own time, from its own root.

The certificates are not part of the project: PYVALIDATOR_DATA names the folder that holds limbo-open.json.xz
(github.com/C2SP/x509-limbo).
"""

from __future__ import annotations

import itertools
import json
import lzma
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import pyvalidator as pv

FILE = "limbo-open.json.xz"


@dataclass(frozen=True, slots=True)
class OnlineCase:
    """One server's chain."""

    id: str
    anchors: list[bytes]
    leaf: bytes
    intermediates: list[bytes]
    host: str
    at: datetime

    @property
    def validator(self) -> pv.Validator:
        policy = pv.Policy(profile=pv.Profile.DEVICE, purpose=pv.Purpose.SERVER_AUTH)
        return pv.Validator(pv.TrustStore.from_der(self.anchors), policy)


def to_der(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def to_case(raw: dict[str, Any]) -> OnlineCase:
    return OnlineCase(
        id=raw["id"],
        anchors=[to_der(pem) for pem in raw["trusted_certs"]],
        leaf=to_der(raw["peer_certificate"]),
        intermediates=[to_der(pem) for pem in raw["untrusted_intermediates"]],
        host=raw["expected_peer_name"]["value"],
        at=datetime.fromisoformat(raw["validation_time"]),
    )


@pytest.fixture(scope="module")
def cases(data_dir: Path) -> list[OnlineCase]:
    path = data_dir / FILE
    if not path.exists():
        pytest.skip(f"{path} is missing; the public source is github.com/C2SP/x509-limbo")
    with lzma.open(path) as file:
        raw_cases = json.load(file)["testcases"]
    found = [to_case(raw) for raw in raw_cases if raw["id"].startswith("online::")]
    assert len(found) >= 9
    return found


def issuer_is_anchor(case: OnlineCase) -> bool:
    """Whether some anchor issued the leaf itself."""
    subjects = {x509.load_der_x509_certificate(der).subject for der in case.anchors}
    return x509.load_der_x509_certificate(case.leaf).issuer in subjects


def test_trusted_in_any_order(cases: list[OnlineCase]) -> None:
    for case in cases:
        for order in itertools.permutations(case.intermediates):
            verdict = case.validator.check([case.leaf, *order], pv.DNSName(case.host), at=case.at)
            assert verdict.outcome is pv.Outcome.TRUSTED, f"{case.id}: {verdict.explain()}"
            assert verdict.path[0].der == case.leaf


def test_wrong_name_is_refused(cases: list[OnlineCase]) -> None:
    for case in cases:
        chain = [case.leaf, *case.intermediates]
        verdict = case.validator.check(chain, pv.DNSName("gw.example"), at=case.at)
        assert verdict.outcome is pv.Outcome.REFUSED, case.id
        assert verdict.reason.name == "SUBJECT_MISMATCH", f"{case.id}: {verdict.explain()}"


def test_without_intermediates_is_refused(cases: list[OnlineCase]) -> None:
    needing = [case for case in cases if not issuer_is_anchor(case)]
    assert needing
    for case in needing:
        verdict = case.validator.check([case.leaf], pv.DNSName(case.host), at=case.at)
        assert verdict.outcome is pv.Outcome.REFUSED, case.id
        assert verdict.reason.name == "NO_ISSUER", f"{case.id}: {verdict.explain()}"


def test_another_case_s_root_does_not_do(cases: list[OnlineCase]) -> None:
    """Each chain ends at its own roots only (some servers share one)."""
    for case, other in itertools.permutations(cases, 2):
        if set(case.anchors) & set(other.anchors):
            continue
        chain = [case.leaf, *case.intermediates]
        policy = pv.Policy(profile=pv.Profile.DEVICE, purpose=pv.Purpose.SERVER_AUTH)
        verdict = pv.Validator(pv.TrustStore.from_der(other.anchors), policy).check(
            chain, pv.DNSName(case.host), at=case.at
        )
        if verdict.outcome is pv.Outcome.TRUSTED:
            assert shares_a_key(case, other, verdict), f"{case.id} under the roots of {other.id}"


def shares_a_key(case: OnlineCase, other: OnlineCase, verdict: pv.Verdict) -> bool:
    """Whether the path ends at a key that really signed its last certificate: a cross-sign that the server sent."""
    last = x509.load_der_x509_certificate(verdict.path[-1].der)
    for der in other.anchors:
        anchor = x509.load_der_x509_certificate(der)
        if anchor.subject == last.issuer:
            last.verify_directly_issued_by(anchor)
            return True
    return False
