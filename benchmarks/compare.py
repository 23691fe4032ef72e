"""pyvalidator beside others: the same chains, DER in to verdict, in interleaved rounds of one run.

    python benchmarks/compare.py --build    # builds the peers that there are toolchains for, then measures
    python benchmarks/compare.py            # measures with what is built; writes RESULTS.md and docs/compare.svg
    python benchmarks/compare.py --only meshes        # one section, printed, nothing written
    python benchmarks/compare.py --smoke    # tiny sizes, answers asserted, nothing written

corpus.py has what is asked, peer_process.py and peers/ who is asked, report.py and chart.py write it down. All are
asked for their answers first; a peer that gives another is marked, and its time is in no table of that case.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import chart
import corpus
import report
import sections
from corpus import Case, Corpus, Sizes
from peer_process import OUT, PEERS, PYVALIDATOR, EndedError, Peer, PeerProcess, TimedOutError, build, programs_in
from results import Answer, Results

import pki

#: A turn of one peer takes about this long, so that rounds are short against the drift of a machine.
TURN_NS: Final = 20_000_000
MOST_CALLS: Final = 32

#: Disagreements that are the peers' own rules (a peer, and how the case's name begins): pyOpenSSL takes no name,
#: cryptography takes no Ed25519, GnuTLS finds no issuer among many.
KNOWN: Final = (("pyopenssl", "wrong-name"), ("pyca", "ed25519"), ("gnutls", "pool-"))


@dataclass(frozen=True, slots=True)
class Effort:
    """How often, and how long at most."""

    sizes: Sizes
    rounds: dict[str, int]
    store_rounds: int
    mesh_seconds: float


FULL = Effort(corpus.FULL, {"chain": 60, "refused": 30, "anchors": 15, "pool": 9, "mesh": 5}, 5, 20.0)
SMOKE = Effort(corpus.SMOKE, dict.fromkeys(("chain", "refused", "anchors", "pool", "mesh"), 1), 1, 20.0)


@dataclass(slots=True)
class Comparison:
    """One run: the peers' processes, and what they said."""

    made: Corpus
    effort: Effort
    folder: Path
    results: Results
    processes: dict[str, PeerProcess] = field(default_factory=dict)

    def start(self, programs: dict[str, Path]) -> None:
        for peer in PEERS:
            command = peer.command(programs)
            if command is None:
                self.results.missing.append(peer.title)
                continue
            process = PeerProcess(peer, command, self._setup(peer))
            try:
                self.results.versions[peer.key] = process.ask("version")
            except EndedError:
                self.results.missing.append(peer.title)
            else:
                self.processes[peer.key] = process

    def close(self) -> None:
        for process in self.processes.values():
            process.close()

    def _setup(self, peer: Peer) -> list[str]:
        """Only what it will be asked about: the stores of 10,000 are large."""
        asked = [case for case in self.made.cases if peer.is_asked(case.group, case.name)]
        stores = dict.fromkeys(case.store for case in asked)
        at = int(pki.NOW.timestamp())
        lines = [f"store {store} {self.folder / f'{store}.store'}" for store in stores]
        return lines + [
            f"case {case.name} {self.folder / f'{case.name}.case'} {case.store} {case.host} {at}" for case in asked
        ]

    # --- Answers

    def ask_all(self) -> None:
        for case in self.made.cases:
            for key, process in self.processes.items():
                if process.peer.is_asked(case.group, case.name):
                    self.results.answers[case.name, key] = self._answer(case, process)

    def _answer(self, case: Case, process: PeerProcess) -> Answer:
        try:
            word, _, words = process.ask(f"ask {case.name}", self._limit(case)).partition(" ")
        except TimedOutError:
            return Answer("late", f"no answer within {self.effort.mesh_seconds:.0f} s", case.group == "mesh")
        wanted = "accept" if case.accepted else "refuse"
        return Answer(word, words, word == wanted)

    def _limit(self, case: Case) -> float:
        return self.effort.mesh_seconds if case.group == "mesh" else 600.0

    # --- Times

    def measure_all(self) -> None:
        for case in self.made.cases:
            begin = time.monotonic()
            self._measure(case)
            print(f"{case.name}: {time.monotonic() - begin:.0f} s", flush=True)
        if any(case.group == "anchors" for case in self.made.cases):
            self._measure_stores()

    def _measure(self, case: Case) -> None:
        agreeing = [
            process
            for key, process in self.processes.items()
            if (answer := self.results.answers.get((case.name, key))) and answer.agrees and answer.word != "late"
        ]
        calls = {process.peer.key: self._num_calls(case, process) for process in agreeing}
        for turn in range(self.effort.rounds[case.group]):
            first = turn % len(agreeing)
            for process in agreeing[first:] + agreeing[:first]:
                times = self._run(case, process, calls[process.peer.key])
                self.results.add(case.name, process.peer.key, times)

    def _num_calls(self, case: Case, process: PeerProcess) -> int:
        least = min(self._run(case, process, 2))
        return max(1, min(MOST_CALLS, TURN_NS // max(1, least)))

    def _run(self, case: Case, process: PeerProcess, num: int) -> list[int]:
        word, *times = process.ask(f"run {case.name} {num}", num * self._limit(case)).split()
        wanted = "accept" if case.accepted else "refuse"
        if word != wanted:
            raise SystemExit(f"{process.peer.title} on {case.name}: {word} {' '.join(times)}, having said {wanted}")
        return [int(each) for each in times]

    def _measure_stores(self) -> None:
        growth = [f"anchors-{num}" for num in self.effort.sizes.growth[1:]]
        for store in ("web", *growth):
            for _ in range(self.effort.store_rounds):
                for key, process in self.processes.items():
                    if process.peer.is_asked("anchors", store):
                        word, elapsed = process.ask(f"store {store} {self.folder / f'{store}.store'}").split()
                        assert word == "ok"
                        self.results.add(f"load-{store}", key, [int(elapsed)])


# --- Smoke


def check_answers(results: Results) -> None:
    """Ours are all right, and nobody else disagrees but where it is known to."""
    wrong = [
        f"{key} on {case}: {answer.word} {answer.words}"
        for (case, key), answer in results.answers.items()
        if not answer.agrees and not any(key == peer and case.startswith(begin) for peer, begin in KNOWN)
    ]
    if wrong:
        raise SystemExit("\n".join(wrong))
    if PYVALIDATOR not in {key for _, key in results.answers}:
        raise SystemExit("pyvalidator was not asked")


#: What --only takes: the groups of cases that its section is about.
SECTIONS: Final = {
    "chains": ("chain",),
    "refused": ("refused",),
    "growth": ("anchors", "pool"),
    "stores": ("anchors",),
    "meshes": ("mesh",),
}


def compare(effort: Effort, programs: dict[str, Path], groups: Sequence[str] = ()) -> Results:
    with tempfile.TemporaryDirectory() as folder:
        made = corpus.make(effort.sizes)
        made.cases = [case for case in made.cases if not groups or case.group in groups]
        results = Results(
            cases=[(case.name, case.group, case.title) for case in made.cases],
            stores={name: len(roots) for name, roots in made.stores.items()},
            digest=made.write(Path(folder)),
            rounds=effort.rounds,
            mesh_seconds=effort.mesh_seconds,
            load_before=os.getloadavg()[0],
        )
        comparison = Comparison(made, effort, Path(folder), results)
        try:
            comparison.start(programs)
            comparison.ask_all()
            check_answers(results)
            comparison.measure_all()
        finally:
            comparison.close()
    results.load_after = os.getloadavg()[0]
    return results


def smoke() -> None:
    with tempfile.TemporaryDirectory() as folder:
        not_built = build(Path(folder), only_c=True)
        results = compare(SMOKE, programs_in(Path(folder), OUT))
    part = sections.marked("another", "What another program wrote.")
    assert report.markdown(results, f"old text\n\n{part}").endswith(f"\n\n{part}")
    assert report.markdown(results) == report.markdown(results, "old text")
    chart.svg(results)
    present = [peer.title for peer in PEERS if peer.key in results.versions]
    print(f"answers as expected, or known to differ: {'; '.join(present)}")
    for each in (*not_built, *results.missing):
        print(f"not there: {each}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", action="store_true", help="build the peers first")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, answers asserted, nothing written")
    parser.add_argument("--only", choices=SECTIONS, help="measure one section and print it, nothing written")
    parser.add_argument("--rounds", type=int, help="rounds of the chains that are trusted")
    options = parser.parse_args(arguments)
    if options.build:
        for each in build(OUT):
            print(f"not built: {each}")
    if options.smoke:
        smoke()
        return
    if options.rounds:
        FULL.rounds["chain"] = options.rounds
    if options.only:
        print(report.section(compare(FULL, programs_in(OUT), SECTIONS[options.only]), options.only))
        return
    results = compare(FULL, programs_in(OUT))
    here = Path(__file__).resolve().parent
    file = here / "RESULTS.md"
    file.write_text(report.markdown(results, file.read_text() if file.exists() else ""))
    (here.parent / "docs" / "compare.svg").write_text(chart.svg(results))
    cold = statistics.median(results.all_times("fleet", PYVALIDATOR))
    print(f"fleet, pyvalidator without a cache: {cold / 1000:.1f} us; benchmarks/RESULTS.md has the rest")


if __name__ == "__main__":
    main()
