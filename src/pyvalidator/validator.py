"""Is this chain trusted, for this name, at this time, under this policy? A Validator answers.

`check` answers with a Verdict, `verify` raises if the answer is not "trusted", `check_many` answers many at once, and
`paths` lists every valid path. Programming errors (wrong types, naive datetimes, an empty chain, PEM that cannot be
read) raise in `check` and `verify`; certificates that cannot be read never do: they are part of the answer. In
`check_many` a chain of the wrong types, an empty one, or unreadable PEM spoils its own verdict only.
"""

from __future__ import annotations

import time as clock
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, islice
from typing import Final, NamedTuple, TypeAlias, overload

from . import _core
from ._core import CacheStats
from .anchors import FoundPath
from .certificate import Certificate
from .errors import EmptyChain, PemError, PolicyError
from .evidence import Evidence
from .moments import Time, TimeMode
from .names import Subject, require_subject
from .pem import count_blocks, split_pem
from .policy import Budget, Hook, HookRefusal, Policy
from .reasons import Reason
from .refusals import Refused, Undecided
from .signatures import Engine, native_engine
from .trust import TrustStore
from .verdict import Outcome, Question, Verdict

#: The target first, the rest in any order; or all of it as PEM.
Chain: TypeAlias = Sequence[bytes | Certificate] | bytes

_BATCH: Final = 4096


@dataclass(frozen=True, slots=True)
class Request:
    """One entry of check_many: a chain (leaf first, the rest in any order; or PEM bytes), whom it must name, and the
    evidence of revocation that came with it, if any. Requests may share one Evidence; nothing is then read twice.

    Whether the chain can be read is found when it is judged; a subject or evidence of the wrong type is a TypeError
    here.
    """

    chain: Chain
    subject: Subject
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        require_subject(self.subject)
        _require_evidence(self.evidence)


class Cache:
    """Verified edges, interned certificates and parsed keys, in at most `max_bytes` bytes.

    It knows neither stores nor policies, so it outlives both and serves several validators; a child made by fork
    starts with an empty one. Only what lies on a path verified to an anchor enters it.
    """

    __slots__ = ("_native",)

    def __init__(self, *, max_bytes: int = 16 << 20) -> None:
        if type(max_bytes) is not int:
            raise TypeError(f"max_bytes takes an int, not {type(max_bytes).__name__}")
        if not 1 << 16 <= max_bytes <= 1 << 40:
            raise PolicyError("max_bytes", f"{max_bytes} is not in 64 KiB to 1 TiB")
        self._native: Final = _core.NativeCache(max_bytes)

    @property
    def native(self) -> _core.NativeCache:
        """The core's side of this cache."""
        return self._native

    def stats(self) -> CacheStats:
        """What it holds and did until now."""
        return self._native.stats()


