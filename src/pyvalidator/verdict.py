"""What was found, as people and programs read it. Lazy: nothing is decoded until it is asked for.

A verdict holds the bytes that the core wrote; how they are laid out is known to its `Source` alone. It imports nothing
native, decides nothing, and its truth value is an error: `if verdict:` would be a fatal slip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, unique
from typing import Any, Final, NamedTuple, NoReturn, Protocol

from .anchors import FoundPath, TrustAnchor
from .certificate import Certificate, describe
from .errors import printable
from .moments import Time, TimeMode, show_time
from .names import AnySubject, Identity, Subject
from .policy import Policy
from .purposes import decode_oid
from .reasons import Field, Reason


@unique
class Outcome(Enum):
    """TRUSTED: a valid path to an anchor was found. REFUSED: there is none. UNDECIDED: the budget was spent, or a
    signature could not be asked about, before either was known; never trust it."""

    TRUSTED = 1
    REFUSED = 2
    UNDECIDED = 3


class Node(NamedTuple):
    """A certificate of the chain, or an anchor of the store, by position; both None: no node."""

    certificate: int | None
    anchor: int | None


@unique
class PolicySet(Enum):
    """AUTHORITY: the certificate policies that a path is valid for. USER: those of them that were asked for."""

    AUTHORITY = 1
    USER = 2


class Headline(NamedTuple):
    """The core's verdict, decoded. `outcome` is its number: 1 alone is trust."""

    outcome: int
    path: tuple[Node, ...]
    anchor: int | None
    reason: Reason
    field: Field
    depth: int
    node: Node
    offset: int | None
    num_records: int
    spent: dict[str, int]


class Record(NamedTuple):
    """A line of the search's log: a node was entered (OK), or ended for a reason."""

    node: Node
    reason: Reason
    field: Field
    depth: int
    offset: int | None


class Fault(NamedTuple):
    """Why a certificate of the chain could not be read."""

    position: int
    reason: Reason
    field: Field
    offset: int


class Source(Protocol):
    """Who made the verdict: the validator's policy and anchors, and how to read what the core wrote."""

    @property
    def policy(self) -> Policy:
        """The policy that judged."""
        ...

    @property
    def anchors(self) -> Sequence[TrustAnchor]:
        """The store's anchors."""
        ...

    def headline(self, raw: bytes) -> Headline:
        """Decode a verdict."""
        ...

    def records(self, raw: bytes) -> list[Record]:
        """Decode log lines."""
        ...

    def faults(self, raw: bytes) -> list[Fault]:
        """Decode encoding faults; certificates without one are left out."""
        ...

    def policy_set(self, kind: PolicySet, path: Sequence[bytes], anchor: int) -> list[bytes]:
        """A policy set of a valid path (target first) below the anchor at this position: DER contents of OIDs."""
        ...

    def notes(self, der: bytes, depth: int | None) -> list[Reason]:
        """Deviations of the path's certificate at this depth (None: of the anchor's) that the profile lets pass."""
        ...


class Question:
    """What was asked: the chain as bytes and lengths, the subject, and the time."""

    __slots__ = ("first", "joined", "lengths", "num", "start", "subject", "time")

    def __init__(
        self,
        joined: bytes,
        lengths: Sequence[int],
        subject: Subject,
        time: Time,
        *,
        start: int = 0,
        first: int = 0,
        num: int | None = None,
    ) -> None:
        self.joined = joined
        self.lengths = lengths
        self.subject = subject
        self.time = time
        self.start = start
        self.first = first
        self.num = len(lengths) if num is None else num

    def ders(self) -> list[bytes]:
        """The certificates, in the order in which they were handed in."""
        found, start = [], self.start
        for position in range(self.first, self.first + self.num):
            end = start + self.lengths[position]
            found.append(self.joined[start:end])
            start = end
        return found


