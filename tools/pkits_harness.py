"""Answer the NIST Public Key Interoperability Test Suite (PKITS) with pyvalidator.

    python tools/pkits_harness.py EXPECTATIONS.json [--vectors DIR|WHEEL]

EXPECTATIONS.json is a list of cases: "section" (of the suite's document), "title", "certs" (names of certificates,
anchor first, target last), "crls" (names of CRLs), "should_validate", and for policies the inputs
"SetInitialPolicySet", "SetInitialExplicitPolicy", "SetInitialPolicyMappingInhibit", "SetInitialInhibitAnyPolicy"
(RFC 5280 6.1.1) and the expected output "SetUserConstrainedPolicySet". Certificates and CRLs come from the package
`cryptography-vectors`, installed, as a wheel, or as the folder that holds `certs` and `crls`.

Everything goes through the public API: profile DEVICE, judged at 2011-04-15, with DSA among the algorithms. Every case
is judged with its CRLs: of no certificate of the path may it be unknown whether it is revoked. A case is PASSED if
verdict and policy set are as expected, else WRONG. The exit status is 0 if none is wrong.

The suite: https://csrc.nist.gov/projects/pki-testing
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pyvalidator as pv

Case = dict[str, Any]
Read = Callable[[str], bytes]

PASSED: Final = "PASSED"
WRONG: Final = "WRONG"

AT: Final = datetime(2011, 4, 15, tzinfo=UTC)

#: 2010's algorithms, and DSA with SHA-1, which no policy takes unless it is named.
_ALGORITHMS: Final = pv.DEFAULT_ALGORITHMS | {pv.SignatureAlgorithm.DSA_SHA1}
_REVOCATION: Final = pv.Revocation(scope=pv.RevocationScope.CHAIN, sources=frozenset({pv.RevocationSource.CRL}))

_ARC: Final = "2.16.840.1.101.3.2.1.48."
_RULES: Final = {
    "SetInitialExplicitPolicy": pv.PolicyRule.REQUIRE_EXPLICIT,
    "SetInitialPolicyMappingInhibit": pv.PolicyRule.INHIBIT_MAPPING,
    "SetInitialInhibitAnyPolicy": pv.PolicyRule.INHIBIT_ANY,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the harness says of a case, and why."""

    result: str
    context: str
    verdict: pv.Verdict


# --- One case


def oids(names: str) -> tuple[str, ...]:
    """The suite's names of policies, separated by commas, as dotted OIDs, sorted."""
    return tuple(sorted(map(_oid, filter(None, names.split(",")))))


def _oid(name: str) -> str:
    if name == "anyPolicy":
        return pv.ANY_POLICY
    head, _, number = name.rpartition("-")
    if head != "NIST-test-policy" or not number.isdecimal():
        raise ValueError(f"no policy of the suite: {name!r}")
    return _ARC + number


def policies(case: Case) -> pv.CertificatePolicies:
    """The inputs of RFC 5280 6.1.1 (c), (e), (f), (g)."""
    rules = frozenset(rule for key, rule in _RULES.items() if case.get(key) == "true")
    asked = oids(case.get("SetInitialPolicySet", "anyPolicy"))
    return pv.CertificatePolicies(acceptable=None if asked == (pv.ANY_POLICY,) else asked, rules=rules)


def readable(der: bytes) -> list[pv.RevocationList]:
    """A CRL, or none if it cannot be read: the suite's spoiled signature is no BIT STRING of whole octets either. What
    cannot be read is as good as not there."""
    try:
        return [pv.RevocationList.from_der(der)]
    except pv.UnreadableEvidence:
        return []


def verdict(case: Case, read: Read) -> pv.Verdict:
    """What pyvalidator says of a case."""
    anchor, *chain = (read(f"certs/{name}.crt") for name in case["certs"])
    policy = pv.Policy(
        purpose=pv.Purpose.ANY,
        profile=pv.Profile.DEVICE,
        algorithms=_ALGORITHMS,
        policies=policies(case),
        revocation=_REVOCATION,
    )
    evidence = pv.Evidence(crls=[each for name in case["crls"] for each in readable(read(f"crls/{name}.crl"))])
    validator = pv.Validator(pv.TrustStore.from_der([anchor]), policy)
    return validator.check(chain[::-1], pv.AnySubject(), AT, evidence)


def answer(case: Case, read: Read) -> Answer:
    """Judge one case."""
    found = verdict(case, read)
    wanted = pv.Outcome.TRUSTED if case["should_validate"] else pv.Outcome.REFUSED
    if found.outcome is not wanted:
        return Answer(WRONG, f"expected {wanted.name}\n{found.explain()}", found)
    expected = case.get("SetUserConstrainedPolicySet")
    if expected is not None and found.user_policies != oids(expected):
        return Answer(WRONG, f"expected the policies {oids(expected)}, not {found.user_policies}", found)
    return Answer(PASSED, found.headline, found)


# --- Where certificates and CRLs come from


def open_vectors(place: Path | None) -> Read:
    """A reader of the suite's files by their path below PKITS_data. FileNotFoundError if there are none."""
    if place is not None and place.suffix == ".whl":
        wheel = zipfile.ZipFile(place)
        return lambda name: wheel.read(f"cryptography_vectors/x509/PKITS_data/{name}")
    folder = place if place is not None else _installed()
    if folder is None or not (folder / "certs").is_dir():
        raise FileNotFoundError("no PKITS certificates: install cryptography-vectors, or give --vectors")
    return lambda name: (folder / name).read_bytes()


def _installed() -> Path | None:
    spec = find_spec("cryptography_vectors")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "x509" / "PKITS_data"


# --- All cases


def answer_all(cases: Sequence[Case], read: Read) -> list[Answer]:
    """Judge all cases, in their order."""
    return [answer(case, read) for case in cases]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("expectations", type=Path, metavar="EXPECTATIONS.json")
    parser.add_argument("--vectors", type=Path, metavar="DIR|WHEEL", help="where the certificates are")
    parser.add_argument("--verbose", action="store_true", help="print the cases that passed, too")
    options = parser.parse_args(arguments)
    cases = json.loads(options.expectations.read_text(encoding="utf-8"))
    answers = answer_all(cases, open_vectors(options.vectors))
    for case, each in zip(cases, answers, strict=True):
        if options.verbose or each.result != PASSED:
            print(f"{each.result} {case['section']} {case['title']}: {each.context}")
    tally = Counter(each.result for each in answers)
    print(", ".join(f"{tally[result]} {result}" for result in (PASSED, WRONG)))
    return 1 if tally[WRONG] else 0


if __name__ == "__main__":
    sys.exit(main())
