"""docs/reasons_examples.toml holds what real verdicts say, of every reason that a user can meet."""

from __future__ import annotations

import tomllib
from functools import cache

import pytest

import pyvalidator as pv
import reason_examples

pytest.importorskip("publicsuffixlist", reason="the extra [web] is not installed")


@cache
def examples() -> dict[str, str]:
    return reason_examples.examples()


def test_every_reason_has_an_example() -> None:
    missing = [each.name for each in pv.Reason if each.name not in examples() and each.name not in reason_examples.NONE]
    assert not missing


def test_the_page_shows_real_verdicts() -> None:
    kept = tomllib.loads(reason_examples.TARGET.read_text(encoding="utf-8"))
    assert kept == examples(), "run tests/reason_examples.py, then tools/make_reasons_doc.py"


@pytest.mark.parametrize("name", reason_examples.NONE)
def test_what_has_none_is_a_reason(name: str) -> None:
    assert name in pv.Reason.__members__
    assert name not in examples()
