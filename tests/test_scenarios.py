"""What a path builder meets in the field: cross-signs, roots that expired, peers that send too much or in any order.

Three independent roots R1, R2, R3; `X_R2byR1` is R2's name and key under R1; I is the intermediate under R2, and
`I_byR1`, `I_byR3` are its name and key under another root; L is the leaf under I. `_exp` ended in 2021. Everything is
judged on 2026-06-01. A row gives the anchors, what the peer sends (leaf first), and the verdict.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import pytest

import pki
import pyvalidator as pv

SUBJECT = pv.DNSName("gw.example")
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
ENDED = datetime(2021, 9, 30, tzinfo=UTC)
EXPIRED = {"not_before": LONG_AGO, "not_after": ENDED}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row. `refused_for`: names of reasons, one of which is the headline; empty: trusted."""

    id: str
    meaning: str
    anchors: str
    sent: str
    refused_for: str = ""

    @property
    def trusted(self) -> bool:
        return not self.refused_for


@dataclass(frozen=True, slots=True)
class StoreScenario:
    """A row whose store must be refused because of `culprit`."""

    id: str
    meaning: str
    anchors: str
    sent: str
    culprit: str
    error: type[Exception]


def _intermediates(world: dict[str, pki.Issued]) -> Iterator[tuple[str, pki.Issued]]:
    r1, r2, r3 = world["R1"], world["R2"], world["R3"]
    issuing = r2.ca("Issuing CA")
    yield "I", issuing
    yield "I_byR1", pki.cross_sign(issuing, r1)
    yield "I_byR3", pki.cross_sign(issuing, r3)
    yield "I_rekey", r2.ca("Issuing CA", label="Issuing CA, second key", serial=77)
    yield "I_exp", issuing.same(serial=78, **EXPIRED)
    yield "J", r3.ca("Unrelated CA")
    yield "X_R2byR1", pki.cross_sign(r2, r1)
    yield "X_R2byR3", pki.cross_sign(r2, r3)
    yield "X_R2byR1_exp", pki.cross_sign(r2, r1, **EXPIRED)
    yield "c_ok_int", r1.ca("First CA")


def _leaves(world: dict[str, pki.Issued]) -> Iterator[tuple[str, pki.Issued]]:
    leaf = world["I"].leaf("L", dns=["gw.example"])
    yield "L", leaf
    yield "Lexp", leaf.same(serial=79, **EXPIRED)
    yield "Lforged", leaf.leaf("Lforged", dns=["gw.example"])
    yield "c_ok_leaf", world["c_ok_int"].leaf("First leaf", dns=["gw.example"])


def _loop() -> Iterator[tuple[str, pki.Issued]]:
    """A and B, each issued by the other, and by nobody else."""
    seed_a, seed_b = pki.root("Loop A"), pki.root("Loop B")
    loop_a, loop_b = pki.cross_sign(seed_a, seed_b), pki.cross_sign(seed_b, seed_a)
    yield from (("loopA", loop_a), ("loopB", loop_b), ("Lloop", loop_a.leaf("Lloop", dns=["gw.example"])))


def _rollover() -> Iterator[tuple[str, pki.Issued]]:
    """A root that changes its key (RFC 4210 4.4): each key certifies the other under the same name."""
    old, new = pki.root("Rolling Root", label="old key"), pki.root("Rolling Root", label="new key", serial=80)
    issuing = new.ca("Rolling CA")
    yield from (("Rold", old), ("Rnew", new))
    yield "NWO", pki.cross_sign(new, old)
    yield "OWN", pki.cross_sign(old, new)
    yield "Inew", issuing
    yield "Iold", pki.cross_sign(issuing, old)
    yield "Lg", issuing.leaf("Lg", dns=["gw.example"])


def _self_issued(world: dict[str, pki.Issued]) -> Iterator[tuple[str, pki.Issued]]:
    """A CA that may have no intermediate below it changes its key: self-issued certificates are not counted (RFC 5280
    6.1.4 (l))."""
    ca = world["R1"].ca("Zero CA", path_len=0)
    renewed = ca.ca("Zero CA", label="Zero CA, second key", path_len=0, serial=81)
    yield from (("Pz", ca), ("Pself", renewed), ("Lp", renewed.leaf("Lp", dns=["gw.example"])))


@cache
def world() -> dict[str, pki.Issued]:
    """Every certificate of the rows, by its name there."""
    certs = {f"R{n}": pki.root(f"Root {n}") for n in (1, 2, 3)}
    certs["R1_newkey"] = pki.root("Root 1", label="Root 1, second key", serial=82)
    certs["R1exp"] = certs["R1"].same(serial=83, **EXPIRED)
    certs.update(_intermediates(certs))
    certs.update(_leaves(certs))
    certs.update(_loop())
    certs.update(_rollover())
    certs.update(_self_issued(certs))
    return certs


def ders(names: str) -> list[bytes]:
    """DER of the certificates with these names."""
    return [world()[name].der for name in names.split()]


