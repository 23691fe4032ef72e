"""How an answer is printed. Text from certificates is escaped by the verdict and never read as markup here."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from .. import (
    ANY_POLICY,
    Certificate,
    FoundPath,
    Outcome,
    Policy,
    Purpose,
    Reason,
    Rejection,
    Step,
    Subject,
    Time,
    TrustAnchor,
    Verdict,
)
from ..errors import printable
from ._inputs import PURPOSES, Entry

#: Without a terminal nothing is wrapped: whoever reads the text by program finds a line where it began.
_WIDTH_OF_PIPE: Final = 4096
_MAX_TRIED: Final = 100
_MAX_HEARD: Final = 10
_MAX_POLICIES: Final = 20
_STYLES: Final = {Outcome.TRUSTED: "bold green", Outcome.REFUSED: "bold red", Outcome.UNDECIDED: "bold yellow"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked, to be said again beside the answer. `time` None: now."""

    subject: Subject
    policy: Policy
    time: Time | None
    entries: Sequence[Entry]
    roots: tuple[str, ...]
    mozilla: bool
    system: bool
    crls: tuple[str, ...] = ()
    ocsp: tuple[str, ...] = ()

    @property
    def purpose(self) -> str:
        """The purpose by the name that the command line gives it."""
        purpose = self.policy.purpose
        if not isinstance(purpose, Purpose):
            return str(purpose)
        return next(name for name, value in PURPOSES.items() if value is purpose)

    @property
    def profile(self) -> str:
        """The profile by the name that the command line gives it."""
        return self.policy.profile.name.lower()

    def source(self, certificate: Certificate, position: int | None = None) -> str:
        """The file that a certificate of the chain was read from, as text that is safe to print."""
        if position is not None and position < len(self.entries):
            return str(self.entries[position])
        return next((str(entry) for entry in self.entries if entry.der == certificate.der), "")


def print_json(verdict: Verdict, asked: Asked) -> None:
    """One JSON object, in ASCII: the verdict's fields, purpose and profile, and under "inputs" what was read."""
    answer = verdict.to_dict() | {"purpose": asked.purpose, "profile": asked.profile, "inputs": _inputs(asked)}
    print(json.dumps(answer, indent=2, ensure_ascii=True))


def _inputs(asked: Asked) -> dict[str, Any]:
    chain = [
        {"file": entry.source, "entry": entry.entry, "sha256": Certificate(entry.der).fingerprint_sha256}
        for entry in asked.entries
    ]
    roots = {"roots": list(asked.roots), "mozilla": asked.mozilla, "system": asked.system}
    return {"chain": chain, **roots, "crls": list(asked.crls), "ocsp": list(asked.ocsp)}


def print_text(verdict: Verdict, asked: Asked) -> None:
    """The answer for people: the path of a trusted chain, or what is wrong with which certificate and what mends it."""
    console = make_console()
    console.print(_first_line(verdict, asked))
    if verdict.found is not None:
        console.print(_path_tree(verdict.found, verdict, asked))
    else:
        console.print(_refusal(verdict, asked))
        if len(verdict.rejections) > 1 or verdict.nearest.depth > 1 or verdict.omitted:
            console.print(_tried(verdict, asked))
    for note in verdict.notes:
        console.print(Text(f"note: {note}", "yellow"))


def make_console() -> Console:
    """Standard output, on which nothing is read as markup."""
    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        return console
    return Console(highlight=False, markup=False, emoji=False, width=_WIDTH_OF_PIPE, color_system=None)


def _first_line(verdict: Verdict, asked: Asked) -> Text:
    line = Text(verdict.outcome.name, _STYLES[verdict.outcome])
    whom = printable(str(asked.subject))
    wanted = asked.policy.revocation
    revocation = "" if wanted is None else f", revocation {wanted.scope.name.lower()}"
    told = f"  {whom}, for {asked.purpose}, {verdict.time}, profile {asked.profile}{revocation}"
    return line.append(told, "not bold default")


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def fact(name: str, value: str) -> Text:
    """A named value on a line."""
    return Text(f"{name}: ", "dim").append(value, "not dim default")


def _dates(certificate: Certificate) -> Text:
    return fact("valid", f"{_day(certificate.not_before)} to {_day(certificate.not_after)}")


def _path_tree(found: FoundPath, verdict: Verdict, asked: Asked) -> Tree:
    """Anchor at the top, target at the bottom."""
    top = branch = _anchor_tree(found.anchor)
    for certificate in reversed(found.certificates):
        branch = branch.add(Text(certificate.subject or "(empty subject)", "bold"))
        branch.add(fact("issuer", certificate.issuer))
        branch.add(_dates(certificate))
        branch.add(fact("read from", asked.source(certificate)))
    names = ", ".join(printable(str(identity)) for identity in verdict.identities)
    branch.add(fact("names", names or "nobody"))
    if verdict.authority_policies:
        branch.add(fact("valid for policies", _policies(verdict)))
    return top


