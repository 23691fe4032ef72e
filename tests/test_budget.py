"""Work limits: exactly enough passes, one less is UNDECIDED, nothing spent is nothing trusted; hostile meshes end
soon."""

from __future__ import annotations

import dataclasses
import time
from functools import cache

import pytest
from cryptography import x509

import pki
import pyvalidator as pv
from conftest import Hierarchy

SUBJECT = pv.DNSName("gw.example")

#: What a search spends, and the reason given when it is spent.
SPENDABLE = {
    "signatures": "BUDGET_SIGNATURES",
    "steps": "BUDGET_STEPS",
    "names": "BUDGET_NAMES",
    "bytes": "BUDGET_BYTES",
}
WALL_SECONDS = 1.0


def validator(root: pki.Issued, budget: pv.Budget, **options: object) -> pv.Validator:
    policy = pv.Policy(profile=pv.Profile.DEVICE, purpose=pv.Purpose.SERVER_AUTH, budget=budget, **options)
    return pv.Validator(pv.TrustStore.from_der([root.der]), policy)


@cache
def rich() -> Hierarchy:
    """A chain that costs something of every kind: name constraints, many names, three intermediates."""
    root = pki.root("Rich Root")
    permitted = pki.name_constraints(permitted=[x509.DNSName("example"), x509.DNSName("test")])
    top = root.ca("Rich Top", extensions=[permitted])
    middle = top.ca("Rich Middle")
    ca = middle.ca("Rich CA")
    return Hierarchy(root, ca, ca.leaf("Rich leaf", dns=[*(f"h{n}.test" for n in range(20)), "gw.example"]))


def rich_chain() -> list[bytes]:
    issuer: pki.Issued | None = rich().leaf
    chain = []
    while issuer is not None and issuer.issuer is not None:
        chain.append(issuer.der)
        issuer = issuer.issuer
    return chain


def spent_of(verdict: pv.Verdict) -> dict[str, int]:
    return {kind: getattr(verdict.spent, kind) for kind in SPENDABLE}


@pytest.mark.parametrize(("kind", "reason"), SPENDABLE.items())
def test_exactly_enough(kind: str, reason: str) -> None:
    chain = rich_chain()
    spent = getattr(validator(rich().root, pv.Budget()).check(chain, SUBJECT, at=pki.NOW).spent, kind)
    assert spent > 1
    enough = validator(rich().root, pv.Budget(**{kind: spent})).check(chain, SUBJECT, at=pki.NOW)
    assert enough.outcome is pv.Outcome.TRUSTED, enough.explain()
    short = validator(rich().root, pv.Budget(**{kind: spent - 1})).check(chain, SUBJECT, at=pki.NOW)
    assert short.outcome is pv.Outcome.UNDECIDED, short.explain()
    assert short.reason.name == reason


