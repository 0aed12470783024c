"""What every splitter keeps, on random logs."""

import copy
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import BaseCrossValidator, check_cv

from seqrec.data.windows import next_item_samples
from seqrec.exceptions import DataWarning
from seqrec.model_selection import (
    LeaveLastOut,
    NewUserSplit,
    RollingWindow,
    TemporalSplit,
    _folds,
)
from seqrec.model_selection._inputs import read_events
from seqrec.preprocessing import SequenceEncoder
from tests.strategies import event_logs
from tests.tables import KINDS

SPLITTERS = {
    "last": LeaveLastOut(),
    "last two": LeaveLastOut(2),
    "temporal": TemporalSplit(test_span=2),
    "temporal, gap": TemporalSplit(2, test_span=1, gap=0.5),
    "temporal, default": TemporalSplit(2),
    "rolling": RollingWindow(2, train_span=2, test_span=1, gap=0.5),
    "rolling, default": RollingWindow(2),
    "rolling, overlapping": RollingWindow(2, test_span=2, step=1),
    "new users": NewUserSplit(2, random_state=0),
    "new users in time": NewUserSplit(1, test_span=2),
}
every_splitter = pytest.mark.parametrize("splitter", SPLITTERS.values(), ids=SPLITTERS)
TEMPORAL = {
    name: splitter
    for name, splitter in SPLITTERS.items()
    if "last" not in name and name != "new users"
}
temporal_ones = pytest.mark.parametrize("splitter", TEMPORAL.values(), ids=TEMPORAL)
REASONS = ("to learn from", "to test", "same time")  # of a log that cannot be split

# A log that every splitter above can split; users 1 to 3.
SPLITTABLE = {
    "user_id": [1, 2, 1, 3, 1, 2, 1, 2, 1, 3],
    "item_id": [5, 6, 7, 5, 6, 7, 8, 8, 6, 5],
    "timestamp": [-2, -1, 0, 2, 1, 1, 1, 2, 3, 4],
}
on_random_logs = given(columns=event_logs())


def split(splitter, X, y=None):
    """Return the folds, or none where the log cannot be split."""
    try:
        return list(splitter.split(X, y))
    except ValueError as error:
        if not any(reason in str(error) for reason in REASONS):
            raise
        return []


def target_rows(users, test):
    """Return the last row of each user's block in a test part."""
    return test[np.append(users[test][1:] != users[test][:-1], True)]


def arrays(columns):
    users, times = np.array(columns["user_id"]), np.array(columns["timestamp"])
    return users, times.astype(np.float64)


def encode(events):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # of repeated events
        return SequenceEncoder().fit_transform(events)


@every_splitter
def test_the_log_of_the_examples_can_be_split(splitter):
    assert len(split(splitter, pd.DataFrame(SPLITTABLE))) == splitter.get_n_splits()


@every_splitter
@example(columns=SPLITTABLE)
@settings(max_examples=30)
@on_random_logs
def test_a_test_part_is_whole_histories_with_the_target_last(splitter, columns):
    users, times = arrays(columns)
    order = np.lexsort((np.array(columns["timestamp"]), users))  # ties keep their rows
    for train, test in split(splitter, pd.DataFrame(columns)):
        assert len(train)
        assert len(np.unique(train)) == len(train)
        targets = target_rows(users, test)
        assert len(np.unique(users[targets])) == len(targets)
        assert not set(targets) & set(train)
        for target in targets:
            own = order[users[order] == users[target]].tolist()
            block = test[users[test] == users[target]].tolist()
            assert block == own[: own.index(target) + 1]
            assert len(block) > 1
            assert times[target] == times[block].max()


@temporal_ones
@example(columns=SPLITTABLE)
@settings(max_examples=30)
@on_random_logs
def test_no_training_event_is_as_late_as_a_target(splitter, columns):
    users, times = arrays(columns)
    for train, test in split(splitter, pd.DataFrame(columns)):
        assert times[train].max() < times[target_rows(users, test)].min()


