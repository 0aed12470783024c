"""``seqrec demo``: the embedded films, every model, and what they are worth."""

import time
from pathlib import Path
from typing import Annotated

import typer

from seqrec.cli import _options as opt

_METRICS = ["ndcg@10", "hit_rate@10"]
_N_SHOWN = 5  # films recommended to each user on the screen
_N_RECENT = 12  # films of a history in the picture
_ACTIVITY = (0.5, 0.7, 0.9)  # the users shown: these quantiles of history length


def demo(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where pictures go."),
    ] = Path("demo"),
    max_epochs: opt.MaxEpochs = None,
    device: opt.Device = None,
    seed: opt.Seed = 0,
    as_json: opt.Json = False,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Train every model on the embedded film ratings and show what they are worth.

    Takes a minute or two, needs no download, and writes two pictures.
    """
    import matplotlib  # noqa: F401 - whether it is there is known before training

    from seqrec.cli._models import NETWORK, Columns, build_baselines, build_network
    from seqrec.cli._pictures import draw_attention, draw_learning_curve
    from seqrec.cli._progress import open_progress
    from seqrec.cli._scores import score_models
    from seqrec.cli._tables import print_json
    from seqrec.datasets import load_movietweetings
    from seqrec.model_selection import LeaveLastOut

    start = time.perf_counter()
    output.mkdir(parents=True, exist_ok=True)
    data = load_movietweetings(frame="polars")
    events = data.events
    columns = Columns(opt.USER, opt.ITEM, opt.TIME, opt.Unit.s)
    network = build_network(columns, seed, max_epochs=max_epochs, device=device)
    # A curve of held-out users needs some; none of the epochs is left out for that.
    final = network.steps[-1][1]
    final.set_params(early_stopping=True, n_iter_no_change=final.max_epochs)
    models = {**build_baselines(columns), NETWORK: network}
    folds = list(LeaveLastOut().split(events))
    with open_progress(quiet or as_json) as progress:
        scores, fitted = score_models(models, events, folds, _METRICS, progress)
    films = dict(data.item_features.select(opt.ITEM, "title").iter_rows())
    users = _answer_users(fitted[NETWORK], events, films)
    curve, attention = output / "learning_curve.png", output / "attention.png"
    draw_learning_curve(list(fitted[NETWORK].steps[-1][1].net_.history), curve)
    draw_attention(users, attention)
    report = {
        "events": len(events),
        "users": events[opt.USER].n_unique(),
        "items": events[opt.ITEM].n_unique(),
        "models": [
            {"model": one.model, **one.metrics, "fit_seconds": one.fit_seconds}
            for one in scores
        ],
        "recommendations": [
            {"user": one["user"], "recent": one["titles"], "items": one["best"]}
            for one in users
        ],
        "pictures": [str(curve), str(attention)],
        "seconds": time.perf_counter() - start,
    }
    if as_json:
        print_json(report)
    else:
        _show(report, scores)


def _answer_users(model, events, films):
    """Return what the tables and the picture say of three users."""
    import numpy as np

    from seqrec.estimators import recommend

    encoder, network = model.steps[0][1], model.steps[-1][1]
    counts = events.group_by(opt.USER).len().sort("len", opt.USER)
    rows = [int(share * (len(counts) - 1)) for share in _ACTIVITY]
    chosen = counts[opt.USER][rows].to_list()
    log = events.filter(events[opt.USER].is_in(chosen))
    best = recommend(model, log, k=_N_SHOWN)
    sequences = encoder.transform(log)
    weights, mask = network.attention_weights(sequences)
    answers = []
    for row, user in enumerate(sequences.users.tolist()):
        history = np.asarray(sequences[row : row + 1].to_lists()[0])
        looked_at = weights[row][:, mask[row]]
        items = best.filter(best[opt.USER] == user)[opt.ITEM].to_list()
        answers.append(
            {
                "user": user,
                "n_events": len(history),
                "titles": [films[item] for item in history[-_N_RECENT:].tolist()],
                "weights": looked_at[:, -_N_RECENT:],
                "best": [films[item] for item in items],
                "next": films[items[0]],
            }
        )
    return answers


def _show(report, scores):
    from seqrec.cli._scores import margin_sentence
    from seqrec.cli._tables import new_table, say, score_table

    title = (
        f"MovieTweetings: {report['events']:,} ratings, {report['users']:,} users, "
        f"{report['items']:,} films"
    )
    caption = "the last film of each user held out, ranked among all films"
    say(score_table(scores, _METRICS, title=title, caption=caption))
    say(margin_sentence(scores, _METRICS[0]).replace("ndcg@10", "NDCG@10", 1))
    say()
    table = new_table("What the network recommends")
    for name in ("user", "saw last, latest first", "recommended next, best first"):
        table.add_column(name, overflow="fold")
    for one in report["recommendations"]:
        recent = "\n".join(one["recent"][: -_N_SHOWN - 1 : -1])
        best = "\n".join(one["items"])
        table.add_row(str(one["user"]), recent, best, end_section=True)
    say(table)
    say(f"Pictures: {', '.join(report['pictures'])}", soft_wrap=True)
    say(f"All in {report['seconds']:.0f} seconds. Your own events: seqrec fit --help")
