"""What was found, as people and programs read it. Lazy: nothing is decoded until it is asked for.

A verdict holds the bytes that the core wrote; how they are laid out is known to its `Source` alone. It imports nothing
native, decides nothing, and its truth value is an error: `if verdict:` would be a fatal slip.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from enum import Enum, unique
from typing import Any, Final, NamedTuple, NoReturn, Protocol, TypeAlias

from .anchors import FoundPath, TrustAnchor
from .certificate import Certificate, describe
from .errors import printable
from .evidence import Evidence, OcspResponse, RevocationList, Revoked, evidence_dict, revoked_by
from .explain import Case, Cause, Detail, NameFault, explain
from .moments import Time, TimeMode
from .names import AnySubject, Identity, Subject
from .policy import Policy, Revocation
from .purposes import decode_oid
from .reasons import Field, Reason


@unique
class Outcome(Enum):
    """TRUSTED: a valid path to an anchor was found. REFUSED: there is none. UNDECIDED: the budget was spent, or a
    signature could not be asked about, before either was known; never trust it."""

    TRUSTED = 1
    REFUSED = 2
    UNDECIDED = 3


@unique
class Kind(Enum):
    """What a node is: of the evidence a CRL, an OCSP response, or a certificate that may
    have signed one (SIGNER); POOLED: a certificate of the validator's intermediates."""

    ANCHOR = "anchor"
    CRL = "CRL"
    OCSP = "OCSP"
    SIGNER = "signer"
    POOLED = "pooled"


class Node(NamedTuple):
    """A certificate of the chain, an anchor of the store, or a part of the evidence or of the intermediates (kind and
    position), by position; all None: no node."""

    certificate: int | None = None
    anchor: int | None = None
    evidence: tuple[Kind, int] | None = None

    @property
    def is_statement(self) -> bool:
        """Whether it is a CRL or an OCSP response."""
        return self.evidence is not None and self.evidence[0] in (Kind.CRL, Kind.OCSP)


@unique
class PolicySet(Enum):
    """AUTHORITY: the certificate policies that a path is valid for. USER: those of them that were asked for."""

    AUTHORITY = 1
    USER = 2


class Headline(NamedTuple):
    """The core's verdict, decoded. `outcome` is its number: 1 alone is trust. Bit n of `odd_crls`: a CRL of
    odd form spoke of the path's certificate at depth n. Bit n of `uncovered`: no evidence spoke
    of the path's certificate n, and the policy lets that pass."""

    outcome: int
    path: tuple[Node, ...]
    anchor: int | None
    reason: Reason
    field: Field
    depth: int
    node: Node
    offset: int | None
    num_records: int
    uncovered: int
    odd_crls: int
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


class Answer(NamedTuple):
    """What the core wrote about one request: verdict, log lines, encoding faults."""

    raw: bytes
    records: bytes = b""
    faults: bytes = b""


#: A question in its cheapest form, of which a Question is made when somebody asks: the certificates, the subject, and
#: the time (a number: known, seconds since 1970).
BareQuestion: TypeAlias = tuple[tuple[bytes, ...], Subject, Time | int]


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

    def split(self, block: bytes) -> Answer:
        """The parts of an answer in one piece."""
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

    def pooled(self, node: Node) -> Certificate | None:
        """A certificate of the validator's intermediates; None: the node is none."""
        ...

    def name_fault(self, constraints: bytes, der: bytes) -> NameFault:
        """What is wrong with a certificate's names under one NameConstraints value."""
        ...

    def policy_set(self, kind: PolicySet, path: Sequence[bytes], anchor: int) -> list[bytes]:
        """A policy set of a valid path (target first) below the anchor at this position: DER contents of OIDs."""
        ...

    def notes(self, der: bytes, depth: int | None) -> list[Reason]:
        """Deviations of the path's certificate at this depth (None: of the anchor's) that the profile lets pass."""
        ...


