"""What bar.py measures: each part makes its certificates and validators once, and gives turns, which are taken again
and again, and claims, which say what of one turn may be compared with what of another.

A turn answers with its samples: nanoseconds of one unit of work each, as a rule. What it asks is asserted.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import tempfile
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import corpus
import hostile
import raw
from corpus import Case, Corpus
from parsing import ParseLoop
from peer_process import OUT, PEERS, PeerProcess, programs_in
from setups import HOST

import pki
import pyvalidator as pv

Turn = Callable[[], list[float]]
Sent = tuple[bytes, ...]

SUBJECT: Final = pv.DNSName(HOST)
AT: Final = pv.Time.at(pki.NOW)
#: Names that bring a P-256 leaf to 1.2 KB.
MORE_NAMES: Final = 9


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of everything; `calls`: samples in a turn."""

    rounds: int
    calls: int
    batch: int
    thread_checks: int
    anchors: int
    pool: int
    mesh_levels: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A row: the samples of `ours` (by `reference`, if there is one) times `factor` are at most, or at least, `limit`.
    `missing`: why it cannot be measured here."""

    what: str
    bar: str
    limit: float
    ours: str = ""
    reference: str = ""
    factor: float = 1.0
    unit: str = ""
    at_least: bool = False
    missing: str = ""


@dataclass(slots=True)
class Part:
    """Turns by name, and the claims about them. `cores`: on how many they run."""

    turns: dict[str, Turn] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    cores: int = 1
    close: Callable[[], None] = lambda: None


def trusted(verdict: pv.Verdict) -> None:
    """Answers are asserted where they are timed: what is wrong is not quick."""
    if verdict.outcome is not pv.Outcome.TRUSTED:
        raise SystemExit(verdict.explain())


def all_trusted(verdicts: pv.Verdicts) -> None:
    if verdicts.tally()[pv.Outcome.TRUSTED] != len(verdicts):
        raise SystemExit(repr(verdicts))


@dataclass(frozen=True, slots=True)
class Fleet:
    """Distinct leaves under one intermediate under one root; all keys that sign are of one kind."""

    kind: str
    root: pki.Issued
    ca: pki.Issued
    leaves: tuple[bytes, ...]

    @classmethod
    def make(cls, kind: str, num: int) -> Fleet:
        root = pki.root(f"Bar Root {kind}", kind=kind)
        ca = root.ca(f"Bar CA {kind}", kind=kind)
        return cls(kind, root, ca, tuple(_leaf(ca, n, kind) for n in range(num)))

    def chains(self, num: int) -> list[Sent]:
        return [(leaf, self.ca.der) for leaf in self.leaves[:num]]

    def validator(self, cache: pv.Cache | None = None, hot_keys: pv.HotKeys | None = None) -> pv.Validator:
        """By libcrypto alone, unless there are hot keys."""
        store, policy = pv.TrustStore.from_der([self.root.der]), pv.Policy.device()
        if hot_keys is not None:
            return pv.Validator(store, policy, cache=cache, hot_keys=hot_keys)
        return pv.Validator(store, policy, engine=pv.Engine.LIBCRYPTO, cache=cache)

    def warm(self, hot_keys: pv.HotKeys | None = None) -> pv.Validator:
        """One with a new cache that knows the intermediate, by a leaf that is not of the fleet."""
        made = self.validator(pv.Cache(), hot_keys)
        trusted(made.check((_leaf(self.ca, -1, self.kind), self.ca.der), SUBJECT, AT))
        return made


def _leaf(ca: pki.Issued, number: int, kind: str) -> bytes:
    names = [HOST, *(f"name-{n}.unit-{number}.fleet.example" for n in range(MORE_NAMES))]
    label = f"bar {kind} {number}"
    return corpus.leaf(
        ca, label, key_label=f"bar {kind} {number % 8 if kind == 'p256' else 0}", kind=kind, dns=names
    ).der


def timed_checks(validator: pv.Validator, chains: Iterable[Sent]) -> list[float]:
    """One sample for each."""
    times: list[float] = []
    for chain in chains:
        begin = time.perf_counter_ns()
        verdict = validator.check(chain, SUBJECT, AT)
        times.append(time.perf_counter_ns() - begin)
        trusted(verdict)
    return times


def checks_in_turn(validator: pv.Validator, chains: Sequence[Sent], calls: int) -> Turn:
    """The next chains at each turn."""
    endless = itertools.cycle(chains)
    return lambda: timed_checks(validator, itertools.islice(endless, calls))


def raw_in_turn(checks: Sequence[raw.RawChecks], calls: int) -> Turn:
    endless = itertools.cycle(checks)
    return lambda: [float(each.measure()) for each in itertools.islice(endless, calls)]


def new_leaves_in_turn(fleet: Fleet, calls: int, hot_keys: pv.HotKeys | None = None) -> Turn:
    """The next leaves of the fleet, each new to a cache that fills as a server's does; at the end, with a new cache."""

    def endless() -> Iterator[list[float]]:
        while True:
            validator, asked = fleet.warm(hot_keys), iter(fleet.chains(len(fleet.leaves)))
            while len(turn := list(itertools.islice(asked, calls))) == calls:
                yield timed_checks(validator, turn)

    return endless().__next__


