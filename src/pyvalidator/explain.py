"""The values behind a reason: what was found against what was wanted, why, and what would mend it.

It knows no verdict and decides nothing: given one rejection's circumstances (a Case) it puts them into words. All text
that comes from a certificate leaves here safe to print.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, unique
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

from . import extensions
from .algorithms import KeyAlgorithm, SignatureAlgorithm
from .anchors import TrustAnchor
from .certificate import Certificate, describe, oid_text
from .errors import printable
from .evidence import Evidence, OcspResponse, RevocationList, SingleResponse
from .moments import Time, TimeMode, show_time, to_seconds
from .names import Subject
from .policy import Policy
from .purposes import Purpose, purpose_oid
from .reasons import Field, Reason


@unique
class Cause(Enum):
    """What lies behind a rejection, where one reason has several causes, or one cause has several reasons.

    UNKNOWN_ROOT: the path leads to a root that the store does not have. MISSING_INTERMEDIATE: nobody sent the issuer's
    certificate. EXPIRED_INTERMEDIATE: an issuer's time is over. WRONG_KEY: an issuer with the right name has not the
    key that is asked for. UNKNOWN_CROSS_SIGN: a cross-signed certificate leads to a root that the store does not have.
    ALTERED: the issuer's key is the right one, and the signature is not good."""

    UNKNOWN_ROOT = "unknown root"
    MISSING_INTERMEDIATE = "missing intermediate"
    EXPIRED_INTERMEDIATE = "expired intermediate"
    WRONG_KEY = "right name, wrong key"
    UNKNOWN_CROSS_SIGN = "cross-sign of an unknown root"
    ALTERED = "altered or forged"


class Detail(NamedTuple):
    """`text`: the values in words. `found` and `wanted`: the offending value and the expected one, where two were
    compared. `mend` "": as the reason says."""

    text: str = ""
    found: str = ""
    wanted: str = ""
    mend: str = ""
    cause: Cause | None = None


class NameFault(NamedTuple):
    """What the core says of a certificate's names under one NameConstraints value: the reason (OK: nothing is wrong),
    the field, and the byte of the certificate where the name stands."""

    reason: Reason
    field: Field
    offset: int | None


class NameJudge(Protocol):
    """Asks the core about names and constraints."""

    def __call__(self, constraints: bytes, der: bytes) -> NameFault:
        """Hold the names of a certificate against a NameConstraints value."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One rejection's circumstances. `certificate` or `anchor` was turned down. `path`: what stood below it, target
    first. `issuer`: whose key was tried on its signature. `chain` and `anchors`: all that was at hand.

    `evidence`: what was turned down as telling nothing of the certificate, and `offset` the byte of it meant. `heard`:
    what told nothing of a certificate whose revocation is not known, and why. `at_hand`: all the evidence."""

    reason: Reason
    certificate: Certificate | None
    anchor: TrustAnchor | None
    path: tuple[Certificate, ...]
    issuer: Certificate | TrustAnchor | None
    chain: Sequence[Certificate]
    anchors: Sequence[TrustAnchor]
    policy: Policy
    subject: Subject
    time: Time
    names: NameJudge
    evidence: RevocationList | OcspResponse | None = None
    offset: int | None = None
    heard: tuple[tuple[str, Reason], ...] = ()
    at_hand: Evidence | None = None

    @property
    def held(self) -> Certificate | None:
        """The certificate that was turned down, the anchor's own included."""
        return self.certificate if self.anchor is None else self.anchor.certificate


def explain(case: Case) -> Detail:
    """The detail of a rejection; empty if its reason's text says all, or its certificate cannot be read."""
    try:
        limit = _LIMITS.get(case.reason)
        if limit is not None:
            return Detail(limit(case.policy))
        if case.evidence is not None:
            return _OF_EVIDENCE[case.reason](case) if case.reason in _OF_EVIDENCE else Detail()
        if case.anchor is not None and case.reason in _OF_ANCHOR:
            return _OF_ANCHOR[case.reason](case, case.anchor)
        told = _OF_CERTIFICATE.get(case.reason)
        return Detail() if told is None or case.held is None else told(case, case.held)
    except (ValueError, IndexError):
        return Detail()


