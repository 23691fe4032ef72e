"""Random chains, judged here and by cryptography.x509.verification: every disagreement must have its reason in
EXPLAINED.

A case is made from its seed: a spine from a root to the leaf, faults on it, and certificates beside it (cross-signs,
strangers, the same name with another key). P-256 keys come from a few labels, so thousands of cases take seconds.
PYVALIDATOR_DIFFERENTIAL_CASES raises their number.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import pytest
from cryptography import x509
from cryptography.x509 import verification as peer

import pki
import pyvalidator as pv

NUM_CASES = int(os.environ.get("PYVALIDATOR_DIFFERENTIAL_CASES", "4000"))
HOST = "gw.example"
PAST = {"not_before": datetime(2018, 1, 1, tzinfo=UTC), "not_after": datetime(2021, 1, 1, tzinfo=UTC)}
FUTURE = {"not_before": datetime(2027, 1, 1, tzinfo=UTC), "not_after": datetime(2030, 1, 1, tzinfo=UTC)}
PROFILES = (pv.Profile.DEVICE, pv.Profile.RFC5280)

#: pyca counts every intermediate, here only those that are not self-issued; no case is as long as this.
MAX_DEPTH = 8


# --- Cases


@dataclass(slots=True)
class Case:
    """What the two are asked: anchors and what was sent, leaf first. `facts` says what was done to the chain."""

    seed: int
    anchors: tuple[pki.Issued, ...] = ()
    sent: list[bytes] = field(default_factory=list)
    facts: set[str] = field(default_factory=set)


def dns_constraints(*, permitted: Sequence[str] = (), excluded: Sequence[str] = ()) -> x509.Extension[Any]:
    return pki.name_constraints(
        permitted=[x509.DNSName(name) for name in permitted], excluded=[x509.DNSName(name) for name in excluded]
    )


@cache
def roots() -> dict[str, pki.Issued]:
    return {
        "plain": pki.root("Root A"),
        "second": pki.root("Root B"),
        "expired": pki.root("Root C", **PAST),
        "path_len_0": pki.root("Root D", path_len=0),
        "permits_example": pki.root("Root E", extensions=[dns_constraints(permitted=["example"])]),
        "excludes_host": pki.root("Root F", extensions=[dns_constraints(excluded=[HOST])]),
    }


CA_FAULTS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "ca_expired": lambda _: dict(PAST),
    "ca_future": lambda _: dict(FUTURE),
    "ca_not_ca": lambda _: {"is_ca": False},
    "ca_no_cert_sign": lambda _: {"usage": pki.key_usage("crl_sign")},
    "ca_no_key_usage": lambda _: {"usage": None},
    "ca_path_len": lambda rng: {"path_len": rng.randrange(3)},
    "ca_eku_client": lambda _: {"eku": (pki.CLIENT,)},
    "ca_eku_server": lambda _: {"eku": (pki.SERVER,)},
    "ca_permits_host": lambda _: {"extensions": [dns_constraints(permitted=[HOST])]},
    "ca_permits_other": lambda _: {"extensions": [dns_constraints(permitted=["other.example"])]},
    "ca_excludes_host": lambda _: {"extensions": [dns_constraints(excluded=["example"])]},
    "ca_excludes_other": lambda _: {"extensions": [dns_constraints(excluded=["other.example"])]},
    "ca_rsa_1024": lambda _: {"kind": "rsa1024", "label": "small"},
    "ca_rsa_2048": lambda _: {"kind": "rsa2048", "label": "large"},
    "ca_p384": lambda _: {"kind": "p384"},
    "ca_critical_unknown": lambda _: {"extensions": [pki.raw_extension("1.3.6.1.4.1.99999.1", b"\5\0", critical=True)]},
    "ca_basic_constraints_not_critical": lambda _: {"basic_constraints_critical": False},
    "ca_no_ski": lambda _: {"ski": False},
    "ca_no_aki": lambda _: {"aki": False},
}

LEAF_FAULTS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "leaf_expired": lambda _: dict(PAST),
    "leaf_future": lambda _: dict(FUTURE),
    "leaf_other_name": lambda _: {"dns": ["other.example"]},
    "leaf_no_san": lambda _: {"dns": []},
    "leaf_wildcard": lambda _: {"dns": ["*.example"]},
    "leaf_two_names": lambda _: {"dns": ["a.test", HOST]},
    "leaf_upper_case": lambda _: {"dns": [HOST.upper()]},
    "leaf_eku_client": lambda _: {"eku": (pki.CLIENT,)},
    "leaf_eku_any": lambda _: {"eku": (x509.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)},
    "leaf_no_eku": lambda _: {"eku": ()},
    "leaf_is_ca": lambda _: {"is_ca": True, "usage": pki.key_usage("digital_signature", "key_cert_sign")},
    "leaf_no_key_usage": lambda _: {"usage": None},
    "leaf_cert_sign_only": lambda _: {"usage": pki.key_usage("crl_sign")},
    "leaf_rsa_1024": lambda _: {"kind": "rsa1024", "label": "small"},
    "leaf_critical_unknown": lambda _: {
        "extensions": [pki.raw_extension("1.3.6.1.4.1.99999.1", b"\5\0", critical=True)]
    },
    "leaf_no_aki": lambda _: {"aki": False},
}


def draw(rng: random.Random, faults: dict[str, Any], chance: float, case: Case) -> dict[str, Any]:
    """Nothing, or the options of one fault, which goes into the case's facts."""
    if rng.random() >= chance:
        return {}
    name = rng.choice(sorted(faults))
    case.facts.add(name)
    options: dict[str, Any] = faults[name](rng)
    return options


