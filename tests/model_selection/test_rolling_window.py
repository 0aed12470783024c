"""RollingWindow, against a log small enough to split by hand."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.model_selection import RollingWindow, TemporalSplit
from seqrec.model_selection._inputs import read_events
from seqrec.preprocessing import SequenceEncoder
from tests.tables import KINDS

# timestamp   10  20  30  40  50
# user a       0       2       4
# user b           1       3
EVENTS = {
    "user_id": ["a", "b", "a", "b", "a"],
    "item_id": ["x", "y", "x", "z", "y"],
    "timestamp": [10, 20, 30, 40, 50],
}
EVERY_SECOND = pd.DataFrame({"user_id": np.arange(60) % 2, "timestamp": np.arange(60)})


def folds(splitter, X, y=None):
    return [(train.tolist(), test.tolist()) for train, test in splitter.split(X, y)]


def learned(splitter, X=EVERY_SECOND):
    """Return the first and the last row that each fold learns from."""
    return [(min(train), max(train)) for train, _ in folds(splitter, X)]


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_both_windows_move_on(make):
    splitter = RollingWindow(n_splits=2, train_span=15, test_span=10)
    assert folds(splitter, make(EVENTS)) == [
        ([1], [0, 2]),  # learns in [15, 30), tests in [30, 40)
        ([2], [0, 2, 4, 1, 3]),  # learns in [25, 40), tests in [40, 50]
    ]


def test_an_event_at_the_start_of_what_is_learned_is_learned():
    splitter = RollingWindow(1, train_span=10, test_span=10)  # learns in [30, 40)
    assert folds(splitter, pd.DataFrame(EVENTS)) == [([2], [0, 2, 4, 1, 3])]


def test_gap_moves_what_is_learned_to_earlier_times():
    splitter = RollingWindow(1, train_span=10, test_span=10, gap=10)  # in [20, 30)
    assert folds(splitter, pd.DataFrame(EVENTS)) == [([1], [0, 2, 4, 1, 3])]


def test_a_long_train_span_learns_what_temporal_split_learns():
    rolling = RollingWindow(2, train_span=1000, test_span=10)
    assert folds(rolling, EVERY_SECOND) == folds(TemporalSplit(2, 10), EVERY_SECOND)


def test_default_train_span_is_that_of_the_first_fold():
    assert learned(RollingWindow(3, test_span=10)) == [(0, 28), (10, 38), (20, 48)]
    assert learned(RollingWindow(3, test_span=10, gap=5)) == [
        (0, 23),
        (10, 33),
        (20, 43),
    ]


@pytest.mark.parametrize("start", [0.1, 1e9 + 0.7, -3.3])
def test_default_train_span_learns_from_the_very_first_event(start):
    events = EVERY_SECOND.assign(timestamp=start + np.arange(60) * 0.1)
    (first, _), *_ = learned(RollingWindow(3, test_span=0.7), events)
    assert first == 0


def test_default_windows_are_those_of_temporal_split():
    rolling, temporal = RollingWindow(2), TemporalSplit(2)
    assert [test for _, test in folds(rolling, EVERY_SECOND)] == [
        test for _, test in folds(temporal, EVERY_SECOND)
    ]


def test_step_is_the_time_between_cuts():
    splitter = RollingWindow(3, train_span=10, test_span=5, step=20)  # cuts 14, 34, 54
    assert learned(splitter) == [(4, 13), (24, 33), (44, 53)]
    ends = [fold.end for fold in fold_list(splitter)]
    assert ends == [19, 39, 59]


def test_step_can_be_shorter_than_the_test_span():
    splitter = RollingWindow(2, train_span=10, test_span=20, step=5)  # cuts 34, 39
    assert [(fold.cut, fold.end) for fold in fold_list(splitter)] == [
        (34, 54),
        (39, 59),
    ]


def test_step_alone_is_the_test_span_too():
    shown = [folds(RollingWindow(2, 10, **{name: 5}), EVERY_SECOND) for name in SPANS]
    assert shown[0] == shown[1]


SPANS = ("step", "test_span")


def test_timedeltas_are_as_good_as_seconds():
    seconds = RollingWindow(2, 10, 5, 2, step=7)
    spans = [timedelta(seconds=n) for n in (10, 5, 2)]
    others = RollingWindow(2, *spans, step=np.timedelta64(7, "s"))
    assert folds(seconds, EVERY_SECOND) == folds(others, EVERY_SECOND)


def fold_list(splitter, events=EVERY_SECOND):
    return list(splitter._folds(read_events(events, splitter)))


def test_folds_say_what_they_learn_from():
    splitter = RollingWindow(2, train_span=10, test_span=10, gap=4, targets="all")
    first, second = fold_list(splitter)
    assert (first.train_start, first.train_end, first.cut) == (25, 35, 39)
    assert (second.train_start, second.train_end, second.cut) == (35, 45, 49)
    assert first.n_history.tolist() == [20, 19]  # all of the past
    assert first.n_targets.tolist() == [5, 5]
    assert second.n_targets.tolist() == [5, 6]  # with the last event


# ---------------------------------------------------------------------- sequences
def test_over_sequences_samples_are_learned_by_the_time_of_their_target():
    X, y, time = next_item_samples(
        SequenceEncoder().fit_transform(pd.DataFrame(EVENTS))
    )
    assert time.tolist() == [30, 40, 50]
    assert folds(RollingWindow(1, 10, 10), X, y) == [([0], [1, 2])]
    assert folds(RollingWindow(1, 10, 5), X, y) == [([1], [2])]
    assert folds(RollingWindow(1, 5, 8, targets="first"), X, y)[0][1] == [2]


def test_sequences_without_times_are_an_error():
    X, y, _ = next_item_samples(Sequences.from_lists([["a", "b"]]))
    with pytest.raises(
        ValueError, match=r"RollingWindow needs times. The samples in X"
    ):
        next(RollingWindow().split(X, y))


# ---------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_splits": 0}, ValueError, "'n_splits' parameter of RollingWindow"),
        ({"train_span": 0}, ValueError, "'train_span' .* Got 0 instead"),
        ({"train_span": "7d"}, TypeError, "'7d' instead. Pass seconds or a timedelta"),
        ({"test_span": -1}, ValueError, "'test_span' .* Got -1 instead"),
        ({"step": 0}, ValueError, "'step' .* Got 0 instead"),
        ({"gap": None}, TypeError, "'gap' .* Got None instead"),
        ({"targets": "last"}, ValueError, "'targets' .* Got 'last' instead"),
        ({"targets": "all"}, ValueError, "one target a user, in its last row"),
    ],
)
def test_a_parameter_out_of_range_is_an_error(parameters, error, message):
    with pytest.raises(error, match=message):
        next(RollingWindow(**parameters).split(pd.DataFrame(EVENTS)))


def test_windows_longer_than_the_data_are_an_error():
    message = "in its first fold: 3 test windows of 20 seconds and a gap of 0 seconds"
    with pytest.raises(ValueError, match=message):
        next(RollingWindow(3, 10, 20).split(EVERY_SECOND))
    with pytest.raises(
        ValueError, match=r"10 seconds, 30 seconds apart, and .*, step or"
    ):
        next(RollingWindow(3, 10, 10, step=30).split(EVERY_SECOND))


def test_nothing_to_learn_from_is_an_error_before_the_first_fold():
    events = pd.DataFrame({"user_id": [1, 1, 1, 1], "timestamp": [1, 20, 30, 40]})
    message = "nothing to learn from in fold 0: no event lies in the 5 seconds"
    with pytest.raises(ValueError, match=message):
        next(RollingWindow(2, 5, 10).split(events))


def test_nobody_to_test_is_an_error():
    events = pd.DataFrame({"user_id": [1, 1, 1], "timestamp": [1, 20, 40]})
    with pytest.raises(ValueError, match="RollingWindow has nobody to test in fold 0"):
        next(RollingWindow(2, 40, 9).split(events))


def test_a_log_without_times_is_an_error():
    events = pd.DataFrame({"user_id": [1, 1], "position": [1, 2]})
    with pytest.raises(
        ValueError, match=r"RollingWindow needs times. The events have an"
    ):
        next(RollingWindow().split(events))


def test_repr_shows_the_parameters():
    assert repr(RollingWindow(2, 60)).startswith(
        "RollingWindow(gap=0, n_splits=2, step"
    )
