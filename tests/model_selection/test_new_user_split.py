"""NewUserSplit, against logs small enough to split by hand."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.model_selection import NewUserSplit
from seqrec.model_selection._inputs import read_events
from seqrec.preprocessing import SequenceEncoder
from tests.tables import KINDS

# timestamp   10  20  30  40  50
# user a       0   1
# user b               2   3   4
EVENTS = {
    "user_id": ["a", "a", "b", "b", "b"],
    "item_id": ["x", "y", "x", "z", "y"],
    "timestamp": [10, 20, 30, 40, 50],
}
LENGTHS = [1, 3, 2, 5, 1, 4, 2]  # of users 0 to 6
MANY = pd.DataFrame(
    {
        "user_id": np.repeat(np.arange(7), LENGTHS),
        "item_id": np.arange(18) % 4,
        "timestamp": np.arange(18),
    }
)


def folds(splitter, X, y=None):
    return [(train.tolist(), test.tolist()) for train, test in splitter.split(X, y)]


def samples(events):
    return next_item_samples(SequenceEncoder().fit_transform(events))


# ---------------------------------------------------------------------- at random
@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_each_user_is_tested_by_what_the_others_teach(make):
    assert sorted(folds(NewUserSplit(2), make(EVENTS))) == [
        ([0, 1], [2, 3, 4]),
        ([2, 3, 4], [0, 1]),
    ]


def test_nothing_of_a_tested_user_is_learned_and_everything_of_the_others_is():
    user = MANY["user_id"].to_numpy()
    for train, test in folds(NewUserSplit(2, random_state=0), MANY):
        tested = np.unique(user[test])
        assert train == np.flatnonzero(~np.isin(user, tested)).tolist()
        assert test == np.flatnonzero(np.isin(user, tested)).tolist()


def test_each_user_with_two_events_is_tested_once():
    user = MANY["user_id"].to_numpy()
    tested = [np.unique(user[test]) for _, test in folds(NewUserSplit(3), MANY)]
    assert sorted(np.concatenate(tested).tolist()) == [1, 2, 3, 5, 6]
    assert sorted(map(len, tested)) == [1, 2, 2]


def test_the_same_random_state_gives_the_same_folds():
    splitter = NewUserSplit(2, random_state=3)
    assert folds(splitter, MANY) == folds(splitter, MANY)
    drawn = {str(folds(NewUserSplit(2, random_state=n), MANY)) for n in range(10)}
    assert len(drawn) > 1


def test_the_order_of_the_rows_plays_no_part_in_who_is_tested():
    shuffled = MANY.sample(frac=1, random_state=0)
    splitter = NewUserSplit(2, random_state=0)
    for (_, one), (_, other) in zip(
        splitter.split(MANY), splitter.split(shuffled), strict=True
    ):
        assert MANY.iloc[one].equals(shuffled.iloc[other])


def test_a_log_without_times_will_do():
    events = pd.DataFrame({"user_id": [1, 1, 2, 2], "position": [2, 1, 1, 2]})
    assert sorted(folds(NewUserSplit(2), events)) == [
        ([1, 0], [2, 3]),
        ([2, 3], [1, 0]),
    ]


def test_over_sequences_the_last_sample_of_a_tested_user_is_tested():
    X, y, _ = samples(pd.DataFrame(EVENTS))  # a: one sample, b: two
    assert sorted(folds(NewUserSplit(2), X, y)) == [([0], [2]), ([1, 2], [0])]


def test_over_sequences_the_same_users_are_tested_as_over_the_log():
    X, y, _ = samples(MANY)
    splitter = NewUserSplit(2, random_state=1)
    for (_, rows), (train, test) in zip(
        splitter.split(MANY), splitter.split(X, y), strict=True
    ):
        assert sorted(X.users[test]) == np.unique(MANY["user_id"].iloc[rows]).tolist()
        assert not set(X.users[train]) & set(X.users[test])


# ---------------------------------------------------------------------- in time
@pytest.mark.parametrize("span", [20, timedelta(seconds=20)], ids=["s", "timedelta"])
def test_with_a_span_those_who_came_in_the_window_are_tested(span):
    splitter = NewUserSplit(1, test_span=span)  # [30, 50]
    assert folds(splitter, pd.DataFrame(EVENTS)) == [([0, 1], [2, 3, 4])]


# timestamp   10  20  30  40  50
# user a       0               5
# user b           1   2       6
# user c                   3,4 7
LATER = pd.DataFrame(
    {
        "user_id": ["a", "b", "b", "c", "c", "a", "b", "c"],
        "item_id": list("xyzxyzxy"),
        "timestamp": [10, 20, 30, 40, 40, 50, 50, 50],
    }
)


def test_the_last_event_of_the_window_is_the_target():
    # [10 + 10, 35) and [35, 50]: b came in the first, and has an event after it
    splitter = NewUserSplit(2, test_span=15)
    assert folds(splitter, LATER) == [([0], [1, 2]), ([0, 1, 2], [3, 4, 7])]


def test_folds_say_what_they_learn_from():
    splitter = NewUserSplit(2, test_span=15)
    first, second = splitter._folds(read_events(LATER, splitter))
    assert (first.cut, first.end, first.train_end) == (20, 35, 20)
    assert (second.cut, second.end) == (35, 50)
    assert (second.n_history.tolist(), second.n_targets.tolist()) == ([2], [1])


def test_over_sequences_the_last_target_of_the_window_is_tested():
    X, y, time = samples(LATER)
    # [35, 50]: c came in it, with samples at 40 and 50; b has a target at 30.
    ((train, test),) = folds(NewUserSplit(1, test_span=15), X, y)
    assert time[train].tolist() == [30]
    assert (X.users[test].tolist(), time[test].tolist()) == (["c"], [50])
    assert len(X[test][0]) == 2


def test_over_sequences_a_later_first_event_is_told_by_the_history():
    X, y, _ = samples(LATER)
    with pytest.raises(ValueError, match="nobody to test in fold 0"):
        # [45, 50]: c has a sample in the window, and came before it.
        next(NewUserSplit(1, test_span=5).split(X, y))


def test_sequences_without_times_cannot_have_a_span():
    X, y, _ = next_item_samples(Sequences.from_lists([["a", "b"], ["a", "b"]]))
    with pytest.raises(ValueError, match=r"NewUserSplit needs times. The samples in X"):
        next(NewUserSplit(1, test_span=1).split(X, y))
    assert len(folds(NewUserSplit(2), X, y)) == 2


# ---------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_splits": 1}, ValueError, r"'n_splits' .* in the range \[2, inf\)"),
        ({"n_splits": 0, "test_span": 1}, ValueError, r"in the range \[1, inf\)"),
        ({"test_span": 0}, ValueError, "'test_span' .* Got 0 instead"),
        ({"test_span": "7d"}, TypeError, "'7d' instead. Pass seconds or a timedelta"),
        ({"random_state": "a"}, ValueError, "'a' cannot be used to seed"),
    ],
)
def test_a_parameter_out_of_range_is_an_error(parameters, error, message):
    with pytest.raises(error, match=message):
        next(NewUserSplit(**parameters).split(pd.DataFrame(EVENTS)))


def test_fewer_users_than_folds_are_an_error():
    with pytest.raises(
        ValueError, match=r"2 users have two events or more. Lower n_spl"
    ):
        next(NewUserSplit(3).split(pd.DataFrame(EVENTS)))


def test_a_window_in_which_nobody_came_is_an_error():
    with pytest.raises(
        ValueError, match="nobody to test in fold 0: no user whose first"
    ):
        next(NewUserSplit(1, test_span=5).split(LATER))


def test_windows_longer_than_the_data_are_an_error():
    message = "3 test windows of 15 seconds take up all 40 .* Lower n_splits or test_s"
    with pytest.raises(ValueError, match=message):
        next(NewUserSplit(3, test_span=15).split(LATER))


def test_a_span_without_times_is_an_error():
    events = pd.DataFrame({"user_id": [1, 1, 2, 2], "position": [2, 1, 1, 2]})
    with pytest.raises(
        ValueError, match=r"NewUserSplit needs times. The events have an"
    ):
        next(NewUserSplit(1, test_span=5).split(events))


def test_repr_shows_the_parameters():
    assert repr(NewUserSplit(3)).startswith(
        "NewUserSplit(n_splits=3, random_state=None"
    )
