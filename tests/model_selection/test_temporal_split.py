"""TemporalSplit, against logs small enough to split by hand."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.model_selection import TemporalSplit
from seqrec.model_selection._inputs import read_events
from seqrec.preprocessing import SequenceEncoder

KINDS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}

# timestamp   10  20  30  40  50
# user a       0       2       4
# user b           1       3
EVENTS = {
    "user_id": ["a", "b", "a", "b", "a"],
    "item_id": ["x", "y", "x", "z", "y"],
    "timestamp": [10, 20, 30, 40, 50],
}


def folds(splitter, X, y=None):
    return [(train.tolist(), test.tolist()) for train, test in splitter.split(X, y)]


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_windows_stand_next_to_each_other_oldest_first(make):
    splitter = TemporalSplit(n_splits=2, test_span=15)  # [20, 35) and [35, 50]
    assert folds(splitter, make(EVENTS)) == [
        ([0], [0, 2]),  # b has no history
        ([0, 2, 1], [0, 2, 4, 1, 3]),
    ]


def test_last_window_holds_the_last_event_and_an_event_at_the_cut():
    splitter = TemporalSplit(test_span=10)  # [40, 50]
    assert folds(splitter, pd.DataFrame(EVENTS)) == [([0, 2, 1], [0, 2, 4, 1, 3])]


def test_an_event_at_the_end_of_a_window_is_left_to_the_next():
    splitter = TemporalSplit(n_splits=2, test_span=10)  # [30, 40) and [40, 50]
    assert folds(splitter, pd.DataFrame(EVENTS)) == [
        ([0, 1], [0, 2]),  # 3 is at 40
        ([0, 2, 1], [0, 2, 4, 1, 3]),
    ]


def test_gap_keeps_events_from_training_and_in_histories():
    splitter = TemporalSplit(test_span=10, gap=10)  # learns before 30
    assert folds(splitter, pd.DataFrame(EVENTS)) == [([0, 1], [0, 2, 4, 1, 3])]


def test_first_event_of_a_user_in_the_window_is_the_only_target():
    splitter = TemporalSplit(test_span=25)  # [25, 50] holds 2 and 4 of a
    assert folds(splitter, pd.DataFrame(EVENTS)) == [([0, 1], [0, 2, 1, 3])]


@pytest.mark.parametrize("n_splits", [1, 2])
def test_default_windows_hold_the_last_tenth_of_the_events_each(n_splits):
    time = np.arange(100.0)
    events = pd.DataFrame({"user_id": np.arange(100) % 2, "timestamp": time})
    begin = 100 - 10 * n_splits
    cuts = np.linspace(begin, 99, n_splits + 1)[:-1]
    trains = [train for train, _ in folds(TemporalSplit(n_splits), events)]
    assert [sorted(train) for train in trains] == [
        [row for row in range(100) if row < cut] for cut in cuts
    ]


def test_default_windows_hold_half_of_the_events_at_most():
    events = pd.DataFrame(
        {
            "user_id": np.arange(100) % 2,
            "timestamp": np.arange(100),
        }
    )
    (train, _), *others = folds(TemporalSplit(n_splits=8), events)
    assert sorted(train) == list(range(50))
    assert len(others) == 7


def test_unsorted_rows_keep_their_numbers():
    events = pd.DataFrame(EVENTS).iloc[::-1]  # row 4 is the oldest now
    assert folds(TemporalSplit(test_span=10), events) == [
        ([4, 2, 3], [4, 2, 0, 3, 1]),
    ]


def test_of_equal_times_the_first_row_is_the_target():
    events = pd.DataFrame(
        {
            "user_id": ["a", "b", "a", "a", "b"],
            "timestamp": [50, 10, 10, 50, 50],
        }
    )
    assert folds(TemporalSplit(test_span=1), events) == [([2, 1], [2, 0, 1, 4])]


def test_events_at_the_time_of_the_cut_are_not_learned():
    events = pd.DataFrame(
        {
            "user_id": ["a", "a", "c", "b"],
            "timestamp": [10, 40, 40, 50],
        }
    )
    assert folds(TemporalSplit(test_span=10), events) == [([0], [0, 1])]


@pytest.mark.parametrize(
    "span",
    [
        3600,
        3600.0,
        timedelta(hours=1),
        pd.Timedelta(hours=1),
        np.timedelta64(1, "h"),
    ],
    ids=lambda span: type(span).__name__,
)
@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_durations_are_seconds_or_timedeltas(span, make):
    times = [datetime(2026, 1, 1, hour) for hour in range(4)]
    events = make({"user_id": [1, 1, 1, 1], "timestamp": times})
    splitter = TemporalSplit(test_span=span, gap=span)
    assert folds(splitter, events) == [([0], [0, 1, 2])]


def test_time_unit_counts_seconds_of_numbers():
    events = pd.DataFrame(
        {**EVENTS, "timestamp": np.multiply(EVENTS["timestamp"], 1000)}
    )
    splitter = TemporalSplit(test_span=10, time_unit="ms")
    assert folds(splitter, events) == [([0, 2, 1], [0, 2, 4, 1, 3])]


def test_columns_may_have_other_names():
    events = pd.DataFrame({"who": [1, 1, 2, 2], "when": [1, 3, 2, 4]})
    splitter = TemporalSplit(test_span=1, user="who", time="when")
    assert folds(splitter, events) == [([0, 2], [0, 1, 2, 3])]


def test_the_table_is_not_changed():
    events = pd.DataFrame(EVENTS)
    list(TemporalSplit(test_span=10).split(events))
    pd.testing.assert_frame_equal(events, pd.DataFrame(EVENTS))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=25),
    st.integers(1, 3),
    st.sampled_from([None, 0.5, 1, 2, 4]),
    st.sampled_from([0, 0.5, 3]),
)
def test_folds_follow_their_definition(events, n_splits, span, gap):
    users, times = np.array(events).T
    table = pd.DataFrame({"user_id": users, "timestamp": times})
    try:
        found = list(TemporalSplit(n_splits, span, gap).split(table))
    except ValueError as error:
        reasons = ("nothing to learn from", "nobody to test", "same time")
        assert any(reason in str(error) for reason in reasons)  # noqa: PT017
        return
    assert len(found) == n_splits
    for fold, (train, test) in enumerate(found):
        assert len(np.unique(train)) == len(train) > 0
        assert len(np.unique(test)) == len(test) > 0
        ends = np.flatnonzero(np.append(users[test][1:] != users[test][:-1], True))
        targets = test[ends]
        cut = times[targets].min()
        assert times[train].max() < cut
        assert times[train].max() + gap < cut
        if span is not None:
            cut = times.max() - (n_splits - fold) * span
            assert sorted(train) == np.flatnonzero(times < cut - gap).tolist()
            inside = times >= cut
            if fold < n_splits - 1:
                inside &= times < cut + span
            assert inside[targets].all()
            warm = np.isin(users, users[times < cut]) & inside
            assert users[targets].tolist() == np.unique(users[warm]).tolist()
        # Each block is the user's history, all of it, and then the target.
        for user, target in zip(users[targets], targets, strict=True):
            own = np.flatnonzero(users == user)
            own = own[np.argsort(times[own], kind="stable")].tolist()
            block = test[users[test] == user].tolist()
            assert block == own[: own.index(target) + 1]
            assert len(block) > 1


# ---------------------------------------------------------------------- targets
def test_all_events_of_a_window_are_targets_of_the_fold():
    splitter = TemporalSplit(test_span=25, targets="all")  # [25, 50] holds 2 and 4 of a
    (fold,) = splitter._folds(read_events(pd.DataFrame(EVENTS), splitter))
    assert fold.train.tolist() == [0, 3]  # in the log: a's events, then b's
    assert fold.users.tolist() == [0, 1]
    assert fold.n_history.tolist() == [1, 1]
    assert fold.n_targets.tolist() == [2, 1]


@pytest.mark.parametrize("targets", ["auto", "first"])
def test_first_event_of_a_window_is_the_target_of_the_fold(targets):
    splitter = TemporalSplit(test_span=25, gap=3, targets=targets)
    (fold,) = splitter._folds(read_events(pd.DataFrame(EVENTS), splitter))
    assert fold.n_targets.tolist() == [1, 1]
    assert (fold.train_start, fold.train_end) == (None, 22)
    assert (fold.cut, fold.end) == (25, 50)


def test_all_targets_of_a_table_are_an_error():
    message = r"one target a user, in its last row. Use evaluate, which takes all"
    with pytest.raises(ValueError, match=message):
        next(TemporalSplit(targets="all").split(pd.DataFrame(EVENTS)))


# ---------------------------------------------------------------------- sequences
def samples():
    """Return (X, y, time): a->x at 30, b->z at 40, a->y at 50."""
    return next_item_samples(SequenceEncoder().fit_transform(pd.DataFrame(EVENTS)))


def test_over_sequences_samples_are_split_by_the_time_of_their_target():
    X, y, time = samples()
    assert time.tolist() == [30, 40, 50]
    assert folds(TemporalSplit(test_span=10), X, y) == [([0], [1, 2])]
    assert folds(TemporalSplit(test_span=5), X, y) == [([0, 1], [2])]
    assert folds(TemporalSplit(test_span=5, gap=4), X, y) == [([0, 1], [2])]
    assert folds(TemporalSplit(test_span=5, gap=5), X, y) == [([0], [2])]
    assert folds(TemporalSplit(n_splits=2, test_span=8), X, y) == [
        ([0], [1]),
        ([0, 1], [2]),
    ]


def test_over_sequences_the_order_of_the_samples_plays_no_part():
    X, y, _ = samples()
    shuffled = np.array([2, 0, 1])
    splitter = TemporalSplit(test_span=10)
    assert folds(splitter, X[shuffled], y[shuffled]) == [([1], [0, 2])]


def test_over_sequences_first_takes_one_sample_of_each_user():
    X, y, _ = samples()  # the users are a, b, a
    for targets, tested in [("auto", [0, 1, 2]), ("all", [0, 1, 2]), ("first", [0, 1])]:
        splitter = TemporalSplit(test_span=15, targets=targets)
        late = Sequences(  # a later window, and one earlier sample of user c
            X.codes,
            np.append(X.starts, 0),
            np.append(X.stops, 1),
            vocabulary=X.vocabulary,
            users=np.append(X.users, "c"),
            target_times=np.append(np.array([40.0, 45.0, 50.0]), 1.0),
        )
        assert folds(splitter, late, np.append(y, "x")) == [([3], tested)]


def test_over_sequences_the_order_of_the_samples_plays_no_part_in_who_is_first():
    X, y, _ = samples()
    reversed_ = np.array([2, 1, 0])
    early = TemporalSplit(test_span=15, targets="first")
    assert folds(early, X, y) == [([0], [1, 2])]
    assert folds(early, X[reversed_], y[reversed_]) == [([2], [0, 1])]


def test_over_sequences_an_empty_window_is_an_error():
    X, y, _ = samples()
    with pytest.raises(ValueError, match="nobody to test in fold 0: no target lies"):
        next(TemporalSplit(n_splits=2, test_span=4).split(X, y))


def test_sequences_without_times_are_an_error():
    X, y, _ = next_item_samples(Sequences.from_lists([["a", "b"]]))
    with pytest.raises(ValueError, match=r"needs times. The samples in X have none"):
        next(TemporalSplit().split(X, y))


def test_sequences_without_y_are_an_error():
    with pytest.raises(ValueError, match="needs y, the item that follows each row"):
        next(TemporalSplit().split(samples().X))


# ---------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_splits": 0}, ValueError, "'n_splits' parameter of TemporalSplit"),
        ({"test_span": 0}, ValueError, "'test_span' .* Got 0 instead"),
        ({"test_span": timedelta(0)}, ValueError, "'test_span' .* Got 0.0 instead"),
        ({"test_span": "7d"}, TypeError, "'7d' instead. Pass seconds or a timedelta"),
        ({"gap": -1}, ValueError, "'gap' .* Got -1 instead"),
        ({"gap": None}, TypeError, "'gap' .* Got None instead"),
        ({"targets": "last"}, ValueError, "'targets' .* Got 'last' instead"),
        ({"targets": None}, TypeError, "'targets' .* Got None instead"),
        ({"time_unit": "h"}, ValueError, "'time_unit' .* Got 'h' instead"),
    ],
)
def test_a_parameter_out_of_range_is_an_error(parameters, error, message):
    with pytest.raises(error, match=message):
        next(TemporalSplit(**parameters).split(pd.DataFrame(EVENTS)))


@pytest.mark.parametrize(
    "parameters",
    [{"test_span": 40}, {"n_splits": 4, "test_span": 10}, {"test_span": 9, "gap": 31}],
    ids=["span", "n_splits", "gap"],
)
def test_nothing_to_learn_from_is_an_error(parameters):
    with pytest.raises(ValueError, match=r"up all 40 seconds of the data. Lower n_spl"):
        next(TemporalSplit(**parameters).split(pd.DataFrame(EVENTS)))


def test_nobody_to_test_is_an_error_before_the_first_fold():
    events = pd.DataFrame({"user_id": [1, 1, 1, 2], "timestamp": [1, 2, 8, 9]})
    with pytest.raises(ValueError, match="nobody to test in fold 0: no user with a hi"):
        next(TemporalSplit(n_splits=2, test_span=3).split(events))
    with pytest.raises(ValueError, match="nobody to test in fold 1"):
        next(TemporalSplit(n_splits=2, test_span=0.7).split(events))


def test_default_windows_without_a_length_are_an_error():
    events = pd.DataFrame({"user_id": [1, 1, 1, 1], "timestamp": [1, 9, 9, 9]})
    with pytest.raises(ValueError, match="last 2 of 4 events have the same time"):
        next(TemporalSplit(n_splits=2).split(events))
    assert folds(TemporalSplit(), events) == [([0], [0, 1])]


@pytest.mark.parametrize("time", ["timestamp", None])
def test_a_log_without_times_is_an_error(time):
    events = pd.DataFrame({"user_id": [1, 1], "position": [1, 2]})
    with pytest.raises(
        ValueError, match=r"order but no times: name the column with ti"
    ):
        next(TemporalSplit(time=time).split(events))


def test_a_missing_time_column_is_an_error():
    events = pd.DataFrame(EVENTS).drop(columns="timestamp")
    with pytest.raises(
        ValueError, match=r"TemporalSplit .* 'timestamp' .time. is miss"
    ):
        next(TemporalSplit().split(events))


def test_other_input_is_an_error():
    with pytest.raises(TypeError, match="TemporalSplit splits event logs"):
        next(TemporalSplit().split([["a", "b"]]))


def test_repr_shows_the_parameters():
    shown = repr(TemporalSplit(2, 60))
    assert shown.startswith("TemporalSplit(gap=0, n_splits=2, targets='auto', test_")
