"""``seqrec evaluate``: the network against the baselines on held-out events."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from seqrec.cli import _options as opt

_SECONDS_A_DAY = 86_400


class Split(StrEnum):
    """How events are held out."""

    leave_last_out = "leave-last-out"
    temporal = "temporal"


def evaluate(
    events: opt.Events,
    split: Annotated[
        Split,
        typer.Option(
            help="leave-last-out holds out the last event of every user; temporal "
            "learns from the past and tests on what came next."
        ),
    ] = Split.leave_last_out,
    folds: Annotated[int, typer.Option(min=1, help="How many folds.")] = 1,
    test_days: Annotated[
        float | None,
        typer.Option(
            help="Days of a test window of the temporal split; by default the last "
            "tenth of the events.",
            show_default=False,
        ),
    ] = None,
    metrics: Annotated[
        str, typer.Option(help="With commas between them; the first one sorts.")
    ] = "ndcg@10,hit_rate@10",
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Take the settings of this saved model (it is fitted "
            "anew on each fold) instead of the network options.",
            show_default=False,
        ),
    ] = None,
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
    """Measure the network against every baseline on held-out events."""
    from seqrec.cli import _models
    from seqrec.cli._progress import open_progress
    from seqrec.cli._reports import print_margin, print_report, report_payload
    from seqrec.cli._tables import print_json
    from seqrec.model_selection import evaluate as judge
    from seqrec.model_selection import ranking_scorer

    wanted = [name.strip() for name in metrics.split(",")]
    ranking_scorer(wanted)  # names are checked before anything slow
    columns = _models.Columns(user, item, time, time_unit)
    if model is None:
        ours = _models.NETWORK
        own = _models.build_network(
            columns,
            seed,
            encoder=encoder,
            attention=attention,
            n_heads=heads,
            hidden_units=hidden_units,
            max_epochs=max_epochs,
            device=device,
        )
    else:
        ours, own = model.name, _load_settings(model)
    splitter = _build_splitter(split, folds, test_days, columns)
    log = columns.read(events, separator)
    with open_progress(quiet or as_json) as progress:
        progress.add_task("Fitting and judging every model", total=None, note="")
        report = judge({ours: own}, log, split=splitter, metrics=wanted, item=item)
    if as_json:
        print_json({"split": split, "folds": folds, **report_payload(report)})
        return
    print_report(report, title=str(events.name))
    print_margin(report, ours)


def _build_splitter(split, folds, test_days, columns):
    from seqrec.model_selection import LeaveLastOut, TemporalSplit

    params = columns.split_params()
    if split is Split.leave_last_out:
        if test_days is not None:
            raise typer.BadParameter("--test-days goes with --split temporal.")
        return LeaveLastOut(folds, **params)
    if params["time"] is None:
        raise ValueError(
            "The temporal split needs times. Name their column with --time, or use "
            "--split leave-last-out."
        )
    span = None if test_days is None else test_days * _SECONDS_A_DAY
    return TemporalSplit(folds, span, **params)


def _load_settings(path):
    from sklearn.base import clone

    from seqrec.persistence import load_model

    fitted = load_model(path)
    return clone(getattr(fitted, "best_estimator_", fitted))
