"""What is asked of a path: purpose, profile, algorithms, and the work that may be spent. Plain frozen data.

A `Policy` that could not work is refused when it is built, with a PolicyError that names the option. Its numbers are
those of the C core; nothing here imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import Enum, unique
from typing import Any, Final, Self, TypeAlias

from .algorithms import DEFAULT_ALGORITHMS, SignatureAlgorithm
from .anchors import FoundPath
from .errors import PolicyError
from .purposes import EkuOid, Purpose, encode_oid

_UINT32_MAX: Final = 0xFFFFFFFF
_MAX_CERTIFICATES: Final = 0xFFFF

#: The core is built for paths of this many certificates (PV_MAX_PATH), target and intermediates; checked at import.
MAX_PATH: Final = 24


def _require_type(option: str, value: object, types: tuple[type, ...]) -> None:
    if not isinstance(value, types):
        wanted = " or ".join(each.__name__ for each in types)
        raise TypeError(f"{option} takes {wanted}, not {type(value).__name__}")


def _require_int(option: str, value: object, least: int, most: int) -> None:
    if type(value) is not int:
        raise TypeError(f"{option} takes an int, not {type(value).__name__}")
    if not least <= value <= most:
        raise PolicyError(option, f"{value} is not in {least} to {most}")


@unique
class Profile(Enum):
    """Which rules of the certificate's form count.

    RFC5280: path validation (section 6) and the certificate rules of section 4, strictly.
    WEBPKI: that, and the CA/Browser Forum's Baseline Requirements for TLS servers (7.1): for browsers' roots.
    DEVICE: section 6 and every rule that carries security; deviations without security value become notes.
    """

    RFC5280 = 1
    WEBPKI = 2
    DEVICE = 3


@unique
class AnchorChecks(Enum):
    """What of an anchor counts beyond name and key.

    CONSTRAINTS: its validity window, name constraints, extended key usage and path length (RFC 5914, 5937).
    CERTIFICATE: every field of its certificate, as for an intermediate.
    NAME_AND_KEY: nothing (RFC 5280 6.1.1 (d) to the letter); an expired root anchors as well as any.
    """

    CONSTRAINTS = 1
    CERTIFICATE = 2
    NAME_AND_KEY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much work one request may cost. Each is taken from before the work; what is spent makes UNDECIDED.

    signatures: units of about 10 microseconds: RSA-2048 costs 2, RSA-4096 8, P-256 8, Ed25519 11, ML-DSA-65 20,
        P-384 64, DSA 80. 1024 units are 128 checks with P-256; no sane path has more than 24.
    steps: candidates looked at by the search, certificates sent and each 512 octets of them, and each 64 octets of
        subject and issuer names that are compared.
    names: comparisons of names with name constraints and with the subject asked for, and one for each 32 octets of the
        extensions and names that are read to judge a certificate.
    policy_nodes: nodes of the certificate policy graph and links between them, and one for each 16 comparisons of
        policies and each 64 octets of their extensions; of every path that is tried.
    bytes: bytes hashed for signatures.
    certificates: certificates in one request; more are not even parsed.
    der_bytes: bytes of DER in one request; more are not even parsed. PEM text that is longer than twice this and
        64 KiB is not even decoded.
    """

    signatures: int = 1024
    steps: int = 20_000
    names: int = 250_000
    policy_nodes: int = 1024
    bytes: int = 64 << 20
    certificates: int = 256
    der_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        for each in fields(self):
            least = 0 if each.name in ("names", "policy_nodes") else 1
            most = _MAX_CERTIFICATES if each.name == "certificates" else _UINT32_MAX
            _require_int(f"budget.{each.name}", getattr(self, each.name), least, most)


@unique
class PolicyRule(Enum):
    """How certificate policies are judged from the anchor down (RFC 5280 6.1.1 (e), (f), (g)).

    REQUIRE_EXPLICIT: a path must be valid for one of the policies that are acceptable.
    INHIBIT_MAPPING: no CA may say that another domain's policy is as good as its own.
    INHIBIT_ANY: anyPolicy in a certificate stands for no other policy, but in a self-issued CA.
    """

    INHIBIT_MAPPING = 1
    REQUIRE_EXPLICIT = 2
    INHIBIT_ANY = 4


#: What a set of policies has in it when every policy is valid (RFC 5280 4.2.1.4).
ANY_POLICY: Final = "2.5.29.32.0"

