"""Many requests at once: a call of the core answers all, and verdicts are made when asked for."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise, repeat
from operator import is_
from typing import Any, ClassVar, Final, NamedTuple, TypeVar, overload

from . import _core
from .asking import judged, over_budget, require_evidence
from .errors import CoreFailure, EmptyChain, PemError
from .evidence import Evidence
from .moments import Time
from .names import Subject, require_subject
from .packing import Chain, OverBudget, PackedChain, pack
from .policy import Budget
from .reasons import Reason
from .verdict import Answer, Outcome, Question, Verdict

_log: Final = logging.getLogger("pyvalidator")


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
        require_evidence(self.evidence)


class Parts(NamedTuple):
    """All certificates of many chains, the length of each, and how many each chain has."""

    ders: list[bytes]
    lengths: list[int]
    counts: list[int]


_T = TypeVar("_T")
_PLAIN: Final = {list, tuple}
_ONLY_BYTES: Final = {bytes}


def batch_of(
    judge: _core.Judge, requests: Sequence[Request], time: Time
) -> tuple[_core.BatchInput, dict[int, Verdict]]:
    """Join requests for the core; what cannot be asked is settled: its verdict stands by its position."""
    parts, settled = _read(judge, requests, time)
    batch = _core.BatchInput(
        joined=b"".join(parts.ders),
        lengths=array("I", parts.lengths),
        counts=array("I", parts.counts),
        subjects=_one_or_each([request.subject for request in requests]),
        times=[time],
        evidences=_one_or_each([request.evidence for request in requests]),
    )
    return batch, settled


def _one_or_each(values: list[_T]) -> list[_T]:
    """One value for all, if it is one object."""
    return values[:1] if all(map(is_, values, repeat(values[0]))) else values


def _read(judge: _core.Judge, requests: Sequence[Request], time: Time) -> tuple[Parts, dict[int, Verdict]]:
    """Lists of bytes are taken by the thousand; whatever else there is, one by one. In the place of what is settled
    stands an empty chain."""
    given = [request.chain for request in requests]
    settled: dict[int, Verdict] = {}
    # What is in them is looked at below. Of lists there are copies: others may change them meanwhile.
    rows: list[Any] = (
        given if set(map(type, given)) == {tuple} else [tuple(each) if type(each) in _PLAIN else () for each in given]
    )
    parts = _plain_parts(rows, judge.policy.budget)
    if parts is not None:
        return parts, settled
    rows = list(rows)
    for position in _odd_ones(rows, judge.policy.budget):
        try:
            rows[position] = _split(pack(given[position], judge.policy.budget))
        except (OverBudget, TypeError, EmptyChain, PemError) as error:
            rows[position] = ()
            settled[position] = _settle(judge, requests[position], time, error)
    return _parts_of(rows), settled


def _parts_of(rows: list[Sequence[bytes]]) -> Parts:
    ders = list(chain.from_iterable(rows))
    return Parts(ders, list(map(len, ders)), list(map(len, rows)))


def _plain_parts(rows: list[Sequence[bytes]], budget: Budget) -> Parts | None:
    """All certificates; None: some row must be looked at by itself."""
    counts = list(map(len, rows))
    if min(counts) == 0 or max(counts) > budget.certificates:
        return None
    ders = list(chain.from_iterable(rows))
    if set(map(type, ders)) != _ONLY_BYTES:
        return None
    lengths = list(map(len, ders))
    # If all of them together are within the limit of one, none is over it.
    if sum(lengths) > budget.der_bytes and any(_is_odd(row, budget) for row in rows):
        return None
    return Parts(ders, lengths, counts)


def _odd_ones(rows: list[Sequence[bytes]], budget: Budget) -> list[int]:
    return [position for position, row in enumerate(rows) if _is_odd(row, budget)]


def _is_odd(row: Sequence[bytes], budget: Budget) -> bool:
    """Whether it must be looked at by itself: no certificates, too many of them, other types, or too many bytes."""
    if not 0 < len(row) <= budget.certificates or set(map(type, row)) != _ONLY_BYTES:
        return True
    return sum(map(len, row)) > budget.der_bytes


def _split(packed: PackedChain) -> list[bytes]:
    ends = list(accumulate(packed.lengths, initial=0))
    return [packed.joined[start:end] for start, end in pairwise(ends)]


def _settle(judge: _core.Judge, request: Request, time: Time, error: Exception) -> Verdict:
    if isinstance(error, OverBudget):
        return over_budget(judge, request.subject, time, error.reason, request.evidence)
    question = Question(b"", array("I"), request.subject, time, evidence=request.evidence)
    return _unreadable(judge, question, error)


def _unreadable(judge: _core.Judge, question: Question, error: Exception) -> Verdict:
    return Verdict(judge, question, Answer(_core.refused(Reason.INPUT_UNREADABLE)), (str(error),))


# --- Answers


class Columns(NamedTuple):
    """One number of each request: outcomes (uint8), anchors (uint32), reasons (uint16)."""

    outcomes: bytes
    anchors: bytes
    reasons: bytes


class Batch:
    """The answers to one batch, undecoded."""

    __slots__ = ("_answers", "_batch", "_columns", "_judge", "_places", "_settled")

    def __init__(
        self, judge: _core.Judge, batch: _core.BatchInput, settled: dict[int, Verdict], workers: int = 1
    ) -> None:
        """Ask the core; where hooks must be asked, each request by itself."""
        self._judge = judge
        self._batch = batch
        self._settled = settled
        self._columns: Columns | None = None
        self._places: tuple[array[int], array[int]] | None = None
        self._answers: _core.BatchAnswers | None = None
        if judge.policy.hooks:
            self._settled = settled | self._ask_each(workers)
        else:
            self._answers = judge.check_many(batch, workers=workers)

    def __len__(self) -> int:
        return len(self._batch.counts)

    def _ask_each(self, workers: int) -> dict[int, Verdict]:
        open_ones = [position for position in range(len(self)) if position not in self._settled]
        if workers == 1:
            return {position: self._ask(position) for position in open_ones}
        with ThreadPoolExecutor(workers, "pyvalidator") as pool:
            return dict(zip(open_ones, pool.map(self._ask, open_ones), strict=True))

    def _ask(self, position: int) -> Verdict:
        question = self._question(position)
        subject, time, evidence = question.subject, question.time, question.evidence
        reason = self._excess(position)
        if reason is not None:
            return over_budget(self._judge, subject, time, reason, evidence)
        if question.num == 0:
            return _unreadable(self._judge, question, EmptyChain())
        ders = question.ders()
        return judged(self._judge, PackedChain(b"".join(ders), array("I", map(len, ders))), subject, time, evidence)

    def _excess(self, position: int) -> Reason | None:
        """Which limit the request is over."""
        first, num = self._place(position)[0], self._batch.counts[position]
        budget = self._judge.policy.budget
        if num > budget.certificates:
            return Reason.BUDGET_CERTIFICATES
        over = sum(self._batch.lengths[first : first + num]) > budget.der_bytes
        return Reason.BUDGET_BYTES if over else None

    def _place(self, position: int) -> tuple[int, int]:
        """Which certificate is the request's first, and at which byte it starts."""
        if self._places is None:
            firsts = array("Q", accumulate(self._batch.counts, initial=0))
            starts = array("Q", accumulate(self._batch.lengths, initial=self._batch.start))
            self._places = (firsts, starts)
        first = self._places[0][position]
        return first, self._places[1][first]

    def _question(self, position: int) -> Question:
        batch, over = self._batch, self._excess(position) is not None
        first, start = self._place(position)
        return Question(
            batch.joined,
            batch.lengths,
            batch.subject(position),
            batch.time(position),
            start=start,
            first=first,
            num=0 if over else batch.counts[position],  # what is over its limits was not looked at
            evidence=batch.evidence(position),
        )

    def verdict(self, position: int) -> Verdict:
        """The verdict of the batch's entry at `position`."""
        settled = self._settled.get(position)
        if settled is not None or self._answers is None:
            return self._settled[position]
        question = self._question(position)
        answer = self._answers.answer(position, question.first, question.num)
        texts = () if self._batch.counts[position] else (str(EmptyChain()),)
        return Verdict(self._judge, question, answer, texts)

    def columns(self) -> Columns:
        """What the core wrote, and of settled requests what their verdicts say."""
        if self._columns is None:
            self._columns = self._read_columns()
        return self._columns

    def _read_columns(self) -> Columns:
        answers, num = self._answers, len(self)
        if answers is not None and not self._settled:
            return Columns(answers.outcomes(), answers.anchors(), answers.reasons())
        outcomes = array("B", answers.outcomes() if answers else bytes(num))
        anchors = array("I", answers.anchors() if answers else bytes(4 * num))
        reasons = array("H", answers.reasons() if answers else bytes(2 * num))
        has_anchors = any(verdict.anchor is not None for verdict in self._settled.values())
        # A store makes its anchors when they are asked for: all of them only where there is one to be found.
        known = {id(anchor): place for place, anchor in enumerate(self._judge.anchors)} if has_anchors else {}
        for position, verdict in self._settled.items():
            outcomes[position] = verdict.outcome.value
            anchors[position] = known.get(id(verdict.anchor), _core.NO_ANCHOR)
            reasons[position] = verdict.reason.value
        return Columns(outcomes.tobytes(), anchors.tobytes(), reasons.tobytes())


