"""Evidence as data: what CRLs and OCSP responses say of themselves, how evidence is put together and handed over, and
what verdicts tell of it. How it is judged is in test_revocation_crl.py and test_revocation_ocsp.py."""

from __future__ import annotations

import io
import json
import pickle
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import pki
import pyvalidator as pv
import revocation_pki as rp
from pki import DAY, NOW
from pyvalidator.inspection import inspect_any, inspect_crl, inspect_ocsp
from pyvalidator.pem import split_blocks, split_pem

ROOT = pki.root("Evidence Root")
CA = ROOT.ca("Evidence CA")
OTHER = ROOT.ca("Other Evidence CA")
LEAF = CA.leaf("gw", dns=["gw.example"])
GOOD_LEAF = CA.leaf("good", dns=["good.example"], serial=4711)

CLEAN = rp.crl(CA)
LISTED = rp.crl(CA, [rp.entry(LEAF, reason=1, invalid_at=rp.REVOKED_AT - DAY)], number=7)
ROOT_CLEAN = rp.crl(ROOT)
STALE = rp.crl(CA, this_update=NOW - 3 * DAY, next_update=NOW - DAY)
GOOD = rp.ocsp(CA, LEAF)
REVOKED = rp.ocsp(CA, LEAF, status=rp.REVOKED, reason=4, by_key=False)
JUNK = b"\x30\x03\x02\x01"
SPOILED = rp.crl(CA, raw_entries=b"\x02\x01\x01")

ASKED = pv.Revocation()
OF_LEAF = pv.Revocation(scope=pv.RevocationScope.LEAF)


def validator(revocation: pv.Revocation | None = OF_LEAF, **policy: Any) -> pv.Validator:
    return pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device(revocation=revocation, **policy))


def check(evidence: pv.Evidence | None, revocation: pv.Revocation | None = OF_LEAF, **policy: Any) -> pv.Verdict:
    return validator(revocation, **policy).check([LEAF.der, CA.der], pv.AnySubject(), NOW, evidence)


# --- CRLs


def test_a_crl_without_entries_is_still_one() -> None:
    crl = pv.RevocationList.from_der(CLEAN)
    assert len(crl) == 0
    assert crl  # what is empty is no less evidence
    assert list(crl) == []
    assert crl.find(pv.Certificate(LEAF.der)) is None
    assert str(crl) == "CRL of CN=Evidence CA of 2026-05-31"


def test_equality_hashes_and_pickles() -> None:
    one, same, other = (pv.RevocationList(each) for each in (LISTED, bytes(bytearray(LISTED)), CLEAN))
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != "a CRL"
    assert pickle.loads(pickle.dumps(one)) == one
    response = pv.OcspResponse(GOOD)
    assert pickle.loads(pickle.dumps(response)) == response != pv.OcspResponse(REVOKED)
    evidence = pv.Evidence(crls=one, ocsp=response, certificates=CA.der)
    assert pickle.loads(pickle.dumps(evidence)) == evidence
    assert hash(pickle.loads(pickle.dumps(evidence))) == hash(evidence)
    assert evidence != pv.Evidence(crls=one, ocsp=response)


def test_it_keeps_its_own_bytes() -> None:
    given = bytearray(LISTED)
    crl = pv.RevocationList(bytes(given))
    given[:] = bytes(len(given))
    assert crl.der == LISTED


def test_an_entry_is_found_with_all_that_it_says() -> None:
    crl = pv.RevocationList(LISTED)
    entry = crl.find(pv.Certificate(LEAF.der))
    assert entry == pv.RevokedEntry(
        LEAF.plan.serial, rp.REVOKED_AT, pv.RevocationReason.KEY_COMPROMISE, rp.REVOKED_AT - DAY
    )
    assert list(crl) == [entry]
    assert crl.find(pv.Certificate(GOOD_LEAF.der)) is None
    with pytest.raises(TypeError, match="Certificate"):
        crl.find(LEAF.der)  # type: ignore[arg-type]
    with pytest.raises(pv.UnreadableCertificate):
        crl.find(pv.Certificate(JUNK))


