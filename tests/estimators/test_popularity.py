from datetime import timedelta

import numpy as np
import pytest

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators._popularity import PopularityRecommender

LOG = [["a", "b", "c", "a"], ["a", "c"], ["b", "a", "d"]]
TIMES = [10, 20, 30, 40, 5, 40, 0, 30, 50]  # of the events of LOG


def timed():
    plain = Sequences.from_lists(LOG)
    return Sequences(
        plain.codes,
        plain.starts,
        plain.stops,
        vocabulary=plain.vocabulary,
        times=np.array(TIMES, dtype=np.float64),
    )


def test_events_are_counted():
    model = PopularityRecommender().fit(LOG)
    np.testing.assert_array_equal(model.popularity_, [4, 2, 2, 1])
    scores = model.decision_function([["d"], []])
    np.testing.assert_array_equal(scores, [[4, 2, 2, 1], [4, 2, 2, 1]])


def test_targets_are_counted_and_their_ties_ordered_by_the_histories():
    model = PopularityRecommender(exclude_seen=False, top_k=4)
    model.fit([["a", "b"], ["a", "c", "c"], ["a"]], ["c", "c", "d"])
    np.testing.assert_array_equal(model.popularity_, [0, 0, 2, 1])
    assert model.predict([[]]).tolist() == [["c", "d", "a", "b"]]


@pytest.mark.parametrize(
    ("window", "counts"),
    [
        (9, [0, 0, 0, 1]),
        (10, [1, 0, 1, 1]),  # the boundary counts
        (timedelta(seconds=20), [2, 0, 2, 1]),
        (1000.0, [4, 2, 2, 1]),
    ],
)
def test_only_the_window_before_the_latest_event_counts(window, counts):
    model = PopularityRecommender(window).fit(timed())
    np.testing.assert_array_equal(model.popularity_, counts)


def test_window_may_be_a_pandas_timedelta():
    pd = pytest.importorskip("pandas")
    model = PopularityRecommender(pd.Timedelta("20s")).fit(timed())
    np.testing.assert_array_equal(model.popularity_, [2, 0, 2, 1])


def test_items_outside_the_window_stand_in_the_order_of_all_events():
    model = PopularityRecommender(9, top_k=4, exclude_seen=False).fit(timed())
    assert model.predict([[], ["c"]]).tolist() == [["d", "a", "b", "c"]] * 2


def test_window_holds_for_targets_too():
    X, y, time = next_item_samples(timed())
    assert time.tolist() == [20, 30, 30, 40, 40, 50]
    model = PopularityRecommender(10).fit(X, y)
    np.testing.assert_array_equal(model.popularity_, [1, 0, 1, 1])


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]])
def test_partial_fit_moves_the_window(order):
    sequences = timed()
    model = PopularityRecommender(20)
    for row in order:
        model.partial_fit(sequences[[row]])
    np.testing.assert_array_equal(model.popularity_, [2, 0, 2, 1])
    np.testing.assert_array_equal(model.item_counts_, [4, 2, 2, 1])


def test_window_without_times_is_an_error():
    with pytest.raises(ValueError, match=r"needs times.*window=None"):
        PopularityRecommender(10).fit(LOG)


def test_window_without_times_of_the_targets_is_an_error():
    with pytest.raises(ValueError, match=r"times of the targets.*next_item_samples"):
        PopularityRecommender(10).fit(timed(), ["a", "b", "c"])


@pytest.mark.parametrize("window", [0, -1.0, timedelta(0), "day"])
def test_window_must_be_a_positive_time(window):
    with pytest.raises(ValueError, match="'window' parameter of PopularityRecommender"):
        PopularityRecommender(window).fit(timed())
