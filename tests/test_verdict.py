"""Verdicts: no truth value, every refusal explained, plain data for programs, text that is safe to print."""

from __future__ import annotations

import json

import pytest

import pki
import pyvalidator as pv
from conftest import Hierarchy

GW = pv.DNSName("gw.example")


def check(simple: Hierarchy, chain: list[bytes], subject: pv.Subject = GW, **options: object) -> pv.Verdict:
    validator = pv.Validator(pv.TrustStore.from_der([simple.root.der]), pv.Policy.tls_client(**options))
    return validator.check(chain, subject, at=pki.NOW)


def test_no_truth_value(simple: Hierarchy) -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(check(simple, simple.chain))


def test_trusted(simple: Hierarchy) -> None:
    verdict = check(simple, [*simple.chain, simple.root.der], pv.AnySubject())
    assert verdict.outcome is pv.Outcome.TRUSTED
    assert verdict.reason is pv.Reason.OK
    assert [each.der for each in verdict.path] == simple.chain
    assert verdict.anchor is not None
    assert verdict.anchor.name == "CN=Simple Root"
    assert verdict.identities == (GW, pv.IPAddress("192.0.2.7"))
    assert verdict.found is not None
    assert verdict.found.certificates == verdict.path
    assert verdict.spent.signatures == 16
    assert verdict.omitted == 0
    assert verdict.headline == "TRUSTED: CN=Simple leaf through CN=Simple Root"


def test_untrusted_gives_nothing_away(simple: Hierarchy, stranger: Hierarchy) -> None:
    verdict = check(simple, stranger.chain)
    assert verdict.path == ()
    assert verdict.anchor is None
    assert verdict.found is None
    assert verdict.identities == ()
    assert verdict.notes == ()


def test_expired_intermediate(simple: Hierarchy) -> None:
    expired = simple.ca.same(not_after=pki.NOW - pki.DAY)
    verdict = check(simple, [simple.leaf.der, expired.der])
    [rejection] = verdict.rejections
    assert rejection.reason is pv.Reason.EXPIRED
    assert rejection.field is pv.Field.NOT_AFTER
    assert rejection.certificate == pv.Certificate(expired.der)
    assert (rejection.depth, rejection.position, rejection.anchor) == (1, 1, None)
    assert rejection.clause == "RFC 5280 6.1.3 (a)(2)"
    for part in ("CN=Simple CA", "2026-05-31T00:00:00Z", "2026-06-01T00:00:00Z", "send its successor"):
        assert part in verdict.explain()


def test_missing_intermediate(simple: Hierarchy) -> None:
    verdict = check(simple, [simple.leaf.der])
    assert verdict.reason is pv.Reason.NO_ISSUER
    assert "its issuer is CN=Simple CA" in verdict.headline
    assert "send the missing intermediate" in verdict.headline


def test_wrong_name(simple: Hierarchy) -> None:
    text = check(simple, simple.chain, pv.DNSName("x.example")).headline
    assert "asked for x.example; it names gw.example, 192.0.2.7" in text


def test_many_names_are_cut(simple: Hierarchy) -> None:
    leaf = simple.ca.leaf("many", dns=[f"n{n}.example" for n in range(100)])
    text = check(simple, [leaf.der, simple.ca.der]).headline
    assert "n9.example and 90 more" in text
    assert len(text) < 800


def test_unreadable_certificates(simple: Hierarchy) -> None:
    verdict = check(simple, [simple.leaf.der[:-9], simple.ca.der])
    [rejection] = verdict.rejections
    assert rejection.reason is verdict.reason is pv.Reason.DER_TRUNCATED
    assert rejection.offset is not None
    beside = check(simple, [simple.leaf.der, b"junk", simple.ca.der])
    assert beside.outcome is pv.Outcome.TRUSTED
    assert [each.position for each in beside.rejections] == [1]
    assert "not read: unreadable certificate of 4 bytes" in beside.explain()


def test_every_refusal_is_explained(simple: Hierarchy, stranger: Hierarchy) -> None:
    cases = [stranger.chain, [simple.leaf.der], [b""], [simple.leaf.der] * 300, [simple.root.der], simple.chain[::-1]]
    for chain in cases:
        verdict = check(simple, chain, budget=pv.Budget(certificates=256))
        assert verdict.outcome is not pv.Outcome.TRUSTED
        assert verdict.rejections
        assert verdict.reason in {each.reason for each in verdict.rejections}
        for rejection in verdict.rejections:
            assert rejection.text
            assert rejection.mend
            assert rejection.who in verdict.explain()


def test_to_dict_is_plain(simple: Hierarchy, stranger: Hierarchy) -> None:
    for chain in (simple.chain, stranger.chain, [b"junk"], [simple.leaf.der] * 300):
        data = check(simple, chain).to_dict()
        assert json.loads(json.dumps(data)) == data
    assert data["outcome"] == "UNDECIDED"
    assert check(simple, simple.chain).to_dict()["path"][0]["subject"] == "CN=Simple leaf"


@pytest.mark.parametrize("text", ["a\nTRUSTED: b", "a\x1b[2Jb", "a\u202eb"])
def test_hostile_names_are_safe_to_print(simple: Hierarchy, text: str) -> None:
    leaf = pki.root(text, label="hostile").leaf(text, dns=["gw.example"])
    verdict = check(simple, [leaf.der])
    for line in verdict.explain().split("\n"):
        assert line.isprintable()
        assert not line.startswith("TRUSTED")
    assert verdict.headline.isprintable()
    assert verdict.headline.startswith("REFUSED")
    assert repr(verdict).isprintable()


def test_notes(simple: Hierarchy) -> None:
    leaf = simple.ca.leaf("usage", usage=pki.key_usage("digital_signature", "key_cert_sign"), dns=["gw.example"])
    strict = check(simple, [leaf.der, simple.ca.der], profile=pv.Profile.RFC5280)
    assert strict.outcome is pv.Outcome.REFUSED
    lenient = check(simple, [leaf.der, simple.ca.der])
    assert lenient.outcome is pv.Outcome.TRUSTED
    [note] = lenient.notes
    assert note.reason is strict.reason
    assert note.certificate.der == leaf.der
    assert f"note: {note}" in lenient.explain()


def test_long_logs_are_cut(simple: Hierarchy) -> None:
    """A wall of candidates: the log is bounded, and says what it left out."""
    wrong = [pki.root("Simple CA", label=f"wrong {n}").der for n in range(250)]
    verdict = check(simple, [simple.leaf.der, *wrong])
    assert verdict.outcome is not pv.Outcome.TRUSTED
    assert len(verdict.rejections) + verdict.omitted >= 250
    assert verdict.explain().count("\n") < 500