def _policies(verdict: Verdict) -> str:
    """The policies by which the path was found acceptable, or all of its own where nobody asked for any."""
    valid = verdict.user_policies or verdict.authority_policies
    more = f" and {len(valid) - _MAX_POLICIES} more" if len(valid) > _MAX_POLICIES else ""
    return ", ".join("any" if each == ANY_POLICY else each for each in valid[:_MAX_POLICIES]) + more


def _anchor_tree(anchor: TrustAnchor) -> Tree:
    tree = Tree(Text(anchor.name, "bold").append("  trust anchor", "not bold green"))
    if anchor.certificate is not None:
        tree.add(_dates(anchor.certificate))
    return tree


def _who(rejection: Rejection, asked: Asked) -> str:
    certificate = None if rejection.evidence is not None else rejection.certificate
    source = "" if certificate is None else asked.source(certificate, rejection.position)
    return f"{rejection.who}, {source}" if source else rejection.who


def _refusal(verdict: Verdict, asked: Asked) -> Tree:
    """The rejection that came nearest: which certificate, which rule, which clause, what mends it."""
    rejection, heard = verdict.nearest, _heard(verdict)
    tree = Tree(Text(_who(rejection, asked), "bold"))
    tree.add(fact("rule", f"{rejection.reason.name}: {rejection.text}"))
    if rejection.cause is not None:
        tree.add(fact("cause", rejection.cause.value))
    if rejection.field.text:
        where = "" if rejection.offset is None else f", byte {rejection.offset}"
        tree.add(fact("field", rejection.field.text + where))
    if rejection.clause:
        tree.add(fact("clause", rejection.clause))
    for each in heard:
        tree.add(fact("tells nothing of it", _told(each, asked)))
    if rejection.mend:
        tree.add(fact("mend", rejection.mend))
    return tree


def _heard(verdict: Verdict) -> list[Rejection]:
    """Why evidence tells nothing of the certificate of the headline."""
    nearest = verdict.nearest
    if nearest.reason is not Reason.REVOCATION_UNKNOWN:
        return []
    rows = [each for each in verdict.rejections if each.evidence is not None and each.depth == nearest.depth]
    return [each for each in rows if each.certificate == nearest.certificate][:_MAX_HEARD]


def _tried(verdict: Verdict, asked: Asked) -> Tree:
    """Every path that was tried, in order: what hangs on a certificate are its candidate issuers, and each path ends
    with the rule that stopped it."""
    tree = Tree(Text("tried", "dim"))
    unread = [each for each in verdict.rejections if each.position is not None and not each.depth and each.offset]
    room = [_MAX_TRIED]
    for rejection in unread:
        if not any(step.rejection is not None and step.position == rejection.position for step in verdict.steps):
            _add(tree, room, Text(f"not read: {_told(rejection, asked)}"))
    for step in verdict.steps:
        _grow(tree, step, asked, room)
    if room[0] < 0:
        tree.add(Text(f"and {-room[0]} more", "dim"))
    if verdict.omitted:
        tree.add(Text(f"the log was cut: {verdict.omitted} more lines of it were not kept", "dim"))
    return tree


def _add(tree: Tree, room: list[int], text: Text) -> Tree:
    room[0] -= 1
    return tree.add(text) if room[0] >= 0 else tree


def _grow(tree: Tree, step: Step, asked: Asked, room: list[int]) -> None:
    """As deep as a path is long."""
    if step.rejection is not None:
        line = Text("x ", "red").append(_told(step.rejection, asked), "not red default")
        ended = _add(tree, room, line)
        _add_heard(ended, step, asked, room)
        return
    source = "" if step.certificate is None else asked.source(step.certificate, step.position)
    branch = _add(tree, room, Text(f"{step.who}, {source}" if source else step.who))
    _add_heard(branch, step, asked, room)
    for each in step.steps:
        _grow(branch, each, asked, room)


def _add_heard(tree: Tree, step: Step, asked: Asked, room: list[int]) -> None:
    for each in step.evidence:
        _add(tree, room, Text(f"tells nothing of it: {_told(each, asked)}"))


def _told(rejection: Rejection, asked: Asked) -> str:
    clause = f" ({rejection.clause})" if rejection.clause else ""
    return f"{_who(rejection, asked)}: {rejection.reason.name}: {rejection.text}{clause}"


def prepare_streams() -> None:
    """What a stream's encoding does not have comes out escaped instead of as an exception."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