def test_entries_of_other_issuers() -> None:
    entries = [
        rp.Entry(serial=1),
        rp.Entry(serial=2, issuer=OTHER.plan.subject),
        rp.Entry(serial=LEAF.plan.serial),
    ]
    crl = pv.RevocationList(rp.crl(CA, entries, idp=rp.idp(indirect=True)))
    assert [each.issuer for each in crl] == [None, "CN=Other Evidence CA", "CN=Other Evidence CA"]
    assert crl.find(pv.Certificate(LEAF.der)) is None
    stranger = OTHER.leaf("x", serial=2)
    found = crl.find(pv.Certificate(stranger.der))
    assert found is not None
    assert found.issuer == "CN=Other Evidence CA"


def test_any_offset_may_be_asked_for() -> None:
    """A verdict points to an entry by its byte; whatever else is asked never reads outside of the entries."""
    crl = pv.RevocationList(LISTED)
    begins = [offset for offset in range(-2, len(LISTED) + 2) if crl.entry_at(offset) == next(iter(crl))]
    assert len(begins) == 1
    response = pv.OcspResponse(GOOD)
    begins = [offset for offset in range(-2, len(GOOD) + 2) if response.single_at(offset) is not None]
    assert len(begins) == 1
    assert pv.RevocationList(CLEAN).entry_at(0) is None


@pytest.mark.parametrize("kind", [pv.RevocationList.from_der, pv.OcspResponse.from_der])
def test_every_truncation_is_unreadable(kind: Any) -> None:
    whole = LISTED if kind == pv.RevocationList.from_der else GOOD
    for size in range(len(whole)):
        with pytest.raises(pv.UnreadableEvidence) as caught:
            kind(whole[:size])
        assert 0 <= caught.value.offset <= size


@pytest.mark.parametrize("kind", [pv.RevocationList, pv.OcspResponse])
@pytest.mark.parametrize("wrong", [None, "text", bytearray(b"0"), 7, [CLEAN]])
def test_only_bytes_are_read(kind: Any, wrong: Any) -> None:
    with pytest.raises(TypeError):
        kind(wrong)


def test_an_error_tells_all_and_travels() -> None:
    with pytest.raises(pv.UnreadableEvidence) as caught:
        pv.RevocationList.from_der(LISTED + b"\0")
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.reason is pv.Reason.DER_TRAILING
    assert error.field is pv.Field.CERTIFICATE_LIST
    assert (error.offset, error.kind, error.entry) == (len(LISTED), "CRL", 0)
    for part in ("the CRL cannot be read", "CertificateList", f"byte {len(LISTED)}", "(X.690 8.1)", "to mend it:"):
        assert part in str(error)
    assert isinstance(error, pv.PyvalidatorError)
    assert isinstance(error, ValueError)
    with pytest.raises(pv.UnreadableEvidence, match="the OCSP response cannot be read") as caught:
        pv.OcspResponse.from_der(LISTED)
    assert "certificate" not in caught.value.mend


# --- OCSP responses


def test_responses_in_words() -> None:
    by_key, by_name = pv.OcspResponse(GOOD), pv.OcspResponse(REVOKED)
    key_hash = by_key.responder
    assert str(by_key) == f"OCSP response of key {key_hash} of 2026-05-31"
    assert bytes.fromhex(key_hash) == by_key.fields.responder
    assert str(by_name) == "OCSP response of CN=Evidence CA of 2026-05-31"
    [single] = by_name.singles
    assert (single.status, single.reason) == (pv.CertificateStatus.REVOKED, pv.RevocationReason.SUPERSEDED)
    assert single.revoked_at == rp.REVOKED_AT
    [single] = by_key.singles
    assert (single.revoked_at, single.reason) == (None, None)
    refusal = pv.OcspResponse(rp.ocsp(CA, LEAF, response_status=rp.TRY_LATER))
    assert refusal.status is pv.OcspStatus.TRY_LATER
    assert (refusal.produced_at, refusal.responder, refusal.singles, refusal.certificates) == (None, "", (), ())
    assert str(refusal) == "OCSP response try later"


