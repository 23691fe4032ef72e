"""x509-limbo and BetterTLS through tools/limbo_harness.py: no wrong answer in either strict profile.

Exceptions stand in limbo_exceptions.json with their reason; an unexpected success fails as well as an unexpected
failure. Needs limbo-open.json.xz in PYVALIDATOR_DATA (cases of https://github.com/C2SP/x509-limbo).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pyvalidator as pv

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import limbo_harness as harness  # noqa: E402 (a tool, not a package)

PROFILES = {"rfc5280": pv.Profile.RFC5280, "webpki": pv.Profile.WEBPKI}
EXCEPTIONS = json.loads((Path(__file__).parent / "limbo_exceptions.json").read_text())

#: Rules of the CA/Browser Forum alone: what RFC 5280 has no word on.
_BR_ALONE = ("webpki::cn::", "webpki::aki::", "webpki::eku::", "webpki::forbidden-", "webpki::san::public-suffix-")
_BR_ALONE_CASES = ("webpki::ee-basicconstraints-ca",)

#: It wants a CA certificate trusted as the target, which `webpki::ca-as-leaf` wants refused, without saying so.
_UNDECLARED = {"pathlen::validation-ignores-pathlen-in-leaf": "rfc5280"}


def applies(case: harness.Case, profile: str) -> bool:
    """Whether a case is this profile's to answer: of a conflicting pair each profile has the half of its name."""
    id_ = case["id"]
    other = "webpki" if profile == "rfc5280" else "rfc5280"
    if case["conflicts_with"] and id_.startswith(f"{other}::"):
        return False
    if _UNDECLARED.get(id_, profile) != profile:
        return False
    br_alone = id_.startswith(_BR_ALONE) or id_ in _BR_ALONE_CASES
    return not (br_alone and profile == "rfc5280")


@pytest.fixture(scope="module")
def cases(data_dir: Path) -> list[harness.Case]:
    path = data_dir / "limbo-open.json.xz"
    if not path.exists():
        pytest.skip("limbo-open.json.xz is not there: x509-limbo's cases, https://github.com/C2SP/x509-limbo")
    return harness.load(path)


def wrong(cases: list[harness.Case], profile: str) -> Iterator[str]:
    known = {each["id"]: each for each in EXCEPTIONS if profile in each["profiles"]}
    for case in cases:
        if not applies(case, profile):
            continue
        ours = harness.answer(case, PROFILES[profile])
        if ours.result == harness.SKIPPED:
            yield f"{case['id']}: skipped: {ours.context}"
            continue
        exception = known.get(case["id"])
        expected = case["expected_result"] if exception is None else exception["ours"]
        if ours.result != expected:
            yield f"{case['id']}: {ours.result}, not {expected}: {ours.context[:300]}"


@pytest.mark.parametrize("profile", PROFILES)
def test_no_wrong_answer(cases: list[harness.Case], profile: str) -> None:
    found = list(wrong(cases, profile))
    assert not found, f"{len(found)} wrong:\n" + "\n".join(found)


#: What DEVICE accepts although section 4 forbids it, because no security hangs on it, and the note that says so. What
#: the CA/Browser Forum alone forbids is no deviation there.
NOTED_BY_DEVICE = {
    "crl::crlnumber-critical": "CRL_FORM",
    "rfc5280::aki::leaf-missing-aki": "RULE_AUTHORITY_KEY_ID",
    "rfc5280::leaf-ku-keycertsign": "RULE_CERT_SIGN_NOT_CA",
    "rfc5280::nc::not-allowed-in-ee-noncritical": "RULE_NC_NOT_CA",
    "rfc5280::nc::permitted-dns-match-noncritical": "RULE_NC_NOT_CRITICAL",
    "rfc5280::pc::ica-noncritical-pc": "RULE_PC_NOT_CRITICAL",
    "rfc5280::san::noncritical-with-empty-subject": "RULE_SAN_NOT_CRITICAL",
    "rfc5280::serial::too-long": "RULE_SERIAL_TOO_LONG",
    "rfc5280::ski::intermediate-missing-ski": "RULE_SUBJECT_KEY_ID",
    "rfc5280::ski::root-missing-ski": "RULE_SUBJECT_KEY_ID",
    "webpki::malformed-aia": "EXTENSION_MALFORMED",
    "webpki::san::san-critical-with-nonempty-subject": "RULE_SAN_CRITICAL",
}


def test_what_device_accepts_it_notes(cases: list[harness.Case]) -> None:
    noted = {}
    for case in cases:
        answered = case["expected_result"] == harness.FAILURE and applies(case, "rfc5280")
        if answered and harness.answer(case, pv.Profile.DEVICE).result == harness.SUCCESS:
            noted[case["id"]] = {note.reason.name for note in harness.verdict(case, pv.Profile.DEVICE).notes}
    assert noted.keys() == NOTED_BY_DEVICE.keys()
    assert all(NOTED_BY_DEVICE[id_] in notes for id_, notes in noted.items()), noted


def test_valid_cases_are_trusted_by_device(cases: list[harness.Case]) -> None:
    designed = {each["id"] for each in EXCEPTIONS}
    for case in cases:
        if case["expected_result"] == harness.SUCCESS and case["id"] not in designed:
            ours = harness.answer(case, pv.Profile.DEVICE)
            assert ours.result != harness.FAILURE, f"{case['id']}: {ours.context}"


def test_exceptions_are_real(cases: list[harness.Case]) -> None:
    ids = {case["id"]: case for case in cases}
    for each in EXCEPTIONS:
        if each["id"] in ids:
            assert ids[each["id"]]["expected_result"] == each["expected"] != each["ours"]
        assert each["reason"]


def test_most_cases_are_asked(cases: list[harness.Case]) -> None:
    for profile in PROFILES:
        left_out = [case["id"] for case in cases if not applies(case, profile)]
        assert len(left_out) < len(cases) // 20, left_out


def test_results_have_limbos_form(cases: list[harness.Case]) -> None:
    answers = harness.run(cases[:3], "webpki", 5.0)
    written = harness.results(answers)
    assert written["version"] == 1
    results = written["results"]
    assert isinstance(results, list)
    assert [set(each) for each in results] == [{"id", "actual_result", "context"}] * 3
    assert {each["actual_result"] for each in results} <= {"SUCCESS", "FAILURE", "SKIPPED"}


def test_a_case_that_takes_too_long_is_a_failure(cases: list[harness.Case]) -> None:
    worker = harness.Worker("webpki", 0.0)
    answer = worker.answer(cases[0])
    worker.close()
    assert answer.result == harness.FAILURE
    assert "no answer" in answer.context
