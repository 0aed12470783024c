"""LeaveLastOut, against logs small enough to split by hand."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.model_selection import LeaveLastOut

KINDS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}

# timestamp   10  20  30  40  50
# user a       0           3   4
# user b           1   2
EVENTS = {
    "user_id": ["a", "b", "b", "a", "a"],
    "item_id": ["x", "y", "x", "z", "y"],
    "timestamp": [10, 20, 30, 40, 50],
}


def folds(splitter, X, y=None):
    return [(train.tolist(), test.tolist()) for train, test in splitter.split(X, y)]


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_last_event_of_each_user_is_the_target(make):
    assert folds(LeaveLastOut(), make(EVENTS)) == [([0, 3, 1], [0, 3, 4, 1, 2])]


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_final_fold_of_two_tests_the_last_event(make):
    assert folds(LeaveLastOut(n_splits=2), make(EVENTS)) == [
        ([0, 1, 2], [0, 3]),  # b is too short to be tested: all of it is learned
        ([0, 3, 1], [0, 3, 4, 1, 2]),
    ]


def test_a_training_event_can_be_later_than_a_target():
    ((train, test),) = folds(LeaveLastOut(), pd.DataFrame(EVENTS))
    time = EVENTS["timestamp"]
    assert max(time[row] for row in train) > time[test[-1]]


def test_unsorted_rows_keep_their_numbers():
    # row 4 is a's first event, row 0 its last; b: rows 3, 1
    events = pd.DataFrame(
        {
            "user_id": ["a", "b", "a", "b", "a"],
            "timestamp": [50, 30, 40, 20, 10],
        }
    )
    assert folds(LeaveLastOut(), events) == [([4, 2, 3], [4, 2, 0, 3, 1])]


def test_equal_times_keep_the_order_of_the_rows():
    events = pd.DataFrame(
        {
            "user_id": ["b", "a", "a", "b", "a"],
            "timestamp": [7, 7, 7, 7, 7],
        }
    )
    assert folds(LeaveLastOut(), events) == [([1, 2, 0], [1, 2, 4, 0, 3])]


def test_index_of_a_pandas_table_plays_no_part():
    events = pd.DataFrame(EVENTS, index=[9, 9, 3, 2, 1])
    assert folds(LeaveLastOut(), events) == [([0, 3, 1], [0, 3, 4, 1, 2])]


def test_a_user_with_one_event_is_learned_from_and_not_tested():
    events = pd.DataFrame({"user_id": [1, 1, 2], "timestamp": [1, 2, 3]})
    assert folds(LeaveLastOut(), events) == [([0, 2], [0, 1])]


def test_positions_order_a_log_without_times():
    events = pd.DataFrame({"user_id": [1, 1, 2, 2], "position": [2, 1, 1, 2]})
    assert folds(LeaveLastOut(), events) == [([1, 2], [1, 0, 2, 3])]


def test_rows_are_in_order_already_with_time_none():
    events = pd.DataFrame({"user_id": [1, 1], "timestamp": [2, 1]})
    assert folds(LeaveLastOut(time=None), events) == [([0], [0, 1])]


def test_columns_may_have_other_names():
    events = pd.DataFrame({"who": [1, 1, 2, 2], "when": [2, 1, 4, 3]})
    splitter = LeaveLastOut(user="who", time="when", time_unit="ms")
    assert folds(splitter, events) == [([1, 3], [1, 0, 3, 2])]


def test_the_table_is_not_changed():
    events = pd.DataFrame(EVENTS)
    list(LeaveLastOut().split(events))
    pd.testing.assert_frame_equal(events, pd.DataFrame(EVENTS))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=15),
    st.integers(1, 3),
)
def test_folds_follow_their_definition(events, n_splits):
    users, times = np.array(events).T
    table = pd.DataFrame({"user_id": users, "timestamp": times})
    order = np.lexsort((np.arange(len(users)), times, users))
    rows = {user: order[users[order] == user].tolist() for user in np.unique(users)}
    if max(map(len, rows.values())) <= n_splits:
        with pytest.raises(ValueError, match="no user to test"):
            folds(LeaveLastOut(n_splits), table)
        return
    for last, (train, test) in zip(
        range(n_splits, 0, -1), folds(LeaveLastOut(n_splits), table), strict=True
    ):
        parts = [
            (row[:-last], row[: len(row) - last + 1]) if len(row) > last else (row, [])
            for row in rows.values()
        ]
        assert train == [row for part, _ in parts for row in part]
        assert test == [row for _, part in parts for row in part]


# ---------------------------------------------------------------------- sequences
def samples(histories, last=None):
    """Return X and y of `next_item_samples`, one row after the other."""
    rows = [list(history) for history in histories]
    X, y, _ = next_item_samples(Sequences.from_lists(rows), last=last)
    return X, y


def test_over_sequences_the_last_sample_of_each_user_is_tested():
    X, y = samples(["abcd", "ca"])  # a->b, ab->c, abc->d; c->a
    assert folds(LeaveLastOut(), X, y) == [([0, 1], [2, 3])]
    assert folds(LeaveLastOut(n_splits=2), X, y) == [
        ([0, 3], [1]),  # the second user is too short: its sample is learned
        ([0, 1], [2, 3]),
    ]


def test_over_sequences_the_order_of_the_samples_plays_no_part():
    X, y = samples(["abcd", "ca"])
    shuffled = np.array([2, 3, 1, 0])
    assert folds(LeaveLastOut(), X[shuffled], y[shuffled]) == [([2, 3], [0, 1])]


# ---------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("n_splits", "error"), [(0, ValueError), (1.0, TypeError), (True, TypeError)]
)
def test_n_splits_out_of_range_is_an_error(n_splits, error):
    splitter = LeaveLastOut(n_splits)
    with pytest.raises(error, match="'n_splits' parameter of LeaveLastOut"):
        next(splitter.split(pd.DataFrame(EVENTS)))
    with pytest.raises(error, match="'n_splits' parameter of LeaveLastOut"):
        splitter.get_n_splits()


def test_nobody_to_test_is_an_error():
    with pytest.raises(ValueError, match="it takes 4 events, and no user has more tha"):
        next(LeaveLastOut(n_splits=3).split(pd.DataFrame(EVENTS)))


def test_too_few_samples_are_an_error():
    X, y = samples(["abcd", "ca"])
    with pytest.raises(ValueError, match="no user has more than 3 samples"):
        next(LeaveLastOut(n_splits=4).split(X, y))


def test_nothing_to_learn_from_is_an_error():
    X, y = samples(["abcd", "ca"], last=1)
    with pytest.raises(ValueError, match="no sample to learn from: each user has 1"):
        next(LeaveLastOut().split(X, y))


def test_sequences_without_y_are_an_error():
    X, _ = samples(["abcd"])
    with pytest.raises(ValueError, match="needs y, the item that follows each row"):
        next(LeaveLastOut().split(X))


def test_sequences_and_y_of_unlike_length_are_an_error():
    X, y = samples(["abcd"])
    with pytest.raises(ValueError, match="Got 3 and 2"):
        next(LeaveLastOut().split(X, y[:2]))


def test_no_samples_are_an_error():
    X, y = samples(["abcd"])
    with pytest.raises(ValueError, match="LeaveLastOut got no samples"):
        next(LeaveLastOut().split(X[:0], y[:0]))


@pytest.mark.parametrize("X", [[["a", "b"]], np.zeros((3, 2)), None], ids=type)
def test_other_input_is_an_error(X):
    with pytest.raises(TypeError, match="LeaveLastOut splits event logs"):
        next(LeaveLastOut().split(X))


def test_a_lazy_frame_is_an_error():
    with pytest.raises(TypeError, match=r"lazy frame; call .collect\(\)"):
        next(LeaveLastOut().split(pl.LazyFrame(EVENTS)))


def test_a_missing_column_is_named_once():
    with pytest.raises(ValueError, match=r"Column 'who' .user. is missing") as caught:
        next(LeaveLastOut(user="who").split(pd.DataFrame(EVENTS)))
    assert str(caught.value).count("is missing") == 1


def test_a_table_without_columns_is_an_error():
    with pytest.raises(ValueError, match="the table has no columns"):
        next(LeaveLastOut().split(pd.DataFrame()))


def test_an_unknown_time_unit_is_an_error():
    with pytest.raises(ValueError, match=r"'time_unit' .* LeaveLastOut .*Got 'm'"):
        next(LeaveLastOut(time_unit="m").split(pd.DataFrame(EVENTS)))


def test_repr_shows_the_parameters():
    assert repr(LeaveLastOut(3)).startswith("LeaveLastOut(n_splits=3, time='timestamp'")