# --- Short texts


def name_of(held: Certificate | TrustAnchor) -> str:
    """Certificate or anchor, by its subject."""
    return held.name if isinstance(held, TrustAnchor) else describe(held.der)


def _issuer(held: Certificate) -> str:
    return printable(held.issuer, 200) or "(empty name)"


def _some(texts: Sequence[str], limit: int = 3) -> str:
    more = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + more


def _roots(case: Case) -> str:
    return _some([each.name for each in case.anchors])


def _certificates(num: int, what: str) -> str:
    return f"{num} {what}" if num == 1 else f"{num} {what}s"


def _compared(found: str, wanted: str, text: str = "", mend: str = "", cause: Cause | None = None) -> Detail:
    return Detail(text or f"found {found}, wanted {wanted}", found, wanted, mend, cause)


# --- Limits

_LIMITS: Final[dict[Reason, Callable[[Policy], str]]] = {
    Reason.BUDGET_SIGNATURES: lambda policy: f"the limit is {policy.budget.signatures} signatures",
    Reason.BUDGET_STEPS: lambda policy: f"the limit is {policy.budget.steps} steps",
    Reason.BUDGET_NAMES: lambda policy: f"the limit is {policy.budget.names} names",
    Reason.BUDGET_POLICY_NODES: lambda policy: f"the limit is {policy.budget.policy_nodes} policy_nodes",
    Reason.BUDGET_BYTES: lambda policy: (
        f"the limit is {policy.budget.der_bytes} bytes of certificates, and {policy.budget.bytes} bytes hashed"
    ),
    Reason.BUDGET_CERTIFICATES: lambda policy: f"the limit is {policy.budget.certificates} certificates",
}


def _too_many(case: Case, held: Certificate) -> Detail:
    below = [each for each in (*case.path[1:], held) if not each.is_self_issued]
    return _compared(
        _certificates(len(below), "intermediate"),
        f"at most {case.policy.max_intermediates}",
        f"{_certificates(len(below), 'intermediate')}, and at most {case.policy.max_intermediates} are allowed",
    )


# --- Time


def _judged(case: Case) -> str:
    if case.time.mode is not TimeMode.AT_ISSUANCE:
        return str(case.time)
    below = case.path[-1] if case.path else case.held
    return f"at {show_time(below.fields.not_before)}, when {describe(below.der)} was issued" if below else ""


def _expired(case: Case, held: Certificate) -> Detail:
    end = show_time(held.fields.not_after)
    ca = held.fields.is_ca and bool(case.path)
    mend = f"send its successor: a certificate of {describe(held.der)} that is valid" if ca else "renew it"
    urls = extensions.issuer_urls(case.path[-1].der) if ca else ()
    if urls:
        mend += f"; the AIA of {describe(case.path[-1].der)} says {_some(urls, 2)}"
    cause = Cause.EXPIRED_INTERMEDIATE if ca else None
    return _compared(f"notAfter {end}", _judged(case), f"notAfter is {end}, judged {_judged(case)}", mend, cause)


def _not_yet(case: Case, held: Certificate) -> Detail:
    begin = show_time(held.fields.not_before)
    return _compared(f"notBefore {begin}", _judged(case), f"notBefore is {begin}, judged {_judged(case)}")


def _not_at_issuance(case: Case, held: Certificate) -> Detail:
    window = f"{show_time(held.fields.not_before)} to {show_time(held.fields.not_after)}"
    return _compared(window, _judged(case), f"it is valid {window}, judged {_judged(case)}")


