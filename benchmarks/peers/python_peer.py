"""The peers that have a Python API, and the raw checks: python_peer.py NAME. README.md here has the protocol."""

from __future__ import annotations

import struct
import sys
import time
import warnings
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

#: Enough for the hostile meshes; the other chains have one intermediate.
DEPTH = 12
MAX_CERTIFICATES = 20_000
#: Chains in one check_many: enough for a batch, and short against the time slices of a busy machine. Each batch is one
#: figure, as each call is for the others, so a median passes over those that were interrupted.
BATCH = 64
BATCHES = 4
#: The same of a Packed, which a gateway under load fills as it reads.
PACKED = 256
PACKS = 3

Chain = list[bytes]
#: None: accepted; else why not.
Answer = str | None


@dataclass(slots=True)
class Case:
    """Chains to be judged by a store, for a name, at a time."""

    chains: list[Chain]
    store: Any
    host: str
    at: datetime
    next: int = 0

    def turns(self, num: int) -> Iterator[Chain]:
        """The next chains, over and over."""
        for _ in range(num):
            yield self.chains[self.next]
            self.next = (self.next + 1) % len(self.chains)


class Peer:
    """One library. `prepare` makes what a server would make once; `judge` is what is timed."""

    def version(self) -> str:
        raise NotImplementedError

    def make_store(self, roots: Sequence[bytes]) -> Any:
        raise NotImplementedError

    def prepare(self, case: Case) -> Any:
        raise NotImplementedError

    def judge(self, prepared: Any, chain: Chain) -> Answer:
        raise NotImplementedError

    def run(self, case: Case, num: int) -> tuple[set[bool], list[int]]:
        """The answers that came (accepted or not), and the nanoseconds of each call."""
        prepared = self.prepare(case)
        return self.timed(prepared, case.turns(num))

    def timed(self, prepared: Any, chains: Iterable[Chain]) -> tuple[set[bool], list[int]]:
        answers, times = set(), []
        for chain in chains:
            begin = time.perf_counter_ns()
            answer = self.judge(prepared, chain)
            times.append(time.perf_counter_ns() - begin)
            answers.add(answer is None)
        return answers, times


# --- pyvalidator


class Pyvalidator(Peer):
    """`check` without a cache: nothing is remembered but the anchors' keys."""

    def __init__(self) -> None:
        import pyvalidator

        self.pv = pyvalidator

    def version(self) -> str:
        return f"pyvalidator {self.pv.__version__}"

    def make_store(self, roots: Sequence[bytes]) -> Any:
        return self.pv.TrustStore.from_der(roots)

    def validator(self, case: Case, cache: Any = None) -> Any:
        pv = self.pv
        budget = pv.Budget()
        if max(map(len, case.chains)) > budget.certificates:
            budget = pv.Budget(certificates=MAX_CERTIFICATES, steps=10 * MAX_CERTIFICATES)
        policy = pv.Policy.tls_server(profile=pv.Profile.DEVICE, max_intermediates=DEPTH, budget=budget)
        return pv.Validator(case.store, policy, cache=cache)

    def prepare(self, case: Case) -> Any:
        return self.validator(case), self.pv.DNSName(case.host), self.pv.Time.at(case.at)

    def judge(self, prepared: Any, chain: Chain) -> Answer:
        validator, subject, at = prepared
        verdict = validator.check(chain, subject, at)
        return None if verdict.outcome is self.pv.Outcome.TRUSTED else self.words(verdict)

    def words(self, verdict: Any) -> str:
        return f"{verdict.outcome.name} {verdict.reason.name}"


class PyvalidatorNewLeaf(Pyvalidator):
    """With a cache that knows the intermediate, and none of the leaves: it is made anew for each run."""

    def run(self, case: Case, num: int) -> tuple[set[bool], list[int]]:
        prepared = self.prepare(case)
        self.judge(prepared, case.chains[-1])
        return self.timed(prepared, self.new_leaves(case, num))

    def new_leaves(self, case: Case, num: int) -> list[Chain]:
        """The next chains, but for the last, each once."""
        new = len(case.chains) - 1
        begin, case.next = case.next % new, (case.next + num) % new
        return [case.chains[(begin + n) % new] for n in range(min(num, new))]

    def prepare(self, case: Case) -> Any:
        validator = self.validator(case, self.pv.Cache())
        return validator, self.pv.DNSName(case.host), self.pv.Time.at(case.at)


class PyvalidatorRepeat(PyvalidatorNewLeaf):
    """With a cache that knows every chain."""

    def run(self, case: Case, num: int) -> tuple[set[bool], list[int]]:
        prepared = self.prepare(case)
        for chain in case.chains:
            self.judge(prepared, chain)
        return self.timed(prepared, case.turns(num))


