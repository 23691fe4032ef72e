"""The command line: one file a command. It prints and never decides; needs the extra [cli]."""

from __future__ import annotations

import sys
from typing import Final

#: Packages of the extra that the command line cannot start without.
_NEEDED: Final = ("typer", "rich")


def main() -> None:
    """Run the command that sys.argv asks for, and exit with its code; 2 if the extra [cli] is not installed."""
    try:
        from ._app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        print(
            f"pyvalidator: the command line needs the package {error.name}: pip install 'pyvalidator[cli]'",
            file=sys.stderr,
        )
        sys.exit(2)
    app(prog_name="pyvalidator")
