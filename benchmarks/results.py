"""What a run of compare.py found, and the statistics of it."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple


class Answer(NamedTuple):
    """`word`: accept, refuse, mixed, cannot, or late; `words`: the peer's own; `agrees`: whether it is as expected."""

    word: str
    words: str
    agrees: bool


class Spread(NamedTuple):
    """Quartiles of ratios, one of each round."""

    low: float
    middle: float
    high: float


@dataclass(slots=True)
class Results:
    """Cases are (name, group, title); times are in nanoseconds, by case and peer, a list for each round."""

    cases: list[tuple[str, str, str]]
    stores: dict[str, int]
    digest: str
    rounds: dict[str, int]
    mesh_seconds: float
    load_before: float
    load_after: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    times: dict[tuple[str, str], list[list[int]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, case: str, peer: str, times: list[int]) -> None:
        """One round's calls."""
        self.times[case, peer].append(times)

    def in_group(self, group: str) -> list[tuple[str, str]]:
        """Names and titles of a group's cases."""
        return [(name, title) for name, its_group, title in self.cases if its_group == group]

    def has(self, case: str, peer: str) -> bool:
        return (case, peer) in self.times

    def all_times(self, case: str, peer: str) -> list[int]:
        return [each for times in self.times[case, peer] for each in times]

    def min_and_median(self, case: str, peer: str) -> tuple[float, float]:
        """Microseconds."""
        return self.least(case, peer), self.median(case, peer)

    def least(self, case: str, peer: str) -> float:
        """Microseconds."""
        return min(self.all_times(case, peer)) / 1000

    def median(self, case: str, peer: str) -> float:
        """Microseconds."""
        return statistics.median(self.all_times(case, peer)) / 1000

    def ratio(self, case: str, peer: str, reference: str) -> Spread:
        """How many times as long as the reference, of the medians of each round."""
        pairs = zip(self.times[case, peer], self.times[case, reference], strict=True)
        ratios = [statistics.median(mine) / statistics.median(its) for mine, its in pairs]
        if len(ratios) == 1:
            return Spread(ratios[0], ratios[0], ratios[0])
        return Spread(*statistics.quantiles(ratios, n=4, method="inclusive"))
