"""``seqrec fit``: train the network on an event log and save it."""

import time as clock
from pathlib import Path
from typing import Annotated

import typer

from seqrec.cli import _options as opt

_SIZE_UNIT = 1 << 20


def fit(
    events: opt.Events,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Model file to write, for example "
            "model.joblib. An old one is replaced once the new one is complete.",
            show_default=False,
        ),
    ],
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
    """Train the attention network on an event log and save the model."""
    from seqrec.cli._models import Columns, build_network
    from seqrec.cli._progress import fit_shown, open_progress
    from seqrec.cli._tables import print_json, say
    from seqrec.persistence import save_model
    from seqrec.persistence._joblib import check_target

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
    start = clock.perf_counter()
    with open_progress(quiet or as_json) as progress:
        fit_shown(model, log, "the network", progress)
    seconds = clock.perf_counter() - start
    save_model(output, model)
    network = model.steps[-1][1]
    report = {
        "model": str(output),
        "bytes": output.stat().st_size,
        "events": len(log),
        "users": log[user].n_unique(),
        "items": network.n_items_,
        "epochs": len(network.net_.history),
        "train_loss": network.net_.history[-1, "train_loss"],
        "seconds": seconds,
    }
    if as_json:
        print_json(report)
        return
    say(
        f"Learned from {report['events']:,} events of {report['users']:,} users and "
        f"{report['items']:,} items in {seconds:.1f} seconds "
        f"({report['epochs']} epoch{'s' if report['epochs'] > 1 else ''})."
    )
    say(f"Saved {output} ({report['bytes'] / _SIZE_UNIT:.1f} MiB). Next:")
    say(f"  seqrec recommend {output} {events}", soft_wrap=True)