def test_reasons_in_words() -> None:
    told = {each.text for each in pv.RevocationReason}
    assert {"key compromise", "CA compromise", "unspecified", "certificate hold", "remove from crl"} <= told


# --- PEM


def test_pem_holds_one_kind_only() -> None:
    both = rp.pem("X509 CRL", CLEAN) + rp.pem("CERTIFICATE", CA.der)
    with pytest.raises(pv.PemError, match="CERTIFICATE is no X509 CRL; leave it out"):
        pv.RevocationList.from_pem(both)
    with pytest.raises(pv.PemError, match="X509 CRL is no CERTIFICATE"):
        split_pem(both)
    assert split_blocks(both, ("CERTIFICATE", "X509 CRL")) == [("X509 CRL", CLEAN), ("CERTIFICATE", CA.der)]
    crossed = rp.pem("X509 CRL", CLEAN).replace(b"END X509 CRL", b"END CERTIFICATE")
    with pytest.raises(pv.PemError, match="is X509 CRL, and ends as CERTIFICATE"):
        split_blocks(crossed, ("CERTIFICATE", "X509 CRL"))
    with pytest.raises(pv.PemError, match="BEGIN X509 CRL"):
        pv.RevocationList.from_pem(b"nothing")


def test_the_block_that_cannot_be_read_is_named() -> None:
    with pytest.raises(pv.UnreadableEvidence, match="CRL 2 cannot be read") as caught:
        pv.RevocationList.from_pem(rp.pem("X509 CRL", CLEAN, JUNK))
    assert caught.value.entry == 2


def test_files(tmp_path: Path) -> None:
    (tmp_path / "one.crl").write_bytes(LISTED)
    (tmp_path / "all.pem").write_bytes(b"Two lists:\n" + rp.pem("X509 CRL", CLEAN, LISTED))
    assert [each.der for each in pv.RevocationList.from_file(tmp_path / "one.crl")] == [LISTED]
    assert [each.der for each in pv.RevocationList.from_file(str(tmp_path / "all.pem"))] == [CLEAN, LISTED]
    with pytest.raises(FileNotFoundError):
        pv.RevocationList.from_file(tmp_path / "none.crl")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(pv.UnreadableEvidence):
        pv.RevocationList.from_file(tmp_path / "empty")


# --- Putting evidence together


def test_every_form_is_taken() -> None:
    lists, response = pv.RevocationList.from_pem(rp.pem("X509 CRL", CLEAN, ROOT_CLEAN)), pv.OcspResponse(GOOD)
    pem = rp.pem("X509 CRL", CLEAN, ROOT_CLEAN)
    for crls in (lists, [lists], [*lists], iter(lists), pem, [pem], [CLEAN, ROOT_CLEAN], [[CLEAN], (lists[1],)]):
        assert pv.Evidence(crls=crls).crls == lists
    for ocsp in (response, GOOD, [GOOD], [[response]]):
        assert pv.Evidence(ocsp=ocsp).ocsp == (response,)
    for certificates in (CA.der, pv.Certificate(CA.der), [CA.der], CA.pem, [pv.Certificate.from_pem(CA.pem)]):
        assert [each.der for each in pv.Evidence(certificates=certificates).certificates] == [CA.der]
    empty = pv.Evidence()
    assert (empty.crls, empty.ocsp, empty.certificates) == ((), (), ())
    assert repr(pv.Evidence(crls=lists)) == "<Evidence: 2 CRLs, 0 OCSP responses, 0 certificates>"


@pytest.mark.parametrize("option", ["crls", "ocsp", "certificates"])
@pytest.mark.parametrize("wrong", [None, "text", 7, [None], ["text"], [[[CLEAN]]], bytearray(b"x"), [bytearray(b"x")]])
def test_nothing_else_is_taken(option: str, wrong: Any) -> None:
    with pytest.raises(TypeError, match=option):
        pv.Evidence(**{option: wrong})