# --- Reading


def parse(fleet: Fleet, effort: Effort) -> Part:
    """In C, beside one raw check and, where it is built, rustls-webpki."""
    certs = fleet.leaves[:16]
    loop = ParseLoop(certs, max(1, effort.calls))
    size = sum(map(len, certs)) // len(certs)
    part = Part({"parse": lambda: [loop.measure() for _ in range(effort.calls)]})
    what = f"parse one certificate ({size:,} bytes, P-256), every extension indexed, in C"
    part.claims.append(
        Claim(f"{what}; of one raw P-256 check", "at most 0.65 %", 0.65, "parse", "raw leaf p256", 100, "%")
    )
    beside = Claim(f"{what}; by rustls-webpki's lazy parse", "at most 1.5 times", 1.5, "parse", "webpki parse")
    process = _webpki(certs)
    if process is None:
        part.claims.append(Claim(beside.what, beside.bar, 1.5, missing="peers/rust is not built"))
        return part
    part.turns["webpki parse"] = lambda: [_webpki_parse(process, len(certs)) for _ in range(effort.calls)]
    part.claims.append(beside)
    part.close = process.close
    return part


def _webpki(certs: Sequence[bytes]) -> PeerProcess | None:
    """The Rust peer with the leaves as a case of its own; None: not built, or not with `parse`."""
    [peer] = [each for each in PEERS if each.key == "webpki-ring"]
    command = peer.command(programs_in(OUT))
    if command is None:
        return None
    made = Corpus({"none": []}, [Case("bar", "chain", "", [[cert] for cert in certs], store="none")])
    process = PeerProcess(peer, command, [])
    with tempfile.TemporaryDirectory() as folder:
        made.write(Path(folder))
        process.ask(f"store none {folder}/none.store")
        process.ask(f"case bar {folder}/bar.case none {HOST} {int(pki.NOW.timestamp())}")
    if process.ask("parse bar 1").startswith("ok"):
        return process
    process.close()
    return None


def _webpki_parse(process: PeerProcess, num: int) -> float:
    word, elapsed = process.ask("parse bar 20").split()
    assert word == "ok"
    return int(elapsed) / (20 * num)


# --- Chains

_COLD: Final = {"p256": ("P-256", 1.05), "rsa2048": ("RSA-2048", 1.2)}
_NEW: Final = {"p256": ("P-256", 1.05), "rsa2048": ("RSA-2048", 1.15)}
#: The room of hot keys, the least there is; and enough keys to fill it, each asked often enough to have a table.
_LITTLE_ROOM: Final = 4 << 20
_KEYS_TO_FILL: Final = 6
_OFTEN: Final = 80


def without_room() -> pv.HotKeys:
    """Hot keys whose tables are all taken by keys of no other use: every other key is checked by its point alone."""
    made = pv.HotKeys(max_bytes=_LITTLE_ROOM)
    for number in range(_KEYS_TO_FILL):
        root = pki.root(f"Bar filling root {number}", kind="p256")
        leaf = _leaf(root, number, "p256")
        validator = pv.Validator(pv.TrustStore.from_der([root.der]), pv.Policy.device(), hot_keys=made)
        for _ in range(_OFTEN):
            trusted(validator.check((leaf,), SUBJECT, AT))
        made.wait(seconds=60)
    return made


def _all_bare(hot_keys: pv.HotKeys, turn: Turn) -> Turn:
    """The turn, with every signature checked by its key's point alone."""

    def asserted() -> list[float]:
        before = hot_keys.stats()
        times = turn()
        after = hot_keys.stats()
        if after.bare == before.bare or after.bare - before.bare != after.taken - before.taken:
            raise SystemExit(f"not by points alone: {before}, then {after}")
        return times

    return asserted


