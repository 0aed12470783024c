"""Means of models with intervals, differences to the best baseline, and slices."""

from typing import NamedTuple

import numpy as np

from seqrec._types import Array
from seqrec.metrics.inverse_propensity import inverse_propensity_mean
from seqrec.model_selection._resampling import (
    bootstrap_intervals,
    holm,
    sign_flip_p_values,
    user_sums,
)

__all__ = ["Resampling", "Summary", "summarise"]

_ENTRIES = 1 << 24  # of the table of users and columns that is in memory at once


class Resampling(NamedTuple):
    """How users are drawn anew for intervals and p-values; as in `evaluate`."""

    n_resamples: int
    confidence: float
    random_state: object


class Summary(NamedTuple):
    """What was found, models in rows and metrics in columns; the best model first.

    Attributes
    ----------
    models : tuple of str
        Names, sorted by the first metric.
    baselines : tuple of str
        Those of them that are baselines.
    metrics : tuple of str
        Names.
    lower_is_better : tuple of bool
        Of each metric.
    means, low, high : ndarray of shape (n_models, n_metrics)
        Means and the ends of their intervals; NaN where there is no interval.
    references : tuple of str or None
        Name of the baseline that is best by each metric.
    differences, difference_low, difference_high : ndarray of the same shape
        To that baseline; NaN for itself, and where there is none.
    p_values : ndarray of the same shape
        Corrected for the number of models.
    n_effective : ndarray of shape (n_models,)
        How many equally weighted targets say as much; NaN without weights.
    values : dict of str to ndarray of shape (n_models, n_targets)
        Values of the metrics that have one a target.
    targets : dict of str to ndarray of shape (n_targets,)
        Fold, user, item, length of the history of each target.
    slices : list of dict
        A mean a model, metric and label.
    fit_seconds, predict_seconds, peak_memory : ndarray of shape (n_models,)
        Wall-clock seconds of all folds, and bytes (NaN where unknown).
    """

    models: tuple
    baselines: tuple
    metrics: tuple
    lower_is_better: tuple
    means: Array
    low: Array
    high: Array
    references: tuple
    differences: Array
    difference_low: Array
    difference_high: Array
    p_values: Array
    n_effective: Array
    values: dict
    targets: dict
    slices: list
    fit_seconds: Array
    predict_seconds: Array
    peak_memory: Array


