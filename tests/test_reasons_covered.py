"""Every reason is the asserted outcome of some test: its name stands in the code (not the comments) of a Python test,
or, for the few that Python cannot reach, in a C test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import pyvalidator as pv

TESTS = Path(__file__).parent

#: Reasons that the Python layer cannot bring about, and why. Each is asserted in tests/c.
C_ONLY = {
    "UNCHECKED": "no finding at all: a view or a verdict that nobody filled",
    "CERT_UNREADABLE": "in Python the encoding fault itself is told in its place",
    "TIME_UNSET": "a moment is always given, or said to be unknown",
    "SUBJECT_UNSET": "a subject is always given, or AnySubject",
    "ANCHOR_UNUSABLE": "an anchor that cannot be used is refused when the store is made",
    "REVOCATION_UNSUPPORTED": "depends on how the core was built",
    "EVIDENCE_UNREADABLE": "a view that nobody filled; in Python the encoding fault itself is raised",
    "POLICY_UNUSABLE": "a Policy cannot be incomplete",
    "PROFILE_UNSUPPORTED": "a Policy has no profile that is not built in",
    "POLICY_UNSUPPORTED": "depends on how the core was built",
    "BUDGET_POLICY_NODES": "only where the core processes certificate policies",
}


def words_of_python(text: str) -> Iterator[str]:
    """Names, attributes and strings; no comments, no docstrings."""
    tree = ast.parse(text)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield from re.findall(r"\w+", node.value)


def words_of_c(text: str) -> Iterator[str]:
    """PV_R_NAME, and NAME where it is an argument (of a macro that puts PV_R_ before it); no comments."""
    code = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL)
    yield from re.findall(r"\bPV_R_(\w+)", code)
    yield from re.findall(r"(?<=[(,])\s*([A-Z0-9_]+)\s*(?=[,)])", code)


@cache
def words() -> tuple[frozenset[str], frozenset[str]]:
    """What the Python tests say, this file not counted, and what the C tests say."""
    python = {
        word
        for path in TESTS.rglob("test_*.py")
        if path != Path(__file__)
        for word in words_of_python(path.read_text())
    }
    c = {word for path in (TESTS / "c").glob("*.c") for word in words_of_c(path.read_text())}
    return frozenset(python), frozenset(c)


def test_every_reason_is_reached_by_a_python_test() -> None:
    python, _ = words()
    missing = [each.name for each in pv.Reason if each.name not in python and each.name not in C_ONLY]
    assert not missing, f"no Python test asserts {', '.join(missing)}"


@pytest.mark.parametrize("name", C_ONLY)
def test_what_python_cannot_reach_is_reached_by_a_c_test(name: str) -> None:
    assert name in pv.Reason.__members__
    assert name in words()[1]


def test_comments_do_not_count() -> None:
    assert set(words_of_python('"""LOOP"""\n# EXPIRED\nx = "NO_ISSUER: y"\nz.NOT_A_CA\n')) >= {"NO_ISSUER", "NOT_A_CA"}
    assert not {"LOOP", "EXPIRED"} & set(words_of_python('"""LOOP"""\n# EXPIRED\n'))
    assert set(words_of_c("/* PV_R_LOOP */ f(PV_R_EXPIRED); FAULT(x, CERT_VERSION, y)")) >= {"EXPIRED", "CERT_VERSION"}
    assert "LOOP" not in set(words_of_c("/* PV_R_LOOP */ // PV_R_LOOP\n"))
