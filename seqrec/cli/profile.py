"""``seqrec profile``: what a fit takes, before and after."""

from pathlib import Path
from typing import Annotated

import typer

from seqrec.cli import _options as opt

_MIB = 1 << 20
_PARTS = {  # what people are told of the parts
    "encode": "sort and code the log",
    "prepare": "make the training set",
    "start": "first item vectors",
    "batches": "gather the events",
    "forward": "the network",
    "loss": "scores of items",
    "backward": "gradients",
    "optimiser": "new weights",
    "validation": "rank what is held out",
    "rest": "everything else",
    "baseline": "in use already",
    "sequences": "the log, coded",
    "training set": "events and targets",
    "parameters": "the network",
    "batch": "values for gradients",
}


def profile(
    events: opt.Events,
    fit: Annotated[
        bool, typer.Option("--fit", help="Train too, and say where the time went.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Save the model that --fit trains.",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="How long training steps are timed for the estimate.",
        ),
    ] = 3.0,
    user: opt.User = opt.USER,
    item: opt.Item = opt.ITEM,
    time: opt.Time = opt.TIME,
    time_unit: opt.TimeUnit = opt.Unit.s,
    separator: opt.Separator = None,
    encoder: opt.Encoder = None,
    attention: opt.Attention = None,
    heads: opt.Heads = None,
    hidden_units: opt.HiddenUnits = None,
    max_epochs: opt.MaxEpochs = None,
    device: opt.Device = None,
    seed: opt.Seed = 0,
    as_json: opt.Json = False,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Estimate time and memory of a fit; with --fit, train and measure."""
    from seqrec.cli._models import Columns, build_network
    from seqrec.cli._progress import open_progress
    from seqrec.cli._tables import print_json
    from seqrec.inspection import profile_fit
    from seqrec.persistence import save_model
    from seqrec.persistence._joblib import check_target

    if output is not None:
        if not fit:
            raise typer.BadParameter("--output goes with --fit, which trains a model.")
        check_target(output)
    columns = Columns(user, item, time, time_unit)
    model = build_network(
        columns,
        seed,
        encoder=encoder,
        attention=attention,
        n_heads=heads,
        hidden_units=hidden_units,
        max_epochs=max_epochs,
        device=device,
    )
    log = columns.read(events, separator)
    with open_progress(quiet or as_json) as progress:
        progress.add_task("Profiling", total=None, note="")
        found = profile_fit(model, log, fit=fit, budget=budget)
    if output is not None:
        save_model(output, model)
    if as_json:
        print_json(_as_dict(found))
    else:
        _show(found, events, output)


def _as_dict(found):
    import dataclasses

    return {
        **dataclasses.asdict(found),
        "total_seconds": found.total_seconds,
        "total_memory": found.total_memory,
        "exceeds_memory": found.exceeds_memory,
    }


def _show(found, events, output):
    from seqrec.cli._tables import say

    say(found.headline())
    say(_table(found, "seconds", "Time", "seconds"))
    say(_table(found, "bytes", "Memory", "MiB"))
    say(_conclusion(found))
    for note in found.notes:
        say(note)
    if output is not None:
        say(f"Saved {output}.")
    elif found.fit_seconds is None:
        say("Next: the same command with --fit.")


def _table(found, unit, title, shown):
    from seqrec.cli._tables import new_table

    measured = found.fit_seconds is not None
    table = new_table(title)
    table.add_column("part")
    table.add_column("")
    table.add_column(f"estimated {shown}", justify="right")
    if measured:
        table.add_column(f"measured {shown}", justify="right")
    for row in found.to_rows():
        known = row["estimated"] or row["measured"] or row["part"] == "total"
        if row["unit"] != unit or not known:
            continue
        cells = [_number(row["estimated"], unit), _number(row["measured"], unit)]
        what = _PARTS.get(row["part"], "")
        style = "bold" if row["part"].startswith("total") else ""
        table.add_row(row["part"], what, *cells[: 1 + measured], style=style)
    return table


def _number(value, unit):
    if value is None:
        return "-"
    return f"{value:,.2f}" if unit == "seconds" else f"{value / _MIB:,.1f}"


def _conclusion(found):
    """Return the sentence that sums the estimate up."""
    room = "an unknown amount"
    if found.available_memory is not None:
        room = f"{found.available_memory / _MIB:,.0f} MiB"
    more = (found.total_memory - found.memory["baseline"]) / _MIB
    takes = f"{more:,.0f} MiB of memory more than now ({room} can be had)"
    if found.total_seconds is None:
        return f"A fit takes {takes}."
    return (
        f"A fit takes about {_seconds(found.total_seconds)}, and {takes}. Estimated in "
        f"{_seconds(found.estimate_seconds)} from {found.n_timed:,} training steps."
    )


def _seconds(value):
    minutes = f" ({value / 60:,.0f} minutes)" if value >= 120 else ""
    return f"{value:,.{0 if value >= 100 else 1}f} seconds{minutes}"
