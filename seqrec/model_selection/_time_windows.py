"""Windows of time: what is tested in them, and what is learned from before each."""

from datetime import timedelta
from typing import NamedTuple

import numpy as np

from seqrec._validation.params import check_option, check_real
from seqrec.model_selection._folds import Fold

__all__ = [
    "Window",
    "check_targets_option",
    "count_before",
    "place_windows",
    "require_event_times",
    "require_target_times",
    "span_in_seconds",
    "window_folds",
    "window_samples",
]


class Window(NamedTuple):
    """Targets lie in [cut, end), what is learned in [train_start, train_end).

    `train_start` is -inf where all the past is learned, `end` inf in the last window.
    """

    train_start: float
    train_end: float
    cut: float
    end: float


# ---------------------------------------------------------------------- parameters
def span_in_seconds(splitter, name):
    """Return a duration that a splitter was given in seconds, checked; or None."""
    value = getattr(splitter, name)
    is_gap = name == "gap"
    if value is None and not is_gap:
        return None
    if isinstance(value, timedelta):
        value = value.total_seconds()
    elif isinstance(value, np.timedelta64):
        value = float(value / np.timedelta64(1, "s"))
    try:
        owner = type(splitter).__name__
        return check_real(name, value, owner=owner, low_open=not is_gap)
    except TypeError as exc:
        raise TypeError(f"{exc} Pass seconds or a timedelta.") from None


def check_targets_option(splitter, *, in_table=False):
    """Raise if `targets` is no option, or none for the test part of a table."""
    owner = type(splitter).__name__
    check_option("targets", splitter.targets, ("auto", "first", "all"), owner=owner)
    if in_table and splitter.targets == "all":
        raise ValueError(
            f"{owner}(targets='all') cannot split an event log: the test part of a "
            f"table holds one target a user, in its last row. Use evaluate, which "
            f"takes all of them, or split the X and y of next_item_samples."
        )


def require_event_times(log, splitter):
    """Return the times of an event log, or raise."""
    if log.times is None:
        raise ValueError(
            f"{type(splitter).__name__} needs times. The events have an order but no "
            f"times: name the column with time= (now {splitter.time!r}), or use "
            f"LeaveLastOut."
        )
    return log.times


def require_target_times(samples, splitter):
    """Return the times of the targets of samples, or raise."""
    if samples.target_times is None:
        raise ValueError(
            f"{type(splitter).__name__} needs times. The samples in X have none: make "
            f"them by next_item_samples from a log with times, or use LeaveLastOut."
        )
    return samples.target_times


# ---------------------------------------------------------------------- windows
def place_windows(times, splitter, *, span, gap=0.0, step=None):
    """Return the windows, oldest first; raise if the first learns from nothing.

    Parameters
    ----------
    times : ndarray of shape (n,), dtype=float64
        Times of all events or targets, in seconds.
    splitter : EventSplitter
        Whose `n_splits` counts the windows.
    span : float or None
        Length of a window; None is `step`, or else chosen by the number of events.
    gap : float
        Time before each window from which nothing is learned.
    step : float or None
        Time from the begin of a window to that of the next; None is `span`.

    Returns
    -------
    windows : list of Window
        The last one ends with the last event. All learn from the whole past.
    """
    n_splits, owner = splitter.get_n_splits(), type(splitter).__name__
    last = times.max()
    span, step = (step if span is None else span), (span if step is None else step)
    if span is None:
        cuts = _default_cuts(times, n_splits, owner)
        span = step = (last - cuts[0]) / n_splits
        ends = cuts[1:]
    elif span == step:
        cuts = last - span * np.arange(n_splits, 0, -1)
        ends = cuts[1:]
    else:
        cuts = last - span - step * np.arange(n_splits - 1, -1, -1)
        ends = cuts[:-1] + span
    if not times.min() < cuts[0] - gap:
        apart = "" if span == step else f", {step:g} seconds apart"
        names = ["n_splits", "test_span", "step"][: 2 if span == step else 3]
        if hasattr(splitter, "gap"):
            apart += f"{',' if apart else ''} and a gap of {gap:g} seconds"
            names.append("gap")
        raise ValueError(
            f"{owner} has nothing to learn from in its first fold: {n_splits} test "
            f"windows of {span:g} seconds{apart} take up all {last - times.min():g} "
            f"seconds of the data. Lower {', '.join(names[:-1])} or {names[-1]}."
        )
    bounds = zip(cuts.tolist(), [*ends.tolist(), np.inf], strict=True)
    return [Window(-np.inf, cut - gap, cut, end) for cut, end in bounds]


