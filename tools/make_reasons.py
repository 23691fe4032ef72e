"""Writes src/pyvalidator/reasons.py from csrc/reasons.def and csrc/fields.def.

    python tools/make_reasons.py            write it
    python tools/make_reasons.py --check    fail if it would change

The two .def files are the one list; this makes them an enum that type checkers and editors can see.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "pyvalidator" / "reasons.py"

HEAD = '''"""What can be found, and which part it speaks of. Made by tools/make_reasons.py from csrc: do not edit."""

from __future__ import annotations

from enum import Enum, unique


@unique
class Reason(Enum):
    """A rule that was broken, or a limit that was reached. Its value is a stable number; `OK` alone is good.

    `clause` names the standard ("" for limits of our own), `text` says what is wrong and `mend` what would help; both
    texts are for people and may change between versions.
    """

    clause: str
    text: str
    mend: str

    def __new__(cls, number: int, clause: str = "", text: str = "", mend: str = "") -> Reason:
        """Make the member of this number; `Reason(80)` finds one."""
        member = object.__new__(cls)
        member._value_ = number
        member.clause, member.text, member.mend = clause, text, mend
        return member

'''

MIDDLE = '''

@unique
class Field(Enum):
    """The part of a certificate, or of a path, that a reason speaks of; `text` is its name in the standard."""

    text: str

    def __new__(cls, number: int, text: str = "") -> Field:
        """Make the member of this number; `Field(6)` finds one."""
        member = object.__new__(cls)
        member._value_ = number
        member.text = text
        return member

'''


def entries(path: Path, macro: str) -> list[tuple[int, str, list[str]]]:
    """(number, name, texts) of each entry; neighbouring C string literals are one."""
    source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = []
    literal = r'(?:"(?:[^"\\]|\\.)*"\s*)+'
    for match in re.finditer(rf"{macro}\(\s*(\d+)\s*,\s*(\w+)\s*,\s*({literal}(?:,\s*{literal})*)\)", source):
        texts = [ast.literal_eval(f"({each})") for each in re.findall(literal, match[3])]
        found.append((int(match[1]), match[2], texts))
    if len(found) != source.count(f"{macro}("):
        raise SystemExit(f"{path}: an entry cannot be read")
    return found


def lines(entry: tuple[int, str, list[str]]) -> str:
    """The source of one member."""
    number, name, texts = entry
    quoted = [repr(text).replace("'", '"') if '"' not in text and "'" not in text else _quote(text) for text in texts]
    one = f"    {name} = ({number}, {', '.join(quoted)})\n"
    if len(one) <= 121:
        return one
    return f"    {name} = (\n        {number},\n" + "".join(f"        {each},\n" for each in quoted) + "    )\n"


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def module() -> str:
    """The source of the whole module."""
    reasons = entries(ROOT / "csrc" / "reasons.def", "PV_REASON")
    fields = entries(ROOT / "csrc" / "fields.def", "PV_FIELD")
    return HEAD + "".join(map(lines, reasons)) + MIDDLE + "".join(map(lines, fields))


def main() -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file would change")
    text = module()
    if not parser.parse_args().check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text else 1


if __name__ == "__main__":
    sys.exit(main())