_MAX_ACCEPTABLE: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePolicies:
    """Which certificate policies are asked for (RFC 5280 6.1.1 (c); RFC 9618).

    acceptable: dotted OIDs, such as "2.16.840.1.101.3.2.1.48.1"; None: any policy.
    rules: a set of PolicyRule. Without REQUIRE_EXPLICIT a path needs no policy unless one of its CAs demands one,
        and `Verdict.user_policies` tells what it has.

    Raises PolicyError for what is no OID, for none at all, and for anyPolicy (say None); TypeError for other types.
    """

    acceptable: tuple[str, ...] | None = None
    rules: frozenset[PolicyRule] = frozenset()

    def __post_init__(self) -> None:
        self._check_rules()
        if self.acceptable is None:
            return
        if isinstance(self.acceptable, str | bytes) or not isinstance(self.acceptable, Iterable):
            raise TypeError("acceptable is a sequence of dotted OIDs, or None")
        listed = tuple(dict.fromkeys(self.acceptable))
        if not 1 <= len(listed) <= _MAX_ACCEPTABLE:
            raise PolicyError("policies.acceptable", f"{len(listed)} policies are not in 1 to {_MAX_ACCEPTABLE}")
        for each in listed:
            _require_type("acceptable", each, (str,))
            encode_oid(each)
        if ANY_POLICY in listed:
            raise PolicyError("policies.acceptable", "anyPolicy is no policy of its own; say None for any")
        object.__setattr__(self, "acceptable", listed)

    def _check_rules(self) -> None:
        if isinstance(self.rules, str | bytes) or not isinstance(self.rules, Iterable):
            raise TypeError("rules is a set of PolicyRule")
        chosen = frozenset(self.rules)
        for each in chosen:
            _require_type("rules", each, (PolicyRule,))
        object.__setattr__(self, "rules", chosen)


@unique
class RevocationScope(Enum):
    """Of which certificates of a path it must be known that they are not revoked.

    LEAF: the target, and whoever signed the evidence on it; not the CAs above these. CHAIN: the target, every
    intermediate, and all that stands behind the evidence on them (the anchor never: what is revoked there is taken
    out of the store).
    """

    LEAF = 1
    CHAIN = 2


@unique
class RevocationSource(Enum):
    """Whose word counts: CRLs (RFC 5280 6.3), OCSP responses (RFC 6960)."""

    CRL = 1
    OCSP = 2


@unique
class MissingEvidence(Enum):
    """What becomes of a certificate that no evidence speaks of.

    REFUSE: it is refused. NOTE: it passes, and the verdict's notes say so. Whoever can withhold evidence can then keep
    a revoked certificate alive. One that evidence calls revoked is always refused.
    """

    REFUSE = 0
    NOTE = 1


_MAX_AGE: Final = timedelta(days=3653)
_MAX_LEEWAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """That certificates must be known not to be revoked, and by what (RFC 5280 6.1.3 (a)(3), 6.3; RFC 6960).

    scope: a RevocationScope. sources: a set of RevocationSource; both count unless said otherwise.
    missing: a MissingEvidence.
    max_age: how long after its thisUpdate evidence counts, at most 10 years, in whole seconds (rounded up, 1 at least);
        None: until its nextUpdate, and what has none is stale. Beside a limit nextUpdate counts all the same.
    leeway: how far thisUpdate and producedAt may lie ahead of the moment judged by, for clocks that differ: at most a
        day, in whole seconds.

    Raises PolicyError for a value that cannot work, TypeError for one of another type.
    """

    scope: RevocationScope = RevocationScope.CHAIN
    sources: frozenset[RevocationSource] = frozenset(RevocationSource)
    missing: MissingEvidence = MissingEvidence.REFUSE
    max_age: timedelta | None = None
    leeway: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        _require_type("scope", self.scope, (RevocationScope,))
        _require_type("missing", self.missing, (MissingEvidence,))
        self._check_sources()
        if self.max_age is not None:
            _require_span("revocation.max_age", self.max_age, _MAX_AGE)
        _require_span("revocation.leeway", self.leeway, _MAX_LEEWAY)

    def _check_sources(self) -> None:
        if isinstance(self.sources, str | bytes) or not isinstance(self.sources, Iterable):
            raise TypeError("sources is a set of RevocationSource")
        chosen = frozenset(self.sources)
        for each in chosen:
            _require_type("sources", each, (RevocationSource,))
        if not chosen:
            raise PolicyError("revocation.sources", "there is none, so nothing could ever be known")
        object.__setattr__(self, "sources", chosen)