@pytest.mark.parametrize(("kind", "reason"), SPENDABLE.items())
def test_every_smaller_budget_is_undecided(kind: str, reason: str) -> None:
    """No limit below what is needed ends in a verdict, and never is more spent than was allowed."""
    spent = getattr(validator(rich().root, pv.Budget()).check(rich_chain(), SUBJECT, at=pki.NOW).spent, kind)
    for limit in sorted({1, 2, 3, spent // 3, spent // 2, spent - 2, spent - 1} - {0}):
        verdict = validator(rich().root, pv.Budget(**{kind: limit})).check(rich_chain(), SUBJECT, at=pki.NOW)
        assert verdict.outcome is pv.Outcome.UNDECIDED, (limit, verdict.explain())
        assert verdict.reason.name == reason
        assert getattr(verdict.spent, kind) <= limit


def test_signature_units_are_weighed() -> None:
    """P-256 costs 8 units, RSA-2048 2, P-384 64: a chain of one edge spends just that."""
    for kind, units in (("p256", 8), ("rsa2048", 2), ("p384", 64), ("ed25519", 11)):
        root = pki.root(f"Weighed {kind}", kind=kind)
        leaf = root.leaf("Weighed leaf", dns=["gw.example"])
        verdict = validator(root, pv.Budget()).check([leaf.der], SUBJECT, at=pki.NOW)
        assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
        assert verdict.spent.signatures == units


def test_certificates_at_the_edge(simple: Hierarchy) -> None:
    chain = [*simple.chain, simple.root.der]
    assert (
        validator(simple.root, pv.Budget(certificates=3)).check(chain, SUBJECT, at=pki.NOW).outcome
        is pv.Outcome.TRUSTED
    )
    verdict = validator(simple.root, pv.Budget(certificates=2)).check(chain, SUBJECT, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.UNDECIDED
    assert verdict.reason.name == "BUDGET_CERTIFICATES"


def test_der_bytes_at_the_edge(simple: Hierarchy) -> None:
    total = sum(len(der) for der in simple.chain)
    enough = validator(simple.root, pv.Budget(der_bytes=total)).check(simple.chain, SUBJECT, at=pki.NOW)
    assert enough.outcome is pv.Outcome.TRUSTED
    short = validator(simple.root, pv.Budget(der_bytes=total - 1)).check(simple.chain, SUBJECT, at=pki.NOW)
    assert short.outcome is pv.Outcome.UNDECIDED


@pytest.mark.parametrize("kind", [*SPENDABLE, "certificates", "der_bytes"])
def test_zero_never_trusts(simple: Hierarchy, kind: str) -> None:
    """A limit of 0 means nothing may be spent, never that there is no limit; a policy may also refuse to be built
    with it."""
    try:
        verdict = validator(simple.root, pv.Budget(**{kind: 0})).check(simple.chain, SUBJECT, at=pki.NOW)
    except ValueError:
        return
    assert verdict.outcome is pv.Outcome.UNDECIDED, verdict.explain()


def test_nothing_at_all_never_trusts(simple: Hierarchy) -> None:
    nothing = {each.name: 0 for each in dataclasses.fields(pv.Budget)}
    try:
        verdict = validator(simple.root, pv.Budget(**nothing)).check(simple.chain, SUBJECT, at=pki.NOW)
    except ValueError:
        return
    assert verdict.outcome is pv.Outcome.UNDECIDED


def test_names_asked_for_are_charged(simple: Hierarchy) -> None:
    """Many names in the leaf cost names, and the budget says so before the work (RFC 5280 4.2.1.10)."""
    many = simple.ca.leaf("Many names", dns=[*(f"h{n}.example" for n in range(2000)), "gw.example"])
    verdict = validator(simple.root, pv.Budget(names=100)).check([many.der, simple.ca.der], SUBJECT, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.UNDECIDED
    assert verdict.reason.name == "BUDGET_NAMES"


# --- Hostile meshes: at every level four CAs of one name certify each of the four below


LEVELS = 10
WIDTH = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Mesh:
    """`root` has the name that the top level names as its issuer."""

    root: pki.Issued
    sent: list[bytes]


def level_name(shape: str, level: int) -> str:
    return {"layers": f"Mesh {level}", "one name": "Mesh", "two names": f"Mesh {level % 2}"}[shape]


def mesh_ca(shape: str, level: int, column: int, serial: int, issuer: pki.Issued) -> pki.Issued:
    """Key identifiers are left out: they would tell the right issuer from the wrong ones."""
    label = f"mesh key {level} {column}"
    return issuer.ca(level_name(shape, level), label=label, serial=serial, ski=False, aki=False)


@cache
def make_mesh(shape: str, top_issuer: str) -> Mesh:
    """`top_issuer`: "root": the root signed the top level; "impostor": another key with the root's name did;
    "nobody": the top level is under a name that nobody has."""
    root = pki.root("Mesh Root")
    tops = {"root": root, "impostor": root.same(public_of=pki.key("mesh impostor")), "nobody": pki.root("Nobody")}
    sent, above = [], [tops[top_issuer]]
    for level in reversed(range(LEVELS)):
        serials = range(len(above))
        grown = [[mesh_ca(shape, level, column, 1 + n, above[n]) for n in serials] for column in range(WIDTH)]
        sent += [ca.der for same_key in grown for ca in same_key]
        above = [same_key[0] for same_key in grown]
    leaf = above[0].leaf("Mesh leaf", dns=["gw.example"], aki=False)
    return Mesh(root, [leaf.der, *sent])


def assert_bounded(verdict: pv.Verdict, budget: pv.Budget) -> None:
    for kind, spent in spent_of(verdict).items():
        assert spent <= getattr(budget, kind), kind


@pytest.mark.parametrize("shape", ["layers", "one name", "two names"])
@pytest.mark.parametrize("top_issuer", ["root", "impostor", "nobody"])
def test_hostile_mesh_ends_soon(shape: str, top_issuer: str) -> None:
    mesh = make_mesh(shape, top_issuer)
    budget = pv.Budget(certificates=1000)
    checker = validator(mesh.root, budget, max_intermediates=LEVELS)
    begin = time.perf_counter()
    verdict = checker.check(mesh.sent, SUBJECT, at=pki.NOW)
    assert time.perf_counter() - begin < WALL_SECONDS
    assert_bounded(verdict, budget)
    if top_issuer == "root":
        assert verdict.outcome is not pv.Outcome.REFUSED, verdict.explain()
    else:
        assert verdict.outcome is not pv.Outcome.TRUSTED, verdict.explain()


def test_mesh_with_its_root_is_trusted() -> None:
    """In layers every way up is a good one, so the budget is not touched by the mesh's width."""
    mesh = make_mesh("layers", "root")
    verdict = validator(mesh.root, pv.Budget(certificates=1000), max_intermediates=LEVELS).check(
        mesh.sent, SUBJECT, at=pki.NOW
    )
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
    assert len(verdict.path) == LEVELS + 1


def test_mesh_beside_an_honest_chain(simple: Hierarchy) -> None:
    """What is beside a good chain does not cost it its verdict."""
    mesh = make_mesh("layers", "nobody")
    checker = validator(simple.root, pv.Budget(certificates=1000))
    verdict = checker.check([simple.leaf.der, *mesh.sent, simple.ca.der], SUBJECT, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()


def test_hundreds_of_one_name(simple: Hierarchy) -> None:
    """Hundreds of candidates of the right name with wrong keys: key identifiers lead to the right one."""
    wrong = [simple.ca.same(public_of=pki.key(f"wrong {n % 30}"), serial=1000 + n).der for n in range(900)]
    checker = validator(simple.root, pv.Budget(certificates=1000))
    begin = time.perf_counter()
    verdict = checker.check([simple.leaf.der, *wrong, simple.ca.der], SUBJECT, at=pki.NOW)
    assert time.perf_counter() - begin < WALL_SECONDS
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()


# --- Chains in PEM


def test_pem_that_is_too_long_is_not_read(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"".join(each.pem for each in (simple.leaf, simple.ca))
    budget = pv.Budget(der_bytes=sum(map(len, simple.chain)))
    most = 2 * budget.der_bytes + (64 << 10)
    judge = validator(simple.root, budget)
    fits = text + b"\n" * (most - len(text))
    assert judge.check(fits, SUBJECT, at=pki.NOW).outcome is pv.Outcome.TRUSTED
    monkeypatch.setattr("pyvalidator.packing.count_blocks", None)
    monkeypatch.setattr("pyvalidator.packing.split_pem", None)
    many = judge.check_many([pv.Request(fits + b"\n", SUBJECT)], pki.NOW)
    for verdict in (judge.check(fits + b"\n", SUBJECT, at=pki.NOW), many[0]):
        assert (verdict.outcome, verdict.reason) == (pv.Outcome.UNDECIDED, pv.Reason.BUDGET_BYTES)


def test_plain_pem_is_decoded_in_c(simple: Hierarchy, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"".join(each.pem for each in (simple.leaf, simple.ca))
    judge = validator(simple.root, pv.Budget())
    odd = text.replace(b"-----\n", b"----- \n")  # only the other reader takes it
    for each in (text, odd):
        assert judge.check(each, SUBJECT, at=pki.NOW).chain == judge.check(simple.chain, SUBJECT, at=pki.NOW).chain
    monkeypatch.setattr("pyvalidator.packing.split_pem", None)
    assert judge.check(text, SUBJECT, at=pki.NOW).outcome is pv.Outcome.TRUSTED