def impostor(issuer: pki.Issued) -> pki.Issued:
    """The issuer's name with another key."""
    return issuer.same(public_of=pki.key("impostor"))


def make_rekeyed(case: Case, issuer: pki.Issued) -> list[pki.Issued]:
    """A CA that may have no intermediate below it, and its own certificate for its next key."""
    case.facts.add("rekeyed")
    ca = issuer.ca("Rekeyed", path_len=0)
    return [ca, ca.ca("Rekeyed", label="Rekeyed, next key", path_len=0)]


def make_spine(rng: random.Random, case: Case) -> list[pki.Issued]:
    """The CAs from a root downwards."""
    kind = rng.choices(sorted(roots()), weights=[2, 2, 2, 2, 12, 4])[0]
    case.facts.add(f"root_{kind}")
    spine = [roots()[kind]]
    for level in range(rng.choice((0, 1, 1, 2, 2, 3))):
        options = {"label": f"ca key {rng.randrange(6)}"} | draw(rng, CA_FAULTS, 0.15, case)
        issuer = spine[-1]
        if rng.random() < 0.04:
            case.facts.add("ca_wrong_key")
            issuer = impostor(issuer)
        self_issued = level > 0 and rng.random() < 0.05
        if self_issued:
            case.facts.add("self_issued")
        name = issuer.plan.subject if self_issued else pki.name(f"CA {level} {rng.randrange(3)}")
        spine.append(issuer.ca(f"CA {level}", subject=name, **options))
    if rng.random() < 0.02:
        spine += make_rekeyed(case, spine[-1])
    return spine


def make_leaf(rng: random.Random, case: Case, issuer: pki.Issued) -> bytes:
    options = {"dns": [HOST]} | draw(rng, LEAF_FAULTS, 0.35, case)
    if rng.random() < 0.04:
        case.facts.add("leaf_wrong_key")
        issuer = impostor(issuer)
    leaf = issuer.leaf(f"leaf {rng.randrange(4)}", **options)
    if "ca_rsa_2048" in case.facts and isinstance(issuer.key, pki.rsa.RSAPrivateKey) and rng.random() < 0.5:
        case.facts.add("leaf_sha1")
        return pki.with_sha1(leaf)
    return leaf.der


def make_beside(rng: random.Random, spine: list[pki.Issued]) -> list[bytes]:
    """Certificates that no verdict needs, and cross-signs that one may need."""
    others = [
        lambda: pki.cross_sign(rng.choice(spine), roots()["second"]),
        lambda: pki.cross_sign(rng.choice(spine), roots()["plain"], **PAST),
        lambda: rng.choice(spine).same(public_of=pki.key("impostor"), serial=5),
        lambda: roots()["second"].ca("Stranger"),
        lambda: spine[0],
    ]
    return [rng.choice(others)().der for _ in range(rng.choice((0, 0, 1, 2)))]


def make_case(seed: int) -> Case:
    rng = random.Random(seed)
    case = Case(seed)
    spine = make_spine(rng, case)
    rest = [ca.der for ca in spine[1:]] + make_beside(rng, spine)
    if len(spine) > 1 and rng.random() < 0.05:
        case.facts.add("missing_intermediate")
        rest.remove(rng.choice(spine[1:]).der)
    rng.shuffle(rest)
    case.sent = [make_leaf(rng, case, spine[-1]), *rest]
    case.anchors = (spine[0], roots()["second"]) if rng.random() < 0.4 else (spine[0],)
    return case


# --- Answers


@cache
def our_store(anchors: tuple[bytes, ...]) -> pv.TrustStore:
    return pv.TrustStore.from_der(anchors)


@cache
def our_validator(anchors: tuple[bytes, ...], profile: pv.Profile) -> pv.Validator:
    policy = pv.Policy(
        profile=profile,
        purpose=pv.Purpose.SERVER_AUTH,
        anchor_checks=pv.AnchorChecks.CERTIFICATE,
        max_intermediates=MAX_DEPTH,
    )
    return pv.Validator(our_store(anchors), policy)


