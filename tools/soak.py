"""Millions of checks with known answers, from several threads, over one small cache, while stores are replaced.

    python tools/soak.py [--checks 20000000] [--threads 4] [--compare 0.1]

Every thread asks over and over, in batches and one by one, about chains of many kinds: P-256, RSA and Ed25519 keys,
cross-signed, known and new leaves; spoiled signatures, expired, of another name, under an unknown root, unreadable;
with a CRL and without. Beside them a thread makes stores out of some of the roots, and validators for them, which take
the place of those before; so the right answer to one question changes all the time, and the cache, which is far too
small, is told nothing of it. All answers are known beforehand, by how the chains were made. A share of the batches is
asked again of a validator without a cache, which must give the same outcomes for the same reasons.

Exit status 1: a wrong answer, or a thread that failed; a cache that drove nothing out, or held more than its bound; or
memory that grew by more than --max-growth after the warm-up, the first tenth or so.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import pki
import pyvalidator as pv
import revocation_pki as rp

HOST: Final = "gw.example"
SUBJECT: Final = pv.DNSName(HOST)
AT: Final = pv.Time.at(pki.NOW)
CACHE_BYTES: Final = 1 << 16
SINGLES: Final = 16  # single checks after each batch
NEW: Final = 4  # leaves that nobody has seen, in each batch
REPLACE_SECONDS: Final = 0.002
#: Some of the questions in a batch come once, the rest again and again.
ONCE: Final = 256

Kind = str


@dataclass(frozen=True, slots=True)
class Question:
    """A request, and the roots any of which makes it trusted; none: it is refused by whomever."""

    request: pv.Request
    roots: frozenset[Kind] = frozenset()

    def wanted(self, trusted: frozenset[Kind]) -> pv.Outcome:
        """The right answer under a store of these roots."""
        return pv.Outcome.REFUSED if self.roots.isdisjoint(trusted) else pv.Outcome.TRUSTED


def ask(*chain: pki.Issued | bytes, roots: Iterable[Kind] = (), host: str = HOST) -> Question:
    """About a chain, leaf first."""
    ders = tuple(each if isinstance(each, bytes) else each.der for each in chain)
    return Question(pv.Request(ders, pv.DNSName(host)), frozenset(roots))


def spoiled(issued: pki.Issued) -> bytes:
    """With another signature."""
    return issued.der[:-2] + bytes([issued.der[-2] ^ 1, issued.der[-1]])


# --- What is asked


@dataclass(slots=True)
class Chains:
    """Roots of three kinds, an intermediate under each, one that is certified by two of them, and questions."""

    roots: dict[Kind, pki.Issued] = field(default_factory=dict)
    cas: dict[Kind, pki.Issued] = field(default_factory=dict)
    plain: list[Question] = field(default_factory=list)
    evidence: list[Question] = field(default_factory=list)

    @classmethod
    def make(cls, num_leaves: int) -> Chains:
        """All of them, with so many leaves of each kind."""
        made = cls()
        for kind in ("p256", "rsa2048", "ed25519"):
            made.roots[kind] = pki.root(f"Soak Root {kind}", kind=kind)
            made.cas[kind] = made.roots[kind].ca(f"Soak CA {kind}", kind=kind)
            made._add_kind(kind, num_leaves)
        made._add_cross_signed(num_leaves)
        made._add_strangers(num_leaves)
        made._add_evidence(num_leaves)
        return made

    def leaf(self, kind: Kind, label: str, **options: object) -> pki.Issued:
        """Under the intermediate of this kind; all have one key of their own, which nobody asks about."""
        return self.cas[kind].leaf(f"soak {label}", **({"dns": [HOST], "label": "soak leaf"} | options))

    def _add_kind(self, kind: Kind, num: int) -> None:
        ca = self.cas[kind]
        for n in range(num):
            leaf = self.leaf(kind, f"{kind} {n}")
            old = leaf.same(not_before=pki.NOW - pki.YEAR, not_after=pki.NOW - pki.DAY)
            self.plain += [
                ask(leaf, ca, roots=[kind]),
                ask(leaf, self.roots[kind], ca, ca, roots=[kind]),
                ask(spoiled(leaf), ca),
                ask(leaf, spoiled(ca)),
                ask(old, ca),
                ask(leaf, ca, host="other.example"),
                ask(leaf),
                ask(leaf.der[:-9], ca),
            ]

    def _add_cross_signed(self, num: int) -> None:
        ca = self.cas["p256"]
        twin = pki.cross_sign(ca, self.roots["rsa2048"])
        for n in range(num):
            leaf = self.leaf("p256", f"crossed {n}")
            self.plain += [
                ask(leaf, twin, roots=["rsa2048"]),
                ask(leaf, twin, ca, roots=["p256", "rsa2048"]),
                ask(leaf, spoiled(twin), ca, roots=["p256"]),
            ]

    def _add_strangers(self, num: int) -> None:
        stranger = pki.root("Soak Stranger")
        ca = stranger.ca("Soak stranger's CA")
        for n in range(num):
            leaf = ca.leaf(f"soak stray {n}", dns=[HOST], label="soak leaf")
            self.plain += [ask(leaf, ca), ask(leaf, ca, stranger), ask(b"\x30\x03\x02\x01\x05", ca)]

    def _add_evidence(self, num: int) -> None:
        ca = self.cas["p256"]
        leaves = [self.leaf("p256", f"listed or not {n}") for n in range(2 * num)]
        evidence = pv.Evidence(crls=[rp.crl(ca, leaves[::2])])
        for n, leaf in enumerate(leaves):
            request = pv.Request((leaf.der, ca.der), SUBJECT, evidence)
            self.evidence.append(Question(request, frozenset(["p256"] if n % 2 else [])))

    def new(self, label: str) -> Question:
        """A leaf that nobody has seen; every fourth is spoiled."""
        leaf, ca = self.leaf("p256", label), self.cas["p256"]
        return ask(spoiled(leaf), ca) if label.endswith("0") else ask(leaf, ca, roots=["p256"])


# --- What is replaced


@dataclass(frozen=True, slots=True)
class World:
    """A store, and who judges by it: with the cache, with the cache about revocation, and both without a cache."""

    trusted: frozenset[Kind]
    cached: tuple[pv.Validator, pv.Validator]
    plain: tuple[pv.Validator, pv.Validator]

    @classmethod
    def make(cls, chains: Chains, kinds: Sequence[Kind], cache: pv.Cache) -> World:
        """One that trusts these roots."""
        store = pv.TrustStore.from_der([chains.roots[kind].der for kind in kinds])
        return cls(frozenset(kinds), _pair(store, cache), _pair(store, None))


def _pair(store: pv.TrustStore, cache: pv.Cache | None) -> tuple[pv.Validator, pv.Validator]:
    revocation = pv.Revocation(scope=pv.RevocationScope.LEAF)
    policies = (pv.Policy.device(), pv.Policy.device(revocation=revocation))
    first, second = (pv.Validator(store, policy, cache=cache) for policy in policies)
    return first, second


class Soak:
    """The threads, what they share, and what they found."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.chains = Chains.make(options.leaves)
        self.cache = pv.Cache(max_bytes=CACHE_BYTES)
        self.world = World.make(self.chains, list(self.chains.roots), self.cache)
        self.done = Counter[str]()
        self.wrong: list[str] = []
        self.memory: dict[str, int] = {"start": resident()}
        self._left = options.checks
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def run(self) -> None:
        """Until all checks are made, or an answer is wrong."""
        workers = [threading.Thread(target=self._guarded, args=(self._work, n)) for n in range(self.options.threads)]
        replacer = threading.Thread(target=self._guarded, args=(self._replace, 0))
        for thread in (*workers, replacer):
            thread.start()
        for thread in workers:
            thread.join()
        self._ended.set()
        replacer.join()
        self.memory["end"] = resident()

    def _guarded(self, work: object, number: int) -> None:
        try:
            work(number)  # type: ignore[operator]
        except BaseException as error:
            self._is_wrong(f"a thread failed: {error!r}")
            raise

    def _is_wrong(self, what: str) -> None:
        with self._lock:
            self.wrong.append(what)

    def _replace(self, _number: int) -> None:
        """New stores and validators, all the time; those in use live on with who uses them."""
        draw = random.Random(1)
        kinds = list(self.chains.roots)
        while not self._ended.wait(REPLACE_SECONDS):
            self.world = World.make(self.chains, draw.sample(kinds, draw.randint(1, len(kinds))), self.cache)
            with self._lock:
                self.done["stores"] += 1

    def _take(self, num: int) -> int:
        """How many of the checks that are left this thread may do next."""
        with self._lock:
            taken = min(num, self._left)
            self._left -= taken
            if "after warm-up" not in self.memory and self.options.checks - self._left >= warm_up(self.options.checks):
                self.memory["after warm-up"] = resident()
            return taken

    def _work(self, number: int) -> None:
        draw = random.Random(f"soak {self.options.seed} {number}")
        size = max(SINGLES + NEW, min(self.options.batch, self.options.checks // (8 * self.options.threads)))
        turn = 0
        while not self.wrong and (num := self._take(size)):
            turn += 1
            world = self.world
            new = [self.chains.new(f"{number} {turn} {n}") for n in range(NEW)]
            self._ask_batch(world, draw, new, num)
            with self._lock:
                self.done["checks"] += num

    def _ask_batch(self, world: World, draw: random.Random, new: list[Question], num: int) -> None:
        asks_revocation = draw.random() < 0.1
        known = self.chains.evidence if asks_revocation else self.chains.plain
        num_singles = min(SINGLES, num // 2)
        questions = [] if asks_revocation else list(new)
        questions += draw.choices(known, k=min(ONCE, num))
        while len(questions) < num - num_singles:
            questions += questions
        del questions[num - num_singles :]
        draw.shuffle(questions)
        self._batch(world, questions, asks_revocation, compare=draw.random() < self.options.compare)
        self._singles(world, draw.choices(known, k=num_singles), asks_revocation)

    def _batch(self, world: World, questions: list[Question], asks_revocation: bool, *, compare: bool) -> None:
        requests = [each.request for each in questions]
        workers = 2 if len(requests) > 1000 and asks_revocation else 1
        verdicts = world.cached[asks_revocation].check_many(requests, AT, workers=workers)
        for question, verdict in zip(questions, verdicts, strict=True):
            self._judge(world, question, verdict)
        if not compare:
            return
        again = world.plain[asks_revocation].check_many(requests, AT)
        for question, mine, its in zip(questions, verdicts, again, strict=True):
            if (mine.outcome, mine.reason, mine.anchor) != (its.outcome, its.reason, its.anchor):
                self._is_wrong(f"with a cache {mine.explain()}\nand without {its.explain()}\n{question}")
        with self._lock:
            self.done["compared"] += len(requests)

    def _singles(self, world: World, questions: list[Question], asks_revocation: bool) -> None:
        validator = world.cached[asks_revocation]
        for question in questions:
            request = question.request
            self._judge(world, question, validator.check(request.chain, request.subject, AT, request.evidence))
        with self._lock:
            self.done["singles"] += len(questions)

    def _judge(self, world: World, question: Question, verdict: pv.Verdict) -> None:
        if verdict.outcome is not question.wanted(world.trusted):
            self._is_wrong(f"under {sorted(world.trusted)}, {question.roots or 'no root'} wanted: {verdict.explain()}")

    def problems(self) -> Iterator[str]:
        """What must not be."""
        yield from self.wrong[:5]
        stats, growth = self.cache.stats(), self.memory["end"] - self.memory.get("after warm-up", 0)
        if self.done["checks"] != self.options.checks:
            yield f"{self.done['checks']:,} checks were made, not {self.options.checks:,}"
        if stats.evictions == 0 or stats.edge_hits == 0 or stats.bytes > stats.max_bytes:
            yield f"the cache: {stats}"
        if self.done["stores"] == 0 or (self.options.compare > 0.05 and self.done["compared"] == 0):
            yield f"not all was done: {dict(self.done)}"
        if growth > self.options.max_growth << 20:
            yield f"memory grew by {growth / (1 << 20):.1f} MiB after the warm-up"


def warm_up(checks: int) -> int:
    """How many of them fill what is filled once: a tenth, but enough for every thread to have had its largest batch."""
    return max(checks // 10, min(checks // 2, 200_000))


def resident() -> int:
    """Bytes of this process in memory; 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


def main() -> int:
    """Run it, say what was done, and whether all was right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checks", type=int, default=20_000_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--batch", type=int, default=4096, help="checks in one check_many, at most")
    parser.add_argument("--leaves", type=int, default=32, help="leaves of each kind")
    parser.add_argument("--compare", type=float, default=0.1, help="share of the batches asked without a cache too")
    parser.add_argument("--max-growth", type=int, default=32, help="MiB of memory after the warm-up")
    parser.add_argument("--seed", type=int, default=1)
    soak, begin = Soak(parser.parse_args()), time.monotonic()
    soak.run()
    seconds = time.monotonic() - begin
    told = ", ".join(f"{num:,} {what}" for what, num in sorted(soak.done.items()))
    print(f"{told} in {seconds:.0f} s, {soak.done['checks'] / seconds:,.0f} checks a second")
    print("memory: " + ", ".join(f"{when} {size / (1 << 20):.1f} MiB" for when, size in soak.memory.items()))
    print(f"cache: {soak.cache.stats()}")
    problems = list(soak.problems())
    for problem in problems:
        print(f"WRONG: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