class _Resampler:
    """Means and intervals of columns of values, all from the same draws of users."""

    def __init__(self, users, resampling):
        _, self.users = np.unique(users, return_inverse=True)
        self.n_users = int(self.users.max()) + 1
        self.n_resamples = resampling.n_resamples
        self.confidence = resampling.confidence
        self.seed = _as_seed(resampling.random_state)

    def sums(self, values, weights=None):
        """Return what each user adds to the two sums of a mean; weights may be None."""
        if weights is None:
            return user_sums(values, self.users, self.n_users)
        top, _ = user_sums(values * weights, self.users, self.n_users)
        known = np.where(np.isnan(values), np.nan, weights)
        return top, user_sums(known, self.users, self.n_users)[0]

    def intervals(self, columns):
        """Return the ends of the intervals of means, given as pairs of sums."""
        ends = np.full((2, len(columns)), np.nan)
        if not self.n_resamples:
            return ends
        step = max(1, _ENTRIES // self.n_users)
        for start in range(0, len(columns), step):
            some = columns[start : start + step]
            ends[:, start : start + len(some)] = bootstrap_intervals(
                np.column_stack([top for top, _ in some]),
                np.column_stack([bottom for _, bottom in some]),
                n_resamples=self.n_resamples,
                confidence=self.confidence,
                rng=np.random.default_rng(self.seed),
            )
        return ends

    def p_values(self, tops):
        """Return a p-value for each column of users' differences."""
        if not self.n_resamples or not tops:
            return np.full(len(tops), np.nan)
        rng = np.random.default_rng([self.seed, 1])
        table = np.column_stack(tops)
        return sign_flip_p_values(table, n_resamples=self.n_resamples, rng=rng)


def summarise(runs, asked, targets, resampling):
    """Return the `Summary` of runs.

    Parameters
    ----------
    runs : list of Run
        What each model made of the targets.
    asked : MetricSet
        What was measured.
    targets : dict of str to object
        What is known of each target; ``"user"`` numbers the users, ``"slices"`` holds
        labels, ``"propensity"`` how likely each was to be observed.
    resampling : Resampling
        How the users are drawn anew.
    """
    resampler = _Resampler(targets["user"], resampling)
    baselines = [run.name for run in runs if run.is_baseline]
    metrics = tuple(asked)
    runs = _sort_runs(runs, asked, metrics[0], targets)
    shape = len(runs), len(metrics)
    tables = {name: np.full(shape, np.nan) for name in _TABLES}
    references: list = []
    slices: list = []
    for column, metric in enumerate(metrics):
        if not asked.has_row_values(metric):
            tables["means"][:, column] = [run.wholes[metric] for run in runs]
            references.append(None)
            continue
        lower = asked.lower_is_better(metric)
        weights = _weights(targets, asked, metric)
        values = [run.values[metric] for run in runs]
        sums = [resampler.sums(one, weights) for one in values]
        means = np.array([_ratio(one) for one in sums])
        tables["means"][:, column] = means
        tables["low"][:, column], tables["high"][:, column] = resampler.intervals(sums)
        reference = _best(runs, means, baselines, lower)
        references.append(None if reference is None else runs[reference].name)
        if reference is not None:
            _compare(tables, column, reference, values, weights, resampler)
        slices += _slice(runs, metric, values, weights, targets["slices"], resampler)
    return Summary(
        models=tuple(run.name for run in runs),
        baselines=tuple(run.name for run in runs if run.name in baselines),
        metrics=metrics,
        lower_is_better=tuple(asked.lower_is_better(metric) for metric in metrics),
        references=tuple(references),
        n_effective=np.full(len(runs), _effective(targets, asked)),
        values={
            metric: np.array([run.values[metric] for run in runs])
            for metric in metrics
            if asked.has_row_values(metric)
        },
        targets={k: v for k, v in targets.items() if k not in {"slices", "place"}},
        slices=slices,
        fit_seconds=np.array([run.fit_seconds for run in runs]),
        predict_seconds=np.array([run.predict_seconds for run in runs]),
        peak_memory=np.array([run.peak_memory or np.nan for run in runs]),
        **tables,
    )


_TABLES = (
    "means",
    "low",
    "high",
    "differences",
    "difference_low",
    "difference_high",
    "p_values",
)


def _sort_runs(runs, asked, metric, targets):
    """Return runs with the best one first by a metric; equal ones keep their order."""

    def worth(run):
        if asked.has_row_values(metric):
            values, weights = run.values[metric], _weights(targets, asked, metric)
            known = ~np.isnan(values)
            weights = None if weights is None else weights[known]
            value = np.average(values[known], weights=weights) if known.any() else -1.0
        else:
            value = run.wholes[metric]
        return value if asked.lower_is_better(metric) else -value

    return sorted(runs, key=worth)


def _weights(targets, asked, metric):
    """Return the weight of each target; None weighs all the same."""
    if asked.propensity is None or not asked.is_accuracy(metric):
        return None
    return 1.0 / targets["propensity"]


def _ratio(sums):
    top, bottom = sums
    return top.sum() / bottom.sum() if bottom.sum() else np.nan


def _best(runs, means, baselines, lower):
    """Return the place of the best baseline; None where there is none."""
    rows = [
        row
        for row, run in enumerate(runs)
        if run.name in baselines and not np.isnan(means[row])
    ]
    if not rows:
        return None
    return min(rows, key=lambda row: means[row] if lower else -means[row])


def _compare(tables, column, reference, values, weights, resampler):
    """Fill in the differences of each model to the reference, target by target."""
    rows = [row for row in range(len(values)) if row != reference]
    if not rows:
        return
    sums = [resampler.sums(values[row] - values[reference], weights) for row in rows]
    tables["differences"][rows, column] = [_ratio(one) for one in sums]
    low, high = resampler.intervals(sums)
    tables["difference_low"][rows, column] = low
    tables["difference_high"][rows, column] = high
    raw = resampler.p_values([top for top, _ in sums])
    tables["p_values"][rows, column] = holm(raw)


def _slice(runs, metric, values, weights, slices, resampler):
    """Return a row for each model and label of each slicing."""
    rows, sums = [], []
    for name, (labels, order) in slices.items():
        for label in order:
            inside = labels == label
            for run, own in zip(runs, values, strict=True):
                kept = np.where(inside, own, np.nan)
                rows.append(
                    {
                        "slice": name,
                        "label": label,
                        "model": run.name,
                        "metric": metric,
                        "n_targets": int(inside.sum()),
                    }
                )
                sums.append(resampler.sums(kept, weights))
    low, high = resampler.intervals(sums)
    for row, one, start, end in zip(rows, sums, low, high, strict=True):
        row.update(mean=float(_ratio(one)), low=float(start), high=float(end))
    return rows


def _effective(targets, asked):
    """Return how many equally weighted targets say as much (Kish)."""
    if asked.propensity is None:
        return np.nan
    chances = targets["propensity"]
    return inverse_propensity_mean(np.ones(len(chances)), chances).n_effective


def _as_seed(random_state):
    """Return an int that stands for `random_state`."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return int(random_state)
