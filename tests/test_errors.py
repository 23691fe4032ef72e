"""Errors carry fields, their text is derived, and text from certificates is safe to print."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import pyvalidator as pv
from pyvalidator._native import ffi, lib
from pyvalidator.errors import printable

ROOT = Path(__file__).resolve().parent.parent


def test_fields_survive_pickling() -> None:
    error = pv.UnreadableCertificate(pv.Reason.DER_LENGTH, pv.Field.ISSUER, 7, 2)
    copied = pickle.loads(pickle.dumps(error))
    assert (copied.reason, copied.field, copied.offset, copied.entry) == (pv.Reason.DER_LENGTH, pv.Field.ISSUER, 7, 2)
    assert str(copied) == str(error)
    assert "certificate 2" in str(error)
    assert "byte 7 (X.690 10.1)" in str(error)


@pytest.mark.parametrize(
    "error",
    [
        *(pv.InvalidName, pv.NaiveDatetime, pv.PolicyError, pv.PemError, pv.UnreadableCertificate),
        *(pv.NotAnAnchor, pv.EmptyChain, pv.StoreError, pv.UnreadableEvidence),
    ],
)
def test_bad_values_are_value_errors(error: type[Exception]) -> None:
    assert issubclass(error, ValueError)
    assert issubclass(error, pv.PyvalidatorError)


def test_families() -> None:
    assert issubclass(pv.IntermediateAsAnchor, pv.NotAnAnchor)
    assert issubclass(pv.EndEntityAsAnchor, pv.NotAnAnchor)
    assert issubclass(pv.Refused, pv.ValidationError)
    assert issubclass(pv.Undecided, pv.ValidationError)
    assert not issubclass(pv.ValidationError, ValueError)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ünïcode ok", "Ünïcode ok"),
        ("a\x00b\x1b[31m", "a\\u0000b\\u001b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2066b\u200b", "a\\u2066b\\u200b"),
        ("a\nb\r\x7f\x85", "a\\u000ab\\u000d\\u007f\\u0085"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(text).isprintable()


def test_printable_is_bounded() -> None:
    assert printable("x" * 1000, 10) == "xxxxxxxxxx... (1000 characters)"


def test_reasons_are_those_of_the_core() -> None:
    """The enum, the .def files and the native tables are one list."""
    check = subprocess.run([sys.executable, ROOT / "tools" / "make_reasons.py", "--check"], check=False)
    assert check.returncode == 0, "run tools/make_reasons.py"
    native = {row.number: row for row in (lib.pvh_reasons[n] for n in range(lib.pvh_num_reasons))}
    assert set(native) == {reason.value for reason in pv.Reason}
    for reason in pv.Reason:
        row = native[reason.value]
        texts = [ffi.string(getattr(row, part)).decode() for part in ("name", "clause", "text", "mend")]
        assert texts == [reason.name, reason.clause, reason.text, reason.mend]
    fields = {lib.pvh_fields[n].number: ffi.string(lib.pvh_fields[n].text).decode() for n in range(lib.pvh_num_fields)}
    assert fields == {field.value: field.text for field in pv.Field}
