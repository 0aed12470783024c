"""Arguments and options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from seqrec.data.schema import ITEM, TIME, USER

__all__ = [
    "ITEM",
    "TIME",
    "USER",
    "Attention",
    "Debug",
    "Device",
    "Encoder",
    "Events",
    "Heads",
    "HiddenUnits",
    "Item",
    "Json",
    "MaxEpochs",
    "Quiet",
    "Seed",
    "Separator",
    "Time",
    "TimeUnit",
    "Unit",
    "User",
    "parse_ints",
]

_DATA = "The event log"
_NETWORK = "The network (what is not given stays at the library's default)"


class Unit(StrEnum):
    """Units of times given as numbers."""

    s = "s"
    ms = "ms"
    us = "us"
    ns = "ns"


Events = Annotated[
    Path,
    typer.Argument(
        metavar="EVENTS",
        help="Event log, one row an event: .csv, .tsv (also .gz) or .parquet.",
        show_default=False,
    ),
]
User = Annotated[
    str,
    typer.Option(metavar="COLUMN", help="Who acts.", rich_help_panel=_DATA),
]
Item = Annotated[
    str,
    typer.Option(metavar="COLUMN", help="What is acted on.", rich_help_panel=_DATA),
]
Time = Annotated[
    str,
    typer.Option(
        metavar="COLUMN",
        help="When. An empty text ('') says that rows are in order already.",
        rich_help_panel=_DATA,
    ),
]
TimeUnit = Annotated[
    Unit,
    typer.Option(
        help="Unit of times given as numbers since 1970.", rich_help_panel=_DATA
    ),
]
Separator = Annotated[
    str | None,
    typer.Option(
        metavar="CHARACTER",
        help="Between two fields of a text file; by default a comma in .csv and a "
        "tab in .tsv.",
        show_default=False,
        rich_help_panel=_DATA,
    ),
]


def _network(metavar, text):
    return typer.Option(
        metavar=metavar, help=text, show_default=False, rich_help_panel=_NETWORK
    )


Encoder = Annotated[
    str | None, _network("NAME", "lstm, gru, rnn, tcn, transformer, ligr or mean.")
]
Attention = Annotated[
    str | None, _network("NAME", "multihead, dot, additive, hierarchical or none.")
]
Heads = Annotated[
    int | None, _network("N", "Heads of multihead attention and of the transformer.")
]
HiddenUnits = Annotated[int | None, _network("N", "Width of the encoder.")]
MaxEpochs = Annotated[int | None, _network("N", "Passes over the data.")]
Device = Annotated[str | None, _network("NAME", "cpu, cuda, cuda:1, ... or auto.")]
Seed = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="The same number gives the same model.",
        rich_help_panel=_NETWORK,
    ),
]

Json = Annotated[
    bool, typer.Option("--json", help="Print JSON for programs, and nothing else.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def parse_ints(text, option):
    """Return ``[1, 2]`` for ``"1,2"``, or raise a usage error that names the option."""
    try:
        values = [int(word) for word in text.split(",")]
    except ValueError:
        values = []
    if not values or min(values) < 1:
        raise typer.BadParameter(
            f"{option} takes whole numbers from 1 with commas between them, such as "
            f"1,2,4. Got {text!r}."
        )
    return list(dict.fromkeys(values))
