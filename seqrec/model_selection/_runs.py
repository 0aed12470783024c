"""Runs: each model fitted on each fold, and what it makes of the targets."""

import contextlib
import time
from typing import NamedTuple

import numpy as np
from sklearn.base import clone

from seqrec._process import PeakMemory
from seqrec._validation.warn import warn_caller
from seqrec.data._frames import take_rows
from seqrec.exceptions import DataWarning
from seqrec.model_selection._judged import Judged, judge

__all__ = ["Run", "run_models", "warn_of_runs"]


class Run(NamedTuple):
    """One model on all folds.

    Attributes
    ----------
    name : str
        Of the model.
    is_baseline : bool
        Whether others are compared with it.
    values : dict of str to ndarray of shape (n_targets,)
        Values of the metrics that have one a row, fold after fold.
    wholes : dict of str to float
        Means over the folds of the other metrics.
    fit_seconds, predict_seconds : float
        Wall-clock time of all folds together.
    peak_memory : int or None
        Most bytes that the process held meanwhile; None where the system does not tell.
    candidates : str
        What its targets are ranked among.
    seen : str
        Whether items of the history are among them.
    notes : list of str
        What speaks against its figures.
    """

    name: str
    is_baseline: bool
    values: dict
    wholes: dict
    fit_seconds: float
    predict_seconds: float
    peak_memory: int | None
    candidates: str
    seen: str
    notes: list


def run_models(models, floors, events, log, parts, asked, refit):
    """Fit and judge models on the parts of an event log.

    Parameters
    ----------
    models : dict of str to estimator
        What is judged.
    floors : container of str
        Names of the baselines, which are fitted whatever `refit` says.
    events : table
        The log as the caller has it.
    log : EventLog
        The same, in user and time order.
    parts : list of Part
        What is learned from and tested.
    asked : MetricSet
        What is measured.
    refit : bool
        Fit clones; False takes the models as they are.

    Returns
    -------
    runs : list of Run
        In the order of `models`.
    """
    found: dict = {name: [] for name in models}
    for part in parts:
        learned = take_rows(events, log.table_rows(part.train))
        rounds = [
            (rows, take_rows(events, log.table_rows(places)))
            for rows, places in part.rounds()
        ]
        for name, model in models.items():
            fits = refit or name in floors
            with PeakMemory() as memory, _named(name):
                start = time.perf_counter()
                fitted = clone(model).fit(learned) if fits else model
                middle = time.perf_counter()
                judged = _judge_part(fitted, rounds, part, log, asked.list_length)
                end = time.perf_counter()
            judged, note = _compare(judged, part, log, name, fits)
            seconds = (middle - start if fits else 0.0, end - middle)
            found[name].append(_measure(judged, asked, seconds, memory.peak, note))
    return [_join(name, name in floors, folds, asked) for name, folds in found.items()]


@contextlib.contextmanager
def _named(name):
    """Say of an error which model it is about."""
    try:
        yield
    except Exception as exc:
        exc.add_note(f"This is about model {name!r} of evaluate.")
        raise


def warn_of_runs(runs):
    """Warn of models that know too much, and of rankings that cannot be compared."""
    for note in dict.fromkeys(note for run in runs for note in run.notes):
        warn_caller(note, DataWarning)
    kinds: dict = {}
    for run in runs:
        kinds.setdefault(run.seen, []).append(run.name)
    if len(kinds) > 1:
        said = "; ".join(f"{names}: {kind}" for kind, names in kinds.items())
        warn_caller(
            f"Models differ in what leaves the ranking, so their figures cannot be "
            f"compared. {said}. Set exclude_seen= of all of them.",
            DataWarning,
        )


def _judge_part(fitted, rounds, part, log, k):
    """Return what a fitted model makes of all targets of a part, in their order."""
    whole = None
    for rows, events in rounds:
        judged = judge(fitted, events, k=k, counts_cold=True, owner="evaluate")
        if whole is None:
            whole = _all_missed(judged, log.users[part.users])
        kept, at = _match_users(judged.users, whole.users[rows], rows)
        for name in _ROWS:
            if getattr(whole, name) is not None:
                getattr(whole, name)[at] = getattr(judged, name)[kept]
    return whole


_ROWS = ("targets", "best", "worst", "n_ranked", "lists")


def _all_missed(judged, users):
    """Return a `Judged` of as many rows as users, none of which finds its target."""
    n, model = len(users), judged.recommender
    lists = None
    if judged.lists is not None:
        lists = np.zeros((n, judged.lists.shape[1]), dtype=np.int64)
    return Judged(
        users=users,
        targets=np.full(n, -1, dtype=np.int64),
        best=np.full(n, np.inf),
        worst=np.full(n, np.inf),
        n_ranked=np.full(n, model.n_items_, dtype=np.int64),
        lists=lists,
        recommender=model,
        items=model.items_,
        popularity=model.item_counts_,
    )