@pytest.mark.parametrize("option", ["crls", "ocsp", "certificates"])
@pytest.mark.parametrize("junk", [JUNK, b"", b"junk", [SPOILED]])
def test_what_cannot_be_read_raises(option: str, junk: Any) -> None:
    with pytest.raises(pv.UnreadableEvidence):
        pv.Evidence(**{option: junk})


def test_positional_and_changed_evidence() -> None:
    with pytest.raises(TypeError):
        pv.Evidence([CLEAN])  # type: ignore[misc]
    for held, name in ((pv.Evidence(), "crls"), (pv.RevocationList(CLEAN), "issuer"), (pv.OcspResponse(GOOD), "der")):
        with pytest.raises(AttributeError):
            setattr(held, name, ())
    entry = pv.RevokedEntry(1, NOW, pv.RevocationReason.UNSPECIFIED)
    with pytest.raises((FrozenInstanceError, AttributeError)):
        entry.serial = 2  # type: ignore[misc]


def test_signers_by_position() -> None:
    """Those given, then those inside of responses, as the core counts them."""
    responder = rp.responder(CA)
    evidence = pv.Evidence(ocsp=[GOOD, rp.ocsp(CA, LEAF, responder=responder)], certificates=[OTHER.der])
    found = [evidence.signer(position) for position in range(3)]
    assert [None if each is None else each.der for each in found] == [OTHER.der, responder.der, None]
    assert evidence.signer(-1) is None


# --- The policy that asks


@pytest.mark.parametrize(
    ("option", "wrong", "error"),
    [
        ("scope", "chain", TypeError),
        ("scope", 2, TypeError),
        ("missing", False, TypeError),
        ("sources", (), pv.PolicyError),
        ("sources", "CRL", TypeError),
        ("sources", [1], TypeError),
        ("sources", pv.RevocationSource.CRL, TypeError),
        ("max_age", -timedelta(seconds=1), pv.PolicyError),
        ("max_age", timedelta(days=3654), pv.PolicyError),
        ("max_age", 3600, TypeError),
        ("leeway", -timedelta(microseconds=1), pv.PolicyError),
        ("leeway", timedelta(days=1, seconds=1), pv.PolicyError),
        ("leeway", None, TypeError),
    ],
)
def test_what_cannot_work(option: str, wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=option):
        pv.Revocation(**{option: wrong})


def test_the_strictest_is_the_default() -> None:
    assert pv.Policy.device().revocation is None
    assert (
        pv.Revocation(
            scope=pv.RevocationScope.CHAIN,
            sources=frozenset({pv.RevocationSource.CRL, pv.RevocationSource.OCSP}),
            missing=pv.MissingEvidence.REFUSE,
            max_age=None,
            leeway=timedelta(minutes=5),
        )
        == ASKED
    )
    assert pv.Revocation(sources=[pv.RevocationSource.OCSP]).sources == frozenset({pv.RevocationSource.OCSP})  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        ASKED.missing = pv.MissingEvidence.NOTE  # type: ignore[misc]


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (timedelta(0), pv.Outcome.REFUSED),  # one second, and never "no limit"
        (timedelta(microseconds=1), pv.Outcome.REFUSED),
        (DAY - timedelta(seconds=1), pv.Outcome.REFUSED),
        (DAY - timedelta(microseconds=1), pv.Outcome.TRUSTED),  # rounded up
        (DAY, pv.Outcome.TRUSTED),
        (timedelta(days=3653), pv.Outcome.TRUSTED),
    ],
)
def test_max_age_in_whole_seconds(age: timedelta, outcome: pv.Outcome) -> None:
    asked = pv.Revocation(scope=pv.RevocationScope.LEAF, max_age=age)
    assert check(pv.Evidence(crls=CLEAN), asked).outcome is outcome


# --- Handing it over


