"""The command `pyvalidator inspect`: what a certificate is, for people and for programs."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from ..errors import printable
from ..inspection import Inspection, ProfileFindings
from ..inspection import inspect as inspect_der
from ._inputs import Entry, InputError, read_certificates
from ._show import fact, make_console, prepare_streams

#: What the shell is told if an input, or a certificate in it, cannot be read.
_UNREADABLE = 5


def inspect(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="PEM (any number of certificates) or DER, '-' for standard input."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, one object a certificate.")] = False,
) -> None:
    """Show what certificates say, and what could be wrong with each by itself. It judges no path and trusts nothing.

    Exit code: 0, or 5 if a file or a certificate in one cannot be read (the others are shown all the same); 2 wrong
    usage. For a certificate that cannot be read the rule, the field and the bytes around the place are shown.
    """
    prepare_streams()
    entries, failed = _read(files)
    shown = [(entry, inspect_der(entry.der)) for entry in entries]
    if as_json:
        print(json.dumps([_dict(*each) for each in shown], indent=2, ensure_ascii=True))
    else:
        console = make_console()
        for each in shown:
            console.print(_tree(*each))
    if failed or any(inspection.fault is not None for _, inspection in shown):
        raise typer.Exit(_UNREADABLE)


def _read(files: list[str]) -> tuple[list[Entry], bool]:
    entries, failed = [], False
    for file in files:
        try:
            entries += read_certificates(file)
        except InputError as error:
            typer.echo(f"pyvalidator: {error}", err=True)
            failed = True
    return entries, failed


def _dict(entry: Entry, inspection: Inspection) -> dict[str, Any]:
    return {"file": entry.source, "entry": entry.entry} | inspection.to_dict()


def _tree(entry: Entry, inspection: Inspection) -> Tree:
    if inspection.fault is not None:
        return _fault(entry, inspection)
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
    tree.add(_extensions(inspection))
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


def _extensions(inspection: Inspection) -> Tree:
    tree = Tree(fact("extensions", str(len(inspection.extensions)) if inspection.extensions else "none"))
    for each in inspection.extensions:
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


def _fault(entry: Entry, inspection: Inspection) -> Tree:
    fault = inspection.fault
    tree = Tree(Text("unreadable certificate", "bold red").append(f"  {entry}", "not bold dim"))
    if fault is None:
        return tree
    error = fault.error
    tree.add(fact("rule", f"{error.reason.name}: {error.reason.text}"))
    tree.add(fact("field", f"{error.field.text}, byte {error.offset} of {len(inspection.der)}"))
    if error.reason.clause:
        tree.add(fact("clause", error.reason.clause))
    tree.add(fact("mend", error.reason.mend))
    tree.add(Text("\n".join(fault.dump)))
    tree.add(fact("sha256", inspection.fingerprints["sha256"]))
    return tree
