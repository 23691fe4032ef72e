"""The command `pyvalidator doctor`: what this installation is made of, and whether it works."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from ..health import EngineState, Health, examine
from ._show import fact, make_console, prepare_streams

_UNWELL = 1


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what this installation is made of, and test that it works: signatures of every algorithm, good and spoiled,
    and chains that must be trusted and refused.

    Exit code: 0 if every test came out as it must, 1 if one did not, 2 wrong usage.
    """
    prepare_streams()
    health = examine()
    if as_json:
        print(json.dumps(health.to_dict(), indent=2, ensure_ascii=True))
    else:
        _print(make_console(), health)
    if not health.good:
        raise typer.Exit(_UNWELL)


def _print(console: Console, health: Health) -> None:
    console.print(Text("well" if health.good else "NOT WELL", "bold green" if health.good else "bold red"))
    console.print(fact("python", f"{health.python}, {health.machine}"))
    console.print(_tree("packages", {name: version or "not installed" for name, version in health.packages.items()}))
    flags = health.cpu
    said = (
        "the system does not tell" if flags is None else ", ".join(f for f, there in flags.items() if there) or "none"
    )
    console.print(fact("processor", said))
    console.print(fact("engine in use", health.in_use or "none"))
    for state in health.engines:
        console.print(_engine(state))
    console.print(_tree("data", health.data))
    console.print(_tree("build", {name: str(value) for name, value in health.limits.items()}))
    console.print(fact("profiles", ", ".join(health.profiles)))
    tests = Tree(fact("self-test", f"{sum(each.good for each in health.tests)} of {len(health.tests)} as they must be"))
    for each in health.tests:
        mark = Text("ok   ", "green") if each.good else Text("FAIL ", "bold red")
        tests.add(mark.append(each.name + (f": {each.said}" if each.said else ""), "not bold default"))
    console.print(tests)


def _tree(name: str, values: dict[str, str]) -> Tree:
    tree = Tree(Text(name, "dim"))
    for key, value in values.items():
        tree.add(fact(key, value))
    return tree


def _engine(state: EngineState) -> Tree:
    if state.problem:
        return Tree(fact(f"engine {state.name}", f"not available: {state.problem}"))
    values = {"version": state.version, "algorithms": ", ".join(state.algorithms)}
    if state.paths:
        values["loaded from"] = ", ".join(state.paths)
    return _tree(f"engine {state.name}", values)