def _match_users(found, wanted, rows):
    """Return which judged rows count, and the targets that they are of.

    `wanted` are the sorted ids of the tested users, `rows` the targets they stand for.
    A user may have several rows, of which the last one holds the target.
    """
    place = np.searchsorted(wanted, found)
    known = place < len(wanted)
    known[known] = wanted[place[known]] == found[known]
    if not known.all():
        raise ValueError(
            f"evaluate got {np.count_nonzero(~known)} rows of users that were not "
            f"asked for, such as {found[~known][:1].tolist()}. Pipelines must keep the "
            f"ids of the users, as SequenceEncoder does."
        )
    order = np.argsort(place, kind="stable")
    is_last = np.append(place[order][1:] != place[order][:-1], True)
    kept = order[is_last]
    return kept, rows[place[kept]]


def _compare(judged, part, log, name, fits):
    """Compare what was judged with the log: its items, its targets, what was learned.

    Returns
    -------
    judged : Judged
        In the codes of all items of the training part, the same for every model; a
        miss where the target is an item that the model lacks.
    note : str or None
        What speaks against the figures of a model that was fitted beforehand.
    """
    model = judged.recommender
    own_code = model.vocabulary_.encode(log.item_ids).astype(np.int64)
    own_code[own_code == 0] = -1
    place = np.full(model.n_items_, -1)
    place[own_code[own_code > 0] - 1] = np.flatnonzero(own_code > 0)
    known = place >= 0
    if not known.all() and (fits or not known.any()):
        raise ValueError(
            f"Model {name!r} ranks {np.count_nonzero(~known)} items that are not in "
            f"the item column, such as {model.items_[~known][:1].tolist()}. Give its "
            f"SequenceEncoder the item column of evaluate, or name the column with "
            f"item=."
        )
    learned = np.bincount(log.items[part.train], minlength=len(own_code))
    _check_targets(judged.targets, own_code[log.items[part.targets]], name)
    is_there = (learned > 0) | (own_code > 0)
    code = np.where(is_there, np.cumsum(is_there), -1)
    targets = np.where(own_code > 0, code, -1)[log.items[part.targets]]
    new_code = np.zeros(model.n_items_ + 1, dtype=np.int64)
    new_code[1:][known] = code[place[known]]
    judged = judged._replace(
        targets=targets,
        best=np.where(targets < 0, np.inf, judged.best),
        worst=np.where(targets < 0, np.inf, judged.worst),
        lists=None if judged.lists is None else new_code[judged.lists],
        items=log.item_ids[is_there],
        popularity=learned[is_there].astype(np.float64),
    )
    allowed = np.where(known, learned[place], 0)
    n_more = int(np.maximum(model.item_counts_ - allowed, 0).sum())
    return judged, None if fits or not n_more else _learned_beyond(name, n_more)


def _check_targets(found, wanted, name):
    """Raise if a model was asked for other targets than those of the split."""
    wrong = (wanted > 0) & (found > 0) & (found != wanted)
    if wrong.any():
        raise ValueError(
            f"Model {name!r} takes another event for the target than the split in "
            f"{np.count_nonzero(wrong)} of {len(wrong)} cases. Give its "
            f"SequenceEncoder the columns user=, time= and time_unit= of the split."
        )


def _learned_beyond(name, n_more):
    return (
        f"Model {name!r} was fitted beforehand on at least {n_more:,} events that are "
        f"not in the training part, perhaps on the targets: its figures say nothing. "
        f"Pass it with refit=True, or fit it on the training part alone."
    )


def _measure(judged, asked, seconds, peak, note):
    rows = {m: asked.row_values(m, judged) for m in asked if asked.has_row_values(m)}
    wholes = {m: asked.summary(m, judged) for m in asked if not asked.has_row_values(m)}
    model = judged.recommender
    seen = "seen items left out" if model.exclude_seen_ else "seen items left in"
    return {
        "rows": rows,
        "wholes": wholes,
        "seconds": seconds,
        "peak": peak,
        "n_items": model.n_items_,
        "seen": seen,
        "note": note,
    }


def _join(name, is_baseline, folds, asked):
    """Join what was found on each fold."""
    sizes = [fold["n_items"] for fold in folds]
    size = f"{min(sizes):,}"
    if max(sizes) > min(sizes):
        size = f"{size} to {max(sizes):,}"
    seen = " or ".join(dict.fromkeys(fold["seen"] for fold in folds))
    peaks = [fold["peak"] for fold in folds if fold["peak"] is not None]
    return Run(
        name=name,
        is_baseline=is_baseline,
        values={
            metric: np.concatenate([fold["rows"][metric] for fold in folds])
            for metric in folds[0]["rows"]
        },
        wholes={
            metric: float(np.mean([fold["wholes"][metric] for fold in folds]))
            for metric in folds[0]["wholes"]
        },
        fit_seconds=sum(fold["seconds"][0] for fold in folds),
        predict_seconds=sum(fold["seconds"][1] for fold in folds),
        peak_memory=max(peaks, default=None),
        candidates=f"the whole catalogue of {size} items, {seen}",
        seen=seen,
        notes=list(dict.fromkeys(fold["note"] for fold in folds if fold["note"])),
    )