class Verdicts(Sequence[Verdict]):
    """The verdicts of check_many, in the order of its requests; each is made when it is looked at.

    `outcomes`, `anchors` and `reasons` tell the same of all requests without making any: read-only memoryviews, one
    element a request, in their order.
    """

    __slots__ = ("_batches", "_num", "_size")

    #: Stands in `anchors` for "none". Larger than any position, so that it names no anchor by mistake, as -1 would.
    NO_ANCHOR: ClassVar[int] = _core.NO_ANCHOR

    def __init__(self, batches: list[Batch], size: int) -> None:
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

    @property
    def outcomes(self) -> memoryview:
        """Of each request the value of its Outcome: 1 TRUSTED, 2 REFUSED, 3 UNDECIDED (format "B", uint8)."""
        return _column("B", (batch.columns().outcomes for batch in self._batches))

    @property
    def anchors(self) -> memoryview:
        """Of each request its anchor's position in the store's `anchors`; NO_ANCHOR unless trusted (format "I",
        uint32)."""
        return _column("I", (batch.columns().anchors for batch in self._batches))

    @property
    def reasons(self) -> memoryview:
        """Of each request the value of its Reason; that of OK if trusted (format "H", uint16)."""
        return _column("H", (batch.columns().reasons for batch in self._batches))

    def tally(self) -> dict[Outcome, int]:
        """How many verdicts of each outcome, without making any."""
        numbers = [batch.columns().outcomes for batch in self._batches]
        return {each: sum(outcomes.count(each.value) for outcomes in numbers) for each in Outcome}

    def __repr__(self) -> str:
        counts = ", ".join(f"{num} {outcome.name}" for outcome, num in self.tally().items())
        return f"<Verdicts: {counts}>"


