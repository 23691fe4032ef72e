"""RESULTS.md out of a run of compare.py."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import sections
from peer_process import MANY_NEW, NEW_LEAF, PACKED_NEW, PEERS, PYVALIDATOR, Peer
from peers.python_peer import BATCH, PACKED
from results import Results

_COMMAND = "python benchmarks/compare.py"
_FLEET = "fleet"


def markdown(results: Results, before: str = "") -> str:
    """All of RESULTS.md; `before`: as it was, whose parts by other programs stay at its end."""
    parts = [_head(results), _machine(results), _answers(results)]
    for name in _SECTIONS:
        heading, _, rest = section(results, name).partition("\n")
        parts.append(f"{heading}\n\n`{_COMMAND} --only {name}`\n{rest}")
    if others := sections.kept(before):
        parts.append(others.rstrip())
    return "\n\n".join(parts) + "\n"


def section(results: Results, name: str) -> str:
    """One of them: chains, refused, growth, stores or meshes."""
    return _SECTIONS[name](results)


def _head(results: Results) -> str:
    rounds = results.rounds
    others = f"{rounds['refused']} for the refused, {rounds['anchors']} and {rounds['pool']} for growth"
    return f"""# pyvalidator beside others

Written by `{_COMMAND} --build` (without `--build`: with what is built). Every figure is of that one
run, on the machine below. Machines are noisy, and absolute figures differ from one to the next: trust the ratios.

DER in to verdict: reading the certificates that were sent counts, building the store does not (it has its own table).
Each peer is a process that judges with its own language's API ([peers/README.md](peers/README.md)). They take turns:
{rounds["chain"]} rounds for the trusted chains, {others}, {rounds["mesh"]} for the meshes.
A ratio is of the medians of one round; given are its median and quartiles over the rounds. 1.50 is half as long again
as pyvalidator, and less than 1 is faster.

