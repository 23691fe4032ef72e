"""How the revocation tests ask, and what they say of an answer; the evidence comes from revocation_pki.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pki
import pyvalidator as pv

LEAF = pv.RevocationScope.LEAF
CHAIN = pv.RevocationScope.CHAIN
NOTE = pv.MissingEvidence.NOTE


def judge(
    *chain: pki.Issued,
    anchors: Iterable[pki.Issued],
    crls: Iterable[Any] = (),
    ocsp: Iterable[Any] = (),
    certificates: Iterable[pki.Issued] = (),
    scope: pv.RevocationScope = LEAF,
    at: datetime | pv.Time = pki.NOW,
    budget: pv.Budget | None = None,
    engine: pv.Engine = pv.Engine.AUTO,
    pool: Iterable[pki.Issued] = (),
    **revocation: Any,
) -> pv.Verdict:
    """The verdict on a chain under the rules for devices; `revocation` holds more options of pv.Revocation."""
    limits = {} if budget is None else {"budget": budget}
    policy = pv.Policy.device(revocation=pv.Revocation(scope=scope, **revocation), **limits)
    store = pv.TrustStore.from_der([each.der for each in anchors])
    evidence = pv.Evidence(crls=[*crls], ocsp=[*ocsp], certificates=[each.der for each in certificates])
    intermediates = pv.Intermediates([each.der for each in pool])
    validator = pv.Validator(store, policy, engine=engine, intermediates=intermediates)
    return validator.check([each.der for each in chain], pv.AnySubject(), at, evidence)


def about_evidence(verdict: pv.Verdict) -> set[str]:
    """Why evidence told nothing: the reasons of the rejections that are on evidence."""
    return {each.reason.name for each in verdict.rejections if each.evidence is not None}


def is_trusted(verdict: pv.Verdict) -> None:
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()


def is_revoked(verdict: pv.Verdict) -> None:
    assert verdict.outcome is pv.Outcome.REFUSED, verdict.explain()
    assert verdict.reason is pv.Reason.REVOKED, verdict.explain()


def is_unknown(verdict: pv.Verdict, *because: str) -> None:
    """No evidence spoke of a certificate, and `because` is among what is said of the evidence at hand."""
    assert verdict.outcome is pv.Outcome.REFUSED, verdict.explain()
    assert verdict.reason is pv.Reason.REVOCATION_UNKNOWN, verdict.explain()
    assert set(because) <= about_evidence(verdict), (about_evidence(verdict), verdict.explain())


def revoked_details(verdict: pv.Verdict) -> Any:
    """When, why and by whom the certificate was revoked."""
    [rejection] = [each for each in verdict.rejections if each.reason is pv.Reason.REVOKED]
    return rejection.revocation
