"""Certificate policies (RFC 5280 6.1, RFC 9618): what is asked for, and which policies a verdict tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from cryptography import x509

import pki
import pyvalidator as pv
from pyvalidator.purposes import decode_oid, encode_oid

GOLD, SILVER, BRONZE = "2.16.840.1.55555.1", "2.16.840.1.55555.2", "1.3.6.1.4.1.55555.3"
EXPLICIT = frozenset({pv.PolicyRule.REQUIRE_EXPLICIT})


def asserting(*policies: str) -> x509.Extension[Any]:
    entries = [x509.PolicyInformation(x509.ObjectIdentifier(each), None) for each in policies]
    return pki.extension(x509.CertificatePolicies(entries))


def mapping(*pairs: tuple[str, str]) -> x509.Extension[Any]:
    entries = [pki.der(0x30, *(pki.der(6, encode_oid(each)) for each in pair)) for pair in pairs]
    return pki.raw_extension("2.5.29.33", pki.der(0x30, *entries), critical=True)


def requiring(*, explicit: int | None = None, no_mapping: int | None = None) -> x509.Extension[Any]:
    return pki.extension(x509.PolicyConstraints(explicit, no_mapping), critical=True)


ROOT = pki.root("Policies Root")


def judge(
    on_ca: Sequence[x509.Extension[Any]],
    on_leaf: Sequence[x509.Extension[Any]],
    asked: pv.CertificatePolicies | None,
    root: pki.Issued = ROOT,
    **options: Any,
) -> pv.Verdict:
    ca = root.ca("Policies CA", extensions=list(on_ca))
    leaf = ca.leaf("Policies leaf", extensions=list(on_leaf))
    validator = pv.Validator(pv.TrustStore.from_der([root.der]), pv.Policy.device(policies=asked, **options))
    return validator.check([leaf.der, ca.der], pv.AnySubject(), pki.NOW)


def asking(*acceptable: str, rules: frozenset[pv.PolicyRule] = EXPLICIT) -> pv.CertificatePolicies:
    return pv.CertificatePolicies(acceptable=acceptable or None, rules=rules)


def test_a_policy_that_is_required() -> None:
    good = judge([asserting(GOLD, SILVER)], [asserting(SILVER, BRONZE)], asking(SILVER, BRONZE))
    assert good.outcome is pv.Outcome.TRUSTED, good.explain()
    assert good.authority_policies == good.user_policies == (SILVER,)
    bad = judge([asserting(GOLD, SILVER)], [asserting(SILVER)], asking(GOLD))
    assert (bad.outcome, bad.reason) == (pv.Outcome.REFUSED, pv.Reason.POLICY_REQUIRED)
    assert bad.authority_policies == bad.user_policies == ()
    assert judge([], [asserting(GOLD)], asking()).reason is pv.Reason.POLICY_REQUIRED


def test_a_policy_that_is_not_required_is_told() -> None:
    verdict = judge([asserting(GOLD, SILVER)], [asserting(SILVER, GOLD)], None)
    assert verdict.authority_policies == verdict.user_policies == tuple(sorted((GOLD, SILVER)))
    verdict = judge([asserting(GOLD)], [asserting(GOLD)], asking(SILVER, rules=frozenset()))
    assert verdict.outcome is pv.Outcome.TRUSTED
    assert (verdict.authority_policies, verdict.user_policies) == ((GOLD,), ())
    assert verdict.to_dict()["authority_policies"] == [GOLD]
    assert verdict.to_dict()["user_policies"] == []
    assert judge([], [], None).authority_policies == ()


def test_any_policy() -> None:
    verdict = judge([asserting(pv.ANY_POLICY)], [asserting(pv.ANY_POLICY)], asking(GOLD))
    assert (verdict.authority_policies, verdict.user_policies) == ((pv.ANY_POLICY,), (GOLD,))
    verdict = judge([asserting(pv.ANY_POLICY)], [asserting(pv.ANY_POLICY)], asking())
    assert verdict.user_policies == (pv.ANY_POLICY,)
    inhibited = frozenset({pv.PolicyRule.REQUIRE_EXPLICIT, pv.PolicyRule.INHIBIT_ANY})
    verdict = judge([asserting(pv.ANY_POLICY)], [asserting(GOLD)], asking(GOLD, rules=inhibited))
    assert verdict.reason is pv.Reason.POLICY_REQUIRED


def test_mappings() -> None:
    """A policy has the name of the anchor's domain, whatever it is called below."""
    on_ca = [asserting(GOLD), mapping((GOLD, BRONZE))]
    verdict = judge(on_ca, [asserting(BRONZE)], asking(GOLD))
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
    assert verdict.user_policies == (GOLD,)
    assert judge(on_ca, [asserting(BRONZE)], asking(BRONZE)).reason is pv.Reason.POLICY_REQUIRED
    inhibited = EXPLICIT | {pv.PolicyRule.INHIBIT_MAPPING}
    assert judge(on_ca, [asserting(BRONZE)], asking(GOLD, rules=inhibited)).reason is pv.Reason.POLICY_REQUIRED