pyvalidator judges with `Policy.tls_server(profile=Profile.DEVICE)`, in one thread, with the system's libcrypto for its
signatures, and with tables of the P-256 keys that sign often (docs/hot-keys.md), which the first rounds have made: as
they stand in a server that has been up for a while, and as none of the others has them. Its first row has no cache, as
none of the others has one; the rows after it say what a cache knew.
`check_many` judges {BATCH} leaves of the fleet in one call, which checks their intermediate's signature once; in
the row on `Packed` it judges {PACKED}, which were written into one buffer before, as a gateway does it that reads them
into one."""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Markdown; the first column is text, the rest numbers."""
    names = list(head)
    lines = [names, ["---", *["---:"] * (len(names) - 1)], *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def us(value: float) -> str:
    """Microseconds, with three digits that count."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _shortened(words: str, most: int) -> str:
    """For a cell of a table."""
    safe = words.strip().replace("|", "/")
    return safe if len(safe) <= most else safe[: most - 1].rstrip() + "…"


# --- The run


def cpu() -> str:
    """The processor, as it calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    numbers = ", ".join(f"{name} {found[name]}" for name in ("cpu family", "model") if name in found)
    return f"{found.get('model name', platform.machine())} ({numbers})"


def _compiler() -> str:
    try:
        ran = subprocess.run([os.environ.get("CC", "cc"), "--version"], capture_output=True, text=True)
    except OSError:
        return "none"
    return ran.stdout.partition("\n")[0]


def _machine(results: Results) -> str:
    rows = [
        ("day", datetime.now(UTC).strftime("%Y-%m-%d")),
        ("processor", f"{cpu()}, {os.cpu_count()} cores, {platform.machine()}"),
        ("system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {_compiler()}"),
        ("load before and after", f"{results.load_before:.2f}, {results.load_after:.2f}"),
        (
            "corpus",
            f"SHA-256 {results.digest[:16]}…, with the {results.stores['web'] - 4} roots of certifi "
            f"{version('certifi')} and 4 of its own",
        ),
    ]
    peers = {peer.title: results.versions[peer.key] for peer in PEERS if peer.key in results.versions}
    seen: set[str] = set()
    for title, words in peers.items():
        if words not in seen:
            rows.append((title.partition(", cache")[0], words))
        seen.add(words)
    rows += [(title, "**not built or not installed: not in this run**") for title in results.missing]
    return "## The run\n\n" + "\n".join(
        ["| what | which |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows)]
    )


def _answers(results: Results) -> str:
    titles = {peer.key: peer.title for peer in PEERS}
    about = {name: f"{_GROUPS[group]}: {title}" for name, group, title in results.cases}
    others = [
        f"| {titles[key]} | {about[case]} | {answer.word} | {_shortened(answer.words, 160)} |"
        for (case, key), answer in results.answers.items()
        if not answer.agrees
    ]
    agreeing = sum(answer.agrees for answer in results.answers.values())
    text = f"""## Answers

All were asked before any was timed. {agreeing} of {len(results.answers)} answers are as they should be"""
    if not others:
        return text + "."
    table = "\n".join(["| who | about | answer | in its own words |", "|---|---|---|---|", *others])
    return f"{text}; these are not, and their times are left out:\n\n{table}"


_GROUPS = {
    "chain": "trusted",
    "refused": "refused twin",
    "anchors": "anchors",
    "pool": "superfluous certificates",
    "mesh": "mesh",
}


# --- Tables


def _ratio(results: Results, case: str, key: str, reference: str) -> str:
    if not results.has(case, reference):
        return ""
    if key == reference:
        return "1"
    low, middle, high = results.ratio(case, key, reference)
    return f"**{middle:.2f}** [{low:.2f}-{high:.2f}]"


def _timed(results: Results, case: str) -> list[Peer]:
    return [peer for peer in PEERS if results.has(case, peer.key)]


def _chains(results: Results) -> str:
    parts = ["## Trusted chains: a leaf and one intermediate\n", _winners(results)]
    for case, title in results.in_group("chain"):
        reference = MANY_NEW if case == _FLEET else NEW_LEAF
        what = "check_many, cache, new leaves" if case == _FLEET else "cache, new leaf"
        rows = [
            [
                peer.title,
                us(results.least(case, peer.key)),
                us(results.median(case, peer.key)),
                _ratio(results, case, peer.key, PYVALIDATOR),
                _ratio(results, case, peer.key, reference),
            ]
            for peer in _timed(results, case)
        ]
        rows += [
            [peer.title, answer.word, "", "", ""]
            for peer in PEERS
            if (answer := results.answers.get((case, peer.key))) and not answer.agrees
        ]
        head = ["µs a chain", "min", "median", "÷ pyvalidator", f"÷ {what}"]
        parts.append(f"\n### {title[0].upper()}{title[1:]}\n\n{table(head, rows)}")
    return "\n".join(parts)


def _winners(results: Results) -> str:
    """In words, who is faster where: ours without a cache, and ours as a gateway runs it."""
    lines = []
    for case, title in results.in_group("chain"):
        rivals = [peer for peer in _timed(results, case) if not peer.is_ours and not peer.is_floor]
        if not rivals:
            continue
        best = min(rivals, key=lambda peer: results.ratio(case, peer.key, PYVALIDATOR).middle)
        reference = MANY_NEW if case == _FLEET else NEW_LEAF
        cold = results.ratio(case, best.key, PYVALIDATOR).middle
        warm = results.ratio(case, best.key, reference).middle
        lines.append(
            f"- {title}: the fastest of the others, {best.title}, takes {cold:.2f} times as long as pyvalidator "
            f"without a cache, {warm:.2f} times as long as with one that knows the intermediate"
            f"{_of_fleet(results, best) if case == _FLEET else ''}."
        )
    return "\n".join(lines)


def _of_fleet(results: Results, best: Peer) -> str:
    packed = results.ratio(_FLEET, best.key, PACKED_NEW).middle
    return f" (check_many), and {packed:.2f} times as long as that with a `Packed`"


def _matrix(results: Results, cases: list[tuple[str, str]], cell: Callable[[str, str], str]) -> str:
    peers = [peer for peer in PEERS if any(cell(case, peer.key) for case, _ in cases)]
    rows = [[peer.title, *(cell(case, peer.key) or "-" for case, _ in cases)] for peer in peers]
    return table(["min / median, µs", *(title for _, title in cases)], rows)


def _time_cell(results: Results) -> Callable[[str, str], str]:
    def cell(case: str, key: str) -> str:
        if results.has(case, key):
            return " / ".join(map(us, results.min_and_median(case, key)))
        answer = results.answers.get((case, key))
        if answer is None:
            return ""
        return f"> {results.mesh_seconds:.0f} s" if answer.word == "late" else f"({answer.word})"

    return cell


def _refused(results: Results) -> str:
    table = _matrix(results, results.in_group("refused"), _time_cell(results))
    return f"""## Refused twins (P-256)

Who finds out before any signature is checked is quick. A word in brackets is an answer that is not the expected one.

{table}"""


def _growth(results: Results) -> str:
    anchors = _matrix(results, results.in_group("anchors"), _time_cell(results))
    pool = _matrix(results, results.in_group("pool"), _time_cell(results))
    return f"""## Growth (P-256)

A chain, by the number of anchors in the store:

{anchors}

A chain, by the number of superfluous certificates sent along, with the one that is needed last; all of them are read in
each call by those who read eagerly. (pyvalidator's default budget takes 256 certificates; it was raised for more.)

{pool}"""


def _stores(results: Results) -> str:
    cases = [(name, f"{results.stores[name.removeprefix('load-')]:,} roots") for name in _loaded(results)]
    table = _matrix(results, cases, _time_cell(results))
    return f"""## Loading a store

From DER. pyvalidator checks every self-signature, because it takes nothing but roots; the others take what they are
given, cryptography and Go read it only in part until it is needed. The first column is Mozilla's roots.

{table}"""


def _loaded(results: Results) -> list[str]:
    return list(dict.fromkeys(case for case, _ in results.times if case.startswith("load-")))


def _meshes(results: Results) -> str:
    table = _matrix(results, results.in_group("mesh"), _time_cell(results))
    titles = {peer.key: peer.title for peer in PEERS}
    said = "\n".join(
        f"| {title} | {titles[key]} | {_shortened(answer.words, 120)} |"
        for name, title in results.in_group("mesh")
        for (case, key), answer in results.answers.items()
        if case == name
    )
    return f"""## Hostile meshes

Ten levels of four CAs, each certified by each of those above; the CAs of a level, or of all levels, have one name.
Nobody accepts one; what counts is what refusing costs. Ended after {results.mesh_seconds:.0f} s.
Some are quick because they never search: they give up at the first dead end. Their own words are below.

{table}

| mesh | who | in its own words |
|---|---|---|
{said}"""


_SECTIONS: Final[dict[str, Callable[[Results], str]]] = {
    "chains": _chains,
    "refused": _refused,
    "growth": _growth,
    "stores": _stores,
    "meshes": _meshes,
}