def test_evidence_that_would_be_ignored_is_an_error() -> None:
    plain, evidence = validator(None), pv.Evidence(crls=LISTED)
    chain = [LEAF.der, CA.der]
    for ask in (plain.check, plain.verify, plain.paths):
        with pytest.raises(pv.PolicyError, match="does not ask about revocation") as caught:
            ask(chain, pv.AnySubject(), NOW, evidence)
        assert caught.value.option == "evidence"
    with pytest.raises(pv.PolicyError, match="evidence"):
        plain.check_many([pv.Request(chain, pv.AnySubject()), pv.Request(chain, pv.AnySubject(), evidence)])


@pytest.mark.parametrize("wrong", [(), [CLEAN], CLEAN, pv.RevocationList(CLEAN), False, 0])
def test_evidence_is_an_evidence(wrong: Any) -> None:
    ask = validator()
    for call in (ask.check, ask.verify, ask.paths):
        with pytest.raises(TypeError, match="evidence"):
            call([LEAF.der, CA.der], pv.AnySubject(), NOW, wrong)
    with pytest.raises(TypeError, match="evidence"):
        pv.Request([LEAF.der], pv.AnySubject(), wrong)


BATCHES: Sequence[Sequence[bytes | None]] = [
    [None, None],
    [CLEAN, CLEAN, CLEAN],
    [CLEAN],
    [None],
    [CLEAN, LISTED, None, CLEAN],
    [None, LISTED],
    [],
]


@pytest.mark.parametrize("ders", BATCHES)
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("hooks", [(), (lambda _: None,)])
def test_each_request_has_its_own(ders: Sequence[bytes | None], workers: int, hooks: Any) -> None:
    made = {der: pv.Evidence(crls=der) for der in ders if der is not None}
    given = [None if der is None else made[der] for der in ders]
    chain = [LEAF.der, CA.der]
    requests = [pv.Request(chain, pv.AnySubject(), each) for each in given]
    ask = validator(hooks=hooks)
    verdicts = ask.check_many(requests, NOW, workers)
    wanted = [{None: "REVOCATION_UNKNOWN", CLEAN: "OK", LISTED: "REVOKED"}[der] for der in ders]
    assert [each.reason.name for each in verdicts] == wanted
    assert [ask.check(chain, pv.AnySubject(), NOW, each).reason.name for each in given] == wanted
    assert [each.evidence for each in verdicts] == given


def test_unreadable_chains_between_do_not_shift_evidence() -> None:
    clean, listed = pv.Evidence(crls=CLEAN), pv.Evidence(crls=LISTED)
    chain = [LEAF.der, CA.der]
    requests = [
        pv.Request(chain, pv.AnySubject(), listed),
        pv.Request([], pv.AnySubject(), clean),
        pv.Request(chain, pv.AnySubject(), clean),
        pv.Request("no chain", pv.AnySubject()),  # type: ignore[arg-type]
        pv.Request(chain, pv.AnySubject(), listed),
    ]
    told = [each.reason.name for each in validator().check_many(requests, NOW)]
    assert told == ["REVOKED", "INPUT_UNREADABLE", "OK", "INPUT_UNREADABLE", "REVOKED"]


def test_paths_and_hooks_ask_as_well() -> None:
    seen: list[pv.FoundPath] = []

    def hook(path: pv.FoundPath) -> None:
        seen.append(path)

    revoked = check(pv.Evidence(crls=LISTED), hooks=(hook,))
    assert revoked.reason is pv.Reason.REVOKED
    assert not seen  # what is revoked is not shown to hooks
    assert check(pv.Evidence(crls=CLEAN), hooks=(hook,)).outcome is pv.Outcome.TRUSTED
    assert len(seen) == 1
    found = validator().paths([LEAF.der, CA.der], pv.AnySubject(), NOW, pv.Evidence(crls=LISTED))
    assert (len(found), found.complete) == (0, True)
    assert len(validator().paths([LEAF.der, CA.der], pv.AnySubject(), NOW, pv.Evidence(crls=CLEAN))) == 1


