"""Parts of a Markdown file that other programs write, each between two comments that name it."""

from __future__ import annotations

import re
from pathlib import Path

_PART = re.compile(r"<!-- begin: ([a-z-]+) -->\n.*?<!-- end: \1 -->\n", re.DOTALL)


def marked(name: str, body: str) -> str:
    """A part as it stands in the file."""
    return f"<!-- begin: {name} -->\n{body.strip()}\n<!-- end: {name} -->\n"


def kept(text: str) -> str:
    """Every part that a file has, in its order: what whoever writes the file anew must put at its end."""
    return "\n".join(match.group() for match in _PART.finditer(text))


def put(text: str, name: str, body: str) -> str:
    """The text with this part in the place of the one of its name, or at the end."""
    part = marked(name, body)
    for match in _PART.finditer(text):
        if match.group(1) == name:
            return text[: match.start()] + part + text[match.end() :]
    return f"{text.rstrip()}\n\n{part}" if text.strip() else part


def write(path: Path, name: str, body: str) -> None:
    """Put a part into a file."""
    path.write_text(put(path.read_text() if path.exists() else "", name, body))
