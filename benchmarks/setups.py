"""What the benchmarks measure: chains from the certificate factory of the tests, a fleet, and validators for them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import pki
import pyvalidator as pv

HOST = "gw.example"
FLEET_SIZE = 256


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


def make_fleet() -> list[tuple[bytes, ...]]:
    """Distinct leaves under one intermediate: what a gateway sees."""
    ca = pki.root("Bench Root p256").ca("Bench CA p256")
    return [(ca.leaf(f"device {n}", dns=[HOST], label=f"device key {n % 16}").der, ca.der) for n in range(FLEET_SIZE)]


def make_validator(chain: Chain, *, cache: pv.Cache | None = None) -> pv.Validator:
    """Device rules under the chain's own root."""
    return pv.Validator(pv.TrustStore.from_der([chain.root]), pv.Policy.device(), cache=cache)
