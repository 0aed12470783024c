"""``seqrec search``: a grid over heads and hidden units."""

import warnings
from pathlib import Path
from typing import Annotated

import typer

from seqrec.cli import _options as opt

_STEP = "attentionsequencerecommender__"


def search(
    events: opt.Events,
    heads: Annotated[
        str, typer.Option(metavar="N,N,...", help="Heads of attention to try.")
    ] = "1,2,4",
    hidden_units: Annotated[
        str, typer.Option(metavar="N,N,...", help="Widths of the encoder to try.")
    ] = "64,128",
    metric: Annotated[str, typer.Option(help="What decides.")] = "ndcg@10",
    jobs: Annotated[
        int, typer.Option(help="Fits at the same time; -1 takes every core.")
    ] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Fit the best one on all events and write it to this model file.",
            show_default=False,
        ),
    ] = None,
    user: opt.User = opt.USER,
    item: opt.Item = opt.ITEM,
    time: opt.Time = opt.TIME,
    time_unit: opt.TimeUnit = opt.Unit.s,
    separator: opt.Separator = None,
    encoder: opt.Encoder = None,
    max_epochs: opt.MaxEpochs = None,
    device: opt.Device = None,
    seed: opt.Seed = 0,
    as_json: opt.Json = False,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Try every pair of heads and hidden units on held-out last events."""
    from rich.console import Console
    from sklearn.model_selection import GridSearchCV

    from seqrec.cli._models import Columns, build_network
    from seqrec.cli._tables import print_json, say
    from seqrec.exceptions import DataWarning
    from seqrec.model_selection import LeaveLastOut, ranking_scorer
    from seqrec.persistence import save_model
    from seqrec.persistence._joblib import check_target

    grid = {
        "n_heads": opt.parse_ints(heads, "--heads"),
        "hidden_units": opt.parse_ints(hidden_units, "--hidden-units"),
    }
    _check_grid(**grid)
    scorer = ranking_scorer(metric)
    if output is not None:
        check_target(output)
    columns = Columns(user, item, time, time_unit)
    model = build_network(
        columns, seed, encoder=encoder, max_epochs=max_epochs, device=device
    )
    log = columns.read(events, separator)
    tried = GridSearchCV(
        model,
        {_STEP + name: values for name, values in grid.items()},
        scoring=scorer,
        cv=LeaveLastOut(**columns.split_params()),
        n_jobs=jobs,
        refit=output is not None,
        error_score="raise",
    )
    n_fits = len(grid["n_heads"]) * len(grid["hidden_units"])
    console = Console(stderr=True, quiet=quiet or as_json)
    with (
        console.status(f"Fitting {n_fits} networks, {jobs} at a time"),
        warnings.catch_warnings(),
    ):
        if jobs != 1:  # other processes would print theirs as they are, once a fit
            warnings.simplefilter("ignore", DataWarning)
        tried.fit(log)
    if output is not None:
        save_model(output, tried.best_estimator_)
    results = _results(tried.cv_results_, metric)
    if as_json:
        print_json({"metric": metric, "results": results, "model": output})
        return
    say(_table(results, metric))
    if output is not None:
        say(f"Saved {output}: the first line, fitted on all events.")


def _check_grid(n_heads, hidden_units):
    wrong = [(h, u) for h in n_heads for u in hidden_units if u % h]
    if wrong:
        shown = ", ".join(f"{h} of {u}" for h, u in wrong[:5])
        raise ValueError(
            f"Heads must divide hidden units. These do not: {shown}. Choose other "
            f"--heads or --hidden-units."
        )


def _results(found, metric):
    """Return one dict a combination, best first."""
    rows = [
        {
            "heads": int(found[f"param_{_STEP}n_heads"][row]),
            "hidden_units": int(found[f"param_{_STEP}hidden_units"][row]),
            metric: float(found["mean_test_score"][row]),
            "fit_seconds": float(found["mean_fit_time"][row]),
        }
        for row in range(len(found["params"]))
    ]
    return sorted(rows, key=lambda row: -row[metric])


def _table(results, metric):
    from seqrec.cli._tables import new_table, show_metric

    table = new_table(
        "Heads and hidden units", "leave-last-out, ranked among all items"
    )
    for name in ("heads", "hidden units", show_metric(metric), "fit seconds"):
        table.add_column(name, justify="right")
    for place, row in enumerate(results):
        table.add_row(
            str(row["heads"]),
            str(row["hidden_units"]),
            f"{row[metric]:.4f}",
            f"{row['fit_seconds']:.1f}",
            style=None if place else "bold green",
        )
    return table
