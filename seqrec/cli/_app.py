"""The typer application: which commands there are."""

from typing import Annotated

import typer

from seqrec._version import __version__
from seqrec.cli._errors import explain_errors
from seqrec.cli.demo import demo
from seqrec.cli.evaluate import evaluate
from seqrec.cli.fit import fit
from seqrec.cli.profile import profile
from seqrec.cli.recommend import recommend
from seqrec.cli.search import search

__all__ = ["build_app"]

COMMANDS = {
    "fit": fit,
    "recommend": recommend,
    "evaluate": evaluate,
    "search": search,
    "profile": profile,
    "demo": demo,
}


def build_app():
    """Return the application, one command for each line of `COMMANDS`."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Sequential recommendation: from a table of events to the next items. "
        "Start with 'seqrec demo'.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_top)
    for name, command in COMMANDS.items():
        app.command(name)(explain_errors(command))
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"seqrec {__version__}")
        raise typer.Exit


def _top(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    pass