class PyvalidatorMany(Pyvalidator):
    """`check_many` of BATCH chains at once, without a cache; whatever NUM is, a figure for each of BATCHES: the time by
    the number of chains."""

    def run(self, case: Case, num: int) -> tuple[set[bool], list[int]]:
        return self.timed_batches(self.prepare(case), list(case.turns(min(BATCHES * BATCH, len(case.chains)))))

    def timed_batches(self, prepared: Any, chains: list[Chain]) -> tuple[set[bool], list[int]]:
        validator, subject, at = prepared
        trusted = self.pv.Outcome.TRUSTED
        answers, times = set(), []
        for start in range(0, len(chains), BATCH):
            batch = chains[start : start + BATCH]
            begin = time.perf_counter_ns()
            requests = [self.pv.Request(chain, subject) for chain in batch]
            outcomes = {verdict.outcome is trusted for verdict in validator.check_many(requests, at)}
            times.append((time.perf_counter_ns() - begin) // len(batch))
            answers |= outcomes
        return answers, times


class PyvalidatorManyNewLeaves(PyvalidatorMany, PyvalidatorNewLeaf):
    """The same, with a cache that knows the intermediate and none of the leaves."""

    def run(self, case: Case, num: int) -> tuple[set[bool], list[int]]:
        prepared = self.prepare(case)
        self.judge(prepared, case.chains[-1])
        return self.timed_batches(prepared, self.new_leaves(case, BATCHES * BATCH))


class PyvalidatorPacked(PyvalidatorNewLeaf):
    """`check_many` of a `Packed` of PACKED leaves, which was made before, with such a cache; a figure for each of
    PACKS."""

    def run(self, case: Case, num: int) -> tuple[set[bool], list[int]]:
        prepared = self.prepare(case)
        self.judge(prepared, case.chains[-1])
        leaves = self.new_leaves(case, PACKS * PACKED)
        packs = [self.pack(leaves[start : start + PACKED], case.host) for start in range(0, len(leaves), PACKED)]
        return self.timed_packs(prepared, packs)

    def pack(self, chains: list[Chain], host: str) -> Any:
        der = [der for chain in chains for der in chain]
        return self.pv.Packed(
            der=b"".join(der),
            offsets=array("Q", accumulate(map(len, der), initial=0)),
            chains=array("I", accumulate(map(len, chains), initial=0)),
            subject=self.pv.DNSName(host),
        )

    def timed_packs(self, prepared: Any, packs: list[Any]) -> tuple[set[bool], list[int]]:
        validator, _, at = prepared
        trusted = self.pv.Outcome.TRUSTED.value
        answers, times = set(), []
        for packed in packs:
            begin = time.perf_counter_ns()
            outcomes = validator.check_many(packed, at).outcomes
            times.append((time.perf_counter_ns() - begin) // len(outcomes))
            answers |= {outcome == trusted for outcome in set(outcomes)}
        return answers, times


# --- Others


class Pyca(Peer):
    """pyca/cryptography's x509.verification."""

    def __init__(self) -> None:
        warnings.simplefilter("ignore")
        from cryptography import x509
        from cryptography.x509 import verification

        self.x509, self.verification = x509, verification

    def version(self) -> str:
        from cryptography.hazmat.backends.openssl import backend

        return f"cryptography {version('cryptography')}, {backend.openssl_version_text()}"

    def make_store(self, roots: Sequence[bytes]) -> Any:
        return self.verification.Store([self.x509.load_der_x509_certificate(der) for der in roots])

    def prepare(self, case: Case) -> Any:
        builder = self.verification.PolicyBuilder().store(case.store).time(case.at.replace(tzinfo=None))
        return builder.max_chain_depth(DEPTH).build_server_verifier(self.x509.DNSName(case.host))

    def judge(self, prepared: Any, chain: Chain) -> Answer:
        leaf, *rest = map(self.x509.load_der_x509_certificate, chain)
        try:
            prepared.verify(leaf, rest)
        except self.verification.VerificationError as error:
            return str(error)
        return None


class PyOpenSSL(Peer):
    """pyOpenSSL's X509StoreContext. It takes no name to compare."""

    def __init__(self) -> None:
        warnings.simplefilter("ignore")
        from OpenSSL import SSL, crypto

        self.crypto, self.ssl = crypto, SSL

    def version(self) -> str:
        text = self.ssl.SSLeay_version(self.ssl.SSLEAY_VERSION).decode()
        return f"pyOpenSSL {version('pyOpenSSL')}, {text}"

    def load(self, der: bytes) -> Any:
        return self.crypto.load_certificate(self.crypto.FILETYPE_ASN1, der)

    def make_store(self, roots: Sequence[bytes]) -> Any:
        store = self.crypto.X509Store()
        for der in roots:
            store.add_cert(self.load(der))
        return store

    def prepare(self, case: Case) -> Any:
        case.store.set_time(case.at)
        return case.store

    def judge(self, prepared: Any, chain: Chain) -> Answer:
        leaf, *rest = map(self.load, chain)
        try:
            self.crypto.X509StoreContext(prepared, leaf, rest).verify_certificate()
        except self.crypto.X509StoreContextError as error:
            return str(error)
        return None


# --- The floor


class Raw(Peer):
    """Nothing but the signatures, by libcrypto, with keys set up before and timed in C: raw_verify.c."""

    num_edges = 2

    def __init__(self) -> None:
        import raw

        self.raw = raw
        self.made: dict[int, list[Any]] = {}

    def version(self) -> str:
        return self.raw.version()

    def make_store(self, roots: Sequence[bytes]) -> Any:
        from cryptography import x509

        return {x509.load_der_x509_certificate(der).subject: der for der in roots[-10:]}

    def prepare(self, case: Case) -> list[Any]:
        """Raw checks of each chain and its root, made once."""
        from cryptography import x509

        if id(case) not in self.made:
            roots = [case.store[x509.load_der_x509_certificate(chain[-1]).issuer] for chain in case.chains]
            self.made[id(case)] = [
                self.raw.RawChecks.of_chain((*chain, root)[: self.num_edges + 1])
                for chain, root in zip(case.chains, roots, strict=True)
            ]
        return self.made[id(case)]

    def judge(self, prepared: Any, chain: Chain) -> Answer:
        return None

    def run(self, case: Case, num: int) -> tuple[set[bool], list[int]]:
        pairs = self.prepare(case)
        times = []
        for _ in range(num):
            times.append(pairs[case.next].measure())
            case.next = (case.next + 1) % len(pairs)
        return {True}, times


class RawLeaf(Raw):
    """The leaf's signature alone: what is left when the intermediate's is known."""

    num_edges = 1


PEERS: dict[str, type[Peer]] = {
    "pyvalidator": Pyvalidator,
    "pyvalidator-new-leaf": PyvalidatorNewLeaf,
    "pyvalidator-repeat": PyvalidatorRepeat,
    "pyvalidator-many": PyvalidatorMany,
    "pyvalidator-many-new": PyvalidatorManyNewLeaves,
    "pyvalidator-packed": PyvalidatorPacked,
    "pyca": Pyca,
    "pyopenssl": PyOpenSSL,
    "raw": Raw,
    "raw-leaf": RawLeaf,
}


# --- The protocol


class Lists:
    """Reads the files that corpus.py writes."""

    def __init__(self, path: str) -> None:
        self._bytes = Path(path).read_bytes()
        self._at = 0

    def number(self) -> int:
        (value,) = struct.unpack_from(">I", self._bytes, self._at)
        self._at += 4
        return value

    def element(self) -> bytes:
        size = self.number()
        self._at += size
        return self._bytes[self._at - size : self._at]

    def certs(self) -> Chain:
        return [self.element() for _ in range(self.number())]


class Server:
    """Answers lines; holds stores and cases by their names."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._stores: dict[str, Any] = {}
        self._cases: dict[str, Case] = {}

    def answer(self, line: str) -> str:
        word, *rest = line.split()
        handlers = {
            "version": self._peer.version,
            "store": self._store,
            "case": self._case,
            "ask": self._ask,
            "run": self._run,
        }
        try:
            return " ".join(handlers[word](*rest).split())
        except Exception as error:
            return "cannot " + " ".join(f"{type(error).__name__} {error}".split())

    def _store(self, name: str, path: str) -> str:
        roots = Lists(path).certs()
        begin = time.perf_counter_ns()
        store = self._peer.make_store(roots)
        elapsed = time.perf_counter_ns() - begin
        self._stores[name] = store
        return f"ok {elapsed}"

    def _case(self, name: str, path: str, store: str, host: str, seconds: str) -> str:
        lists = Lists(path)
        chains = [lists.certs() for _ in range(lists.number())]
        self._cases[name] = Case(chains, self._stores[store], host, datetime.fromtimestamp(int(seconds), UTC))
        return "ok"

    def _ask(self, name: str) -> str:
        case = self._cases[name]
        prepared = self._peer.prepare(case)
        answers = [self._peer.judge(prepared, chain) for chain in case.chains]
        refusals = [answer for answer in answers if answer is not None]
        if not refusals:
            return "accept"
        return f"{'refuse' if len(refusals) == len(answers) else 'mixed'} {refusals[0]}"

    def _run(self, name: str, num: str) -> str:
        answers, times = self._peer.run(self._cases[name], int(num))
        word = "mixed" if len(answers) != 1 else "accept" if True in answers else "refuse"
        return f"{word} {' '.join(map(str, times))}"


def main(name: str) -> None:
    server = Server(PEERS[name]())
    for line in sys.stdin:
        print(server.answer(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
