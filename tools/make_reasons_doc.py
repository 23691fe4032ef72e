#!/usr/bin/env python3
"""Writes docs/reasons.md from csrc/reasons.def and csrc/fields.def.

python tools/make_reasons_doc.py           write the page
python tools/make_reasons_doc.py --check   exit 1 if the page differs from what would be written
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from make_reasons import entries

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "reasons.md"
EXAMPLES = TOP / "docs" / "reasons_examples.toml"

HEAD = """\
# Reasons

What a verdict can say of a certificate or of a path. Generated from `csrc/reasons.def` and `csrc/fields.def` by
`tools/make_reasons_doc.py`: do not edit. Numbers and names are stable, texts are not. In C a reason is
`PV_R_<NAME>`, in Python `Reason.<NAME>`. The examples are headlines of real verdicts, kept in
`reasons_examples.toml` by `tests/reason_examples.py`; a test compares them.
"""


def groups(path: Path, macro: str) -> dict[int, str]:
    """Number of each entry, and the comment that it stands under. The first comment is about the file as a whole."""
    found, group = {}, ""
    for match in re.finditer(rf"/\*(.*?)\*/|{macro}\(\s*(\d+)\s*,", path.read_text(encoding="utf-8"), re.DOTALL):
        if match[2]:
            found[int(match[2])] = group
        else:
            group = "No finding, and no fault" if macro in match[1] else " ".join(match[1].split())
    return found


def row(*cells: object) -> str:
    """A row of a table."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"


def table(*heads: str) -> str:
    """The head of a table."""
    return "\n" + row(*heads) + "|" + "---|" * len(heads) + "\n"


def _examples(names: list[str], texts: dict[str, str]) -> str:
    """What verdicts say, a line each, under the table of its group."""
    shown = [f"{name}\n    {texts[name]}\n" for name in names if name in texts]
    return "\nAs verdicts tell them:\n\n```text\n" + "".join(shown) + "```\n" if shown else ""


def render() -> str:
    """The whole page."""
    source = TOP / "csrc" / "reasons.def"
    parts, group, group_of = [HEAD], None, groups(source, "PV_REASON")
    texts_of = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    names: list[str] = []
    for number, name, texts in entries(source, "PV_REASON"):
        if group_of[number] != group:
            parts.append(_examples(names, texts_of))
            names = []
            group = group_of[number]
            parts.append(f"\n## {group}\n" + table("number", "name", "clause", "what was found", "what mends it"))
        names.append(name)
        parts.append(row(number, f"`{name}`", *texts))
    parts.append(_examples(names, texts_of))
    parts.append("\n## Fields\n\nThe part of a certificate or of a path that a reason speaks of.\n")
    parts.append(table("number", "name", "part"))
    for number, name, texts in entries(TOP / "csrc" / "fields.def", "PV_FIELD"):
        parts.append(row(number, f"`{name}`", *texts))
    return "".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page, or compare it."""
    page = render()
    if "--check" not in arguments:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page:
        return 0
    print("docs/reasons.md differs: run tools/make_reasons_doc.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
