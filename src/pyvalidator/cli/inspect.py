"""The command `pyvalidator inspect`: what a certificate, a CRL or an OCSP response is, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from rich.text import Text
from rich.tree import Tree

from .. import OcspResponse, RevocationList
from ..certificate import describe
from ..errors import printable
from ..extensions import Extension
from ..inspection import (
    EvidenceInspection,
    Inspection,
    ProfileFindings,
    inspect_any,
    inspect_crl,
    inspect_ocsp,
    serial_text,
)
from ..inspection import inspect as inspect_certificate
from ..moments import show_time, to_seconds
from ..pem import CERTIFICATE, CRL, OCSP
from ._inputs import Block, Entry, InputError, read_blocks
from ._show import fact, make_console, prepare_streams

#: What the shell is told if an input, or a certificate in it, cannot be read.
_UNREADABLE: Final = 5
_MAX_SHOWN: Final = 20


def inspect(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="PEM (any number of certificates, CRLs and OCSP responses) or DER, '-' for standard input.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, one object each.")] = False,
) -> None:
    """Show what certificates, CRLs and OCSP responses say, and what could be wrong with each by itself. It judges no
    path, checks no signature and trusts nothing.

    Exit code: 0, or 5 if a file or something in one cannot be read (the others are shown all the same); 2 wrong usage.
    For what cannot be read the rule, the field and the bytes around the place are shown. Of a CRL the first 20 entries
    are shown.
    """
    prepare_streams()
    entries, failed = _read(files)
    shown = [(entry, _INSPECT[entry.label](entry.der)) for entry in entries]
    if as_json:
        print(json.dumps([_dict(*each) for each in shown], indent=2, ensure_ascii=True))
    else:
        console = make_console()
        for each in shown:
            console.print(_tree(*each))
    if failed or any(inspection.fault is not None for _, inspection in shown):
        raise typer.Exit(_UNREADABLE)


_INSPECT: Final[dict[str, Callable[[bytes], Inspection | EvidenceInspection]]] = {
    "": inspect_any,
    CERTIFICATE: inspect_certificate,
    CRL: inspect_crl,
    OCSP: inspect_ocsp,
}


def _read(files: list[str]) -> tuple[list[Block], bool]:
    entries: list[Block] = []
    failed = False
    for file in files:
        try:
            entries += read_blocks(file)
        except InputError as error:
            typer.echo(f"pyvalidator: {error}", err=True)
            failed = True
    return entries, failed


def _dict(entry: Entry, inspection: Inspection | EvidenceInspection) -> dict[str, Any]:
    return {"file": entry.source, "entry": entry.entry} | inspection.to_dict()


def _tree(entry: Entry, inspection: Inspection | EvidenceInspection) -> Tree:
    if inspection.fault is not None:
        return _fault(entry, inspection)
    return _certificate(entry, inspection) if isinstance(inspection, Inspection) else _evidence(entry, inspection)


def _certificate(entry: Entry, inspection: Inspection) -> Tree:
    held = inspection.certificate
    tree = Tree(Text(printable(held.subject) or "(empty subject)", "bold").append(f"  {entry}", "not bold dim"))
    for name, value in (
        ("issuer", printable(held.issuer) + (" (self-issued)" if held.is_self_issued else "")),
        ("serial number", held.fields.serial.hex()),
        ("version", str(held.fields.version)),
    ):
        tree.add(fact(name, value))
    tree.add(_validity(inspection))
    tree.add(fact("key", inspection.key))
    tree.add(fact("signature", inspection.signature_algorithm))
    tree.add(_extensions(inspection.extensions))
    for name, value in inspection.fingerprints.items():
        tree.add(fact(name, value))
    tree.add(
        fact("could stand in a trust store", "yes" if inspection.anchor_fit is None else f"no: {inspection.anchor_fit}")
    )
    for findings in inspection.findings:
        tree.add(_findings(findings))
    return tree


def _validity(inspection: Inspection) -> Text:
    held, good = inspection.certificate, inspection.validity == "valid"
    line = fact("validity", f"{held.not_before:%Y-%m-%dT%H:%M:%SZ} to {held.not_after:%Y-%m-%dT%H:%M:%SZ}, ")
    return line.append(inspection.validity, "green" if good else "red")


def _extensions(extensions: tuple[Extension, ...]) -> Tree:
    tree = Tree(fact("extensions", str(len(extensions)) if extensions else "none"))
    for each in extensions:
        branch = tree.add(Text(each.name, "bold").append(", critical" if each.critical else "", "not bold red"))
        for line in each.facts:
            branch.add(Text(line))
    return tree


def _findings(findings: ProfileFindings) -> Tree:
    refused, noted = findings.refused, findings.noted
    said = "keeps its certificate rules" if refused is None else f"refused: {refused.name}"
    tree = Tree(fact(f"profile {findings.profile.name.lower()}", said))
    if refused is not None:
        tree.add(Text(f"{refused.text} ({refused.clause})"))
    for reason in noted:
        tree.add(Text(f"note: {reason.name}: {reason.text} ({reason.clause})", "yellow"))
    return tree


def _evidence(entry: Entry, inspection: EvidenceInspection) -> Tree:
    held = inspection.held
    tree = Tree(Text(str(held), "bold").append(f"  {entry}", "not bold dim"))
    if isinstance(held, RevocationList):
        _add_crl(tree, held, inspection)
    elif isinstance(held, OcspResponse):
        _add_ocsp(tree, held, inspection)
    if inspection.unusable is not None:
        told = f"{inspection.unusable.text} ({inspection.unusable.clause})"
        tree.add(fact("tells nothing of any certificate", told))
    for name, value in inspection.fingerprints.items():
        tree.add(fact(name, value))
    return tree


def _add_crl(tree: Tree, held: RevocationList, inspection: EvidenceInspection) -> None:
    tree.add(fact("issuer", printable(held.issuer) or "(empty name)"))
    tree.add(fact("updates", _updates(held.this_update, held.next_update, inspection)))
    if held.number is not None:
        tree.add(fact("number", str(held.number)))
    if held.base_number is not None:
        tree.add(fact("delta", f"of the complete CRL {held.base_number}"))
    tree.add(fact("signature", inspection.signature_algorithm))
    tree.add(_extensions(inspection.extensions))
    branch = tree.add(fact("entries", str(len(held)) if len(held) else "none"))
    for each in inspection.entries:
        line = f"{serial_text(each.serial)}  {_moment(each.revoked_at)}  {each.reason.text}"
        line += f", in doubt since {_moment(each.invalid_at)}" if each.invalid_at is not None else ""
        line += f", issued by {printable(each.issuer)}" if each.issuer is not None else ""
        branch.add(Text(line))
    if len(held) > len(inspection.entries):
        branch.add(Text(f"and {len(held) - len(inspection.entries)} more", "dim"))


def _add_ocsp(tree: Tree, held: OcspResponse, inspection: EvidenceInspection) -> None:
    tree.add(fact("status", held.status.name))
    if held.produced_at is None:
        return
    tree.add(fact("responder", held.responder))
    tree.add(fact("produced", _moment(held.produced_at)))
    tree.add(fact("signature", inspection.signature_algorithm))
    tree.add(_extensions(inspection.extensions))
    branch = tree.add(fact("says of", f"{len(held.singles)} certificates"))
    for each in held.singles[:_MAX_SHOWN]:
        line = Text(f"{serial_text(each.serial)}  ").append(each.status.name, "bold")
        if each.revoked_at is not None and each.reason is not None:
            line.append(f" at {_moment(each.revoked_at)} ({each.reason.text})")
        branch.add(line.append(f", {_updates(each.this_update, each.next_update, inspection)}", "not bold"))
    if len(held.singles) > _MAX_SHOWN:
        branch.add(Text(f"and {len(held.singles) - _MAX_SHOWN} more", "dim"))
    for certificate in held.certificates[:_MAX_SHOWN]:
        tree.add(fact("with the certificate", describe(certificate.der)))


def _moment(moment: datetime) -> str:
    return show_time(to_seconds(moment))


def _updates(this_update: datetime, next_update: datetime | None, inspection: EvidenceInspection) -> str:
    until = "" if next_update is None else f" to {_moment(next_update)}"
    return f"{_moment(this_update)}{until}, {inspection.currency(this_update, next_update)}"


def _fault(entry: Entry, inspection: Inspection | EvidenceInspection) -> Tree:
    fault = inspection.fault
    kind = inspection.kind if isinstance(inspection, EvidenceInspection) else "certificate"
    tree = Tree(Text(f"unreadable {kind}", "bold red").append(f"  {entry}", "not bold dim"))
    if fault is None:
        return tree
    error = fault.error
    tree.add(fact("rule", f"{error.reason.name}: {error.reason.text}"))
    tree.add(fact("field", f"{error.field.text}, byte {error.offset} of {len(inspection.der)}"))
    if error.reason.clause:
        tree.add(fact("clause", error.reason.clause))
    tree.add(fact("mend", fault.mend))
    tree.add(Text("\n".join(fault.dump)))
    tree.add(fact("sha256", inspection.fingerprints["sha256"]))
    return tree