class Question:
    """What was asked: the chain as bytes and lengths, the subject, the time, and the evidence beside it."""

    __slots__ = ("evidence", "first", "joined", "lengths", "num", "start", "subject", "time")

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
        evidence: Evidence | None = None,
    ) -> None:
        self.evidence = evidence
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

    def signer(self, node: Node) -> Certificate | None:
        """A certificate of the evidence."""
        kind, position = node.evidence or (None, 0)
        return self.evidence.signer(position) if self.evidence is not None and kind is Kind.SIGNER else None

    def statement(self, node: Node) -> RevocationList | OcspResponse | None:
        """A CRL or an OCSP response of the evidence."""
        if self.evidence is None or node.evidence is None:
            return None
        kind, position = node.evidence
        if kind is Kind.CRL:
            return self.evidence.crls[position] if position < len(self.evidence.crls) else None
        if kind is Kind.OCSP:
            return self.evidence.ocsp[position] if position < len(self.evidence.ocsp) else None
        return None


class Rejection:
    """Why a certificate or an anchor was turned down. `certificate` or `anchor` says which (both None: the request as a
    whole), `position` where in the chain it stood, `depth` how far from the target (0), `path` the certificates that
    stood below it (target first). `detail` tells the values that were compared, `found` and `wanted` are the two by
    themselves ("" where there are none such), and `cause` what lies behind it, where that is known.

    `revocation`: of a certificate that is REVOKED, since when, why, and who says so. `evidence`: the CRL or OCSP
    response that was turned down, as telling nothing of `certificate` (then `position` is None)."""

    __slots__ = (
        "anchor", "cause", "certificate", "depth", "detail", "evidence", "field", "found", "mend", "offset", "path",
        "position", "reason", "revocation", "wanted",
    )  # fmt: skip

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
        path: tuple[Certificate, ...] = (),
        detail: Detail = Detail(),  # noqa: B008 (immutable)
        evidence: RevocationList | OcspResponse | None = None,
        revocation: Revoked | None = None,
    ) -> None:
        self.reason: Final = reason
        self.field: Final = field
        self.depth: Final = depth
        self.offset: Final = offset
        self.certificate: Final = certificate
        self.position: Final = position
        self.anchor: Final = anchor
        self.path: Final = path
        self.evidence: Final = evidence
        self.revocation: Final = revocation
        self.detail: Final = detail.text
        self.found: Final = detail.found
        self.wanted: Final = detail.wanted
        self.mend: Final = detail.mend or reason.mend
        self.cause: Final = detail.cause

    @property
    def clause(self) -> str:
        """The clause of the standard; "" for a limit of our own."""
        return self.reason.clause

    @property
    def text(self) -> str:
        """What is wrong, with the values that were compared."""
        return f"{self.reason.text}: {self.detail}" if self.detail else self.reason.text

    @property
    def who(self) -> str:
        """The certificate, anchor, CRL or OCSP response, as safe text."""
        if self.evidence is not None:
            return str(self.evidence)
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
            "found": self.found,
            "wanted": self.wanted,
            "cause": None if self.cause is None else self.cause.value,
            "mend": self.mend,
            "depth": self.depth,
            "offset": self.offset,
            "position": self.position,
            "certificate": None if self.certificate is None else _certificate_dict(self.certificate),
            "anchor": None if self.anchor is None else self.anchor.name,
            "evidence": None if self.evidence is None else evidence_dict(self.evidence),
            "revocation": None if self.revocation is None else self.revocation.to_dict(),
        }


