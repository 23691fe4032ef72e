"""What the benchmarks measure: chains from the certificate factory of the tests, a fleet, and validators for them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import pki
import pyvalidator as pv

HOST = "gw.example"
SUBJECT = pv.DNSName(HOST)
KINDS = ("p256", "p384", "rsa2048", "ed25519")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of what grows."""

    fleet: int
    new_leaves: int
    stores: tuple[int, ...]
    mesh_levels: int
    crl_entries: tuple[int, ...]


TIMED = Sizes(fleet=256, new_leaves=2000, stores=(1, 100, 10_000), mesh_levels=10, crl_entries=(10, 10_000, 1_000_000))
TRIED = Sizes(fleet=16, new_leaves=20, stores=(1, 10, 100), mesh_levels=4, crl_entries=(10, 100, 1000))


@dataclass(frozen=True, slots=True)
class Chain:
    """A root and what a peer under it sends."""

    root: bytes
    sent: tuple[bytes, ...]


def make_chain(kind: str) -> Chain:
    """A leaf and one intermediate, all keys of one kind."""
    root = pki.root(f"Bench Root {kind}", kind=kind)
    ca = root.ca(f"Bench CA {kind}", kind=kind)
    return Chain(root.der, (ca.leaf(f"Bench leaf {kind}", kind=kind, dns=[HOST]).der, ca.der))


def make_fleet(num: int) -> list[tuple[bytes, ...]]:
    """Distinct leaves under the intermediate of make_chain("p256"): what a gateway sees."""
    ca = pki.root("Bench Root p256").ca("Bench CA p256")
    return [(ca.leaf(f"device {n}", dns=[HOST], label=f"device key {n % 16}").der, ca.der) for n in range(num)]


def make_validator(chain: Chain, *, cache: pv.Cache | None = None) -> pv.Validator:
    """Device rules under the chain's own root, by libcrypto alone: tables of hot keys are hot.py's subject."""
    store = pv.TrustStore.from_der([chain.root])
    return pv.Validator(store, pv.Policy.device(), engine=pv.Engine.LIBCRYPTO, cache=cache)


def is_trusted(verdict: pv.Verdict) -> None:
    """For the answer of what was measured."""
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()


def all_are_trusted(verdicts: pv.Verdicts, num: int) -> None:
    assert verdicts.tally()[pv.Outcome.TRUSTED] == len(verdicts) == num