class Validator:
    """Judges chains against a store under a policy. Immutable, and safe to share between threads."""

    __slots__ = ("_judge", "_policy", "_store")

    def __init__(
        self, store: TrustStore, policy: Policy, *, engine: Engine = Engine.AUTO, cache: Cache | None = None
    ) -> None:
        """Join store, policy, signature engine and cache. EngineUnavailable if libcrypto was asked for in vain."""
        for option, value, kind in (
            ("store", store, TrustStore),
            ("policy", policy, Policy),
            ("engine", engine, Engine),
        ):
            if not isinstance(value, kind):
                raise TypeError(f"{option} takes a {kind.__name__}, not {type(value).__name__}")
        if cache is not None and not isinstance(cache, Cache):
            raise TypeError(f"cache takes a Cache, not {type(cache).__name__}")
        self._store: Final = store
        self._policy: Final = policy
        self._judge: Final = _core.Judge(
            store=store.native,
            anchors=store.anchors,
            engine=native_engine(engine),
            cache=None if cache is None else cache.native,
            policy=policy,
        )

    @property
    def store(self) -> TrustStore:
        """Whom it trusts."""
        return self._store

    @property
    def policy(self) -> Policy:
        """What it asks of a path."""
        return self._policy

    def verify(
        self, chain: Chain, subject: Subject, at: datetime | Time | None = None, evidence: Evidence | None = None
    ) -> Verdict:
        """Like check, but an untrusted chain raises Refused or Undecided (ValidationError), with the verdict."""
        verdict = self.check(chain, subject, at, evidence)
        if verdict.outcome is Outcome.TRUSTED:
            return verdict
        raise (Refused if verdict.outcome is Outcome.REFUSED else Undecided)(verdict)

    def check(
        self, chain: Chain, subject: Subject, at: datetime | Time | None = None, evidence: Evidence | None = None
    ) -> Verdict:
        """Judge one chain (RFC 5280 section 6); never raises for an untrusted one.

        chain: DER certificates, the target first, the rest in any order; or PEM bytes.
        subject: whom the target must name: DNSName, IPAddress, URI, EmailAddress, or AnySubject().
        at: an aware datetime or a Time; None is now, read at each call.
        evidence: what tells whether its certificates are revoked, where the policy asks (Policy.revocation).

        Raises TypeError, NaiveDatetime, EmptyChain and PemError for what is no question at all, and PolicyError for
        evidence that the policy would ignore.
        """
        require_subject(subject)
        self._check_evidence(evidence)
        time = _moment(at)
        try:
            packed = _pack(chain, self._policy.budget)
        except _OverBudget as over:
            return _over_budget(self._judge, subject, time, over.reason, evidence)
        return _judged(self._judge, packed, subject, time, evidence)

    def check_many(self, requests: Iterable[Request], at: datetime | Time | None = None, workers: int = 1) -> Verdicts:
        """Judge many requests, all at the same moment; the verdicts come in their order.

        workers: threads that share the work, 1 to 64; each runs in C, without Python's lock. An entry that is no
        Request is a TypeError that names its position, evidence that the policy would ignore a PolicyError; a chain
        that is none spoils its own verdict only.
        """
        if type(workers) is not int or not 1 <= workers <= 64:
            raise PolicyError("workers", f"{workers!r} is not in 1 to 64")
        entries = list(requests)
        for position, entry in enumerate(entries):
            if not isinstance(entry, Request):
                raise TypeError(f"entry {position} of check_many is {type(entry).__name__}, not a Request")
            self._check_evidence(entry.evidence)
        return self._judge_all(entries, _moment(at), workers)

    def paths(
        self, chain: Chain, subject: Subject, at: datetime | Time | None = None, evidence: Evidence | None = None
    ) -> Paths:
        """Every valid path of a chain, in the order found; `complete` is False if the budget ended the search."""
        require_subject(subject)
        self._check_evidence(evidence)
        time = _moment(at)
        try:
            joined, lengths = _pack(chain, self._policy.budget)
        except _OverBudget as over:
            return Paths((), _over_budget(self._judge, subject, time, over.reason, evidence))
        found: list[FoundPath] = []
        refusals: list[str] = []

        def collect(path: FoundPath) -> bool:
            refusal = _ask_hooks(self._policy.hooks, path)
            refusals.append("listed" if refusal is None else refusal)
            if refusal is None:
                found.append(path)
            return False  # so that the search goes on to the next

        question = Question(joined, lengths, subject, time, evidence=evidence)
        answer = self._judge.walk(question, collect)
        return Paths(tuple(found), Verdict(self._judge, question, *answer, tuple(refusals)))

    def _check_evidence(self, evidence: object) -> None:
        _require_evidence(evidence)
        if evidence is not None and self._policy.revocation is None:
            raise PolicyError(
                "evidence",
                "the policy does not ask about revocation, so it would be ignored; "
                "make the policy with revocation=Revocation(), or leave the evidence out",
            )

    def _judge_all(self, entries: list[Request], time: Time, workers: int) -> Verdicts:
        size = max(1, min(_BATCH, -(-len(entries) // workers)))
        slices = [entries[start : start + size] for start in range(0, len(entries), size)]
        if workers == 1 or len(slices) < 2:
            return Verdicts([self._batch(each, time) for each in slices], size)
        with ThreadPoolExecutor(min(workers, len(slices)), "pyvalidator") as pool:
            return Verdicts(list(pool.map(lambda each: self._batch(each, time), slices)), size)

    def _batch(self, entries: list[Request], time: Time) -> _Batch:
        packer = _Packer(self._judge, time)
        for entry in entries:
            packer.add(entry)
        return packer.judged()


# --- Asking the core


def _judged(judge: _core.Judge, packed: _Packed, subject: Subject, time: Time, evidence: Evidence | None) -> Verdict:
    question = Question(packed.joined, packed.lengths, subject, time, evidence=evidence)
    if judge.policy.hooks:
        return _judged_with_hooks(judge, question)
    answer = judge.check_one(packed.joined, packed.lengths, subject, time, evidence)
    return Verdict(judge, question, *answer)


def _judged_with_hooks(judge: _core.Judge, question: Question) -> Verdict:
    refusals: list[str] = []

    def decide(path: FoundPath) -> bool:
        refusal = _ask_hooks(judge.policy.hooks, path)
        if refusal is not None:
            refusals.append(refusal)
        return refusal is None

    answer = judge.walk(question, decide)
    return Verdict(judge, question, *answer, tuple(refusals))


def _ask_hooks(hooks: tuple[Hook, ...], path: FoundPath) -> str | None:
    """The first refusal's text; None: every hook lets it pass."""
    for hook in hooks:
        answer = hook(path)
        if isinstance(answer, HookRefusal):
            return answer.text
        if answer is not None:
            raise TypeError(f"a hook returned {type(answer).__name__}; it returns None or a HookRefusal")
    return None


def _over_budget(
    judge: _core.Judge, subject: Subject, time: Time, reason: Reason, evidence: Evidence | None
) -> Verdict:
    question = Question(b"", array("I"), subject, time, evidence=evidence)
    return Verdict(judge, question, _core.undecided(reason))


# --- Answers


class Paths(Sequence[FoundPath]):
    """Valid paths, in the order found. `verdict` is the search's own, for what was rejected and spent."""

    __slots__ = ("_found", "_verdict")

    def __init__(self, found: tuple[FoundPath, ...], verdict: Verdict) -> None:
        self._found: Final = found
        self._verdict: Final = verdict

    @property
    def complete(self) -> bool:
        """Whether the whole graph was searched; False: the budget ended it, and there may be more."""
        return self._verdict.outcome is Outcome.REFUSED

    @property
    def verdict(self) -> Verdict:
        """The search's log. Every path that it found counts as refused in it: that made it go on."""
        return self._verdict

    @overload
    def __getitem__(self, index: int) -> FoundPath: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[FoundPath, ...]: ...
    def __getitem__(self, index: int | slice) -> FoundPath | tuple[FoundPath, ...]:
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return f"<{len(self._found)} paths{'' if self.complete else ', not complete'}>"


# --- Packing chains


class _OverBudget(Exception):
    """More certificates, or more bytes, than the budget allows; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Final = reason


class _Packed(NamedTuple):
    """A chain as the core reads it."""

    joined: bytes
    lengths: array[int]


_ONLY_BYTES: Final = {bytes}


def _pack(chain: Chain, budget: Budget) -> _Packed:
    """Join a chain. TypeError, EmptyChain, PemError, _OverBudget."""
    listed = chain if isinstance(chain, list | tuple) else _listed(chain, budget)
    if len(listed) > budget.certificates:
        raise _OverBudget(Reason.BUDGET_CERTIFICATES)
    if set(map(type, listed)) != _ONLY_BYTES:
        listed = [_der(each, position) for position, each in enumerate(listed)]
        if not listed:
            raise EmptyChain
    if sum(map(len, listed)) > budget.der_bytes:
        raise _OverBudget(Reason.BUDGET_BYTES)
    return _Packed(b"".join(listed), array("I", map(len, listed)))


def _listed(chain: object, budget: Budget) -> list[bytes]:
    if isinstance(chain, bytes):
        return _from_pem(chain, budget)
    if isinstance(chain, str) or not isinstance(chain, Iterable):
        kind = type(chain).__name__
        raise TypeError(f"a chain is a sequence of DER bytes or Certificate objects, or PEM bytes, not {kind}")
    return list(islice(chain, budget.certificates + 1))


def _from_pem(text: bytes, budget: Budget) -> list[bytes]:
    if not text:
        raise EmptyChain
    if count_blocks(text) > budget.certificates:
        raise _OverBudget(Reason.BUDGET_CERTIFICATES)
    return split_pem(text)


def _der(certificate: object, position: int) -> bytes:
    if isinstance(certificate, Certificate):
        return certificate.der
    if isinstance(certificate, bytes):
        return bytes(certificate)
    kind = type(certificate).__name__
    raise TypeError(f"certificate {position} of the chain is {kind}, not DER bytes or a Certificate")


def _moment(at: datetime | Time | None) -> Time:
    if at is None:
        return Time(TimeMode.KNOWN, clock.time_ns() // 1_000_000_000)
    return at if isinstance(at, Time) else Time.at(at)


def _require_evidence(evidence: object) -> None:
    if evidence is not None and not isinstance(evidence, Evidence):
        raise TypeError(f"evidence takes an Evidence, not {type(evidence).__name__}")


# --- Batches


class _Packer:
    """Collects the requests of one batch for a single call of the core."""

    __slots__ = ("_counts", "_evidences", "_judge", "_kinds", "_lengths", "_parts", "_settled", "_subjects", "_time")

    def __init__(self, judge: _core.Judge, time: Time) -> None:
        self._judge = judge
        self._time = time
        self._parts: list[bytes] = []
        self._lengths = array("I")
        self._counts = array("I")
        self._kinds = bytearray()
        self._subjects: list[Subject] = []
        self._evidences: list[Evidence | None] = []
        self._settled: dict[int, Verdict] = {}

    def add(self, request: Request) -> None:
        """Take one request; what cannot be asked, or asks hooks, is settled on its own."""
        position = len(self._subjects) + len(self._settled)
        try:
            packed = _pack(request.chain, self._judge.policy.budget)
        except _OverBudget as over:
            settled = _over_budget(self._judge, request.subject, self._time, over.reason, request.evidence)
            self._settled[position] = settled
        except (TypeError, EmptyChain, PemError) as error:
            self._settled[position] = self._unreadable(request, error)
        else:
            self._take(packed, request, position)

    def _take(self, packed: _Packed, request: Request, position: int) -> None:
        subject = request.subject
        if self._judge.policy.hooks:
            self._settled[position] = _judged(self._judge, packed, subject, self._time, request.evidence)
            return
        self._parts.append(packed.joined)
        self._lengths.extend(packed.lengths)
        self._counts.append(len(packed.lengths))
        self._kinds.append(_core.subject_kind(subject))
        self._subjects.append(subject)
        self._evidences.append(request.evidence)

    def _unreadable(self, request: Request, error: Exception) -> Verdict:
        question = Question(b"", array("I"), request.subject, self._time, evidence=request.evidence)
        raw = _core.refused(Reason.INPUT_UNREADABLE)
        return Verdict(self._judge, question, raw, texts=(str(error),))

    def judged(self) -> _Batch:
        """Ask the core."""
        names = [subject.encoded for subject in self._subjects]
        batch = _core.BatchInput(
            b"".join(self._parts),
            self._lengths,
            self._counts,
            bytes(self._kinds),
            b"".join(names),
            array("I", map(len, names)),
            self._evidences,
        )
        answers = self._judge.check_many(batch, self._time)
        return _Batch(self._judge, batch, answers, self._subjects, self._time, self._settled)


class _Batch:
    """The answers to one batch, undecoded."""

    __slots__ = ("_answers", "_batch", "_firsts", "_judge", "_settled", "_starts", "_subjects", "_time")

    def __init__(
        self,
        judge: _core.Judge,
        batch: _core.BatchInput,
        answers: _core.BatchAnswer,
        subjects: list[Subject],
        time: Time,
        settled: dict[int, Verdict],
    ) -> None:
        self._judge = judge
        self._batch = batch
        self._answers = answers
        self._subjects = subjects
        self._time = time
        self._settled = settled
        self._firsts = array("Q", accumulate(batch.counts, initial=0))
        self._starts = array("Q", accumulate(batch.lengths, initial=0))

    def __len__(self) -> int:
        return len(self._subjects) + len(self._settled)

    def verdict(self, position: int) -> Verdict:
        """The verdict of the batch's entry at `position`."""
        settled = self._settled.get(position)
        if settled is not None:
            return settled
        index = position - self._settled_before(position)
        first, num = self._firsts[index], self._batch.counts[index]
        question = Question(
            self._batch.joined,
            self._batch.lengths,
            self._subjects[index],
            self._time,
            start=self._starts[first],
            first=first,
            num=num,
            evidence=self._batch.evidences[index],
        )
        return Verdict(self._judge, question, *self._answers.answer(index, first, num))

    def _settled_before(self, position: int) -> int:
        return bisect_right(list(self._settled), position) if self._settled else 0

    def tally(self) -> dict[Outcome, int]:
        """How many verdicts of each outcome."""
        numbers = self._answers.outcomes()
        counts = {each: numbers.count(each.value) for each in Outcome}
        counts[Outcome.UNDECIDED] += numbers.count(0)
        for verdict in self._settled.values():
            counts[verdict.outcome] += 1
        return counts


class Verdicts(Sequence[Verdict]):
    """The verdicts of check_many, in the order of its requests; each is made when it is looked at."""

    __slots__ = ("_batches", "_num", "_size")

    def __init__(self, batches: list[_Batch], size: int) -> None:
        self._batches: Final = batches
        self._size: Final = size
        self._num: Final = sum(map(len, batches))

    @overload
    def __getitem__(self, index: int) -> Verdict: ...
    @overload
    def __getitem__(self, index: slice) -> list[Verdict]: ...
    def __getitem__(self, index: int | slice) -> Verdict | list[Verdict]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(self._num))]
        position = index + self._num if index < 0 else index
        if not 0 <= position < self._num:
            raise IndexError(f"there are {self._num} verdicts")
        return self._batches[position // self._size].verdict(position % self._size)

    def __len__(self) -> int:
        return self._num

    def tally(self) -> dict[Outcome, int]:
        """How many verdicts of each outcome, without making any."""
        tallies = [batch.tally() for batch in self._batches]
        return {each: sum(tally[each] for tally in tallies) for each in Outcome}

    def __repr__(self) -> str:
        counts = ", ".join(f"{num} {outcome.name}" for outcome, num in self.tally().items())
        return f"<Verdicts: {counts}>"
