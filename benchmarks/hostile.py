"""What hostile chains cost under DEVICE with the default budget.

    python benchmarks/hostile.py [--smoke]

Prints a table: the outcome, the signatures that were paid for, the time of one `check`, and what of it went beyond
those signatures (measured as a raw check of the same key, in the same run). Two limits hold: 2 ms beyond the
signatures for meshes, 20 ms in all for everything else; --smoke asserts ten times that, for noisy machines.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from setups import HOST, make_chain, make_validator

import pki
import pyvalidator as pv

P256_UNITS = 8
LEVELS = 10
WIDTH = 4
SUBJECT = pv.DNSName(HOST)


@dataclass(frozen=True, slots=True)
class Case:
    """A chain that costs; `is_mesh`: its limit is what goes beyond its signatures."""

    name: str
    root: pki.Issued
    sent: list[bytes]
    is_mesh: bool = False


def mesh(
    top: pki.Issued,
    *,
    spoiled: bool,
    levels: int = LEVELS,
    width: int = WIDTH,
    key_ids: bool = False,
    one_name: bool = False,
) -> list[bytes]:
    """Levels of CAs of one name each (or of one name in all), every one certified by every one above. Without key
    identifiers nothing tells which; with them every CA still has a copy by each of those above it."""
    sent: list[bytes] = []
    above = [top]
    for level in reversed(range(levels)):
        name = "Mesh" if one_name else f"Mesh {level}"
        grown = [
            [
                issuer.ca(name, label=f"mesh key {level} {column}", serial=1 + n, ski=key_ids, aki=key_ids)
                for n, issuer in enumerate(above)
            ]
            for column in range(width)
        ]
        sent += [ca.der for column in grown for ca in column]
        above = [column[0] for column in grown]
    leaf = above[0].leaf("Mesh leaf", dns=[HOST], aki=key_ids).der
    return [leaf[:-1] + bytes([leaf[-1] ^ 1]) if spoiled else leaf, *sent]


def same_name_intermediates(root: pki.Issued, num: int) -> list[bytes]:
    """Every one has the right name and another key; none signed the leaf."""
    real = root.ca("Twin CA", label="the real key", ski=False, aki=False)
    twins = [root.ca("Twin CA", label=f"twin key {n}", serial=2 + n, ski=False, aki=False) for n in range(num)]
    return [real.leaf("Twin leaf", dns=[HOST], aki=False).der, *(twin.der for twin in twins)]


def many_names(root: pki.Issued, num: int) -> list[bytes]:
    """Thousands of constraints against thousands of names."""
    permitted = [*(x509.DNSName(f"p{n}.example") for n in range(num)), x509.DNSName(HOST)]
    excluded = [x509.DNSName(f"x{n}.example") for n in range(num)]
    ca = root.ca("Constrained CA", extensions=[pki.extension(x509.NameConstraints(permitted, excluded), critical=True)])
    return [ca.leaf("Many names", dns=[HOST, *(f"a.p{n}.example" for n in range(num))]).der, ca.der]


def policy_blow_up(root: pki.Issued, depth: int, width: int) -> list[bytes]:
    """Every CA asserts many policies and maps each to all of the next level's."""
    oids = [x509.ObjectIdentifier(f"1.2.3.{n}") for n in range(width)]
    policies = pki.extension(x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in oids]))
    pairs = b"".join(
        pki.der(0x30, *(pki.der(6, b"\x2a\x03" + bytes([n])) for n in (a, b)))
        for a in range(width)
        for b in range(width)
    )
    mappings = pki.raw_extension("2.5.29.33", pki.der(0x30, pairs), critical=False)
    demand = pki.raw_extension("2.5.29.36", bytes.fromhex("3003800100"), critical=True)
    issuer, sent = root, []
    for level in range(depth):
        extra = [demand] if level == 0 else []
        issuer = issuer.ca(f"Policy CA {level}", extensions=[policies, mappings, *extra])
        sent.append(issuer.der)
    return [issuer.leaf("Policy leaf", dns=[HOST], extensions=[policies]).der, *sent]


def megabyte(root: pki.Issued) -> list[bytes]:
    """Certificates of a megabyte each, all of the right name."""
    ballast = pki.raw_extension("1.2.3.4.5", bytes(1 << 20))
    real = root.ca("Huge CA", label="the real key", ski=False, aki=False)
    huge = [
        root.ca("Huge CA", label=f"huge key {n}", serial=2 + n, ski=False, aki=False, extensions=[ballast])
        for n in range(16)
    ]
    return [real.leaf("Huge leaf", dns=[HOST], aki=False).der, *(each.der for each in huge)]


def make_cases() -> list[Case]:
    """All of them; keys and certificates are made here, outside what is measured."""
    root = pki.root("Hostile Root")
    nobody = pki.root("Nobody")
    return [
        Case("mesh 10 x 4, no root", root, mesh(nobody, spoiled=False), is_mesh=True),
        Case("mesh 10 x 4, tops signed by the root, bad leaf", root, mesh(root, spoiled=True), is_mesh=True),
        Case("30 intermediates of one name", root, same_name_intermediates(root, 30)),
        Case("2,000 + 2,000 constraints, 2,000 names", root, many_names(root, 2000)),
        Case("policy mappings 12 x 12, 7 levels", root, policy_blow_up(root, 7, 12)),
        Case("16 intermediates of 1 MB", root, megabyte(root)),
    ]


def fastest(call: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Minimum and median, in microseconds."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter_ns()
        call()
        times.append((time.perf_counter_ns() - begin) / 1000)
    return min(times), statistics.median(times)


def raw_check_us(rounds: int) -> float:
    """One P-256 check: half of what a cold chain of two costs more than one whose signatures are remembered."""
    chain = make_chain("p256")
    cold = make_validator(chain)
    warm = make_validator(chain, cache=pv.Cache())
    asked = [lambda each=each: each.verify(list(chain.sent), SUBJECT, pki.NOW) for each in (cold, warm)]
    asked[1]()
    return (fastest(asked[0], rounds)[0] - fastest(asked[1], rounds)[0]) / 2


def main() -> None:
    """Print the table, and hold it to its limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few rounds, limits times ten")
    smoke = parser.parse_args().smoke
    rounds, slack = (3, 10.0) if smoke else (20, 1.0)
    raw = raw_check_us(rounds * 10)
    print(f"one raw P-256 check: {raw:.0f} us\n")
    print(f"{'case':48} {'outcome':10} {'reason':20} {'checks':>6} {'min ms':>8} {'median':>8} {'beyond':>8}")
    for case in make_cases():
        validator = pv.Validator(pv.TrustStore.from_der([case.root.der]), pv.Policy.device(max_intermediates=LEVELS))
        verdict = validator.check(case.sent, SUBJECT, pki.NOW)
        low, middle = fastest(lambda: validator.check(case.sent, SUBJECT, pki.NOW), rounds)  # noqa: B023
        checks = verdict.spent.signatures / P256_UNITS
        beyond = low - checks * raw
        print(
            f"{case.name:48} {verdict.outcome.name:10} {verdict.reason.name:20} {checks:6.0f}"
            f" {low / 1000:8.2f} {middle / 1000:8.2f} {beyond / 1000:8.2f}"
        )
        assert verdict.outcome is not pv.Outcome.TRUSTED, case.name
        limit = 2000.0 if case.is_mesh else 20_000.0
        assert (beyond if case.is_mesh else low) <= limit * slack, case.name


if __name__ == "__main__":
    main()