def _require_span(option: str, value: object, most: timedelta) -> None:
    if not isinstance(value, timedelta):
        raise TypeError(f"{option} takes a timedelta, not {type(value).__name__}")
    if not timedelta(0) <= value <= most:
        raise PolicyError(option, f"{value} is not in 0 to {most}")


@dataclass(frozen=True, slots=True)
class HookRefusal:
    """What a hook returns to refuse a path; `text` appears in the verdict."""

    text: str

    def __post_init__(self) -> None:
        _require_type("text", self.text, (str,))


#: A hook is shown each path that the core accepts. It returns None to let it pass, or a HookRefusal; the search then
#: goes on. An exception that it raises goes to the caller of `check`: it is never trust, and never hidden.
Hook: TypeAlias = Callable[[FoundPath], HookRefusal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a path must fulfil. Take a preset (tls_server, tls_client, device, code_signing) and override what differs.

    purpose: a Purpose or an EkuOid. profile: a Profile. anchor_checks: what of an anchor counts.
    algorithms: the signature algorithms that an edge of a path may have.
    min_rsa_bits: the smallest RSA key, 2048 to 8192.
    max_intermediates: 0 to 22; self-issued ones are not counted (RFC 5280 6.1.4 (l)).
    budget: the work that one request may cost.
    hooks: callables that may refuse a path that the core accepts, never rescue one.
    policies: the certificate policies that are asked for; None: any, and none is required. What an anchor's own
        certificate says of policies counts unless anchor_checks is NAME_AND_KEY.
    revocation: a Revocation; None: whether a certificate is revoked is not asked.

    Raises PolicyError for a value that cannot work, TypeError for one of another type.
    """

    purpose: Purpose | EkuOid
    profile: Profile
    anchor_checks: AnchorChecks = AnchorChecks.CONSTRAINTS
    algorithms: frozenset[SignatureAlgorithm] = DEFAULT_ALGORITHMS
    min_rsa_bits: int = 2048
    max_intermediates: int = 8
    budget: Budget = Budget()
    policies: CertificatePolicies | None = None
    revocation: Revocation | None = None
    hooks: tuple[Hook, ...] = ()

    def __post_init__(self) -> None:
        _require_type("purpose", self.purpose, (Purpose, EkuOid))
        _require_type("profile", self.profile, (Profile,))
        _require_type("anchor_checks", self.anchor_checks, (AnchorChecks,))
        _require_type("budget", self.budget, (Budget,))
        self._check_algorithms()
        _require_int("min_rsa_bits", self.min_rsa_bits, 2048, 8192)
        _require_int("max_intermediates", self.max_intermediates, 0, MAX_PATH - 2)
        if self.policies is not None:
            _require_type("policies", self.policies, (CertificatePolicies,))
        if self.revocation is not None:
            _require_type("revocation", self.revocation, (Revocation,))
        self._check_hooks()

    def _check_algorithms(self) -> None:
        if isinstance(self.algorithms, str | bytes) or not isinstance(self.algorithms, Iterable):
            raise TypeError("algorithms is a set of SignatureAlgorithm")
        chosen = frozenset(self.algorithms)
        if not chosen:
            raise PolicyError("algorithms", "none is allowed, so no path could be valid")
        for each in chosen:
            _require_type("algorithms", each, (SignatureAlgorithm,))
        object.__setattr__(self, "algorithms", chosen)

    def _check_hooks(self) -> None:
        if not isinstance(self.hooks, tuple) or not all(map(callable, self.hooks)):
            raise TypeError("hooks is a tuple of callables")

    @classmethod
    def tls_server(cls, **overrides: Any) -> Self:
        """For a client that authenticates servers of the public web: WEBPKI rules, server authentication."""
        return cls(**({"purpose": Purpose.SERVER_AUTH, "profile": Profile.WEBPKI} | overrides))

    @classmethod
    def tls_client(cls, **overrides: Any) -> Self:
        """For a server that authenticates TLS clients, devices among them: DEVICE rules, client authentication."""
        return cls(**({"purpose": Purpose.CLIENT_AUTH, "profile": Profile.DEVICE} | overrides))

    @classmethod
    def device(cls, **overrides: Any) -> Self:
        """For device identities (IEEE 802.1AR IDevID, attestation): DEVICE rules, any purpose."""
        return cls(**({"purpose": Purpose.ANY, "profile": Profile.DEVICE} | overrides))

    @classmethod
    def code_signing(cls, **overrides: Any) -> Self:
        """For signers of firmware and code: DEVICE rules, code signing."""
        return cls(**({"purpose": Purpose.CODE_SIGNING, "profile": Profile.DEVICE} | overrides))