def _anchor_window(case: Case, anchor: TrustAnchor) -> Detail:
    """Of two windows, the certificate's and the owner's, the narrower counts."""
    held, limits = anchor.certificate, anchor.constraints
    begins = [each for each in (held.not_before if held else None, limits.not_before) if each is not None]
    ends = [each for each in (held.not_after if held else None, limits.not_after) if each is not None]
    if case.reason is Reason.ANCHOR_NOT_YET_VALID:
        begin = _moment(max(begins))
        return _compared(f"notBefore {begin}", _judged(case), f"notBefore is {begin}, judged {_judged(case)}")
    end = _moment(min(ends))
    others = [each.name for each in case.anchors if each is not anchor]
    mend = f"rotate the root: trust the successor of {anchor.name}"
    mend += f", or send a path to one of: {_some(others)}" if others else ""
    return _compared(f"notAfter {end}", _judged(case), f"notAfter is {end}, judged {_judged(case)}", mend)


def _moment(moment: datetime) -> str:
    return show_time(to_seconds(moment))


def _distrusted(case: Case, anchor: TrustAnchor) -> Detail:
    date, target = anchor.constraints.distrust_after, case.path[0] if case.path else None
    if date is None or target is None:
        return Detail()
    issued = show_time(target.fields.not_before)
    text = f"{describe(target.der)} was issued {issued}, and {anchor.name} is distrusted after {_moment(date)}"
    return _compared(f"issued {issued}", f"no later than {_moment(date)}", text)


# --- Who issued it


def _no_issuer(case: Case, held: Certificate) -> Detail:
    """Nobody has the issuer's name: the path is cut short, or leads to a root that the store does not have."""
    stray = _stray(case, held)
    if stray is not None:
        return stray
    name, urls, crossed = _issuer(held), extensions.issuer_urls(held.der), _cross_sign(case, held)
    if crossed is not None:
        mend = f"trust {name}, or trust {describe(held.der)} itself by its own root certificate"
        text = f"its issuer is {name}, which no anchor is; it is a cross-sign: {crossed}"
        return _compared(name, _roots(case), text, f"{mend}; or {_reach(case)}", Cause.UNKNOWN_CROSS_SIGN)
    if urls:
        mend = f"send the missing intermediate {name}, its AIA says {_some(urls, 2)}; if {name} is a root, trust it"
        text = f"its issuer is {name}, whose certificate nobody sent"
        return _compared(name, "its certificate, or an anchor of that name", text, mend, Cause.MISSING_INTERMEDIATE)
    if not case.path[1:] and not held.fields.is_ca:
        mend = f"send the missing intermediate {name} beside it, or trust {name} if it is a root; or {_reach(case)}"
        text = f"its issuer is {name}, whose certificate nobody sent"
        return _compared(name, "its certificate, or an anchor of that name", text, mend, Cause.MISSING_INTERMEDIATE)
    mend = f"trust {name} if it is a root of yours, send its certificate if it is an intermediate, or {_reach(case)}"
    return _compared(name, _roots(case), f"its issuer is {name}, which no anchor is", mend, Cause.UNKNOWN_ROOT)


def _reach(case: Case) -> str:
    return f"send a path to one of: {_roots(case)}"


def _cross_sign(case: Case, held: Certificate) -> str | None:
    """Whom else its name and key were certified by, or that an anchor has them; None: nobody at hand."""
    fields = held.fields
    if fields.is_self_issued:
        return None
    if any((each.subject, each.spki) == (fields.subject, fields.spki) for each in case.anchors):
        return f"an anchor has the name and key of {describe(held.der)}"
    for other in case.chain:
        if other.der == held.der or not _readable(other):
            continue
        twin = other.fields
        if (twin.subject, twin.spki) == (fields.subject, fields.spki) and twin.issuer != fields.issuer:
            whose = "itself" if twin.is_self_issued else _issuer(other)
            return f"{describe(held.der)} is certified by {whose}, too"
    return None


def _readable(certificate: Certificate) -> bool:
    try:
        return certificate.fields.version > 0
    except ValueError:
        return False


def _root_not_trusted(case: Case, held: Certificate) -> Detail:
    print_of = held.fingerprint_sha256
    trust = f"trust {describe(held.der)} (SHA-256 {print_of[:16]}...) if it is yours"
    namesake = next((each for each in case.anchors if each.subject == held.fields.subject), None)
    if namesake is not None:
        text = f"an anchor is named {namesake.name}, and its key is another one"
        mend = f"find out who made this {describe(held.der)}; a path to the trusted one has to be signed with its key"
        return _compared(_own_key(held), _own_key(namesake), text, mend, Cause.WRONG_KEY)
    stray = _stray(case, held)
    if stray is not None:
        return stray
    text = f"{describe(held.der)} is not among the {_certificates(len(case.anchors), 'anchor')}: {_roots(case)}"
    return _compared(describe(held.der), _roots(case), text, f"{trust}, or {_reach(case)}", Cause.UNKNOWN_ROOT)