class Rejection:
    """Why a certificate or an anchor was turned down. `certificate` or `anchor` says which (both None: the request as a
    whole), `position` where in the chain it stood, `depth` how far from the target (0), and `detail` the values that
    were compared, where there are such."""

    __slots__ = ("anchor", "certificate", "depth", "detail", "field", "offset", "position", "reason")

    def __init__(
        self,
        *,
        reason: Reason,
        field: Field,
        depth: int = 0,
        offset: int | None = None,
        certificate: Certificate | None = None,
        position: int | None = None,
        anchor: TrustAnchor | None = None,
        detail: str = "",
    ) -> None:
        self.reason: Final = reason
        self.field: Final = field
        self.depth: Final = depth
        self.offset: Final = offset
        self.certificate: Final = certificate
        self.position: Final = position
        self.anchor: Final = anchor
        self.detail: Final = detail

    @property
    def clause(self) -> str:
        """The clause of the standard; "" for a limit of our own."""
        return self.reason.clause

    @property
    def text(self) -> str:
        """What is wrong, with the values that were compared."""
        return f"{self.reason.text}: {self.detail}" if self.detail else self.reason.text

    @property
    def mend(self) -> str:
        """What would help."""
        return self.reason.mend

    @property
    def who(self) -> str:
        """The certificate or anchor, as safe text."""
        if self.certificate is not None:
            return describe(self.certificate.der)
        return f"anchor {self.anchor.name}" if self.anchor is not None else "the request"

    def __str__(self) -> str:
        where = f", byte {self.offset}" if self.offset is not None else ""
        field = f" [{self.field.text}{where}]" if self.field.text else ""
        clause = f" ({self.clause})" if self.clause else ""
        return f"{self.who}: {self.text}{field}{clause}"

    def __repr__(self) -> str:
        return f"<Rejection {self.reason.name} at depth {self.depth}: {self.who}>"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "reason": self.reason.name,
            "number": self.reason.value,
            "field": self.field.text,
            "clause": self.clause,
            "text": self.text,
            "mend": self.mend,
            "depth": self.depth,
            "offset": self.offset,
            "position": self.position,
            "certificate": None if self.certificate is None else _certificate_dict(self.certificate),
            "anchor": None if self.anchor is None else self.anchor.name,
        }


class Note(NamedTuple):
    """A deviation that was let pass: the certificate of the path, and the rule."""

    certificate: Certificate
    reason: Reason

    def __str__(self) -> str:
        return f"{describe(self.certificate.der)}: {self.reason.text} ({self.reason.clause})"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "certificate": self.certificate.fingerprint_sha256,
            "reason": self.reason.name,
            "text": self.reason.text,
        }


class Spent(NamedTuple):
    """Work done for a request, in the units of Budget."""

    signatures: int
    steps: int
    names: int
    policy_nodes: int
    bytes: int