def test_it_is_shared_by_threads_and_outlives_who_made_it() -> None:
    def make() -> pv.Evidence:
        return pv.Evidence(crls=[pv.RevocationList(LISTED)], ocsp=[pv.OcspResponse(GOOD)])

    evidence, ask = make(), validator()

    def run(_: int) -> str:
        assert len(evidence.crls[0]) == 1
        return ask.check([LEAF.der, CA.der], pv.AnySubject(), NOW, evidence).reason.name

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(run, range(200))) == {"REVOKED"}
    verdict = ask.check([LEAF.der, CA.der], pv.AnySubject(), NOW, make())
    assert "says the CRL of CN=Evidence CA" in verdict.explain()


# --- What is told


def test_a_revoked_certificate_in_words() -> None:
    verdict = check(pv.Evidence(crls=LISTED))
    nearest = verdict.nearest
    assert nearest.reason is pv.Reason.REVOKED
    assert nearest.certificate == pv.Certificate(LEAF.der)
    assert nearest.evidence is None
    assert nearest.revocation is not None
    assert (nearest.revocation.by, nearest.revocation.source) == ("CN=Evidence CA", pv.RevocationList(LISTED))
    told = "revoked at 2026-05-02T00:00:00Z for key compromise (its key is in doubt since 2026-05-01T00:00:00Z), "
    assert f"{told}says the CRL of CN=Evidence CA of 2026-05-31" in nearest.text
    assert [each.reason for each in verdict.rejections] == [pv.Reason.REVOKED]
    by_ocsp = check(pv.Evidence(ocsp=REVOKED)).nearest.revocation
    assert by_ocsp is not None
    assert by_ocsp.by == pv.OcspResponse(REVOKED).responder
    assert str(by_ocsp) == (
        "revoked at 2026-05-02T00:00:00Z for superseded, says the OCSP response of CN=Evidence CA of 2026-05-31"
    )


def test_why_nothing_is_known_in_words() -> None:
    verdict = check(pv.Evidence(crls=[STALE, ROOT_CLEAN]))
    [stale] = [each for each in verdict.rejections if each.evidence is not None]
    assert stale.reason is pv.Reason.EVIDENCE_STALE
    assert stale.evidence == pv.RevocationList(STALE)
    assert (stale.certificate, stale.position) == (pv.Certificate(LEAF.der), None)
    assert "thisUpdate 2026-05-29T00:00:00Z, nextUpdate 2026-05-31T00:00:00Z, judged at 2026-06-01" in stale.text
    assert stale.who == "CRL of CN=Evidence CA of 2026-05-29"
    nearest = verdict.nearest
    assert "the CRL of CN=Evidence CA of 2026-05-29 tells nothing of it: its nextUpdate has passed" in nearest.text
    assert nearest.mend.startswith("fetch the current one; hand in a current CRL of CN=Evidence CA")
    lines = verdict.explain().splitlines()
    [certificate] = [number for number, line in enumerate(lines) if line.startswith("    x CN=gw")]
    assert lines[certificate + 1].startswith("        tells nothing of it: CRL of CN=Evidence CA of 2026-05-29")
    assert "no CRL and no OCSP response was handed in" in check(None).nearest.text
    assert "of 1 CRL and 0 OCSP responses at hand none is on" in check(pv.Evidence(crls=ROOT_CLEAN)).nearest.text
    assert check(None).explain().splitlines()[1].endswith("revocation LEAF")


def test_where_to_get_more() -> None:
    leaf = LEAF.same(extensions=[rp.points(rp.point(full=[rp.uri("http://crl.example/1")]))])
    verdict = validator().check([leaf.der, CA.der], pv.AnySubject(), NOW)
    assert "which it says is at http://crl.example/1" in verdict.nearest.mend


def test_a_forged_crl_is_not_told_as_a_forged_certificate() -> None:
    verdict = check(pv.Evidence(crls=rp.flipped(CLEAN)))
    assert verdict.reason is pv.Reason.REVOCATION_UNKNOWN
    assert "the certificate was altered" not in verdict.explain()


