"""The commands, gathered."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from .doctor import doctor
from .inspect import inspect
from .verify import verify

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pyvalidator {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """X.509 certification path validation (RFC 5280)."""


app.command()(verify)
app.command()(inspect)
app.command()(doctor)
