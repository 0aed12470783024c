import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

from seqrec.data.sequences import Sequences
from seqrec.data.windows import NextItemSamples, next_item_samples
from seqrec.preprocessing import SequenceEncoder
from tests.strategies import event_logs, ragged_histories


@given(ragged_histories(), st.none() | st.integers(1, 4))
def test_samples_are_all_prefixes_and_what_follows_them(lists, last):
    expected = [
        (row, history[:place], history[place])
        for row, history in enumerate(lists)
        for place in range(1, len(history))
        if last is None or place >= len(history) - last
    ]
    if not expected:
        return
    sequences = Sequences.from_lists(lists)
    X, y, time = next_item_samples(sequences, last=last)
    found = list(zip(X.users.tolist(), X.to_lists(), y.tolist(), strict=True))
    assert found == expected
    assert time is None
    assert X.target_times is None
    assert X.codes is sequences.codes  # nothing is copied


@pytest.mark.filterwarnings("ignore:.*repeat another event", "ignore:Times reach")
@given(event_logs(min_events=2))
def test_samples_come_in_the_order_of_their_targets(columns):
    sequences = SequenceEncoder().fit_transform(pd.DataFrame(columns))
    if (sequences.lengths < 2).all():
        return
    samples = next_item_samples(sequences)
    assert isinstance(samples, NextItemSamples)
    X, y, time = samples
    assert (np.diff(time) >= 0).all()
    assert X.target_times is time
    at = X.stops  # the target follows the window
    np.testing.assert_array_equal(sequences.times[at], time)
    assert sequences.vocabulary.decode(sequences.codes[at]).tolist() == y.tolist()
    assert X.to_lists() == [
        X.vocabulary.decode(X.codes[a:b]).tolist()
        for a, b in zip(X.starts, X.stops, strict=True)
    ]


def test_time_series_split_trains_on_nothing_later_than_it_tests():
    rng = np.random.default_rng(0)
    events = pd.DataFrame(
        {
            "user_id": rng.integers(5, size=60),
            "item_id": rng.integers(9, size=60),
            "timestamp": rng.permutation(60),
        }
    )
    X, y, time = next_item_samples(SequenceEncoder().fit_transform(events))
    for train, test in TimeSeriesSplit(3).split(X, y):
        assert time[train].max() <= time[test].min()


def test_channels_and_users_go_with_the_samples():
    events = pd.DataFrame(
        {"user_id": ["u"] * 3, "item_id": [4, 5, 6], "timestamp": [1, 2, 3]}
    ).assign(price=[1.0, 2.0, 3.0])
    sequences = SequenceEncoder(context=("price",)).fit_transform(events)
    X, y, time = next_item_samples(sequences, last=1)
    assert X.users.tolist() == ["u"]
    assert X.context["price"] is sequences.context["price"]
    assert (X.to_lists(), y.tolist(), time.tolist()) == ([[4, 5]], [6], [3.0])


@pytest.mark.parametrize("lists", [[["a"], []], []])
def test_rows_without_two_events_give_no_samples(lists):
    with pytest.raises(ValueError, match=r"a row with two events or more. Got Seq"):
        next_item_samples(Sequences.from_lists(lists))


@pytest.mark.parametrize("last", [0, -1])
def test_last_is_positive(last):
    with pytest.raises(ValueError, match="'last' parameter of next_item_samples"):
        next_item_samples(Sequences.from_lists([["a", "b"]]), last=last)


def test_other_things_than_sequences_are_refused():
    with pytest.raises(
        TypeError, match=r"needs Sequences. Got list; transform an event"
    ):
        next_item_samples([["a", "b"]])