def chains(fleet: Fleet, effort: Effort) -> Part:
    """Cold, and a new leaf under a known intermediate, beside the raw checks that cannot be avoided."""
    kind, asked = fleet.kind, fleet.chains(effort.calls)
    pairs = [raw.RawChecks.of_chain((*chain, fleet.root.der)) for chain in asked]
    leaves = [raw.RawChecks.of_chain(chain) for chain in asked]
    part = Part(
        {
            f"cold {kind}": checks_in_turn(fleet.validator(), asked, effort.calls),
            f"raw pair {kind}": raw_in_turn(pairs, effort.calls),
            f"new leaf {kind}": new_leaves_in_turn(fleet, effort.calls),
            f"raw leaf {kind}": raw_in_turn(leaves, effort.calls),
        }
    )
    if kind == "p256":
        _add_bare(part, fleet, effort)
        part.claims += _chain_claims(kind, " bare", ", no table of its keys")
        part.claims += _chain_claims(kind, "", ", libcrypto alone")
    else:
        part.claims += _chain_claims(kind, "", "")
    return part


def _add_bare(part: Part, fleet: Fleet, effort: Effort) -> None:
    hot_keys, calls = without_room(), effort.calls
    cold = checks_in_turn(fleet.validator(None, hot_keys), fleet.chains(calls), calls)
    part.turns["cold p256 bare"] = _all_bare(hot_keys, cold)
    part.turns["new leaf p256 bare"] = _all_bare(hot_keys, new_leaves_in_turn(fleet, calls, hot_keys))


def _chain_claims(kind: str, turn: str, how: str) -> list[Claim]:
    title, limit = _COLD[kind]
    what = f"cold chain, {title}{how}, `check`; by its two raw checks"
    cold = Claim(what, f"at most {limit} times", limit, f"cold {kind}{turn}", f"raw pair {kind}")
    title, limit = _NEW[kind]
    what = f"new leaf under a known intermediate, {title}{how}, `check`; by one raw check"
    return [cold, Claim(what, f"at most {limit} times", limit, f"new leaf {kind}{turn}", f"raw leaf {kind}")]


def repeated(fleet: Fleet, effort: Effort) -> Part:
    """Leaves seen before: everything but the signature judged anew."""
    known = fleet.warm()
    asked = fleet.chains(effort.batch)
    requests = [pv.Request(chain, SUBJECT) for chain in asked]
    packed = packed_input(asked)
    all_trusted(known.check_many(requests, AT))
    part = Part(
        {
            "repeat": checks_in_turn(known, asked, 8 * effort.calls),
            "repeat many": lambda: [_timed_many(known, requests)],
            "repeat packed": lambda: [_timed_many(known, packed)],
        }
    )
    one, of = f"leaf seen before ({len(asked):,} in turn), from `check`", "of one raw P-256 check"
    many = f"leaf seen before, `check_many` of {len(asked):,}"
    raw_one = "raw leaf p256"
    part.claims += [
        Claim(f"{one}; {of}", "at most 4 %", 4, "repeat", raw_one, 100, "%"),
        Claim(f"{many} `Request`s; {of}", "at most 2.5 %", 2.5, "repeat many", raw_one, 100, "%"),
        Claim(f"{many}, `Packed` before; {of}", "at most 2.5 %", 2.5, "repeat packed", raw_one, 100, "%"),
    ]
    return part


def packed_input(asked: Sequence[Sent]) -> pv.Packed:
    """Chains as check_many takes them without an object for each."""
    certs = list(itertools.chain.from_iterable(asked))
    offsets = array("I", itertools.accumulate(map(len, certs), initial=0))
    chains = array("I", itertools.accumulate(map(len, asked), initial=0))
    return pv.Packed(der=b"".join(certs), offsets=offsets, chains=chains, subject=SUBJECT)


def _timed_many(validator: pv.Validator, requests: list[pv.Request] | pv.Packed, workers: int = 1) -> float:
    """Nanoseconds a request."""
    begin = time.perf_counter_ns()
    verdicts = validator.check_many(requests, AT, workers=workers)
    elapsed = time.perf_counter_ns() - begin
    all_trusted(verdicts)
    return elapsed / len(verdicts)


# --- Threads