class Verdict:
    """The answer to one request. Safe to share between threads; `bool(verdict)` is a TypeError."""

    __slots__ = ("_decoded", "_faults", "_question", "_raw", "_records", "_source", "_texts")

    def __init__(
        self,
        source: Source,
        question: Question,
        raw: bytes,
        records: bytes = b"",
        faults: bytes = b"",
        texts: tuple[str, ...] = (),
    ) -> None:
        self._source = source
        self._question = question
        self._raw = raw
        self._records = records
        self._faults = faults
        self._texts = texts
        self._decoded: Headline | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError("a Verdict has no truth value; write verdict.outcome is Outcome.TRUSTED")

    @property
    def _headline(self) -> Headline:
        if self._decoded is None:
            self._decoded = self._source.headline(self._raw)
        return self._decoded

    @property
    def outcome(self) -> Outcome:
        """TRUSTED, REFUSED or UNDECIDED."""
        # The outcome is the first byte. Zero is a verdict that was never reached.
        return _OUTCOMES.get(self._raw[0], Outcome.UNDECIDED)

    @property
    def reason(self) -> Reason:
        """OK if trusted; else the reason of the rejection that came nearest, or the limit that was spent."""
        fault = self._headline_fault
        return self._headline.reason if fault is None else fault.reason

    @property
    def _headline_fault(self) -> Fault | None:
        """The encoding fault behind a headline that says no more than "unreadable"."""
        head = self._headline
        faults = self._source.faults(self._faults) if head.reason is Reason.CERT_UNREADABLE else []
        return next((fault for fault in faults if fault.position == head.node.certificate), None)

    @property
    def subject(self) -> Subject:
        """Whom the certificate had to name."""
        return self._question.subject

    @property
    def time(self) -> Time:
        """The moment that was judged by."""
        return self._question.time

    @property
    def policy(self) -> Policy:
        """The policy that judged."""
        return self._source.policy

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """What was handed in, in its order."""
        return tuple(map(Certificate, self._question.ders()))

    @property
    def path(self) -> tuple[Certificate, ...]:
        """The valid path, target first, the anchor not among them; empty unless trusted."""
        if self.outcome is not Outcome.TRUSTED:
            return ()
        chain = self._question.ders()
        return tuple(
            Certificate(chain[node.certificate]) for node in self._headline.path if node.certificate is not None
        )

    @property
    def anchor(self) -> TrustAnchor | None:
        """The anchor of the valid path; None unless trusted."""
        position = self._headline.anchor
        return None if position is None or self.outcome is not Outcome.TRUSTED else self._source.anchors[position]

    @property
    def found(self) -> FoundPath | None:
        """Path, anchor and subject in one; None unless trusted."""
        anchor = self.anchor
        return None if anchor is None else FoundPath(certificates=self.path, anchor=anchor, subject=self.subject)

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Whom the trusted leaf names in its subjectAltName; empty unless trusted."""
        path = self.path
        return path[0].subject_alt_names if path else ()

    @property
    def authority_policies(self) -> tuple[str, ...]:
        """The certificate policies that the path is valid for, by their names in the anchor's domain: dotted OIDs, in
        which "2.5.29.32.0" (anyPolicy) stands for every policy (RFC 9618 5.5, authority-constrained policy set). Empty
        unless trusted, and where they cannot be worked out within the budget."""
        return self._policy_set(PolicySet.AUTHORITY)

    @property
    def user_policies(self) -> tuple[str, ...]:
        """Those of them that were asked for with `CertificatePolicies.acceptable` (user-constrained policy set). It may
        be empty though the path is trusted, unless REQUIRE_EXPLICIT was asked or a CA demands it."""
        return self._policy_set(PolicySet.USER)

    def _policy_set(self, kind: PolicySet) -> tuple[str, ...]:
        anchor, path = self._headline.anchor, [each.der for each in self.path]
        if anchor is None or not path:
            return ()
        return tuple(sorted(map(decode_oid, self._source.policy_set(kind, path, anchor))))

    @property
    def rejections(self) -> tuple[Rejection, ...]:
        """Everything that was turned down on the way: certificates that could not be read, then the search's, in the
        order tried. A trusted verdict may have some, too."""
        return tuple(self._rejections())

    @property
    def omitted(self) -> int:
        """Lines of the search's log that did not fit into the room for it."""
        return max(0, self._headline.num_records - len(self._source.records(self._records)))

    @property
    def notes(self) -> tuple[Note, ...]:
        """Deviations of the path's certificates that the profile let pass; of the anchor's too, if it was judged
        (AnchorChecks.CERTIFICATE)."""
        judged: list[tuple[int | None, Certificate]] = list(enumerate(self.path))
        if self.anchor is not None and self.anchor.certificate is not None:
            judged.append((None, self.anchor.certificate))
        return tuple(Note(each, reason) for depth, each in judged for reason in self._source.notes(each.der, depth))

    @property
    def spent(self) -> Spent:
        """The work done."""
        return Spent(**self._headline.spent)

    @property
    def headline(self) -> str:
        """One line: the outcome, which certificate, which rule, its clause, and what would mend it."""
        if self.outcome is Outcome.TRUSTED:
            return f"TRUSTED: {self.path[0].subject or '(empty subject)'} through {self.anchor}"
        nearest = self.nearest
        mend = f"; to mend it: {nearest.mend}" if nearest.mend else ""
        return f"{self.outcome.name}: {nearest}{mend}"

    @property
    def nearest(self) -> Rejection:
        """The rejection of the headline: of all, the one that came nearest to a valid path."""
        chain = self._question.ders()
        head, fault = self._headline, self._headline_fault
        if fault is not None:
            return self._of_fault(fault, chain)
        texts = iter(self._texts[-1:])
        return self._of_record(Record(head.node, head.reason, head.field, head.depth, head.offset), chain, texts)

    def _rejections(self) -> Iterator[Rejection]:
        chain = self._question.ders()
        faults = self._source.faults(self._faults)
        for fault in faults:
            yield self._of_fault(fault, chain)
        texts = iter(self._texts)
        told = {fault.reason for fault in faults}
        for record in self._log():
            if record.reason is not Reason.OK:
                told.add(record.reason)
                yield self._of_record(record, chain, texts)
        # A request that never reached the search (its budget, its input) has a headline and no log.
        if self.outcome is not Outcome.TRUSTED and self.reason not in told:
            yield self.nearest

    def _log(self) -> list[Record]:
        """The search's log, without what an encoding fault says better."""
        unreadable = {fault.position for fault in self._source.faults(self._faults)}
        lines = self._source.records(self._records)
        return [
            line
            for line in lines
            if line.reason is not Reason.CERT_UNREADABLE or line.node.certificate not in unreadable
        ]

    def _of_fault(self, fault: Fault, chain: list[bytes]) -> Rejection:
        return Rejection(
            reason=fault.reason,
            field=fault.field,
            offset=fault.offset,
            certificate=Certificate(chain[fault.position]),
            position=fault.position,
        )

    def _of_record(self, record: Record, chain: list[bytes], texts: Iterator[str]) -> Rejection:
        position, anchor = record.node
        certificate = Certificate(chain[position]) if position is not None and position < len(chain) else None
        held = self._source.anchors[anchor] if anchor is not None else None
        if record.reason in (Reason.HOOK_REFUSED, Reason.INPUT_UNREADABLE):
            detail = printable(next(texts, ""))
        else:
            detail = _detail(record.reason, certificate, held, self)
        return Rejection(
            reason=record.reason,
            field=record.field,
            depth=record.depth,
            offset=record.offset,
            certificate=certificate,
            position=position,
            anchor=held,
            detail=detail,
        )

    def explain(self) -> str:
        """The whole story for people, in lines: the headline, then what was tried, each step indented below the one it
        hangs on, with its rule, clause and mend. Safe to print."""
        lines = [self.headline, f"  asked: {_asked(self)}"]
        lines += self._path_lines() if self.outcome is Outcome.TRUSTED else []
        lines += self._story()
        if self.omitted:
            lines.append(f"  ... and {self.omitted} lines more that were not kept")
        lines += [f"  note: {note}" for note in self.notes]
        spent = ", ".join(f"{name} {value}" for name, value in self.spent._asdict().items() if value)
        lines.append(f"  spent: {spent or 'nothing'}")
        return "\n".join(lines)

    def _path_lines(self) -> list[str]:
        path = [f"  {depth} {describe(each.der)}" for depth, each in enumerate(self.path)]
        return [*path, f"  {len(path)} anchor {self.anchor}"]

    def _story(self) -> list[str]:
        chain = self._question.ders()
        faults = [f"  not read: {self._of_fault(fault, chain)}" for fault in self._source.faults(self._faults)]
        texts = iter(self._texts)
        tried = [line for record in self._log() for line in self._told(record, chain, texts)]
        return [*_cut(faults), *(["  tried:", *_cut(tried)] if tried else [])]

    def _told(self, record: Record, chain: list[bytes], texts: Iterator[str]) -> list[str]:
        indent = "    " + "  " * record.depth
        rejection = self._of_record(record, chain, texts)
        if record.reason is Reason.OK:
            return [f"{indent}{rejection.who}"]
        mend = [f"{indent}    mend: {rejection.mend}"] if rejection.mend else []
        return [f"{indent}x {rejection}", *mend]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: strings, numbers, lists and dicts only."""
        return {
            "outcome": self.outcome.name,
            "reason": self.reason.name,
            "headline": self.headline,
            "subject": {"kind": type(self.subject).__name__, "value": str(self.subject)},
            "time": str(self.time),
            "path": [_certificate_dict(each) for each in self.path],
            "anchor": None if self.anchor is None else self.anchor.name,
            "identities": [{"kind": type(each).__name__, "value": str(each)} for each in self.identities],
            "authority_policies": list(self.authority_policies),
            "user_policies": list(self.user_policies),
            "rejections": [each.to_dict() for each in self.rejections],
            "omitted": self.omitted,
            "notes": [
                {"certificate": note.certificate.fingerprint_sha256, "reason": note.reason.name} for note in self.notes
            ],
            "spent": self.spent._asdict(),
        }

    def __repr__(self) -> str:
        return f"<Verdict {self.headline}>"


_OUTCOMES: Final = {each.value: each for each in Outcome}
_MAX_LINES: Final = 200


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - _MAX_LINES
    return lines if more <= 0 else [*lines[:_MAX_LINES], f"  ... and {more} lines more"]


def _asked(verdict: Verdict) -> str:
    purpose = verdict.policy.purpose
    what = purpose.name if isinstance(purpose, Enum) else str(purpose)
    whom = verdict.subject
    name = "any subject" if isinstance(whom, AnySubject) else f"{type(whom).__name__} {printable(str(whom), 100)}"
    return f"{name}, {verdict.time}, {what}, profile {verdict.policy.profile.name}"


def _certificate_dict(certificate: Certificate) -> dict[str, Any]:
    return {"subject": describe(certificate.der), "sha256": certificate.fingerprint_sha256}


# --- The values behind a reason

_LIMITS: Final = {
    Reason.BUDGET_SIGNATURES: "signatures",
    Reason.BUDGET_STEPS: "steps",
    Reason.BUDGET_NAMES: "names",
    Reason.BUDGET_POLICY_NODES: "policy_nodes",
}


def _detail(reason: Reason, certificate: Certificate | None, anchor: TrustAnchor | None, verdict: Verdict) -> str:
    budget = verdict.policy.budget
    if reason in _LIMITS:
        return f"the limit is {getattr(budget, _LIMITS[reason])} {_LIMITS[reason]}"
    if reason is Reason.BUDGET_BYTES:
        return f"the limit is {budget.der_bytes} bytes of certificates, and {budget.bytes} bytes hashed"
    if reason is Reason.BUDGET_CERTIFICATES:
        return f"the limit is {budget.certificates} certificates"
    if reason is Reason.TOO_MANY_INTERMEDIATES:
        return f"at most {verdict.policy.max_intermediates}"
    held = anchor.certificate if anchor is not None else certificate
    try:
        return "" if held is None else _certificate_detail(reason, held, verdict)
    except ValueError:  # the certificate cannot be read: there is nothing to compare with
        return ""


def _certificate_detail(reason: Reason, held: Certificate, verdict: Verdict) -> str:
    fields = held.fields
    if reason in (Reason.EXPIRED, Reason.ANCHOR_EXPIRED):
        return f"notAfter is {show_time(fields.not_after)}, judged {_judged(verdict.time)}"
    if reason in (Reason.NOT_YET_VALID, Reason.ANCHOR_NOT_YET_VALID):
        return f"notBefore is {show_time(fields.not_before)}, judged {_judged(verdict.time)}"
    if reason is Reason.NO_ISSUER:
        return f"its issuer is {printable(held.issuer, 200)}"
    if reason is Reason.SUBJECT_MISMATCH:
        return f"asked for {printable(str(verdict.subject), 100)}; it names {_named(held)}"
    if reason in (Reason.KEY_TOO_SMALL, Reason.KEY_TOO_LARGE):
        return f"{held.public_key_bits} bits; at least {verdict.policy.min_rsa_bits} and at most 8192 are needed"
    return ""


def _judged(time: Time) -> str:
    return str(time) if time.mode is not TimeMode.AT_ISSUANCE else "at the issuance below it"


def _named(held: Certificate) -> str:
    names = [printable(str(each), 80) for each in held.subject_alt_names[:10]]
    more = len(held.fields.names or ()) - len(names)
    return ", ".join(names) + (f" and {more} more" if more > 0 else "") or "nobody"
