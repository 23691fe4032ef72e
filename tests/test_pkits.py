"""NIST's PKITS: all of its cases, with their CRLs, DSA, and the policy sets that they expect."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import pyvalidator as pv

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

import pkits_harness as harness

#: Why an invalid case of a section must be refused: a case that fails for something else was not understood.
REASONS = {
    # The spoiled DSA signature is no whole number of octets.
    "4.1": {"SIGNATURE_BAD", "NO_ISSUER", "DER_BIT_STRING"},
    "4.2": {"EXPIRED", "NOT_YET_VALID"},
    "4.3": {"NO_ISSUER"},
    "4.4": {"REVOKED", "REVOCATION_UNKNOWN"},
    # 4.5.8's CRL signing key has a certificate with neither basicConstraints nor keyCertSign: either names the fault.
    "4.5": {"REVOKED", "NO_CERT_SIGN", "NOT_A_CA"},
    "4.6": {"NOT_A_CA", "PATH_LEN_EXCEEDED"},
    "4.7": {"NO_CERT_SIGN", "REVOCATION_UNKNOWN"},
    "4.8": {"POLICY_REQUIRED"},
    "4.9": {"POLICY_REQUIRED"},
    "4.10": {"POLICY_REQUIRED", "POLICY_MAPPING_ANY"},
    "4.11": {"POLICY_REQUIRED"},
    "4.12": {"POLICY_REQUIRED"},
    "4.13": {"NC_NOT_PERMITTED", "NC_EXCLUDED"},
    "4.14": {"REVOKED", "REVOCATION_UNKNOWN"},
    "4.15": {"REVOKED", "REVOCATION_UNKNOWN"},
    "4.16": {"UNKNOWN_CRITICAL_EXTENSION"},
}

#: Of these it is not known whether they are revoked, and why the CRL at hand tells nothing; of the others that have
#: something to do with CRLs it is known that they are. "": none speaks of the certificate's issuer.
UNKNOWN = {
    "4.4.1": "", "4.4.4": "", "4.4.5": "", "4.4.6": "", "4.4.8": "EVIDENCE_CRITICAL", "4.4.9": "EVIDENCE_CRITICAL",
    "4.4.10": "EVIDENCE_CRITICAL", "4.4.11": "EVIDENCE_STALE", "4.4.12": "EVIDENCE_STALE", "4.4.21": "EVIDENCE_SIGNER",
    "4.7.4": "CRL_NO_CRL_SIGN", "4.7.5": "CRL_NO_CRL_SIGN", "4.14.3": "EVIDENCE_SCOPE", "4.14.8": "EVIDENCE_SCOPE",
    "4.14.9": "EVIDENCE_SCOPE", "4.14.11": "EVIDENCE_SCOPE", "4.14.12": "EVIDENCE_SCOPE", "4.14.14": "EVIDENCE_SCOPE",
    "4.14.17": "CRL_REASONS", "4.14.26": "", "4.14.27": "EVIDENCE_SCOPE", "4.14.35": "EVIDENCE_SCOPE",
    "4.15.1": "CRL_NO_BASE", "4.15.10": "EVIDENCE_STALE",
}  # fmt: skip


@pytest.fixture(scope="module")
def cases(data_dir: Path) -> list[dict[str, Any]]:
    file = data_dir / "pkits.json"
    if not file.is_file():
        pytest.skip("no pkits.json: the expectations of NIST PKITS (csrc.nist.gov/projects/pki-testing)")
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def read(data_dir: Path) -> harness.Read:
    wheels = sorted(data_dir.glob("cryptography_vectors-*.whl"))
    try:
        return harness.open_vectors(wheels[0] if wheels else None)
    except FileNotFoundError:
        pytest.skip("no PKITS certificates: install the package cryptography-vectors")


def test_every_case(cases: list[dict[str, Any]], read: harness.Read) -> None:
    answers = harness.answer_all(cases, read)
    wrong = [
        f"{case['section']}: {each.context}"
        for case, each in zip(cases, answers, strict=True)
        if each.result == harness.WRONG
    ]
    assert not wrong, "\n".join(wrong)
    assert len(answers) == 249
    assert {each.result for each in answers} == {harness.PASSED}


def test_what_is_refused_is_refused_for_its_own_reason(cases: list[dict[str, Any]], read: harness.Read) -> None:
    for case in cases:
        if case["should_validate"]:
            continue
        section = ".".join(case["section"].split(".")[:2])
        assert harness.verdict(case, read).reason.name in REASONS[section], case["section"]


def test_what_is_not_known_to_be_unrevoked_says_why(cases: list[dict[str, Any]], read: harness.Read) -> None:
    for case in cases:
        verdict = harness.verdict(case, read)
        assert (verdict.reason is pv.Reason.REVOCATION_UNKNOWN) == (case["section"] in UNKNOWN), case["section"]
        if case["section"] in UNKNOWN:
            told = {each.reason.name for each in verdict.rejections if each.evidence is not None} or {""}
            assert UNKNOWN[case["section"]] in told, (case["section"], told)
        elif verdict.reason is pv.Reason.REVOKED:
            revocation = verdict.nearest.revocation
            assert revocation is not None
            assert revocation.revoked_at < harness.AT


def test_policy_sets_are_compared(cases: list[dict[str, Any]], read: harness.Read) -> None:
    """The check can fail: another expected set makes a case that passed wrong."""
    case = next(each for each in cases if each["should_validate"] and each.get("SetUserConstrainedPolicySet"))
    assert harness.answer(case, read).result == harness.PASSED
    other = case | {"SetUserConstrainedPolicySet": "NIST-test-policy-9"}
    assert harness.answer(other, read).result == harness.WRONG
    assert harness.answer(case | {"should_validate": False}, read).result == harness.WRONG


def test_crls_count(cases: list[dict[str, Any]], read: harness.Read) -> None:
    """Without its CRLs no valid case is trusted."""
    for case in cases:
        if case["should_validate"]:
            assert harness.verdict(case | {"crls": []}, read).reason.name == "REVOCATION_UNKNOWN", case["section"]


def test_names_of_policies() -> None:
    assert harness.oids("") == ()
    assert harness.oids("anyPolicy") == (pv.ANY_POLICY,)
    assert harness.oids("NIST-test-policy-2,NIST-test-policy-1")[0].endswith(".48.1")
    with pytest.raises(ValueError, match="no policy"):
        harness.oids("gold")