def our_answer(case: Case, profile: pv.Profile) -> pv.Verdict:
    validator = our_validator(tuple(anchor.der for anchor in case.anchors), profile)
    return validator.check(case.sent, pv.DNSName(HOST), at=pki.NOW)


@cache
def peer_verifier(anchors: tuple[bytes, ...]) -> peer.ServerVerifier:
    store = peer.Store([x509.load_der_x509_certificate(der) for der in anchors])
    builder = peer.PolicyBuilder().store(store).time(pki.NOW).max_chain_depth(MAX_DEPTH)
    return builder.build_server_verifier(x509.DNSName(HOST))


def peer_answer(case: Case) -> str:
    """ "" if trusted, else what cryptography says."""
    leaf, *rest = (x509.load_der_x509_certificate(der) for der in case.sent)
    try:
        peer_verifier(tuple(anchor.der for anchor in case.anchors)).verify(leaf, rest)
    except peer.VerificationError as error:
        return str(error) or "refused"
    return ""


# --- Disagreements


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the two differ on some cases. `ours`: OK where we trust, else a reason for which a certificate was refused.
    `applies` looks at certificates (the path and its root where we trust, a refused one alone where we do not) for
    what makes the difference."""

    category: str
    clause: str
    ours: pv.Reason
    profiles: tuple[pv.Profile, ...]
    applies: Callable[[list[x509.Certificate]], bool]

    def explains(self, verdict: pv.Verdict) -> bool:
        if verdict.policy.profile not in self.profiles or (verdict.reason is TRUSTED) != (self.ours is TRUSTED):
            return False
        if verdict.outcome is pv.Outcome.TRUSTED:
            anchor = verdict.anchor.certificate if verdict.anchor is not None else None
            return self.applies(read_all([*verdict.path, *([anchor] if anchor is not None else [])]))
        refused = [found.certificate for found in verdict.rejections if found.reason is self.ours]
        return any(self.applies(read_all([cert])) for cert in refused if cert is not None)


def read_all(certs: Iterable[pv.Certificate]) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(cert.der) for cert in certs]


Value = TypeVar("Value", bound=x509.ExtensionType)


def value_of(cert: x509.Certificate, kind: type[Value]) -> Value | None:
    """The certificate's extension of this kind."""
    try:
        return cert.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def leaf_says_any_purpose(path: list[x509.Certificate]) -> bool:
    eku = value_of(path[0], x509.ExtendedKeyUsage)
    return eku is not None and x509.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in eku


def first_is_a_ca(path: list[x509.Certificate]) -> bool:
    constraints = value_of(path[0], x509.BasicConstraints)
    return constraints is not None and constraints.ca


def leaf_signs_nothing_but_crls(path: list[x509.Certificate]) -> bool:
    usage = value_of(path[0], x509.KeyUsage)
    return usage is not None and usage == pki.key_usage("crl_sign")


def leaf_spans_a_top_level_domain(path: list[x509.Certificate]) -> bool:
    san = value_of(path[0], x509.SubjectAlternativeName)
    return san is not None and "*.example" in san.get_values_for_type(x509.DNSName)


def leaf_has_a_small_key(path: list[x509.Certificate]) -> bool:
    key = path[0].public_key()
    return isinstance(key, pki.rsa.RSAPublicKey) and key.key_size < 2048 and not first_is_a_ca(path)


def first_lacks_its_issuers_key_id(path: list[x509.Certificate]) -> bool:
    return value_of(path[0], x509.AuthorityKeyIdentifier) is None


def a_ca_lacks_key_usage(path: list[x509.Certificate]) -> bool:
    return any(value_of(cert, x509.KeyUsage) is None for cert in path[1:])


def a_ca_s_constraints_are_not_critical(path: list[x509.Certificate]) -> bool:
    found = [cert.extensions.get_extension_for_class(x509.BasicConstraints) for cert in path[1:]]
    return any(not extension.critical for extension in found)


def a_ca_lacks_its_key_id(path: list[x509.Certificate]) -> bool:
    return first_is_a_ca(path) and value_of(path[0], x509.SubjectKeyIdentifier) is None


def is_self_issued(cert: x509.Certificate) -> bool:
    return cert.subject == cert.issuer


def only_self_issued_exceed_a_path_length(path: list[x509.Certificate]) -> bool:
    for depth, cert in enumerate(path):
        constraints = value_of(cert, x509.BasicConstraints)
        limit = constraints.path_length if constraints is not None else None
        below = path[1:depth]
        counted = sum(not is_self_issued(each) for each in below)
        if limit is not None and counted <= limit < len(below):
            return True
    return False