def _column(code: str, parts: Iterable[bytes]) -> memoryview:
    return memoryview(array(code, b"".join(parts))).toreadonly()


# --- Single questions, answered together


class Asked(NamedTuple):
    """What one caller asks."""

    packed: PackedChain
    subject: Subject
    time: Time
    evidence: Evidence | None


def judge_together(judge: _core.Judge, asked: Sequence[Asked]) -> list[Verdict | BaseException]:
    """What judging each by itself would give, in one call of the core where that can be; errors are told, not raised.

    A verdict holds its own chain alone, not those of the others.
    """
    if len(asked) > 1 and not judge.policy.hooks:
        try:
            return _judge_at_once(judge, asked)
        except (CoreFailure, MemoryError) as error:  # one by one it may do, and if not, each hears of its own failure
            _log.debug("a batch of %d: %s", len(asked), error)
    return [_judge_alone(judge, each) for each in asked]


def _judge_at_once(judge: _core.Judge, asked: Sequence[Asked]) -> list[Verdict | BaseException]:
    counts = array("I", [len(each.packed.lengths) for each in asked])
    batch = _core.BatchInput(
        joined=b"".join([each.packed.joined for each in asked]),
        lengths=array("I", chain.from_iterable(each.packed.lengths for each in asked)),
        counts=counts,
        subjects=[each.subject for each in asked],
        times=[each.time for each in asked],
        evidences=_one_or_each([each.evidence for each in asked]),
    )
    answers = judge.check_many(batch, cut=False).each(counts)
    return [
        Verdict(judge, Question(packed.joined, packed.lengths, subject, time, evidence=evidence), answer)
        for (packed, subject, time, evidence), answer in zip(asked, answers, strict=True)
    ]


def _judge_alone(judge: _core.Judge, asked: Asked) -> Verdict | BaseException:
    try:
        return judged(judge, asked.packed, asked.subject, asked.time, asked.evidence)
    except BaseException as error:
        return error
