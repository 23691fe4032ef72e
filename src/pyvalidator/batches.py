"""Many requests at once: each becomes bytes, one call of the core answers all, and verdicts are made when asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, overload

from . import _core
from .asking import judged, over_budget, require_evidence
from .errors import EmptyChain, PemError
from .evidence import Evidence
from .moments import Time
from .names import Subject, require_subject
from .packing import Chain, OverBudget, PackedChain, pack
from .reasons import Reason
from .verdict import Answer, Outcome, Question, Verdict


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


class Packer:
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
            packed = pack(request.chain, self._judge.policy.budget)
        except OverBudget as over:
            settled = over_budget(self._judge, request.subject, self._time, over.reason, request.evidence)
            self._settled[position] = settled
        except (TypeError, EmptyChain, PemError) as error:
            self._settled[position] = self._unreadable(request, error)
        else:
            self._take(packed, request, position)

    def _take(self, packed: PackedChain, request: Request, position: int) -> None:
        subject = request.subject
        if self._judge.policy.hooks:
            self._settled[position] = judged(self._judge, packed, subject, self._time, request.evidence)
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
        return Verdict(self._judge, question, Answer(raw), texts=(str(error),))

    def judged(self) -> Batch:
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
        return Batch(self._judge, batch, answers, self._subjects, self._time, self._settled)


class Batch:
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
        return Verdict(self._judge, question, self._answers.answer(index, first, num))

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

    def tally(self) -> dict[Outcome, int]:
        """How many verdicts of each outcome, without making any."""
        tallies = [batch.tally() for batch in self._batches]
        return {each: sum(tally[each] for tally in tallies) for each in Outcome}

    def __repr__(self) -> str:
        counts = ", ".join(f"{num} {outcome.name}" for outcome, num in self.tally().items())
        return f"<Verdicts: {counts}>"
