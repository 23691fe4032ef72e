#!/usr/bin/env python3
"""Writes the path scenarios of test_scenarios.py as tables for the example on devices:

    make -C examples/device run-mps2-an386 CASES=../../tests/device_scenarios.py

The same certificates, rows and verdicts, judged by a core in a device's configuration, with roots in flash and real
signatures. The store of a row that must be refused is refused by tools/anchors_to_c.py while the tables are written;
what is left of it without the culprit is judged on the device.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TOP / "examples" / "device"), str(TOP / "tests")]

import make_tables  # noqa: E402 (found by the line above)

import pki  # noqa: E402
import test_scenarios as scenarios  # noqa: E402

NOW = make_tables.Moment("PV_TIME_KNOWN", int(pki.NOW.timestamp()))


def store_name(anchors: str) -> str:
    """A name in C for the table of these anchors."""
    return "_".join(anchors.split()).lower()


def case(name: str, anchors: str, sent: str, expected: str, *, anchor_checks: str = "CONSTRAINTS") -> make_tables.Case:
    """A row as the device has it."""
    return make_tables.Case(
        name=name,
        chain=scenarios.ders(sent),
        store=store_name(anchors),
        expected=expected,
        time=NOW,
        dns="gw.example",
        purpose="SERVER_AUTH",
        anchor_checks=anchor_checks,
    )


def rows() -> Iterator[make_tables.Case]:
    """Every row, and C5 a second time by name and key alone."""
    for row in scenarios.SCENARIOS:
        refused = f"REFUSED {'|'.join(row.refused_for.split())}"
        yield case(row.id, row.anchors, row.sent, "TRUSTED" if row.trusted else refused)
        if row.id == "C5":
            yield case("C5 by name and key", row.anchors, row.sent, "TRUSTED", anchor_checks="NAME_AND_KEY")


def store_rows() -> Iterator[make_tables.Case]:
    """Of the rows whose store is refused, what is left of it; D6b's forged certificate stays refused under the root."""
    for row in scenarios.STORE_SCENARIOS:
        require_refused(row)
        left = " ".join(name for name in row.anchors.split() if name != row.culprit)
        if left:
            yield case(f"{row.id} without {row.culprit}", left, row.sent.removeprefix("Lforged "), "TRUSTED")
    yield case("D6b, the forged one", "R2", "Lforged L I", "REFUSED NOT_A_CA")


def require_refused(row: scenarios.StoreScenario) -> None:
    """SystemExit if a table would be made."""
    sources = [make_tables.anchors_to_c.Source(scenarios.world()[name].der, name, 1) for name in row.anchors.split()]
    try:
        make_tables.anchors_to_c.require_roots(sources)
    except make_tables.anchors_to_c.Refused as refused:
        if str(refused).startswith(f"{row.culprit},"):
            return
    raise SystemExit(f"{row.id}: the store was not refused because of {row.culprit}")


def main(arguments: Sequence[str]) -> None:
    """Write the tables of the scenarios."""
    cases = [*rows(), *store_rows()]
    names = {each.anchors for each in scenarios.SCENARIOS} | {"R2"}
    stores = {store_name(anchors): scenarios.ders(anchors) for anchors in names}
    make_tables.write_tables(Path(arguments[0]), cases, stores)


if __name__ == "__main__":
    main(sys.argv[1:])