@temporal_ones
@example(columns=SPLITTABLE)
@settings(max_examples=30)
@on_random_logs
def test_no_learned_sample_is_as_late_as_a_tested_one(splitter, columns):
    events = pd.DataFrame(columns)
    if not events["user_id"].duplicated().any():  # there are no samples
        return
    samples = next_item_samples(encode(events))
    for train, test in split(splitter, samples.X, samples.y):
        assert samples.time[train].max() < samples.time[test].min()


@every_splitter
@example(columns=SPLITTABLE)
@settings(max_examples=30)
@on_random_logs
def test_a_fold_is_what_split_yields(splitter, columns):
    log = read_events(pd.DataFrame(columns), splitter)
    parts = split(splitter, pd.DataFrame(columns))
    for fold, (train, test) in zip(
        splitter._folds(log) if parts else (), parts, strict=True
    ):
        positions = _folds.positions_to_test(log, fold)
        assert log.table_rows(fold.train).tolist() == train.tolist()
        assert log.table_rows(positions).tolist() == test.tolist()
        assert fold.n_history.min() > 0
        assert (fold.n_targets == 1).all()
        if fold.cut is not None:
            first = log.offsets[fold.users] + fold.n_history
            assert log.times[fold.train].max() < fold.train_end <= fold.cut
            assert (log.times[first] >= fold.cut).all()
            assert (log.times[first] <= fold.end).all()


@pytest.mark.parametrize(
    "splitter",
    [TemporalSplit(2, test_span=1, targets="all"), RollingWindow(2, targets="all")],
    ids=repr,
)
@example(columns=SPLITTABLE)
@settings(max_examples=30)
@on_random_logs
def test_all_targets_are_the_events_of_the_window(splitter, columns):
    log = read_events(pd.DataFrame(columns), splitter)
    firsts = copy.copy(splitter)
    firsts.targets = "first"
    if not split(firsts, pd.DataFrame(columns)):
        return
    folds = list(splitter._folds(log))
    for number, fold in enumerate(folds):
        is_inside = (log.times >= fold.cut) & (log.times < fold.end)
        if number == len(folds) - 1:
            is_inside = log.times >= fold.cut
        n_inside = np.add.reduceat(is_inside, log.offsets[:-1], dtype=np.int64)
        assert fold.n_targets.tolist() == n_inside[fold.users].tolist()


@every_splitter
@example(columns=SPLITTABLE, shift=1)
@settings(max_examples=30)
@given(columns=event_logs(), shift=st.integers(0, 5))
def test_names_of_users_play_no_part(splitter, columns, shift):
    names, users = np.unique(columns["user_id"], return_inverse=True)
    if isinstance(splitter, NewUserSplit):
        shift = 0  # who is drawn depends on the order of the ids
    other = np.roll(np.array(list("abcdefghijklm")[: len(names)]), shift)
    renamed = pd.DataFrame({**columns, "user_id": other[users]})
    found = split(splitter, pd.DataFrame({**columns, "user_id": names[users]}))
    again = split(splitter, renamed)
    assert [tuple(map(sorted, fold)) for fold in found] == [
        tuple(map(sorted, fold)) for fold in again
    ]


@every_splitter
@example(columns=SPLITTABLE)
@settings(max_examples=30)
@on_random_logs
def test_kinds_of_tables_give_the_same_rows_and_stay_as_they_are(splitter, columns):
    found = []
    for make in KINDS.values():
        events, before = make(columns), make(columns)
        folds = split(splitter, events)
        assert events.equals(before)
        found.append([(train.tolist(), test.tolist()) for train, test in folds])
    assert found[0] == found[1] == found[2]


@every_splitter
def test_scikit_learn_takes_it_for_a_splitter(splitter):
    assert isinstance(splitter, BaseCrossValidator)
    assert check_cv(splitter) is splitter
    assert clone(splitter, safe=False) is not splitter
    assert eval(repr(splitter)).__dict__ == splitter.__dict__
