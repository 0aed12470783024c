import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.data.sessions import split_sessions


@given(
    st.lists(st.lists(st.integers(0, 6), max_size=5), max_size=4),
    st.sampled_from([1, 2.5, 4]),
)
def test_sessions_are_those_counted_by_hand(pauses, max_gap):
    expected, number = [], -1
    for user in pauses:
        for place, pause in enumerate(user):
            number += place == 0 or pause > max_gap
            expected.append(number)
    times = np.array([time for user in pauses for time in np.cumsum(user)], dtype=float)
    offsets = np.cumsum([0, *map(len, pauses)])
    found = split_sessions(times, offsets, max_gap=max_gap)
    assert found.tolist() == expected
    assert found.dtype == np.int64


def test_a_pause_of_max_gap_does_not_split():
    times, offsets = np.array([0.0, 10.0, 20.5]), np.array([0, 3])
    assert split_sessions(times, offsets, max_gap=10).tolist() == [0, 0, 1]


def test_a_new_user_is_a_new_session_at_any_time():
    times, offsets = np.array([5, 5, 1]), np.array([0, 1, 1, 2, 3])
    assert split_sessions(times, offsets, max_gap=10).tolist() == [0, 1, 2]


def test_times_are_not_changed():
    times = np.array([0.0, 100.0])
    split_sessions(times, np.array([0, 2]), max_gap=1)
    assert times.tolist() == [0.0, 100.0]


@pytest.mark.parametrize("max_gap", [0, -1, float("nan")])
def test_max_gap_is_positive(max_gap):
    with pytest.raises(ValueError, match="'max_gap' parameter of split_sessions"):
        split_sessions(np.array([0.0]), np.array([0, 1]), max_gap=max_gap)


def test_no_pause_is_longer_than_an_infinite_one():
    times, offsets = np.array([0.0, 1e300]), np.array([0, 2])
    assert split_sessions(times, offsets, max_gap=np.inf).tolist() == [0, 0]


def test_times_that_fall_are_refused():
    with pytest.raises(ValueError, match="decrease within a user, first at event 2"):
        split_sessions(np.array([3, 1, 0]), np.array([0, 1, 3]), max_gap=5)