def _own_key(held: Certificate | TrustAnchor) -> str:
    own = held if isinstance(held, Certificate) else held.certificate
    octets = extensions.key_ids(own.der).own if own is not None else b""
    return f"key {extensions.colons(octets)}" if octets else "a key without identifier"


def _stray(case: Case, held: Certificate) -> Detail | None:
    """The first link up to `held` whose key identifiers differ: a namesake of the issuer, not the issuer."""
    path = case.path if case.path and case.path[-1].der == held.der else (*case.path, held)
    for child, issuer in pairwise(path):
        wanted, offered = extensions.key_ids(child.der).issuer, extensions.key_ids(issuer.der).own
        if wanted and offered and wanted != offered:
            return _wrong_key(child, issuer, wanted, offered)
    return None


def _wrong_key(child: Certificate, issuer: Certificate | TrustAnchor, wanted: bytes, offered: bytes) -> Detail:
    has, asks = f"key {extensions.colons(offered)}", f"key {extensions.colons(wanted)}"
    text = f"right name, wrong key: {describe(child.der)} asks for an issuer with {asks}, {name_of(issuer)} has {has}"
    urls = extensions.issuer_urls(child.der)
    where = f", its AIA says {_some(urls, 2)}" if urls else ""
    mend = f"send the certificate of {name_of(issuer)} with {asks}{where}"
    return _compared(has, asks, text, mend, Cause.WRONG_KEY)


def _signature_bad(case: Case, held: Certificate) -> Detail:
    issuer = case.issuer
    if issuer is None:
        return Detail()
    own = issuer if isinstance(issuer, Certificate) else issuer.certificate
    wanted = extensions.key_ids(held.der).issuer
    offered = extensions.key_ids(own.der).own if own is not None else b""
    if wanted and offered and wanted != offered:
        return _wrong_key(held, issuer, wanted, offered)
    text = f"the key of {name_of(issuer)} was tried"
    if not wanted or not offered:
        text += "; key identifiers do not tell whether it is the right one"
        mend = f"send the certificate of {name_of(issuer)} with the key that signed it; if there is none, it was forged"
        return Detail(text, _own_key(issuer), "the key that signed it", mend, Cause.WRONG_KEY)
    text += ", the one that it asks for by identifier"
    mend = "fetch it again from whom it was issued to: these bytes were altered or forged"
    return Detail(text, "another signature", f"one by {_own_key(issuer)}", mend, Cause.ALTERED)


def _engine(case: Case, held: Certificate) -> Detail:
    whose = f", under the key of {name_of(case.issuer)}" if case.issuer is not None else ""
    return Detail(f"it is {_algorithm(held)}{whose}")


# --- What a CA may do


def _path_len(case: Case, _held: Certificate) -> Detail:
    between = [describe(each.der) for each in case.path[1:] if not each.is_self_issued]
    limit = extensions.path_len(_held.der)
    text = f"pathLenConstraint is {limit}; below it are {_certificates(len(between), 'intermediate')}: {_some(between)}"
    mend = f"issue from {describe(_held.der)} directly, or have it reissued with pathLenConstraint {len(between)}"
    return _compared(_certificates(len(between), "intermediate"), f"at most {limit}", text, mend)


def _listed(names: Sequence[str] | None, absent: str) -> str:
    return absent if names is None else _some(names, 10) or "none"


def _no_cert_sign(_case: Case, held: Certificate) -> Detail:
    found = _listed(extensions.usages(held.der), "no keyUsage")
    return _compared(found, "keyCertSign")