def threads(fleet: Fleet, effort: Effort) -> Part:
    """How much more two threads do than one, beside what raw checks gain on the same two cores."""
    asked = fleet.chains(effort.thread_checks)
    # All distinct: a batch checks the signature of what it holds twice only once, and two batches would do so twice.
    requests = [pv.Request(chain, SUBJECT) for chain in fleet.chains(2 * effort.thread_checks)]
    cold = fleet.validator()
    edges = [raw.RawChecks((chain[0], fleet.ca.der) for chain in asked) for _ in range(2)]

    def check_all(_thread: int) -> None:
        timed_checks(cold, asked)

    def many() -> list[float]:
        return [_timed_many(cold, requests, 1) / _timed_many(cold, requests, 2)]

    part = Part(cores=2)
    part.turns = {
        "two threads raw": lambda: [_scaling(lambda thread: edges[thread].measure() and None)],
        "two threads check": lambda: [_scaling(check_all)],
        "two threads many": many,
    }
    what = "two threads over one, P-256, no cache: `{}`; by what raw checks gain"
    for name, call in (("two threads check", "check"), ("two threads many", "check_many(workers=2)")):
        part.claims.append(Claim(what.format(call), "at least 0.97", 0.97, name, "two threads raw", at_least=True))
    return part


def _scaling(work: Callable[[int], None]) -> float:
    """Twice the time of one thread by that of two which do the same each."""
    return 2 * _wall(1, work) / _wall(2, work)


def _wall(num: int, work: Callable[[int], None]) -> float:
    """From the first's start to the last's end; all begin together."""
    begins, ends = [0] * num, [0] * num
    barrier = threading.Barrier(num)

    def run(thread: int) -> None:
        barrier.wait()
        begins[thread] = time.perf_counter_ns()
        work(thread)
        ends[thread] = time.perf_counter_ns()

    started = [threading.Thread(target=run, args=(thread,)) for thread in range(num)]
    for each in started:
        each.start()
    for each in started:
        each.join()
    if not all(ends):
        raise SystemExit("a thread did not end as it should")
    return float(max(ends) - min(begins))


@contextmanager
def on_cores(num: int) -> Iterator[None]:
    """Run on this many of the cores at hand, where the system can be asked for that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(before)[-num:]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def num_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- Growth


def anchors(fleet: Fleet, effort: Effort) -> Part:
    """One anchor, and many: cold, and with everything remembered."""
    others = [pki.root(f"Bar Other Root {n}").der for n in range(effort.anchors - 1)]
    few, many = pv.TrustStore.from_der([fleet.root.der]), pv.TrustStore.from_der([*others, fleet.root.der])
    return _growth(fleet, effort, "anchors", effort.anchors, lambda cache: _between(few, many, cache))


def _between(few: pv.TrustStore, many: pv.TrustStore, cache: pv.Cache | None) -> tuple[pv.Validator, pv.Validator]:
    policy = pv.Policy.device()
    options: dict[str, Any] = {"engine": pv.Engine.LIBCRYPTO, "cache": cache}
    return pv.Validator(few, policy, **options), pv.Validator(many, policy, **options)


def pool(fleet: Fleet, effort: Effort) -> Part:
    """One certificate among a validator's own candidates, and many; and what each takes of memory."""
    memory = "bytes of a pooled certificate beyond its DER"
    listed = [*(fleet.root.ca(f"Bar Other CA {n}").der for n in range(effort.pool - 1)), fleet.ca.der]
    before = heap_bytes()
    many = pv.Intermediates(listed)
    after = heap_bytes()
    few, store = pv.Intermediates([fleet.ca.der]), pv.TrustStore.from_der([fleet.root.der])

    def pair(cache: pv.Cache | None) -> tuple[pv.Validator, pv.Validator]:
        first, second = (
            pv.Validator(store, pv.Policy.device(), engine=pv.Engine.LIBCRYPTO, cache=cache, intermediates=each)
            for each in (few, many)
        )
        return first, second

    part = _growth(fleet, effort, "pool certificates", effort.pool, pair, leaf_only=True)
    if before is None or after is None:
        part.claims.append(Claim(memory, "under 200", 200, missing="the C library does not tell"))
        return part
    beyond = (after - before - sum(map(len, listed))) / len(listed)
    part.turns["pool memory"] = lambda: [beyond]
    part.claims.append(Claim(memory, "under 200", 200, "pool memory", unit="bytes"))
    return part