def test_a_ca_demands_a_policy() -> None:
    demand = requiring(explicit=0)
    assert judge([asserting(GOLD), demand], [asserting(GOLD)], None).outcome is pv.Outcome.TRUSTED
    assert judge([asserting(GOLD), demand], [], None).reason is pv.Reason.POLICY_REQUIRED
    verdict = judge([asserting(GOLD), demand], [asserting(GOLD)], asking(SILVER, rules=frozenset()))
    assert verdict.reason is pv.Reason.POLICY_REQUIRED


def test_an_anchor_with_policies() -> None:
    """They bound what may follow, unless the anchor is a name and a key alone."""
    root = pki.root("Bounded Root", extensions=[asserting(GOLD)])
    on_both = [asserting(GOLD, SILVER)]
    assert judge(on_both, on_both, asking(), root).user_policies == (GOLD,)
    assert judge(on_both, on_both, asking(SILVER), root).reason is pv.Reason.POLICY_REQUIRED
    free = judge(on_both, on_both, asking(SILVER), root, anchor_checks=pv.AnchorChecks.NAME_AND_KEY)
    assert free.user_policies == (SILVER,)


def test_batches_and_hooks_know_policies_too() -> None:
    ca = ROOT.ca("Policies CA", extensions=[asserting(GOLD)])
    chain = [ca.leaf("Policies leaf", extensions=[asserting(GOLD)]).der, ca.der]
    store = pv.TrustStore.from_der([ROOT.der])
    for hooks in ((), (lambda path: None,)):
        for asked, wanted in ((GOLD, (GOLD,)), (SILVER, ())):
            validator = pv.Validator(store, pv.Policy.device(policies=asking(asked), hooks=hooks))
            verdicts = validator.check_many([pv.Request(chain, pv.AnySubject())] * 3, pki.NOW)
            assert {each.user_policies for each in verdicts} == {wanted}
            assert validator.check(chain, pv.AnySubject(), pki.NOW).user_policies == wanted


def test_more_policies_than_the_first_room_takes() -> None:
    many = [f"2.16.840.1.55555.9.{number}" for number in range(200)]
    verdict = judge([asserting(*many)], [asserting(*many)], asking(), budget=pv.Budget(policy_nodes=60_000))
    assert set(verdict.user_policies) == set(many)


def test_a_spent_budget_is_undecided() -> None:
    on_both = [asserting(*(f"2.16.840.1.55555.9.{number}" for number in range(100)))]
    budget = pv.Budget(policy_nodes=100)
    verdict = judge(on_both, on_both, asking(), budget=budget)
    assert (verdict.outcome, verdict.reason) == (pv.Outcome.UNDECIDED, pv.Reason.BUDGET_POLICY_NODES)
    # where no policy is needed, none is worked out; and what cannot be told is not told
    verdict = judge(on_both, on_both, None, budget=budget)
    assert verdict.outcome is pv.Outcome.TRUSTED
    assert verdict.authority_policies == ()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"acceptable": ()}, pv.PolicyError),
        ({"acceptable": ("1",)}, pv.PolicyError),
        ({"acceptable": ("gold",)}, pv.PolicyError),
        ({"acceptable": (GOLD, "1.2.3 ")}, pv.PolicyError),
        ({"acceptable": (pv.ANY_POLICY,)}, pv.PolicyError),
        ({"acceptable": (GOLD, pv.ANY_POLICY)}, pv.PolicyError),
        ({"acceptable": [f"1.2.{number}" for number in range(1025)]}, pv.PolicyError),
        ({"acceptable": GOLD}, TypeError),
        ({"acceptable": (3,)}, TypeError),
        ({"acceptable": 3}, TypeError),
        ({"rules": pv.PolicyRule.INHIBIT_ANY}, TypeError),
        ({"rules": {2}}, TypeError),
        ({"rules": "INHIBIT_ANY"}, TypeError),
        ({"rules": None}, TypeError),
    ],
)
def test_what_cannot_be_asked(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        pv.CertificatePolicies(**options)


def test_what_is_asked_is_frozen_and_plain() -> None:
    asked = pv.CertificatePolicies(acceptable=[GOLD, SILVER, GOLD], rules={pv.PolicyRule.INHIBIT_ANY})  # type: ignore[arg-type]
    assert asked.acceptable == (GOLD, SILVER)
    assert asked == pv.CertificatePolicies(acceptable=(GOLD, SILVER), rules=frozenset({pv.PolicyRule.INHIBIT_ANY}))
    assert hash(asked)
    with pytest.raises(AttributeError):
        asked.acceptable = None  # type: ignore[misc]


@pytest.mark.parametrize("dotted", [GOLD, "0.0", "0.39.1", "1.0.0", "2.999.3", "2.5.29.32.0", f"2.{10**30}"])
def test_oids_are_read_as_they_are_written(dotted: str) -> None:
    assert decode_oid(encode_oid(dotted)) == dotted


def test_an_oid_of_any_length_can_be_shown() -> None:
    assert decode_oid(b"\x2a" + b"\x81" * 20_000 + b"\x01").startswith("1.2.0x")