def _not_a_ca(_case: Case, held: Certificate) -> Detail:
    version = held.fields.version
    basic = "basicConstraints without cA" if extensions.find(held.der, extensions.BASIC_CONSTRAINTS) else ""
    found = basic or (f"a version {version} certificate" if version < 3 else "no basicConstraints")
    return _compared(found, "basicConstraints with cA TRUE")


def _purpose(policy: Policy) -> str:
    wanted = policy.purpose
    if isinstance(wanted, Purpose):
        return extensions.purpose_name(oid_text(purpose_oid(wanted)))
    return extensions.purpose_name(str(wanted))


def _eku(case: Case, held: Certificate) -> Detail:
    found, wanted = _listed(extensions.purposes(held.der), "no extKeyUsage"), _purpose(case.policy)
    mend = f"issue it with the extended key usage {wanted}, or ask for a purpose that it has"
    return _compared(found, wanted, f"it is for {found}, and {wanted} is wanted", mend)


def _anchor_eku(case: Case, anchor: TrustAnchor) -> Detail:
    own = extensions.purposes(anchor.certificate.der) if anchor.certificate is not None else None
    limits = [extensions.purpose_name(oid_text(purpose_oid(each))) for each in anchor.constraints.eku]
    found, wanted = _listed(limits or own, "no extKeyUsage"), _purpose(case.policy)
    return _compared(found, wanted, f"it anchors {found}, and {wanted} is wanted")


def _usage(case: Case, held: Certificate) -> Detail:
    found = _listed(extensions.usages(held.der), "no keyUsage")
    return _compared(
        found, f"what {_purpose(case.policy)} needs", f"keyUsage is {found}; {_purpose(case.policy)} is wanted"
    )


def _critical(_case: Case, held: Certificate) -> Detail:
    found = [f"{each.name} ({each.oid})" for each in extensions.read_extensions(held.der) if each.critical]
    known = {"keyUsage", "basicConstraints", "subjectAltName", "extKeyUsage", "nameConstraints", "certificatePolicies"}
    odd = [each for each in found if each.partition(" ")[0] not in known]
    return Detail(f"critical: {_some(odd or found, 5)}", _some(odd or found, 5))


# --- Names


def _asked(case: Case) -> str:
    return printable(str(case.subject), 100)


def _mismatch(case: Case, held: Certificate) -> Detail:
    names = [printable(str(each), 80) for each in held.subject_alt_names[:10]]
    more = len(held.fields.names or ()) - len(names)
    named = ", ".join(names) + (f" and {more} more" if more > 0 else "") or "nobody"
    return _compared(named, _asked(case), f"asked for {_asked(case)}; it names {named}")


def _missing_names(case: Case, held: Certificate) -> Detail:
    text = f"asked for {_asked(case)}; its subject, which is not read, is {describe(held.der)}"
    return _compared("no subjectAltName", _asked(case), text)


_MAX_SUBTREES: Final = 64


def _constrained(case: Case, _held: object) -> Detail:
    """Asks the core again, certificate by certificate and constraint by constraint: the record has no room for it."""
    constraints = _constraint_values(case)
    for value in constraints:
        for depth, each in enumerate(case.path):
            if depth and each.is_self_issued:
                continue
            fault = case.names(value, each.der)
            if fault.reason is case.reason:
                return _name_fault(case, value, each, fault)
    return Detail()


def _constraint_values(case: Case) -> list[bytes]:
    own = extensions.find(case.held.der, extensions.NAME_CONSTRAINTS) if case.held is not None else None
    limits = case.anchor.constraints.name_constraints if case.anchor is not None else None
    return [value for value in (own.value if own else None, limits) if value]


def _name_fault(case: Case, value: bytes, subject: Certificate, fault: NameFault) -> Detail:
    who, name = describe(subject.der), _name_at(subject, fault)
    rows = extensions.subtrees(value)[:_MAX_SUBTREES]
    if case.reason is Reason.NC_EXCLUDED:
        rule = next((str(row) for row in rows if row.excluded and _alone(case, row, subject)), "an excluded subtree")
        return _compared(name, f"nothing in {rule}", f"{name} of {who} lies in {rule}")
    form = name.partition(" ")[0]
    permitted = [str(row) for row in rows if not row.excluded and str(row).partition(" ")[0] == form]
    if case.reason is Reason.NC_NOT_PERMITTED and permitted:
        listed = _some(permitted, 5)
        return _compared(name, listed, f"{name} of {who}; permitted are {listed}")
    return Detail(f"{name} of {who}, under {_some([str(row) for row in rows], 5)}", name)