def _default_cuts(times, n_splits, owner):
    """Return equally spaced cuts, the first where the last events begin."""
    n = len(times)
    n_tested = min(-(-n * n_splits // 10), n // 2)
    n_tested = min(max(n_tested, n_splits), n)
    first = np.partition(times, n - n_tested)[n - n_tested]
    if n_splits > 1 and first == times.max():
        raise ValueError(
            f"{owner} cannot place {n_splits} test windows: the last {n_tested} "
            f"of {n} events have the same time. Set test_span, or n_splits=1."
        )
    return np.linspace(first, times.max(), n_splits + 1)[:-1]


def _is_learned(times, window):
    """Tell which events or targets lie in what a window learns from."""
    is_early = times < window.train_end
    if window.train_start == -np.inf:
        return is_early
    return is_early & (times >= window.train_start)


def _check_window(splitter, fold, window, times, n_tested, what):
    """Raise if a fold has nobody to test, or nothing to learn from."""
    owner = type(splitter).__name__
    if not n_tested:
        length = (
            "" if window.end == np.inf else f" of {window.end - window.cut:g} seconds"
        )
        raise ValueError(
            f"{owner} has nobody to test in fold {fold}: {what} in its "
            f"window{length}. Raise test_span or lower n_splits."
        )
    if window.train_start > -np.inf and not _is_learned(times, window).any():
        raise ValueError(
            f"{owner} has nothing to learn from in fold {fold}: no event lies in the "
            f"{window.train_end - window.train_start:g} seconds that it learns from. "
            f"Raise train_span or lower n_splits."
        )


# ---------------------------------------------------------------------- samples
def window_samples(samples, windows, splitter):
    """Yield the samples to learn from and to test; all folds are checked first."""
    times = samples.target_times
    tested = []
    for fold, window in enumerate(windows):
        inside = np.flatnonzero((times >= window.cut) & (times < window.end))
        _check_window(splitter, fold, window, times, len(inside), "no target lies")
        if splitter.targets == "first":
            inside = _first_of_users(samples, inside)
        tested.append(inside)
    for window, inside in zip(windows, tested, strict=True):
        yield np.flatnonzero(_is_learned(times, window)), inside


def _first_of_users(samples, chosen):
    """Return the sample with each user's earliest target, of those chosen."""
    part = samples[chosen]
    order = np.lexsort((part.stops, part.target_times))
    _, place = np.unique(part.users[order], return_index=True)
    return np.sort(chosen[order[place]])


# ---------------------------------------------------------------------- event logs
def window_folds(log, windows, splitter):
    """Yield the folds of an event log; all are checked first."""
    found = []
    for fold, window in enumerate(windows):
        users = _tested_users(log, window, splitter.targets == "all")
        what = "no user with a history has an event"
        _check_window(splitter, fold, window, log.times, len(users[0]), what)
        found.append(users)
    last = float(log.times.max())
    for window, (tested, n_history, n_targets) in zip(windows, found, strict=True):
        yield Fold(
            np.flatnonzero(_is_learned(log.times, window)),
            tested,
            n_history,
            n_targets,
            cut=window.cut,
            end=min(window.end, last),
            train_start=None if window.train_start == -np.inf else window.train_start,
            train_end=window.train_end,
        )


def _tested_users(log, window, takes_all):
    """Return who has a target in the window, and their numbers of events."""
    n_history = count_before(log, window.cut)
    n_targets = count_before(log, window.end) - n_history
    tested = np.flatnonzero((n_history > 0) & (n_targets > 0))
    n_targets = n_targets[tested] if takes_all else np.ones(len(tested), dtype=np.int64)
    return tested, n_history[tested], n_targets


def count_before(log, time):
    """Return how many events of each user are earlier than a time."""
    if time == np.inf:
        return log.lengths
    return np.add.reduceat(log.times < time, log.offsets[:-1], dtype=np.int64)