SCENARIOS = (
    Scenario("A1", "leaf and intermediate under the one root", "R2", "L I"),
    Scenario("A2", "three roots, the right one last", "R3 R1 R2", "L I"),
    Scenario("A3", "two roots of one name; the key says which", "R1_newkey R1", "c_ok_leaf c_ok_int"),
    Scenario("A4", "the root is sent too", "R2", "L I R2"),
    Scenario("B1", "over the cross-sign to the other root", "R1", "L I X_R2byR1"),
    Scenario("B2", "a cross-sign that is not needed", "R2", "L I X_R2byR1"),
    Scenario("B3", "two cross-signs, the first is a dead end", "R1", "L I X_R2byR3 X_R2byR1"),
    Scenario("B4", "two cross-signs, the second is a dead end", "R1", "L I X_R2byR1 X_R2byR3"),
    Scenario("B5", "one intermediate from two issuers, the wrong one first", "R2", "L I_byR3 I"),
    Scenario("B6", "one intermediate from two issuers, the right one first", "R2", "L I I_byR3"),
    Scenario("B7", "the intermediate's name with another key first", "R2", "L I_rekey I"),
    Scenario("B8", "an expired copy of the intermediate first", "R2", "L I_exp I"),
    Scenario("C1", "the new root is trusted, its cross-sign is sent all the same", "R2", "L I X_R2byR1"),
    Scenario("C2", "the old root is expired and still in the store", "R1exp R2", "L I X_R2byR1"),
    Scenario("C3", "the expired root is sent", "R2", "L I X_R2byR1 R1exp"),
    Scenario("C4", "the expired root is sent and in the store", "R1exp R2", "L I X_R2byR1 R1exp"),
    Scenario("C5", "only the expired root is in the store", "R1exp", "L I X_R2byR1", "ANCHOR_EXPIRED"),
    Scenario("C6", "the cross-sign is expired and not needed", "R2", "L I X_R2byR1_exp"),
    Scenario("C7", "the cross-sign and its root are expired and not needed", "R1exp R2", "L I X_R2byR1_exp"),
    Scenario("C8", "the cross-sign is expired and needed", "R1", "L I X_R2byR1_exp", "EXPIRED"),
    Scenario("C9", "an expired and a fresh copy of one root", "R1exp R1", "c_ok_leaf c_ok_int"),
    Scenario("E1", "out of order: the root before the intermediate", "R2", "L R2 I"),
    Scenario("E2", "out of order: the cross-sign before the intermediate", "R1", "L X_R2byR1 I"),
    Scenario("E3", "a stranger before the intermediate", "R2", "L J I"),
    Scenario("E4", "a stranger behind the intermediate", "R2", "L I J"),
    Scenario("E5", "the leaf twice", "R2", "L L I"),
    Scenario("E6", "the intermediate twice", "R2", "L I I"),
    Scenario("E7", "a stranger before the cross-sign", "R1", "L I J X_R2byR1"),
    Scenario("F1", "the intermediate is missing", "R2", "L", "NO_ISSUER"),
    Scenario("F2", "the cross-sign is missing", "R1", "L I", "NO_ISSUER"),
    Scenario("F3", "two CAs that only certify each other", "R3", "Lloop loopA loopB loopA loopB", "LOOP NO_ISSUER"),
    Scenario("G1", "root rollover: the old key is trusted", "Rold", "Lg Inew NWO"),
    Scenario("G2", "the same, with the other rollover certificate first", "Rold", "Lg OWN Inew NWO"),
    Scenario("G3", "root rollover: the new key is trusted", "Rnew", "Lg Iold OWN"),
    Scenario("G4", "the same, with the other rollover certificate first", "Rnew", "Lg Iold NWO OWN"),
    Scenario("G5", "a self-issued rekey under pathLenConstraint 0", "R1", "Lp Pself Pz"),
)

STORE_SCENARIOS = (
    StoreScenario("D1", "an intermediate is the only anchor", "I", "L I", "I", pv.IntermediateAsAnchor),
    StoreScenario("D2", "an intermediate among roots", "I R2", "L I", "I", pv.IntermediateAsAnchor),
    StoreScenario("D3", "an intermediate is the only anchor and is not sent", "I", "L", "I", pv.IntermediateAsAnchor),
    StoreScenario("D4", "an expired intermediate among roots", "I_exp R2", "L I", "I_exp", pv.IntermediateAsAnchor),
    StoreScenario("D5", "an expired intermediate is the only anchor", "I_exp", "L", "I_exp", pv.IntermediateAsAnchor),
    StoreScenario("D6", "a leaf as anchor, for what its key signed", "L", "Lforged", "L", pv.EndEntityAsAnchor),
    StoreScenario("D6b", "the same among roots", "L R2", "Lforged L I", "L", pv.EndEntityAsAnchor),
    StoreScenario("D7", "a leaf pinned as its own anchor", "L", "L", "L", pv.EndEntityAsAnchor),
    StoreScenario("D8", "an expired leaf pinned", "Lexp", "Lexp", "Lexp", pv.EndEntityAsAnchor),
    StoreScenario(
        "D9", "an intermediate of another issuer as anchor", "I_byR3", "L I", "I_byR3", pv.IntermediateAsAnchor
    ),
)

