"""Answer an x509-limbo file with pyvalidator, and write x509-limbo's own result format.

    python tools/limbo_harness.py limbo.json[.xz] --profile webpki|rfc5280|device [--out results.json]

Everything goes through the public API. A case is answered from its certificates and its questions, never from its id.
`trusted_certs` are judged field by field, as the suite means them (AnchorChecks.CERTIFICATE); a store that is refused
because it holds no root makes the case a FAILURE, and the context says so; UNDECIDED is a FAILURE as well. A case with
CRLs asks of every certificate below the anchor that it is not revoked. Cases that ask for what this version lacks are
SKIPPED by name. The exit status is 0 if every case got an answer.

The suite: https://github.com/C2SP/x509-limbo
"""

from __future__ import annotations

import argparse
import json
import lzma
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyvalidator as pv

Case = dict[str, Any]

SUCCESS: Final = "SUCCESS"
FAILURE: Final = "FAILURE"
SKIPPED: Final = "SKIPPED"

_PROFILES: Final = {each.name.lower(): each for each in pv.Profile}
_PURPOSES: Final = {
    "anyExtendedKeyUsage": pv.Purpose.ANY,
    "serverAuth": pv.Purpose.SERVER_AUTH,
    "clientAuth": pv.Purpose.CLIENT_AUTH,
    "codeSigning": pv.Purpose.CODE_SIGNING,
    "emailProtection": pv.Purpose.EMAIL_PROTECTION,
    "timeStamping": pv.Purpose.TIME_STAMPING,
    "OCSPSigning": pv.Purpose.OCSP_SIGNING,
}
_PEERS: Final[dict[str, type[pv.DNSName] | type[pv.IPAddress] | type[pv.EmailAddress]]] = {
    "DNS": pv.DNSName,
    "IP": pv.IPAddress,
    "RFC822": pv.EmailAddress,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the harness says of a case, and why."""

    result: str
    context: str


class Unsupported(Exception):
    """A case asks for what this version does not have."""


# --- One case


def _purposes(case: Case) -> list[pv.Purpose | pv.EkuOid]:
    asked = case["extended_key_usage"]
    if not asked:
        server = case["validation_kind"] == "SERVER"
        return [pv.Purpose.SERVER_AUTH if server else pv.Purpose.CLIENT_AUTH]
    return [_PURPOSES[each] if each in _PURPOSES else pv.EkuOid(each) for each in asked]


def _subjects(case: Case) -> list[pv.Subject]:
    asked = [case["expected_peer_name"]] if case["expected_peer_name"] else []
    asked += case["expected_peer_names"]
    subjects: list[pv.Subject] = [_PEERS[each["kind"]](each["value"]) for each in asked]
    return subjects or [pv.AnySubject()]


def _policy(case: Case, profile: pv.Profile, purpose: pv.Purpose | pv.EkuOid) -> pv.Policy:
    depth = case["max_chain_depth"]
    limits = {} if depth is None else {"max_intermediates": depth}
    revocation = pv.Revocation(scope=pv.RevocationScope.CHAIN) if case["crls"] else None
    checks = pv.AnchorChecks.CERTIFICATE
    return pv.Policy(purpose=purpose, profile=profile, anchor_checks=checks, revocation=revocation, **limits)


def _evidence(case: Case) -> pv.Evidence | None:
    return pv.Evidence(crls=[each.encode() for each in case["crls"]]) if case["crls"] else None


def _refuse_unsupported(case: Case) -> None:
    if case["signature_algorithms"]:
        raise Unsupported("it asks for TLS signature schemes")
    if case["key_usage"]:
        raise Unsupported("it asks for keyUsage bits of the target")


def verdict(case: Case, profile: pv.Profile) -> pv.Verdict:
    """The first verdict that is not TRUSTED, or the last one that is."""
    store = pv.TrustStore.from_pem("\n".join(case["trusted_certs"]).encode())
    chain = "\n".join([case["peer_certificate"], *case["untrusted_intermediates"]]).encode()
    at = datetime.fromisoformat(case["validation_time"]) if case["validation_time"] else None
    evidence = _evidence(case)
    for purpose in _purposes(case):
        validator = pv.Validator(store, _policy(case, profile, purpose))
        for subject in _subjects(case):
            found = validator.check(chain, subject, at, evidence)
            if found.outcome is not pv.Outcome.TRUSTED:
                return found
    return found


def answer(case: Case, profile: pv.Profile) -> Answer:
    """Judge one case."""
    try:
        _refuse_unsupported(case)
        found = verdict(case, profile)
    except Unsupported as lack:
        return Answer(SKIPPED, str(lack))
    except (pv.PyvalidatorError, ValueError) as fault:
        return Answer(FAILURE, f"{type(fault).__name__}: {fault}")
    trusted = found.outcome is pv.Outcome.TRUSTED
    return Answer(SUCCESS if trusted else FAILURE, found.explain())


# --- All cases, each within its time


def _serve(pipe: Any, profile: str) -> None:
    while (case := pipe.recv()) is not None:
        pipe.send(answer(case, _PROFILES[profile]))


class Worker:
    """Answers cases in a process of its own, which is replaced when a case takes longer than its limit (seconds)."""

    def __init__(self, profile: str, limit: float) -> None:
        self._profile = profile
        self._limit = limit
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_serve, args=(theirs, self._profile), daemon=True)
        self._process.start()

    def answer(self, case: Case) -> Answer:
        """The worker's answer, or FAILURE when the time is over."""
        self._pipe.send(case)
        if self._pipe.poll(self._limit):
            result = self._pipe.recv()
            assert isinstance(result, Answer)
            return result
        self._process.kill()
        self._start()
        return Answer(FAILURE, f"no answer within {self._limit} s")

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join()


def load(path: Path) -> list[Case]:
    """The cases of a limbo file, xz-compressed or not."""
    data = path.read_bytes()
    cases = json.loads(lzma.decompress(data) if path.suffix == ".xz" else data)["testcases"]
    assert isinstance(cases, list)
    return cases


def _with_progress(cases: list[Case]) -> Iterator[Case]:
    try:
        from rich.progress import track
    except ImportError:
        yield from cases
    else:
        yield from track(cases, description="judging", console=_console(), disable=not sys.stderr.isatty())


def _console() -> Any:
    from rich.console import Console

    return Console(stderr=True)


def run(cases: list[Case], profile: str, limit: float) -> dict[str, Answer]:
    """Every case's answer, by id."""
    worker = Worker(profile, limit)
    answers = {case["id"]: worker.answer(case) for case in _with_progress(cases)}
    worker.close()
    return answers


# --- Report


def _category(case: Case) -> str:
    family, _, rest = str(case["id"]).partition("::")
    return f"bettertls {rest.partition('::')[0]}" if family == "bettertls" else family


def table(cases: list[Case], answers: dict[str, Answer]) -> list[str]:
    """A line for each category: false rejects of valid cases, false accepts of invalid ones, and skipped."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for case in cases:
        counts[_category(case), case["expected_result"], answers[case["id"]].result] += 1
    lines = []
    for name in dict.fromkeys(map(_category, cases)):
        wrong_no, wrong_yes = counts[name, SUCCESS, FAILURE], counts[name, FAILURE, SUCCESS]
        valid = wrong_no + counts[name, SUCCESS, SUCCESS]
        invalid = wrong_yes + counts[name, FAILURE, FAILURE]
        skipped = counts[name, SUCCESS, SKIPPED] + counts[name, FAILURE, SKIPPED]
        lines.append(f"{name:28} {wrong_no:4}/{valid:<5} {wrong_yes:4}/{invalid:<5} {skipped:4}")
    return [f"{'':28} {'false rejects':>10} {'accepts':>7} {'skipped':>6}", *lines]


def results(answers: dict[str, Answer]) -> dict[str, object]:
    """x509-limbo's LimboResult."""
    return {
        "version": 1,
        "harness": f"pyvalidator-{pv.__version__}",
        "results": [
            {"id": id_, "actual_result": each.result, "context": each.context} for id_, each in answers.items()
        ],
    }


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Answer an x509-limbo file with pyvalidator.")
    parser.add_argument("limbo", type=Path, help="limbo.json, xz-compressed or not")
    parser.add_argument("--profile", required=True, choices=sorted(_PROFILES), help="whose rules to judge by")
    parser.add_argument("--out", type=Path, help="where to write x509-limbo's result format")
    parser.add_argument("--limit", type=float, default=5.0, help="seconds for one case (5)")
    options = parser.parse_args(arguments)
    cases = load(options.limbo)
    answers = run(cases, options.profile, options.limit)
    if options.out:
        options.out.write_text(json.dumps(results(answers), indent=2) + "\n")
    print("\n".join(table(cases, answers)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
