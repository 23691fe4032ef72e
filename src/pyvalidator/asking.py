"""One question to the core, with hooks or without, or with a chain that is over its budget before it is read."""

from __future__ import annotations

import time as clock
from array import array
from datetime import datetime

from . import _core
from .anchors import FoundPath
from .evidence import Evidence
from .moments import Time, TimeMode
from .names import Subject
from .packing import PackedChain
from .policy import Hook, HookRefusal
from .reasons import Reason
from .verdict import Answer, Question, Verdict


def now() -> int:
    """Seconds since 1970, floored."""
    return clock.time_ns() // 1_000_000_000


def moment(at: datetime | Time | None) -> Time:
    """The time to judge by; None is now."""
    if at is None:
        return Time(TimeMode.KNOWN, now())
    return at if isinstance(at, Time) else Time.at(at)


def require_evidence(evidence: object) -> None:
    """TypeError for what is no evidence."""
    if evidence is not None and not isinstance(evidence, Evidence):
        raise TypeError(f"evidence takes an Evidence, not {type(evidence).__name__}")


def judged(judge: _core.Judge, packed: PackedChain, subject: Subject, time: Time, evidence: Evidence | None) -> Verdict:
    """Ask about one chain; a policy's hooks are asked at each path."""
    question = Question(packed.joined, packed.lengths, subject, time, evidence=evidence)
    if judge.policy.hooks:
        return _judged_with_hooks(judge, question)
    answer = judge.check_one(packed.joined, packed.lengths, subject, time, evidence)
    return Verdict(judge, question, answer)


def _judged_with_hooks(judge: _core.Judge, question: Question) -> Verdict:
    refusals: list[str] = []

    def decide(path: FoundPath) -> bool:
        refusal = ask_hooks(judge.policy.hooks, path)
        if refusal is not None:
            refusals.append(refusal)
        return refusal is None

    answer = judge.walk(question, decide)
    return Verdict(judge, question, answer, tuple(refusals))


def ask_hooks(hooks: tuple[Hook, ...], path: FoundPath) -> str | None:
    """The first refusal's text; None: every hook lets it pass."""
    for hook in hooks:
        answer = hook(path)
        if isinstance(answer, HookRefusal):
            return answer.text
        if answer is not None:
            raise TypeError(f"a hook returned {type(answer).__name__}; it returns None or a HookRefusal")
    return None


def over_budget(judge: _core.Judge, subject: Subject, time: Time, reason: Reason, evidence: Evidence | None) -> Verdict:
    """The verdict on a chain that was not looked at, for it would have cost too much."""
    question = Question(b"", array("I"), subject, time, evidence=evidence)
    return Verdict(judge, question, Answer(_core.undecided(reason)))