DEVICE, STRICT, BOTH = (pv.Profile.DEVICE,), (pv.Profile.RFC5280,), PROFILES
TRUSTED = pv.Reason.OK

EXPLAINED = (
    Explanation(
        "cryptography wants the purpose named; anyExtendedKeyUsage allows it too",
        "RFC 5280 4.2.1.12",
        TRUSTED,
        BOTH,
        leaf_says_any_purpose,
    ),
    Explanation(
        "a CA certificate is taken as the target outside WEBPKI",
        "RFC 5280 6.1 asks nothing of the target's cA",
        TRUSTED,
        BOTH,
        first_is_a_ca,
    ),
    Explanation(
        "keyUsage and extKeyUsage must both allow the purpose; cryptography asks only the second",
        "RFC 5280 4.2.1.12",
        pv.Reason.KEY_USAGE_PURPOSE,
        BOTH,
        leaf_signs_nothing_but_crls,
    ),
    Explanation(
        "no wildcard spans a top-level domain",
        "RFC 9525 6.3 and 7.1",
        pv.Reason.SUBJECT_MISMATCH,
        BOTH,
        leaf_spans_a_top_level_domain,
    ),
    Explanation(
        "the target's own RSA key must be large enough; cryptography asks only the issuers'",
        "CA/B BR 6.1.5",
        pv.Reason.KEY_TOO_SMALL,
        BOTH,
        leaf_has_a_small_key,
    ),
    Explanation(
        "a missing authorityKeyIdentifier says nothing about trust",
        "RFC 5280 4.2.1.1 binds who issues, 6.1 does not ask",
        TRUSTED,
        DEVICE,
        first_lacks_its_issuers_key_id,
    ),
    Explanation(
        "a CA without keyUsage may sign: its absence restricts nothing",
        "RFC 5280 6.1.4 (n) asks only if it is there",
        TRUSTED,
        DEVICE,
        a_ca_lacks_key_usage,
    ),
    Explanation(
        "basicConstraints counts whether critical or not",
        "RFC 5280 6.1.4 (k); criticality is 4.2.1.9",
        TRUSTED,
        DEVICE,
        a_ca_s_constraints_are_not_critical,
    ),
    Explanation(
        "self-issued certificates do not count against pathLenConstraint; cryptography counts them",
        "RFC 5280 6.1.4 (l)",
        TRUSTED,
        BOTH,
        only_self_issued_exceed_a_path_length,
    ),
    Explanation(
        "a CA names its key; cryptography lets that pass",
        "RFC 5280 4.2.1.2",
        pv.Reason.RULE_SUBJECT_KEY_ID,
        STRICT,
        a_ca_lacks_its_key_id,
    ),
    Explanation(
        "a CA certificate names its issuer's key; cryptography asks that of leaves only",
        "RFC 5280 4.2.1.1",
        pv.Reason.RULE_AUTHORITY_KEY_ID,
        STRICT,
        first_lacks_its_issuers_key_id,
    ),
)


def explanation_of(verdict: pv.Verdict) -> Explanation | None:
    return next((each for each in EXPLAINED if each.explains(verdict)), None)


def describe(case: Case, verdict: pv.Verdict, said: str) -> str:
    ours = f"{verdict.outcome.name} {verdict.reason.name}"
    return f"seed {case.seed} {sorted(case.facts)}: {ours}; peer: {said or 'trusted'}"


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_agrees_with_cryptography(profile: pv.Profile) -> None:
    unexplained: list[str] = []
    seen: Counter[str] = Counter()
    for seed in range(NUM_CASES):
        case = make_case(seed)
        verdict, said = our_answer(case, profile), peer_answer(case)
        assert verdict.outcome is not pv.Outcome.UNDECIDED, describe(case, verdict, said)
        trusted = verdict.outcome is pv.Outcome.TRUSTED
        seen["trusted" if trusted else "refused"] += 1
        if trusted == (said == ""):
            continue
        reason = explanation_of(verdict)
        seen[reason.category if reason else "unexplained"] += 1
        if reason is None:
            unexplained.append(describe(case, verdict, said))
    assert not unexplained, f"{len(unexplained)} unexplained:\n" + "\n".join(unexplained[:20])
    assert min(seen["trusted"], seen["refused"]) > NUM_CASES // 5, seen


def test_every_explanation_is_needed() -> None:
    """One that explains nothing any more would hide the next fault."""
    used: set[str] = set()
    for case in map(make_case, range(1000)):
        said = peer_answer(case)
        for verdict in (our_answer(case, profile) for profile in PROFILES):
            reason = explanation_of(verdict)
            if reason is not None and (verdict.outcome is pv.Outcome.TRUSTED) != (said == ""):
                used.add(reason.category)
    assert used == {each.category for each in EXPLAINED}
