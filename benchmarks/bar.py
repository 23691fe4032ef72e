"""The limits that this project sets itself, measured in one interleaved run.

    python benchmarks/bar.py [--rounds N]    # prints a table
    python benchmarks/bar.py --write         # and puts it into benchmarks/RESULTS.md
    python benchmarks/bar.py --smoke         # tiny sizes, answers asserted, no claim made

In each round every turn is taken once, each of a few milliseconds, in an order that is turned round from one round to
the next. A ratio is of the medians of one round; given are the ratio of the minima of the whole run, and the median and
the quartiles over the rounds. Turns that need one core are held on one; those of two threads run on two. One raw check
is libcrypto's, key set up, timed in C (raw_verify.c): the same libcrypto that pyvalidator uses, here alone but where a
row says "no table of its keys": that is Engine.AUTO, whose tables are full of other keys (they are hot.py's subject).

bar_parts.py has what is measured. What has a script of its own is not here: stores (stores.py), latency beside a busy
thread (latency.py), keys of issuers seen often.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import bar_parts as parts
import raw
import report
import sections
from bar_parts import Claim, Effort, Fleet, Part
from results import Spread

import pyvalidator as pv

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
COMMAND: Final = "python benchmarks/bar.py --write"

FULL: Final = Effort(rounds=200, calls=16, batch=4096, thread_checks=128, anchors=10_000, pool=10_000, mesh_levels=10)
SMOKE: Final = Effort(rounds=2, calls=2, batch=24, thread_checks=2, anchors=20, pool=20, mesh_levels=4)


@dataclass(slots=True)
class Run:
    """Parts, and the samples of each of their turns: a list for each round."""

    made: list[Part]
    samples: dict[str, list[list[float]]] = field(default_factory=lambda: defaultdict(list))
    load: tuple[float, float] = (0.0, 0.0)

    def measure(self, rounds: int) -> None:
        """Every turn once a round."""
        before = os.getloadavg()[0]
        for number in range(rounds):
            for cores in (1, 2):
                with parts.on_cores(cores):
                    self._round(number, cores)
        self.load = (before, os.getloadavg()[0])

    def _round(self, number: int, cores: int) -> None:
        turns = [turn for part in self.made if part.cores == cores for turn in part.turns.items()]
        for name, turn in turns if number % 2 == 0 else reversed(turns):
            self.samples[name].append(turn())

    def close(self) -> None:
        for part in self.made:
            part.close()

    def _best(self, claim: Claim, name: str) -> float:
        values = [value for times in self.samples[name] for value in times]
        return max(values) if claim.at_least else min(values)

    def best(self, claim: Claim) -> float:
        """By the minima of the whole run (maxima, of what should be large). What is no ratio may be a difference, whose
        minimum is noise: there it is the median."""
        if not claim.reference:
            return self.spread(claim).middle
        return claim.factor * self._best(claim, claim.ours) / self._best(claim, claim.reference)

    def spread(self, claim: Claim) -> Spread:
        """By the medians of each round."""
        ours = [statistics.median(times) for times in self.samples[claim.ours]]
        by = (
            [statistics.median(times) for times in self.samples[claim.reference]]
            if claim.reference
            else [1.0] * len(ours)
        )
        values = [claim.factor * mine / its for mine, its in zip(ours, by, strict=True)]
        if len(values) == 1:
            return Spread(values[0], values[0], values[0])
        return Spread(*statistics.quantiles(values, n=4, method="inclusive"))


def make_parts(effort: Effort) -> list[Part]:
    """Everything that is measured; takes a while for FULL."""
    p256 = Fleet.make("p256", max(effort.batch, 64, effort.calls))
    rsa = Fleet.make("rsa2048", 32 * effort.calls)
    made = [
        parts.parse(p256, effort),
        parts.chains(p256, effort),
        parts.chains(rsa, effort),
        parts.repeated(p256, effort),
        parts.anchors(p256, effort),
        parts.pool(p256, effort),
        parts.meshes(effort),
        parts.cache_bound(p256, effort),
    ]
    two = parts.threads(p256, effort)
    if parts.num_cores() < two.cores:
        two = Part(claims=[Claim(each.what, each.bar, each.limit, missing="one core") for each in two.claims])
    made.insert(4, two)
    return made


# --- The table


def _number(claim: Claim, value: float) -> str:
    digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 20 else f"{value:.2f}"
    return digits + ("" if not claim.unit else " %" if claim.unit == "%" else f" {claim.unit}")


def _met(claim: Claim, run: Run) -> str:
    """By the median of the rounds; a busy machine may spoil that and leave the minima."""

    def holds(value: float) -> bool:
        return value >= claim.limit if claim.at_least else value <= claim.limit

    if holds(run.spread(claim).middle):
        return "yes"
    return "by the minima" if holds(run.best(claim)) else "**no**"


def _row(claim: Claim, run: Run) -> list[str]:
    if claim.missing:
        return [claim.what, claim.missing, "", claim.bar, "not measured"]
    spread = run.spread(claim)
    low, middle, high = (_number(claim, each) for each in spread)
    return [claim.what, _number(claim, run.best(claim)), f"{middle} [{low} - {high}]", claim.bar, _met(claim, run)]


def table(run: Run) -> str:
    """Every claim."""
    head = ["what", "by minima", "median [quartiles]", "bar", "met"]
    return report.table(head, [_row(claim, run) for part in run.made for claim in part.claims])


def absolute(run: Run) -> str:
    """The times behind the ratios, which are those that are compared with another."""
    claims = [claim for part in run.made for claim in part.claims if claim.reference and not claim.at_least]
    names = dict.fromkeys(name for claim in claims for name in (claim.ours, claim.reference))
    rows = [[name, *(report.us(value / 1000) for value in _least_and_median(run.samples[name]))] for name in names]
    return report.table(["µs", "min", "median"], rows)


def _least_and_median(rounds: Iterable[Sequence[float]]) -> tuple[float, float]:
    values = [value for times in rounds for value in times]
    return min(values), statistics.median(values)


def markdown(run: Run, rounds: int) -> str:
    """The section of RESULTS.md."""
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    before, after = run.load
    machine = f"{report.cpu()}, {os.cpu_count()} cores; {platform.system()} {platform.release()}"
    versions = f"Python {platform.python_version()}, {raw.version()}, pyvalidator {pv.__version__}"
    return f"""## Our bar

`{COMMAND}`: what this project demands of itself, {rounds} interleaved rounds of one run. "By minima" is the ratio of
the least times of the whole run; the median and the quartiles are of the ratios of each round. One raw check:
libcrypto, key set up, timed in C.

{day}; {machine};
{versions}; load {before:.2f} before, {after:.2f} after.

{table(run)}

The times behind the ratios, of one unit of work each:

{absolute(run)}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, answers asserted, no claim made")
    parser.add_argument("--rounds", type=int, help=f"instead of {FULL.rounds}")
    parser.add_argument("--write", action="store_true", help=f"put the table into {RESULTS.name}")
    options = parser.parse_args(arguments)
    effort = SMOKE if options.smoke else FULL
    rounds = options.rounds or effort.rounds
    run = Run(make_parts(effort))
    try:
        run.measure(rounds)
    finally:
        run.close()
    text = markdown(run, rounds)
    if options.smoke:
        print(f"{len(run.samples)} turns, answers as expected; figures of so short a run mean nothing")
        return
    print(text)
    if options.write:
        sections.write(RESULTS, "bar", text)


if __name__ == "__main__":
    main()