def test_notes_of_what_nothing_spoke_of() -> None:
    verdict = check(None, pv.Revocation(missing=pv.MissingEvidence.NOTE))
    assert verdict.outcome is pv.Outcome.TRUSTED
    assert [(each.certificate.der, each.reason) for each in verdict.notes] == [
        (LEAF.der, pv.Reason.REVOCATION_UNKNOWN),
        (CA.der, pv.Reason.REVOCATION_UNKNOWN),
    ]
    assert "note: CN=gw: no evidence at hand" in verdict.explain()
    assert not check(None, None).notes


def test_as_plain_data() -> None:
    told = json.loads(json.dumps(check(pv.Evidence(crls=LISTED)).to_dict()))
    assert told["revocation"] == {"scope": "LEAF", "sources": ["CRL", "OCSP"], "missing": "REFUSE"}
    [rejection] = told["rejections"]
    source = {"kind": "CRL", "by": "CN=Evidence CA", "of": "2026-05-31T00:00:00Z"}
    source["sha256"] = pv.RevocationList(LISTED).fingerprint_sha256
    assert rejection["revocation"] == {
        "revoked_at": "2026-05-02T00:00:00Z",
        "reason": "KEY_COMPROMISE",
        "invalid_at": "2026-05-01T00:00:00Z",
        "by": "CN=Evidence CA",
        "source": source,
    }
    told = json.loads(json.dumps(check(pv.Evidence(crls=STALE)).to_dict()))
    assert [each["evidence"] and each["evidence"]["kind"] for each in told["rejections"]] == ["CRL", None]
    [step] = [each for each in _walk(told["steps"]) if "evidence" in each]
    assert [each["rejection"] for each in step["evidence"]] == ["EVIDENCE_STALE"]
    assert check(None, None).to_dict()["revocation"] is None


def _walk(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for step in steps for each in (step, *_walk(step.get("steps", [])))]


# --- Inspecting


def test_inspect_crls() -> None:
    many = rp.crl(CA, raw_entries=rp.many_entries(30), idp=rp.idp(only_user=True), next_update=None)
    shown = inspect_crl(many, at=NOW)
    told = json.loads(json.dumps(shown.to_dict()))
    assert (told["kind"], told["num_entries"], len(told["entries"])) == ("CRL", 30, 20)
    assert (told["issuer"], told["currency"], told["next_update"]) == ("CN=Evidence CA", "without nextUpdate", None)
    names = {each["name"]: each["facts"] for each in told["extensions"]}
    assert names["issuingDistributionPoint"] == ["end entities' certificates only"]
    assert names["cRLNumber"] == ["1"]
    assert told["signature_algorithm"] == "ECDSA_SHA256"
    for extension in shown.extensions:
        assert many[extension.offset] == 0x30
    assert inspect_crl(STALE, at=NOW).to_dict()["currency"] == "stale"
    odd = inspect_crl(rp.crl(CA, extensions=[rp.unknown_extension(critical=True)]), at=NOW)
    assert odd.to_dict()["unusable"] == "EVIDENCE_CRITICAL"


def test_inspect_ocsp_responses() -> None:
    responder = rp.responder(CA)
    told = inspect_ocsp(rp.ocsp(CA, LEAF, responder=responder, extensions=[rp.NONCE], by_key=False), at=NOW).to_dict()
    assert (told["kind"], told["status"], told["responder"]) == ("OCSP response", "SUCCESSFUL", "CN=OCSP responder")
    assert [each["name"] for each in told["extensions"]] == ["ocspNonce"]
    assert [each["subject"] for each in told["certificates"]] == ["CN=OCSP responder"]
    [single] = told["singles"]
    assert (single["status"], single["currency"]) == ("GOOD", "current")
    refusal = inspect_ocsp(rp.ocsp(CA, LEAF, response_status=rp.UNAUTHORIZED)).to_dict()
    assert (refusal["status"], refusal["singles"], refusal["produced_at"]) == ("UNAUTHORIZED", [], None)


