import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from sklearn.model_selection import KFold

from seqrec.data.event_log import read_event_log
from seqrec.model_selection import LeaveLastOut, TemporalSplit
from seqrec.model_selection._parts import split_parts
from tests.strategies import event_logs

EVENTS = pd.DataFrame(
    {
        "user_id": ["a", "b", "a", "b", "a", "c"],
        "item_id": list("uvwxyz"),
        "timestamp": [10, 20, 30, 40, 50, 60],
    }
)


class RowsOnly:
    """A splitter of somebody else: row numbers and nothing more."""

    def __init__(self, splitter):
        self.splitter = splitter

    def split(self, X, y=None, groups=None):
        return self.splitter.split(X)


def parts_of(splitter, events):
    log = read_event_log(events)
    return log, split_parts(splitter, events, log)


@pytest.mark.parametrize("splitter", [LeaveLastOut(2), TemporalSplit(test_span=25)])
def test_parts_of_a_splitter_are_those_of_its_rows(splitter):
    _, own = parts_of(splitter, EVENTS)
    _, others = parts_of(RowsOnly(splitter), EVENTS)
    for part, other in zip(own, others, strict=True):
        for name in ("train", "users", "targets", "n_history"):
            np.testing.assert_array_equal(
                np.sort(getattr(part, name)), np.sort(getattr(other, name))
            )
        asked = [places.tolist() for _, places in part.rounds()]
        assert asked == [places.tolist() for _, places in other.rounds()]


def test_a_window_with_all_targets_is_asked_in_rounds():
    log, (part,) = parts_of(TemporalSplit(test_span=35, targets="all"), EVENTS)
    assert log.users[part.users].tolist() == ["a", "a", "b"]
    assert log.times[part.targets].tolist() == [30.0, 50.0, 40.0]
    rounds = [(rows.tolist(), log.times[at].tolist()) for rows, at in part.rounds()]
    assert rounds == [([0, 2], [10, 30, 20, 40]), ([1], [10, 30, 50])]


@given(event_logs(min_events=4))
def test_the_target_is_the_last_event_that_a_round_asks_for(columns):
    events = pd.DataFrame(columns)
    log = read_event_log(events)
    if log.lengths.max() < 2:
        return
    (part,) = split_parts(LeaveLastOut(), events, log)
    ((rows, places),) = part.rounds()
    ends = np.cumsum(part.n_history + 1) - 1
    np.testing.assert_array_equal(rows, np.arange(len(part.targets)))
    np.testing.assert_array_equal(places[ends], part.targets)


def test_test_parts_without_a_history_are_refused():
    events = EVENTS.iloc[[0, 1, 5]]
    with pytest.raises(ValueError, match="No user of a test part has a history"):
        parts_of(KFold(3), events)