class Step:
    """A step of the search, in the order tried: a certificate or an anchor that was taken into a path (`rejection` is
    None) and what was tried above it (`steps`), or a rejection, which ends the path. `depth` 0 is the target.
    `evidence`: the CRLs and OCSP responses that told nothing of its certificate, and why."""

    __slots__ = ("anchor", "certificate", "depth", "evidence", "position", "rejection", "steps")

    def __init__(
        self,
        *,
        depth: int,
        certificate: Certificate | None,
        position: int | None,
        anchor: TrustAnchor | None,
        rejection: Rejection | None = None,
    ) -> None:
        self.depth: Final = depth
        self.certificate: Final = certificate
        self.position: Final = position
        self.anchor: Final = anchor
        self.rejection: Final = rejection
        self.evidence: Final[list[Rejection]] = []
        self.steps: Final[list[Step]] = []

    @property
    def who(self) -> str:
        """The certificate with its issuer and last day, since several may have one subject; or the anchor."""
        if self.certificate is None:
            return f"anchor {self.anchor.name}" if self.anchor is not None else "the request"
        try:
            issuer, end = printable(self.certificate.issuer, 200), self.certificate.not_after.date().isoformat()
        except ValueError:
            return describe(self.certificate.der)
        return f"{describe(self.certificate.der)} (issuer {issuer or '(empty name)'}, to {end})"

    def __repr__(self) -> str:
        return f"<Step {self.depth} {self.who}: {len(self.steps)} above>"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: `who`, and either `rejection` (its reason's name) or the `steps` above it."""
        above = {"steps": [each.to_dict() for each in self.steps]}
        ended = {"rejection": self.rejection.reason.name, "text": self.rejection.text} if self.rejection else above
        told = [{"who": each.who, "rejection": each.reason.name, "text": each.text} for each in self.evidence]
        return {"who": self.who, "position": self.position, **ended, **({"evidence": told} if told else {})}


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


class _Tried(NamedTuple):
    """A line of the log with what stood below it, whose key was tried, and what a hook said; `asked`: of a line on
    evidence, the certificate that it was asked about; `evidence`: of a line on a certificate's revocation, the lines on
    evidence before it."""

    record: Record
    path: tuple[Node, ...]
    issuer: Node | None = None
    text: str = ""
    asked: Node | None = None
    evidence: tuple[_Tried, ...] = ()


class Verdict:
    """The answer to one request. Safe to share between threads; `bool(verdict)` is a TypeError."""

    __slots__ = ("_answer", "_asked", "_chain", "_decoded", "_source", "_texts")

    def __init__(
        self, source: Source, asked: Question | BareQuestion, answer: Answer | bytes, texts: tuple[str, ...] = ()
    ) -> None:
        self._source = source
        self._asked = asked
        self._answer = answer
        self._texts = texts

    # What is made when it is first asked for: _chain, _decoded, and the better forms of _asked and _answer. Two threads
    # that ask at once may each make one: they are equal, and the last one stays.
    _chain: tuple[Certificate, ...]
    _decoded: Headline

    @property
    def _question(self) -> Question:
        asked = self._asked
        if isinstance(asked, Question):
            return asked
        ders, subject, time = asked
        moment = time if isinstance(time, Time) else Time(TimeMode.KNOWN, time)
        question = Question(b"".join(ders), array("I", map(len, ders)), subject, moment)
        self._asked = question
        return question

    @property
    def _parts(self) -> Answer:
        answer = self._answer
        if isinstance(answer, Answer):
            return answer
        parts = self._source.split(answer)
        self._answer = parts
        return parts

    @property
    def _records(self) -> bytes:
        return self._parts.records

    @property
    def _faults(self) -> bytes:
        return self._parts.faults

    def __bool__(self) -> NoReturn:
        raise TypeError("a Verdict has no truth value; write verdict.outcome is Outcome.TRUSTED")

    @property
    def _headline(self) -> Headline:
        decoded: Headline | None = getattr(self, "_decoded", None)
        if decoded is None:
            decoded = self._decoded = self._source.headline(self._parts.raw)
        return decoded

    @property
    def outcome(self) -> Outcome:
        """TRUSTED, REFUSED or UNDECIDED."""
        # The outcome is the first byte. Zero is a verdict that was never reached.
        answer = self._answer
        return _OUTCOMES.get(answer.raw[0] if isinstance(answer, Answer) else answer[0], Outcome.UNDECIDED)

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
    def evidence(self) -> Evidence | None:
        """The evidence of revocation that was handed in; None: none."""
        return self._question.evidence

    @property
    def policy(self) -> Policy:
        """The policy that judged."""
        return self._source.policy

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """What was handed in, in its order."""
        chain: tuple[Certificate, ...] | None = getattr(self, "_chain", None)
        if chain is None:
            chain = self._chain = tuple(map(Certificate, self._question.ders()))
        return chain

    @property
    def path(self) -> tuple[Certificate, ...]:
        """The valid path, target first, the anchor not among them; empty unless trusted."""
        if self.outcome is not Outcome.TRUSTED:
            return ()
        return tuple(each for node in self._headline.path if (each := self._certificate(node)) is not None)

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
        (AnchorChecks.CERTIFICATE). REVOCATION_UNKNOWN: no evidence spoke of it, and the policy lets that pass
        (MissingEvidence.NOTE)."""
        judged: list[tuple[int | None, Certificate]] = list(enumerate(self.path))
        if self.anchor is not None and self.anchor.certificate is not None:
            judged.append((None, self.anchor.certificate))
        return tuple(Note(each, reason) for depth, each in judged for reason in self._notes_of(each, depth))

    def _notes_of(self, certificate: Certificate, depth: int | None) -> list[Reason]:
        noted = self._source.notes(certificate.der, depth)
        if depth is None:
            return noted
        uncovered, odd = (bits >> depth & 1 for bits in (self._headline.uncovered, self._headline.odd_crls))
        return [*noted, *[Reason.REVOCATION_UNKNOWN] * uncovered, *[Reason.CRL_FORM] * odd]

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
        head, fault = self._headline, self._headline_fault
        if fault is not None:
            return self._of_fault(fault, self.chain)
        line = Record(head.node, head.reason, head.field, head.depth, head.offset)
        same = [tried for tried in self._tried() if tried.record == line]
        # Of several such lines (one signature under several keys) the one with the right key is meant.
        told = [self._of_record(tried) for tried in same[:_MAX_SAME]]
        right = [each for each in told if each.cause is not Cause.WRONG_KEY]
        if told:
            return (right or told)[0]
        return self._of_record(_Tried(line, (), text=next(iter(self._texts[-1:]), "")))

    def _rejections(self) -> Iterator[Rejection]:
        faults = self._source.faults(self._faults)
        chain = self.chain
        for fault in faults:
            yield self._of_fault(fault, chain)
        told = {fault.reason for fault in faults}
        for tried in self._tried():
            # The line of evidence that says "revoked" is told with the certificate.
            if tried.record.reason is not Reason.OK and not _is_word(tried.record):
                told.add(tried.record.reason)
                yield self._of_record(tried)
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

    def _tried(self) -> Iterator[_Tried]:
        """The log's lines with the path below each. The log is a walk in pre-order: what was entered at a depth stays
        below what follows deeper. What is told of signatures and revocation is told once the anchor is reached."""
        path: list[Node] = []
        texts = iter(self._texts)
        heard: list[_Tried] = []  # lines on evidence about the certificate at one depth
        for record in self._log():
            if record.node.is_statement:
                heard = [each for each in heard if each.record.depth == record.depth]
                asked = path[record.depth] if record.depth < len(path) else None
                heard.append(_Tried(record, tuple(path[: record.depth]), asked=asked))
                yield heard[-1]
                continue
            if record.reason in _REVOCATION:
                told = tuple(each for each in heard if each.record.depth == record.depth)
                yield _Tried(record, tuple(path[: record.depth]), evidence=told)
            elif record.reason in _SIGNATURES:  # told of a certificate whose issuers, up to an anchor, were entered
                issuer = path[record.depth + 1] if record.depth + 1 < len(path) else None
                yield _Tried(record, tuple(path[: record.depth]), issuer)
                del path[record.depth + 1 :]
            else:
                del path[record.depth :]
                yield _Tried(record, tuple(path), text=next(texts, "") if record.reason is Reason.HOOK_REFUSED else "")
                if record.reason is Reason.OK:
                    path.append(record.node)
            heard = []

    @property
    def steps(self) -> tuple[Step, ...]:
        """Everything that was tried, in order, as a tree: the target first, above it its candidate issuers. What could
        not be read is not among it (see `rejections`), nor what did not fit into the log (see `omitted`)."""
        first: list[Step] = []
        entered: list[Step] = []
        heard: list[Rejection] = []  # of the certificate at one depth
        for tried in self._tried():
            record = tried.record
            if heard and (heard[-1].depth != record.depth or not (record.node.is_statement or tried.evidence)):
                _keep(heard, entered)
            if record.node.is_statement:
                heard += [] if _is_word(record) else [self._of_record(tried)]
                continue
            step = self._step(tried)
            _keep(heard, [step] * (record.depth + 1))
            # What is wrong with a signature, what evidence or a hook says, is known once the anchor is reached.
            late = record.reason in _LATE
            if not late:
                del entered[record.depth :]
            (entered[-1].steps if entered else first).append(step)
            if record.reason is Reason.OK:
                entered.append(step)
            elif late and record.reason not in _REVOCATION:
                del entered[record.depth + (record.reason in _SIGNATURES) :]
        _keep(heard, entered)
        return tuple(first)

    def _step(self, tried: _Tried) -> Step:
        record = tried.record
        return Step(
            depth=record.depth,
            certificate=self._certificate(record.node),
            position=record.node.certificate,
            anchor=self._anchor(record.node),
            rejection=None if record.reason is Reason.OK else self._of_record(tried),
        )

    def _certificate(self, node: Node) -> Certificate | None:
        position, chain = node.certificate, self.chain
        if position is None:
            return self._source.pooled(node) or self._question.signer(node)
        return chain[position] if position < len(chain) else None

    def _anchor(self, node: Node) -> TrustAnchor | None:
        return self._source.anchors[node.anchor] if node.anchor is not None else None

    def _of_fault(self, fault: Fault, chain: Sequence[Certificate]) -> Rejection:
        return Rejection(
            reason=fault.reason,
            field=fault.field,
            offset=fault.offset,
            certificate=chain[fault.position],
            position=fault.position,
        )

    def _of_record(self, tried: _Tried) -> Rejection:
        record = tried.record
        evidence = self._question.statement(record.node)
        about = record.node if evidence is None else tried.asked or Node()
        certificate, anchor = self._certificate(about), self._anchor(about)
        path = tuple(each for each in map(self._certificate, tried.path) if each is not None)
        revocation = self._revocation(tried) if record.reason is Reason.REVOKED else None
        if record.reason in (Reason.HOOK_REFUSED, Reason.INPUT_UNREADABLE):
            detail = Detail(printable(tried.text))
        elif revocation is not None:
            detail = Detail(str(revocation))
        else:
            detail = explain(self._case(tried, certificate, anchor, path, evidence))
        return Rejection(
            reason=record.reason,
            field=record.field,
            depth=record.depth,
            offset=record.offset,
            certificate=certificate,
            position=record.node.certificate,
            anchor=anchor,
            path=path,
            detail=detail,
            evidence=evidence,
            revocation=revocation,
        )

    def _revocation(self, tried: _Tried) -> Revoked | None:
        """What the entry says that revokes: of the lines on evidence, the last one that points to one."""
        for each in reversed((*tried.evidence, tried)):
            source = self._question.statement(each.record.node)
            if source is not None and each.record.reason is Reason.REVOKED:
                return revoked_by(source, each.record.offset)
        return None

    def _case(
        self,
        tried: _Tried,
        certificate: Certificate | None,
        anchor: TrustAnchor | None,
        path: tuple[Certificate, ...],
        evidence: RevocationList | OcspResponse | None,
    ) -> Case:
        issuer = tried.issuer
        return Case(
            reason=tried.record.reason,
            certificate=certificate,
            anchor=anchor,
            path=path,
            issuer=None if issuer is None else self._certificate(issuer) or self._anchor(issuer),
            chain=self.chain,
            anchors=self._source.anchors,
            policy=self.policy,
            subject=self.subject,
            time=self.time,
            names=self._source.name_fault,
            evidence=evidence,
            offset=tried.record.offset,
            heard=tuple(self._heard(each) for each in tried.evidence),
            at_hand=self._question.evidence,
        )

    def _heard(self, tried: _Tried) -> tuple[str, Reason]:
        source = self._question.statement(tried.record.node)
        return ("evidence" if source is None else str(source), tried.record.reason)

    def explain(self) -> str:
        """The whole story for people, in lines: the headline, then what was tried, each step indented below the one it
        hangs on, with its rule, clause and mend. Safe to print."""
        lines = [self.headline, f"  asked: {_asked(self)}"]
        lines += self._path_lines() if self.outcome is Outcome.TRUSTED else []
        lines += self._story()
        if self.omitted:
            lines.append(f"  the log was cut: {self.omitted} more lines of it were not kept")
        lines += [f"  note: {note}" for note in self.notes]
        spent = ", ".join(f"{name} {value}" for name, value in self.spent._asdict().items() if value)
        lines.append(f"  spent: {spent or 'nothing'}")
        return "\n".join(lines)

    def _path_lines(self) -> list[str]:
        path = [f"  {depth} {describe(each.der)}" for depth, each in enumerate(self.path)]
        return [*path, f"  {len(path)} anchor {self.anchor}"]

    def _story(self) -> list[str]:
        chain = self.chain
        faults = [f"  not read: {self._of_fault(fault, chain)}" for fault in self._source.faults(self._faults)]
        tried = [line for step in self.steps for line in _told(step)]
        return [*_cut(faults), *(["  tried:", *_cut(tried)] if tried else [])]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: strings, numbers, lists and dicts only."""
        return {
            "outcome": self.outcome.name,
            "reason": self.reason.name,
            "headline": self.headline,
            "subject": {"kind": type(self.subject).__name__, "value": str(self.subject)},
            "time": str(self.time),
            "revocation": _revocation_dict(self.policy.revocation),
            "path": [_certificate_dict(each) for each in self.path],
            "anchor": None if self.anchor is None else self.anchor.name,
            "identities": [{"kind": type(each).__name__, "value": str(each)} for each in self.identities],
            "authority_policies": list(self.authority_policies),
            "user_policies": list(self.user_policies),
            "rejections": [each.to_dict() for each in self.rejections],
            "steps": [each.to_dict() for each in self.steps],
            "omitted": self.omitted,
            "notes": [
                {"certificate": note.certificate.fingerprint_sha256, "reason": note.reason.name} for note in self.notes
            ],
            "spent": self.spent._asdict(),
        }

    def __repr__(self) -> str:
        return f"<Verdict {self.headline}>"


_OUTCOMES: Final = {each.value: each for each in Outcome}
_SIGNATURES: Final = (Reason.SIGNATURE_BAD, Reason.SIGNATURE_UNSUPPORTED, Reason.SIGNATURE_NOT_CHECKED)
_REVOCATION: Final = (Reason.REVOKED, Reason.REVOCATION_UNKNOWN)
_LATE: Final = (*_SIGNATURES, *_REVOCATION, Reason.HOOK_REFUSED)
_MAX_LINES: Final = 200
_MAX_SAME: Final = 16


def _told(step: Step) -> list[str]:
    """A step's lines, and those of what hangs on it. As deep as a path is long."""
    indent = "    " + "  " * step.depth
    ended = step.rejection
    heard = [f"{indent}    tells nothing of it: {each}" for each in step.evidence]
    if ended is None:
        return [f"{indent}{step.who}", *heard, *(line for each in step.steps for line in _told(each))]
    mend = [f"{indent}    mend: {ended.mend}"] if ended.mend else []
    return [f"{indent}x {ended}", *heard, *mend]


def _keep(heard: list[Rejection], steps: Sequence[Step]) -> None:
    """Lines on evidence, with the step at their depth."""
    if heard and heard[-1].depth < len(steps):
        steps[heard[-1].depth].evidence.extend(heard)
    heard.clear()


def _is_word(record: Record) -> bool:
    return record.node.is_statement and record.reason is Reason.REVOKED


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - _MAX_LINES
    return lines if more <= 0 else [*lines[:_MAX_LINES], f"  ... and {more} lines more"]


def _asked(verdict: Verdict) -> str:
    purpose = verdict.policy.purpose
    what = purpose.name if isinstance(purpose, Enum) else str(purpose)
    whom = verdict.subject
    name = "any subject" if isinstance(whom, AnySubject) else f"{type(whom).__name__} {printable(str(whom), 100)}"
    asked = verdict.policy.revocation
    revocation = "" if asked is None else f", revocation {asked.scope.name}"
    return f"{name}, {verdict.time}, {what}, profile {verdict.policy.profile.name}{revocation}"


def _revocation_dict(asked: Revocation | None) -> dict[str, Any] | None:
    if asked is None:
        return None
    return {
        "scope": asked.scope.name,
        "sources": sorted(each.name for each in asked.sources),
        "missing": asked.missing.name,
    }


def _certificate_dict(certificate: Certificate) -> dict[str, Any]:
    return {"subject": describe(certificate.der), "sha256": certificate.fingerprint_sha256}