PROFILES = (pv.Profile.DEVICE, pv.Profile.RFC5280)


def row_id(row: Scenario | StoreScenario) -> str:
    return row.id


def store_of(names: str) -> pv.TrustStore:
    return pv.TrustStore.from_der(ders(names))


def validator_for(names: str, **options: object) -> pv.Validator:
    policy = pv.Policy(**({"purpose": pv.Purpose.SERVER_AUTH, "profile": pv.Profile.DEVICE} | options))
    return pv.Validator(store_of(names), policy)


def orders(sent: list[bytes]) -> list[list[bytes]]:
    """What was sent in every order of what stands behind the leaf (at most 24 of them)."""
    rest = list(itertools.permutations(sent[1:]))
    return [[sent[0], *order] for order in random.Random(5280).sample(rest, min(24, len(rest)))]


def test_every_row_is_here() -> None:
    ids = [row.id for row in (*SCENARIOS, *STORE_SCENARIOS)]
    assert len(ids) == len(set(ids)) == 46


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("row", SCENARIOS, ids=row_id)
def test_scenario(row: Scenario, profile: pv.Profile) -> None:
    verdict = validator_for(row.anchors, profile=profile).check(ders(row.sent), SUBJECT, at=pki.NOW)
    assert verdict.outcome is (pv.Outcome.TRUSTED if row.trusted else pv.Outcome.REFUSED), verdict.explain()
    if row.refused_for:
        assert verdict.rejections
        assert verdict.reason.name in row.refused_for.split(), verdict.explain()


@pytest.mark.parametrize("row", SCENARIOS, ids=row_id)
def test_order_changes_nothing(row: Scenario) -> None:
    """Outcome, path, anchor and headline are the same in any order of what follows the leaf, and of the anchors."""
    expected = validator_for(row.anchors).check(ders(row.sent), SUBJECT, at=pki.NOW)
    for anchors in itertools.permutations(row.anchors.split()):
        validator = validator_for(" ".join(anchors))
        for chain in orders(ders(row.sent)):
            verdict = validator.check(chain, SUBJECT, at=pki.NOW)
            assert verdict.outcome is expected.outcome
            assert [cert.der for cert in verdict.path] == [cert.der for cert in expected.path]
            assert verdict.reason == expected.reason


@pytest.mark.parametrize("row", [row for row in SCENARIOS if row.trusted], ids=row_id)
def test_path_of_a_trusted_scenario(row: Scenario) -> None:
    """The path is made of what was sent, begins at the leaf, and each certificate names the next one as its issuer."""
    verdict = validator_for(row.anchors).check(ders(row.sent), SUBJECT, at=pki.NOW)
    path = [cert.der for cert in verdict.path]
    assert path[0] == ders(row.sent)[0]
    assert set(path) <= set(ders(row.sent))
    assert len(set(path)) == len(path)
    by_der = {issued.der: issued for issued in world().values()}
    issuers = [by_der[der].certificate.issuer for der in path]
    anchor_subject = verdict.anchor.subject
    assert [by_der[der].certificate.subject for der in path[1:]] == issuers[:-1]
    assert bytes(anchor_subject) == issuers[-1].public_bytes()


def test_c5_an_expired_anchor_by_name_and_key_alone() -> None:
    """RFC 5280 6.1.1 (d) takes name and key of an anchor and knows no date of it: by request, C5 is trusted."""
    validator = validator_for("R1exp", anchor_checks=pv.AnchorChecks.NAME_AND_KEY)
    assert validator.check(ders("L I X_R2byR1"), SUBJECT, at=pki.NOW).outcome is pv.Outcome.TRUSTED


@pytest.mark.parametrize("row", STORE_SCENARIOS, ids=row_id)
def test_store_is_refused(row: StoreScenario) -> None:
    """Only roots are anchors."""
    with pytest.raises(row.error):
        store_of(row.anchors)


@pytest.mark.parametrize("row", [row for row in STORE_SCENARIOS if " " in row.anchors], ids=row_id)
def test_store_without_its_culprit(row: StoreScenario) -> None:
    """What is left of the store trusts the honest chain that was sent (D6b: L under I)."""
    left = " ".join(name for name in row.anchors.split() if name != row.culprit)
    honest = row.sent.removeprefix("Lforged ")
    verdict = validator_for(left).check(ders(honest), SUBJECT, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()


@pytest.mark.parametrize("sent", ["Lforged L I", "Lforged I L", "Lforged L"])
def test_a_leaf_issues_nothing(sent: str) -> None:
    """D6b's forged certificate stays refused under the real root: what signed it is not a CA (RFC 5280 6.1.4 (k))."""
    verdict = validator_for("R2").check(ders(sent), SUBJECT, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason.name == "NOT_A_CA", verdict.explain()