def _growth(
    fleet: Fleet,
    effort: Effort,
    of_what: str,
    num: int,
    make: Callable[[pv.Cache | None], tuple[pv.Validator, pv.Validator]],
    *,
    leaf_only: bool = False,
) -> Part:
    part = Part()
    asked = [chain[:1] if leaf_only else chain for chain in fleet.chains(effort.calls)]
    for how, cache in (("cold", None), ("seen before", pv.Cache())):
        names = [f"{how}, {size} {of_what}" for size in ("1", f"{num:,}")]
        calls = effort.calls if cache is None else 8 * effort.calls
        for name, validator in zip(names, make(cache), strict=True):
            timed_checks(validator, asked)
            part.turns[name] = checks_in_turn(validator, asked, calls)
        what = f"a chain with {num:,} {of_what} instead of 1, {how}"
        part.claims.append(Claim(what, "at most 1.10 times", 1.1, names[1], names[0]))
    return part


# --- Hostile chains


def meshes(effort: Effort) -> Part:
    """What refusing them costs beyond the signatures that were paid for, each taken as one raw check."""
    part = Part()
    root, nobody = pki.root("Bar Mesh Root"), pki.root("Bar Nobody")
    shape = {"levels": effort.mesh_levels, "width": hostile.WIDTH}
    shapes = {
        "no root": hostile.mesh(nobody, spoiled=False, **shape),
        "tops signed by the root, bad leaf": hostile.mesh(root, spoiled=True, **shape),
        "no root, one name": hostile.mesh(nobody, spoiled=False, key_ids=True, one_name=True, **shape),
    }
    checks = raw.RawChecks([(root.der, root.der)] * _AROUND)
    policy = pv.Policy.device(max_intermediates=effort.mesh_levels)
    validator = pv.Validator(pv.TrustStore.from_der([root.der]), policy, engine=pv.Engine.LIBCRYPTO)
    for name, sent in shapes.items():
        mesh = f"mesh, {name}"
        part.turns[mesh] = lambda sent=sent: [_beyond(validator, sent, checks)]
        what = f"hostile mesh of {effort.mesh_levels} x {hostile.WIDTH}, {name}: beyond the signatures paid for"
        part.claims.append(Claim(what, "at most 2 ms", 2.0, mesh, factor=1e-6, unit="ms"))
    return part


#: Raw checks before and after a mesh: about as long as it takes, so that what disturbs the one disturbs the other.
_AROUND: Final = 64


def _beyond(validator: pv.Validator, sent: list[bytes], checks: raw.RawChecks) -> float:
    """Nanoseconds; never more signatures than the budget."""
    around = checks.measure()
    begin = time.perf_counter_ns()
    verdict = validator.check(sent, SUBJECT, AT)
    elapsed = time.perf_counter_ns() - begin
    one = (around + checks.measure()) / (2 * _AROUND)
    if verdict.outcome is pv.Outcome.TRUSTED or verdict.spent.signatures > validator.policy.budget.signatures:
        raise SystemExit(f"a mesh: {verdict.outcome}, {verdict.spent}")
    return elapsed - verdict.spent.signatures / hostile.P256_UNITS * one


# --- Memory


_MALLINFO: Final = (
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keep",
)


class _MallInfo(ctypes.Structure):
    """mallinfo2 of glibc."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in _MALLINFO)


def heap_bytes() -> int | None:
    """Bytes of C's heap in use by what this thread and the core made; None: the C library does not tell."""
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return None
    ask.restype = _MallInfo
    told = ask()
    return int(told.uordblks + told.hblkhd)


def cache_bound(fleet: Fleet, effort: Effort) -> Part:
    """A small cache that is given more than it can hold: what it says that it holds, and what the heap has more of."""
    what = "a cache of 1 MiB after {:,} new leaves: {} of its bound"
    limit = 1 << 20
    before = heap_bytes()
    cache = pv.Cache(max_bytes=limit)
    validator = fleet.validator(cache)
    asked = fleet.leaves[: max(effort.batch, 64)]
    for leaf in asked:
        trusted(validator.check((leaf, fleet.ca.der), SUBJECT, AT))
    after, stats = heap_bytes(), cache.stats()
    part = Part({"cache says": lambda: [100 * stats.bytes / limit]})
    told = what.format(len(asked), "what it says it holds,")
    part.claims.append(Claim(told, "at most 100 %", 100, "cache says", unit="%"))
    told = what.format(len(asked), "what the heap grew by,")
    if before is None or after is None:
        part.claims.append(Claim(told, "at most 115 %", 115, missing="the C library does not tell"))
        return part
    part.turns["cache takes"] = lambda: [100 * (after - before) / limit]
    part.claims.append(Claim(told, "at most 115 % (allocator)", 115, "cache takes", unit="%"))
    return part