def _alone(case: Case, row: extensions.Subtree, subject: Certificate) -> bool:
    """Whether this excluded subtree by itself refuses the certificate."""
    lone = _element(0x30, _element(0xA1, row.whole))
    return case.names(lone, subject.der).reason is Reason.NC_EXCLUDED


def _element(tag: int, contents: bytes) -> bytes:
    octets = len(contents).to_bytes((len(contents).bit_length() + 7) // 8)
    return bytes([tag, len(contents)] if len(contents) < 0x80 else [tag, 0x80 | len(octets), *octets]) + contents


def _name_at(subject: Certificate, fault: NameFault) -> str:
    if fault.field is Field.SUBJECT:
        return f"directory name {describe(subject.der)}"
    names = extensions.find(subject.der, "2.5.29.17")
    if names is None or fault.offset is None:
        return "a name"
    start = subject.der.find(names.value, names.offset)
    inside = fault.offset - start
    told = [text for _, text, offset in extensions.general_names(names.value) if offset <= inside]
    return told[-1] if told else "a name"


# --- Algorithms and keys


def _algorithm(held: Certificate) -> str:
    number = held.fields.signature_algorithm
    known = held.signature_algorithm
    return known.name if known is not None else _LEGACY.get(number, "an unknown algorithm")


_LEGACY: Final = {
    20: "RSA_PKCS1_SHA1",
    21: "ECDSA_SHA1",
    24: "RSA_PKCS1_MD5",
    25: "RSA_PKCS1_MD2",
}


def _not_allowed(case: Case, held: Certificate) -> Detail:
    allowed = [each.name for each in SignatureAlgorithm if each in case.policy.algorithms]
    listed = _some(allowed, len(SignatureAlgorithm))
    # A DSA key is refused as such, however the certificate itself is signed.
    is_key = held.signature_algorithm in case.policy.algorithms and held.public_key_algorithm is KeyAlgorithm.DSA
    found = f"a key of kind {_key_kind(held)}" if is_key else _algorithm(held)
    return _compared(found, listed, f"it is {found}; allowed are {listed}")


def _key_kind(held: Certificate) -> str:
    bits = f" of {held.public_key_bits} bits" if held.public_key_bits else ""
    return f"{held.public_key_algorithm.name}{bits}"


def _key_mismatch(case: Case, held: Certificate) -> Detail:
    if not case.path:
        return Detail()
    child = case.path[-1]
    text = f"{describe(child.der)} is signed with {_algorithm(child)}, and the key is {_key_kind(held)}"
    return _compared(_key_kind(held), f"a key for {_algorithm(child)}", text)


def _key_size(case: Case, held: Certificate) -> Detail:
    wanted = f"at least {case.policy.min_rsa_bits} and at most 8192"
    return _compared(
        f"{held.public_key_bits} bits", f"{wanted} bits", f"{held.public_key_bits} bits; {wanted} are needed"
    )


# --- Revocation


def _unknown(case: Case, held: Certificate) -> Detail:
    """What there was, why it told nothing, and where the certificate says that more is to be had."""
    urls = extensions.revocation_urls(held.der)
    where = f", which it says is at {_some(urls, 3)}" if urls else ""
    mend = f"hand in a current CRL of {_issuer(held)}, or an OCSP response on it{where}"
    if case.heard:
        text = _some([f"the {who} tells nothing of it: {why.text}" for who, why in case.heard])
        mends = dict.fromkeys(why.mend for _, why in case.heard if why in _MENDS_OF_EVIDENCE)
        return Detail(text, mend="; ".join([*list(mends)[:3], mend]))
    given = case.at_hand
    if given is None or not (given.crls or given.ocsp):
        return Detail("no CRL and no OCSP response was handed in", mend=mend)
    num = [_certificates(len(given.crls), "CRL"), _certificates(len(given.ocsp), "OCSP response")]
    return Detail(f"of {num[0]} and {num[1]} at hand none is on certificates of {_issuer(held)}", mend=mend)


def _window(case: Case) -> tuple[datetime | None, datetime | None]:
    """The thisUpdate and nextUpdate that were judged."""
    source: RevocationList | SingleResponse | None
    source = case.evidence if isinstance(case.evidence, RevocationList) else _single(case)
    return (None, None) if source is None else (source.this_update, source.next_update)


def _single(case: Case) -> SingleResponse | None:
    if not isinstance(case.evidence, OcspResponse) or case.offset is None:
        return None
    return case.evidence.single_at(case.offset)


def _stale(case: Case) -> Detail:
    begin, end = _window(case)
    asked = case.policy.revocation
    if begin is None:
        return Detail()
    limit = "" if asked is None or asked.max_age is None else f", and it counts for {asked.max_age} at most"
    last = "it has no nextUpdate" if end is None else f"nextUpdate {_moment(end)}"
    found = f"thisUpdate {_moment(begin)}, {last}"
    return _compared(found, _judged(case), f"{found}{limit}, judged {_judged(case)}")


def _early(case: Case) -> Detail:
    begin, _ = _window(case)
    if isinstance(case.evidence, OcspResponse) and case.evidence.produced_at is not None:
        begin = max(begin or case.evidence.produced_at, case.evidence.produced_at)
    asked = case.policy.revocation
    if begin is None or asked is None:
        return Detail()
    text = f"it is of {_moment(begin)}, judged {_judged(case)}, with {asked.leeway} of leeway"
    return _compared(_moment(begin), _judged(case), text)


def _whose(case: Case) -> Detail:
    """Whose word it is, and whose is wanted."""
    by = (
        case.evidence.issuer if isinstance(case.evidence, RevocationList) else case.evidence and case.evidence.responder
    )
    if case.certificate is None:
        return Detail()
    found, wanted = printable(by or "", 200) or "(empty name)", _issuer(case.certificate)
    return _compared(found, wanted, f"it is by {found}, the certificate was issued by {wanted}")


def _forged(case: Case) -> Detail:
    """Its own signature, not the certificate's."""
    told = _whose(case)
    mend = "fetch it again from whom it is by; if it is the same, its issuer signs with a key that nobody vouches for"
    return told._replace(text=f"{told.text}, whose key was tried", mend=mend) if told.text else told


def _scope(case: Case) -> Detail:
    if not isinstance(case.evidence, RevocationList) or case.certificate is None:
        return Detail()
    rows = extensions.evidence_extensions(case.evidence)
    told = next((_some(each.facts, 5) for each in rows if each.oid == extensions.ISSUING_POINT), "all certificates")
    points = extensions.find(case.certificate.der, extensions.DISTRIBUTION_POINTS)
    has = "no distribution point" if points is None else _some(points.facts, 3)
    text = (
        f"it is by {_issuer_of(case.evidence)} on {told}; the certificate is of {_issuer(case.certificate)} with {has}"
    )
    return _compared(told, has, text)


def _issuer_of(crl: RevocationList) -> str:
    return printable(crl.issuer, 200) or "(empty name)"


def _critical_in(case: Case) -> Detail:
    if case.evidence is None:
        return Detail()
    found = [f"{each.name} ({each.oid})" for each in extensions.evidence_extensions(case.evidence) if each.critical]
    return Detail(f"critical: {_some(found, 5)}", _some(found, 5)) if found else Detail()


def _no_base(case: Case) -> Detail:
    if not isinstance(case.evidence, RevocationList) or case.evidence.base_number is None:
        return Detail()
    number = case.evidence.base_number
    text = f"it builds upon the complete CRL number {number} of {_issuer_of(case.evidence)}, or a later one"
    return Detail(text, mend=f"hand in a complete CRL of {_issuer_of(case.evidence)}, of number {number} or later")


def _unsuccessful(case: Case) -> Detail:
    held = case.evidence
    return Detail(f"it says {held.status.name}", held.status.name) if isinstance(held, OcspResponse) else Detail()


#: Reasons whose mend is said of evidence; what is said of certificates would mislead.
_MENDS_OF_EVIDENCE: Final = frozenset(
    [
        *(Reason.EVIDENCE_STALE, Reason.EVIDENCE_NOT_YET_VALID, Reason.EVIDENCE_SIGNER, Reason.EVIDENCE_CRITICAL),
        *(Reason.EVIDENCE_SCOPE, Reason.CRL_NO_CRL_SIGN, Reason.CRL_REASONS, Reason.CRL_NO_BASE),
        *(Reason.OCSP_UNSUCCESSFUL, Reason.OCSP_UNKNOWN, Reason.OCSP_RESPONDER, Reason.EVIDENCE_DEPTH),
    ]
)
_OF_EVIDENCE: Final[dict[Reason, Callable[[Case], Detail]]] = {
    Reason.EVIDENCE_STALE: _stale,
    Reason.EVIDENCE_NOT_YET_VALID: _early,
    Reason.EVIDENCE_SIGNER: _whose,
    Reason.SIGNATURE_BAD: _forged,
    Reason.EVIDENCE_SCOPE: _scope,
    Reason.EVIDENCE_CRITICAL: _critical_in,
    Reason.CRL_NO_BASE: _no_base,
    Reason.OCSP_UNSUCCESSFUL: _unsuccessful,
    Reason.OCSP_RESPONDER: _whose,
}


def _loop(_case: Case, held: Certificate) -> Detail:
    return Detail(describe(held.der))


_Told = Callable[[Case, Certificate], Detail]
_OF_CERTIFICATE: Final[dict[Reason, _Told]] = {
    Reason.TOO_MANY_INTERMEDIATES: _too_many,
    Reason.EXPIRED: _expired,
    Reason.NOT_YET_VALID: _not_yet,
    Reason.NOT_VALID_AT_ISSUANCE: _not_at_issuance,
    Reason.NO_ISSUER: _no_issuer,
    Reason.ROOT_NOT_TRUSTED: _root_not_trusted,
    Reason.SIGNATURE_BAD: _signature_bad,
    Reason.SIGNATURE_UNSUPPORTED: _engine,
    Reason.SIGNATURE_NOT_CHECKED: _engine,
    Reason.PATH_LEN_EXCEEDED: _path_len,
    Reason.NO_CERT_SIGN: _no_cert_sign,
    Reason.NOT_A_CA: _not_a_ca,
    Reason.EKU_MISMATCH: _eku,
    Reason.KEY_USAGE_PURPOSE: _usage,
    Reason.UNKNOWN_CRITICAL_EXTENSION: _critical,
    Reason.SUBJECT_MISMATCH: _mismatch,
    Reason.SAN_MISSING: _missing_names,
    Reason.NC_EXCLUDED: _constrained,
    Reason.NC_NOT_PERMITTED: _constrained,
    Reason.NC_UNSUPPORTED: _constrained,
    Reason.ALGORITHM_NOT_ALLOWED: _not_allowed,
    Reason.ALGORITHM_UNKNOWN: _not_allowed,
    Reason.ALGORITHM_KEY_MISMATCH: _key_mismatch,
    Reason.KEY_TOO_SMALL: _key_size,
    Reason.KEY_TOO_LARGE: _key_size,
    Reason.LOOP: _loop,
    Reason.REVOCATION_UNKNOWN: _unknown,
}
_OF_ANCHOR: Final[dict[Reason, Callable[[Case, TrustAnchor], Detail]]] = {
    Reason.ANCHOR_EXPIRED: _anchor_window,
    Reason.ANCHOR_NOT_YET_VALID: _anchor_window,
    Reason.ANCHOR_DISTRUSTED: _distrusted,
    Reason.EKU_MISMATCH: _anchor_eku,
    Reason.NC_EXCLUDED: _constrained,
    Reason.NC_NOT_PERMITTED: _constrained,
    Reason.NC_UNSUPPORTED: _constrained,
}
