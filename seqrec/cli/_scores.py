"""Fit models on the folds of a splitter, and score them."""

import time
from typing import NamedTuple

import narwhals as nw
import numpy as np
from sklearn.base import clone

from seqrec.cli._models import NETWORK
from seqrec.cli._progress import fit_shown
from seqrec.model_selection import ranking_scorer

__all__ = ["Score", "margin_sentence", "score_models", "take"]


class Score(NamedTuple):
    """How good a model is, and how long it took: means over the folds."""

    model: str
    metrics: dict
    fit_seconds: float


def take(events, rows):
    """Return rows of a table."""
    return nw.from_native(events, eager_only=True)[rows].to_native()


def score_models(models, events, folds, metrics, progress):
    """Score models by name on folds of an event log, and keep what was fitted.

    Parameters
    ----------
    models : dict of str to estimator
        Unfitted; they are cloned.
    events : table
        Event log.
    folds : list of (train, test)
        Row numbers, as splitters yield them.
    metrics : list of str
        Such as ``"ndcg@10"``.
    progress : rich.progress.Progress
        Where progress is shown.

    Returns
    -------
    scores : list of Score
        The best first, by the first metric.
    fitted : dict of str to estimator
        Each model as fitted on the last fold.
    """
    scorer = ranking_scorer(metrics)
    results: dict = {}
    seconds: dict = {}
    fitted = {}
    for train, test in folds:
        train, test = take(events, train), take(events, test)
        for name, model in models.items():
            start = time.perf_counter()
            fitted[name] = fit_shown(clone(model), train, name, progress)
            seconds.setdefault(name, []).append(time.perf_counter() - start)
            results.setdefault(name, []).append(scorer(fitted[name], test))
    scores = [
        Score(
            name,
            {
                metric: float(np.mean([one[metric] for one in results[name]]))
                for metric in metrics
            },
            float(np.mean(seconds[name])),
        )
        for name in models
    ]
    return sorted(scores, key=lambda one: -one.metrics[metrics[0]]), fitted


def margin_sentence(scores, metric, ours=NETWORK):
    """Return how far a model is above or below the best of the others."""
    own = next(one for one in scores if one.model == ours).metrics[metric]
    best = max(
        (one for one in scores if one.model != ours),
        key=lambda one: one.metrics[metric],
    )
    other = best.metrics[metric]
    if not other:
        return f"No other model has a {metric} above 0."
    whose = f"the {ours}" if ours == NETWORK else ours
    side = "above" if own >= other else "below"
    return (
        f"{metric} of {whose} is {abs(own / other - 1):.1%} {side} that of the best "
        f"baseline, {best.model}."
    )