@pytest.mark.parametrize(
    ("der", "kind"),
    [(LEAF.der, "certificate"), (LISTED, "CRL"), (GOOD, "OCSP response"), (SPOILED, "CRL"), (b"", "certificate")],
)
def test_the_kind_is_found_out(der: bytes, kind: str) -> None:
    assert inspect_any(der).to_dict()["kind"] == kind


# --- The command line


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    pytest.importorskip("typer", reason="the extra [cli] is not installed")
    from pyvalidator.cli import main

    for name, data in {
        "chain.pem": pki.pem(LEAF.der, CA.der),
        "root.pem": ROOT.pem,
        "clean.crl": CLEAN,
        "listed.crl": LISTED,
        "all.pem": rp.pem("X509 CRL", CLEAN, ROOT_CLEAN),
        "good.ocsp": GOOD,
        "mixed.pem": pki.pem(LEAF.der) + rp.pem("X509 CRL", LISTED) + rp.pem("OCSP RESPONSE", GOOD),
        "junk.crl": JUNK,
    }.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pyvalidator", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


VERIFY = (
    "verify",
    "chain.pem",
    "--roots",
    "root.pem",
    "--any-subject",
    "--purpose",
    "any",
    "--at",
    "2026-06-01T00:00:00Z",
)


@pytest.mark.parametrize(
    ("options", "code", "part"),
    [
        ((), 0, "TRUSTED"),
        (("--crl", "clean.crl"), 3, "CN=Evidence CA"),  # chain: nothing speaks of the intermediate
        (("--crl", "all.pem"), 0, "revocation chain"),
        (("--crl", "clean.crl", "--require-revocation", "leaf"), 0, "revocation leaf"),
        (("--ocsp", "good.ocsp", "--require-revocation", "leaf"), 0, "TRUSTED"),
        (("--crl", "listed.crl", "--ocsp", "good.ocsp", "--require-revocation", "leaf"), 3, "for key compromise"),
        (("--require-revocation", "leaf"), 3, "REVOCATION_UNKNOWN"),
        (("--require-revocation", "chain"), 3, "no CRL and no OCSP response was handed in"),
    ],
)
def test_verify(run: Any, options: tuple[str, ...], code: int, part: str) -> None:
    ended, out, err = run(*VERIFY, *options)
    assert (ended, err) == (code, "")
    assert part in out


def test_verify_names_files_that_cannot_be_read(run: Any) -> None:
    for options, problem in (
        (("--crl", "junk.crl"), "junk.crl: the CRL cannot be read"),
        (("--ocsp", "clean.crl"), "clean.crl: the OCSP response cannot be read"),
        (("--crl", "none.crl"), "none.crl: cannot be read"),
        (("--crl", "chain.pem"), "chain.pem: line 1: a block of CERTIFICATE is no X509 CRL"),
    ):
        code, out, err = run(*VERIFY, *options)
        assert (code, out) == (5, "")
        assert problem in err
    assert run(*VERIFY, "--require-revocation", "root")[0] == 2


def test_verify_as_json(run: Any) -> None:
    answer = json.loads(run(*VERIFY, "--crl", "all.pem", "--ocsp", "good.ocsp", "--json")[1])
    assert answer["revocation"]["scope"] == "CHAIN"
    assert (answer["inputs"]["crls"], answer["inputs"]["ocsp"]) == (["all.pem"], ["good.ocsp"])


def test_inspect(run: Any) -> None:
    code, out, err = run("inspect", "mixed.pem", "listed.crl", "good.ocsp")
    assert (code, err) == (0, "")
    for part in ("CRL of CN=Evidence CA of 2026-05-31", "key compromise", "in doubt since", "GOOD", "number: 7"):
        assert part in out
    kinds = [each["kind"] for each in json.loads(run("inspect", "mixed.pem", "listed.crl", "--json")[1])]
    assert kinds == ["certificate", "CRL", "OCSP response", "CRL"]
    code, out, _ = run("inspect", "junk.crl")
    assert code == 5
    assert "DER_TRUNCATED" in out
