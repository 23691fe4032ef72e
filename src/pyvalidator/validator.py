"""Is this chain trusted, for this name, at this time, under this policy? A Validator answers.

`check` answers with a Verdict, `verify` raises if the answer is not "trusted", `check_many` answers many at once, and
`paths` lists every valid path. Programming errors (wrong types, naive datetimes, an empty chain, PEM that cannot be
read) raise in `check` and `verify`; certificates that cannot be read never do: they are part of the answer. In
`check_many` a chain of the wrong types, an empty one, or unreadable PEM spoils its own verdict only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, overload

from . import _core
from ._core import KINDS, KNOWN, MODES, CacheStats, HotKeyStats
from .anchors import FoundPath
from .asking import ask_hooks, judged, moment, now, over_budget, require_evidence
from .batches import Asked, Batch, Request, Verdicts, batch_of
from .cache import Cache
from .errors import PolicyError
from .evidence import Evidence
from .hot_keys import HotKeys, shared_hot_keys
from .intermediates import Intermediates
from .moments import Time, TimeMode, to_seconds
from .names import Subject, require_subject
from .packed import Packed
from .packing import Chain, OverBudget, pack, pack_plain
from .policy import Policy
from .refusals import Refused, Undecided
from .signatures import Engine, native_engine
from .trust import TrustStore
from .verdict import Outcome, Question, Verdict

if TYPE_CHECKING:
    from .collecting import Collectors

#: Requests that one call of the core answers, for each worker: what Ctrl-C waits for.
_BATCH: Final = 4096
#: Of Request objects for one worker: what is joined for the core is in the processor's cache when it is read.
_SLICE: Final = 512
#: Looked up once: an Enum's members are dear to name before Python 3.12.
_TIME_IS_KNOWN: Final = TimeMode.KNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorStats:
    """Counters of what a validator uses; None: it has none."""

    cache: CacheStats | None
    hot_keys: HotKeyStats | None


class Validator:
    """Judges chains against a store under a policy. Immutable, and safe to share between threads."""

    __slots__ = ("_cache", "_collectors", "_hot_keys", "_intermediates", "_judge", "_pair_bytes", "_policy", "_store")

    def __init__(
        self,
        store: TrustStore,
        policy: Policy,
        *,
        engine: Engine = Engine.AUTO,
        cache: Cache | None = None,
        intermediates: Intermediates | None = None,
        hot_keys: HotKeys | None = None,
    ) -> None:
        """Join store, policy, signature engine, cache, candidates beside what peers send, and tables of keys that sign
        often (None: with Engine.AUTO those that all validators share). EngineUnavailable if libcrypto was asked for in
        vain; PolicyError for hot_keys beside another engine than AUTO."""
        for option, value, kind in (
            ("store", store, TrustStore),
            ("policy", policy, Policy),
            ("engine", engine, Engine),
        ):
            if not isinstance(value, kind):
                raise TypeError(f"{option} takes a {kind.__name__}, not {type(value).__name__}")
        if cache is not None and not isinstance(cache, Cache):
            raise TypeError(f"cache takes a Cache, not {type(cache).__name__}")
        if intermediates is not None and not isinstance(intermediates, Intermediates):
            raise TypeError(f"intermediates takes Intermediates, not {type(intermediates).__name__}")
        if hot_keys is not None and not isinstance(hot_keys, HotKeys):
            raise TypeError(f"hot_keys takes HotKeys, not {type(hot_keys).__name__}")
        if hot_keys is not None and engine is not Engine.AUTO:
            raise PolicyError("hot_keys", "only Engine.AUTO makes use of them")
        if hot_keys is None and engine is Engine.AUTO:
            hot_keys = shared_hot_keys()
        self._cache: Final = cache
        self._hot_keys: Final = hot_keys
        self._store: Final = store
        self._policy: Final = policy
        self._intermediates: Final = intermediates
        self._judge: Final = _core.Judge(
            store=store.native,
            anchors=store.anchors,
            engine=native_engine(engine),
            cache=None if cache is None else cache.native,
            hot=None if hot_keys is None else hot_keys.native,
            policy=policy,
            pool=None if intermediates is None else intermediates.native,
            intermediates=() if intermediates is None else intermediates.ders,
        )
        self._collectors: Collectors | None = None
        # The most bytes of two certificates that the core is asked about at once, without a closer look.
        budget = policy.budget
        self._pair_bytes: Final = -1 if policy.hooks or budget.certificates < 2 else min(budget.der_bytes, 1 << 31)

    @property
    def store(self) -> TrustStore:
        """Whom it trusts."""
        return self._store

    @property
    def intermediates(self) -> Intermediates | None:
        """What it may build paths of beside what peers send."""
        return self._intermediates

    @property
    def policy(self) -> Policy:
        """What it asks of a path."""
        return self._policy

    def stats(self) -> ValidatorStats:
        """What its cache and its hot keys hold and did until now; either may be shared with other validators."""
        return ValidatorStats(
            cache=None if self._cache is None else self._cache.stats(),
            hot_keys=None if self._hot_keys is None else self._hot_keys.stats(),
        )

    def verify(
        self, chain: Chain, subject: Subject, at: datetime | Time | None = None, evidence: Evidence | None = None
    ) -> Verdict:
        """Like check, but an untrusted chain raises Refused or Undecided (ValidationError), with the verdict."""
        return _trusted(self.check(chain, subject, at, evidence))

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
        kind = KINDS.get(subject.__class__)
        if kind is None or evidence is not None:
            return self._check_closely(chain, subject, at, evidence)
        sent: Any = tuple(chain) if chain.__class__ is list else chain  # others may change a list meanwhile
        if sent.__class__ is not tuple or len(sent) != 2:
            return self._check_few(sent, subject, kind, at)
        # A leaf and its issuer, in DER: what nearly all chains are. Each step here is a per cent or two of what a chain
        # takes that is known.
        leaf, issuer = sent
        if leaf.__class__ is not bytes or issuer.__class__ is not bytes or len(leaf) + len(issuer) > self._pair_bytes:
            return self._check_few(sent, subject, kind, at)
        judge, mode = self._judge, KNOWN
        time: Time | int
        if isinstance(at, Time):
            time, value = at, at.value
            if at.mode is not _TIME_IS_KNOWN:
                mode = MODES[at.mode]
        else:
            time = value = now() if at is None else to_seconds(at)
        answer = judge.ask_pair(leaf, issuer, kind, subject.encoded, mode, value)
        return Verdict(judge, (sent, subject, time), answer)

    def _check_few(self, chain: Chain, subject: Subject, kind: int, at: datetime | Time | None) -> Verdict:
        """The same for a few certificates in DER; others are looked at more closely."""
        plain = None if self._policy.hooks else pack_plain(chain, self._policy.budget)
        if plain is None:
            return self._check_closely(chain, subject, at, None)
        ders, joined, lengths = plain
        time = moment(at)
        answer = self._judge.ask(joined, lengths, len(ders), kind, subject.encoded, MODES[time.mode], time.value)
        return Verdict(self._judge, (ders, subject, time), answer)

    def _check_closely(
        self, chain: Chain, subject: Subject, at: datetime | Time | None, evidence: Evidence | None
    ) -> Verdict:
        asked = self._read(chain, subject, at, evidence)
        return asked if isinstance(asked, Verdict) else judged(self._judge, *asked)

    def _read(
        self, chain: Chain, subject: Subject, at: datetime | Time | None, evidence: Evidence | None
    ) -> Asked | Verdict:
        """What is asked, as the core takes it; or the verdict on a chain that is over its budget before it is read."""
        require_subject(subject)
        self._check_evidence(evidence)
        time = moment(at)
        try:
            return Asked(pack(chain, self._policy.budget), subject, time, evidence)
        except OverBudget as over:
            return over_budget(self._judge, subject, time, over.reason, evidence)

    async def averify(
        self, chain: Chain, subject: Subject, at: datetime | Time | None = None, evidence: Evidence | None = None
    ) -> Verdict:
        """Like acheck, but an untrusted chain raises Refused or Undecided (ValidationError), with the verdict."""
        return _trusted(await self.acheck(chain, subject, at, evidence))

    async def acheck(
        self, chain: Chain, subject: Subject, at: datetime | Time | None = None, evidence: Evidence | None = None
    ) -> Verdict:
        """Like check, and with the same answer, for code that runs on an asyncio event loop: calls that wait at the
        same time are judged together, on a thread of the validator's own, so that the loop goes on meanwhile, and a
        busy gateway gets the price of check_many.

        There is no delay by a clock. A call on an idle loop goes at once, when the loop has run what is ready; calls
        that come while others are judged make up the next batch, of 256 at most. `at` None is the time of the call,
        not of the batch. Errors are those of check, raised where the call is awaited. To cancel one call changes
        nothing for the others; its chain may still be judged. The policy's hooks run on the validator's thread, one
        at a time, outside of the caller's context (contextvars). A hook must not wait for acheck or averify of the same
        validator, on whatever loop: they need the thread that it holds, and would wait for ever. It may call check.

        Raises also RuntimeError where no event loop runs.
        """
        asked = self._read(chain, subject, at, evidence)
        return asked if isinstance(asked, Verdict) else await self._collected().ask(asked)

    def _collected(self) -> Collectors:
        if self._collectors is None:
            from .collecting import Collectors  # it imports asyncio, which takes its time, and is here already

            self._collectors = Collectors(self._judge)
        return self._collectors

    def check_many(
        self, requests: Iterable[Request] | Packed, at: datetime | Time | None = None, workers: int = 1
    ) -> Verdicts:
        """Judge many requests, all at the same moment; the verdicts come in their order.

        requests: any iterable of Request, or a Packed for those whose certificates stand in one buffer already.
        workers: threads that share the work, 1 to 64; each runs in C, without Python's lock. Hooks are asked under it.

        An entry that is no Request is a TypeError that names its position, evidence that the policy would ignore a
        PolicyError; a chain that is none spoils its own verdict only. Of each search the first 48 lines of its log are
        kept (`Verdict.omitted` counts the others); everything else is as in check.
        """
        if type(workers) is not int or not 1 <= workers <= 64:
            raise PolicyError("workers", f"{workers!r} is not in 1 to 64")
        if isinstance(requests, Packed):
            return self._judge_packed(requests, moment(at), workers)
        entries = list(requests)
        if not set(map(type, entries)) <= {Request}:
            _require_requests(entries)
        if self._policy.revocation is None:
            for entry in entries:
                if entry.evidence is not None:
                    self._check_evidence(entry.evidence)
        return self._judge_requests(entries, moment(at), workers)

    def paths(
        self, chain: Chain, subject: Subject, at: datetime | Time | None = None, evidence: Evidence | None = None
    ) -> Paths:
        """Every valid path of a chain, in the order found; `complete` is False if the budget ended the search."""
        asked = self._read(chain, subject, at, evidence)
        if isinstance(asked, Verdict):
            return Paths((), asked)
        found: list[FoundPath] = []
        refusals: list[str] = []

        def collect(path: FoundPath) -> bool:
            refusal = ask_hooks(self._policy.hooks, path)
            refusals.append("listed" if refusal is None else refusal)
            if refusal is None:
                found.append(path)
            return False  # so that the search goes on to the next

        question = Question(*asked.packed, asked.subject, asked.time, evidence=evidence)
        answer = self._judge.walk(question, collect)
        return Paths(tuple(found), Verdict(self._judge, question, answer, tuple(refusals)))

    def _check_evidence(self, evidence: object) -> None:
        require_evidence(evidence)
        if evidence is not None and self._policy.revocation is None:
            raise PolicyError(
                "evidence",
                "the policy does not ask about revocation, so it would be ignored; "
                "make the policy with revocation=Revocation(), or leave the evidence out",
            )

    def _judge_requests(self, entries: list[Request], time: Time, workers: int) -> Verdicts:
        size = _BATCH * workers if workers > 1 else _SLICE
        slices = (entries[start : start + size] for start in range(0, len(entries), size))
        batches = [Batch(self._judge, *batch_of(self._judge, each, time), workers) for each in slices]
        return Verdicts(batches, size)

    def _judge_packed(self, packed: Packed, time: Time, workers: int) -> Verdicts:
        self._check_evidence(packed.any_evidence)
        size = _BATCH * workers
        return Verdicts([Batch(self._judge, each, {}, workers) for each in packed.batches(size, time)], size)


def _require_requests(entries: list[Request]) -> None:
    for position, entry in enumerate(entries):
        if not isinstance(entry, Request):
            raise TypeError(f"entry {position} of check_many is {type(entry).__name__}, not a Request")


def _trusted(verdict: Verdict) -> Verdict:
    """The verdict, or what verify raises."""
    if verdict.outcome is Outcome.TRUSTED:
        return verdict
    raise (Refused if verdict.outcome is Outcome.REFUSED else Undecided)(verdict)


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
