"""Writes the core as two files, pyvalidator.c and pyvalidator.h, to drop into a firmware tree.

    python tools/amalgamate.py DIRECTORY

The result is C99 without extensions, needs nothing but mem*, and takes the same compile-time options as the sources
(docs/devices.md). Everything but the public functions is static, so that a compiler sees the whole core at once and
leaves out what is not called; `-DPV_LOCAL=` makes it linkable. The header also has what a checker reads keys with
(algorithm.h).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from pathlib import Path

CORE = Path(__file__).resolve().parent.parent / "csrc"

#: The headers that callers see; what they declare keeps its linkage.
PUBLIC = ("options.h", "pyvalidator.h", "algorithm.h")

INCLUDE = re.compile(r'^#include "([\w.]+)"\n', re.MULTILINE)
SYSTEM = re.compile(r"^#include <([\w.]+)>\n", re.MULTILINE)
GUARD = re.compile(r"^#ifndef (\w+_H)\n#define \1\n(.*)^#endif\n", re.MULTILINE | re.DOTALL)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)
#: Comments and literals, which no renaming touches, or a name that is no member of a struct.
TOKEN = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?<![\w.])(?<!->)[A-Za-z_]\w*""", re.DOTALL)
FUNCTION = re.compile(
    r"^(?!static|typedef|struct|enum|extern|else|return)[a-z]\w*(?: \w+)*[ *]+(pv_\w+)\(", re.MULTILINE
)
#: What a source file declares for itself: functions and tables, types and their tags.
STATIC = re.compile(r"^static [^;={(]*?\b(\w+)(?:\(|\[| =|;)", re.MULTILINE)
TYPEDEF = re.compile(
    r"^typedef (?:[^;{(]*?\b(\w+)(?:\([^;]*|\[[^;]*)?;|(?:struct|enum)[^;{]*\{.*?^\} (\w+);)", re.M | re.S
)
TAG = re.compile(r"\b(?:struct|enum) (\w+) \{")
ENUM = re.compile(r"^(?:typedef )?enum(?: \w+)? \{(.*?)\}", re.MULTILINE | re.DOTALL)

HEAD = """/* {name}: the core of pyvalidator in one {kind}. Made by tools/amalgamate.py: do not edit. */
"""

LOCAL = """
/* The linkage of all that is not public. */
#ifndef PV_LOCAL
#define PV_LOCAL static
#endif
#if defined(__GNUC__) /* a build that leaves parts out does not call everything */
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
"""


def read(name: str) -> str:
    """The text of a file of the core."""
    return (CORE / name).read_text(encoding="utf-8")


def inline_lists(text: str) -> str:
    """The text with its .def files in the place of their inclusion."""
    return INCLUDE.sub(lambda match: read(match[1]) if match[1].endswith(".def") else match[0], text)


def body(name: str) -> str:
    """A header's text between its guards, with what it includes of ours left to the caller."""
    found = GUARD.search(read(name))
    if found is None:
        raise SystemExit(f"{name}: no include guard")
    return INCLUDE.sub("", inline_lists(found[2]))


def headers() -> list[str]:
    """The headers of the core, each behind those that it includes."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        for included in INCLUDE.findall(read(name)):
            if included.endswith(".h"):
                visit(included)
        ordered.append(name)

    for path in sorted(CORE.glob("*.h")):
        visit(path.name)
    return ordered


def own_names(text: str) -> set[str]:
    """What a source file declares for itself at file scope; macros do not count."""
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    names = set(STATIC.findall(code)) | set(TAG.findall(code))
    names |= {one or other for one, other in TYPEDEF.findall(code)}
    for members in ENUM.findall(code):
        names |= set(re.findall(r"\b[A-Z]\w+", members))
    return {name for name in names if not name.startswith("pv_")}


def rename(text: str, names: set[str], stem: str) -> str:
    """The text with these names called after their file."""
    return TOKEN.sub(lambda match: f"{stem}_{match[0]}" if match[0] in names else match[0], text)


def localize(text: str, public: set[str]) -> str:
    """The text with PV_LOCAL before each function that is not public."""
    return FUNCTION.sub(lambda match: match[0] if match[1] in public else f"PV_LOCAL {match[0]}", text)


def public_functions() -> set[str]:
    """The names of the functions that the public headers declare."""
    return {name for header in PUBLIC for name in FUNCTION.findall(read(header))}


def source(name: str, taken: set[str], public: set[str]) -> str:
    """One source file's share of pyvalidator.c. Its macros end with it."""
    text = inline_lists(read(name))
    macros = dict.fromkeys(MACRO.findall(text))
    text = SYSTEM.sub("", INCLUDE.sub("", text))
    stem = name.removesuffix(".c")
    text = localize(rename(text, own_names(text) & taken, stem), public)
    ends = "".join(f"#undef {macro}\n" for macro in macros if not macro.startswith("PV_"))
    return f"\n/* ===== {name} ===== */\n\n{text.strip()}\n\n{ends}"


def header_file() -> str:
    """pyvalidator.h."""
    head = HEAD.format(name="pyvalidator.h", kind="header")
    parts = "".join(body(name) for name in PUBLIC)
    return f"{head}#ifndef PYVALIDATOR_H\n#define PYVALIDATOR_H\n{parts}#endif\n"


def source_file() -> str:
    """pyvalidator.c."""
    public = public_functions()
    names = sorted(path.name for path in CORE.glob("*.c"))
    counted = Counter(name for file in names for name in own_names(inline_lists(read(file))))
    taken = {name for name, times in counted.items() if times > 1}
    parts = [
        HEAD.format(name="pyvalidator.c", kind="source file"),
        '#include "pyvalidator.h"\n\n#include <string.h>\n',
        LOCAL,
    ]
    for name in headers():
        if name not in PUBLIC:
            parts.append(f"\n/* ===== {name} ===== */\n{SYSTEM.sub('', localize(body(name), public))}")
    parts += [source(name, taken, public) for name in names]
    return "".join(parts)


def main() -> int:
    """Write both; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="where the two files go; made if it is not there")
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "pyvalidator.h").write_text(header_file(), encoding="utf-8")
    (directory / "pyvalidator.c").write_text(source_file(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
