import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.metrics import novelty
from tests.strategies import rankings


@pytest.mark.parametrize(
    ("ranking", "k", "expected"),
    # Shares 8/16, 4/16, 2/16, 1/16 and 1/16, the last for a count of 0.
    [
        pytest.param([1, 2, 3], 1, 1.0, id="half-of-the-events-is-one-bit"),
        pytest.param([1, 2, 3], 3, 2.0, id="mean-of-1-2-3"),
        pytest.param([4, 1], 1, 4.0, id="one-event"),
        pytest.param([5, 1], 1, 4.0, id="no-event-counts-as-one"),
        pytest.param([2, 0, 0], 3, 2.0, id="empty-slots-are-left-out"),
        pytest.param([0, 0], 2, np.nan, id="nothing"),
    ],
)
def test_novelty_by_hand(ranking, k, expected):
    values = novelty([ranking], [8, 4, 2, 1, 0], k=k)
    np.testing.assert_array_equal(values, [expected])


def test_an_item_in_all_events_has_no_novelty():
    assert novelty([[1]], [7], k=3).tolist() == [0.0]


@given(table=rankings(), k=st.integers(1, 9))
def test_novelty_equals_a_loop(table, k):
    counts = np.array([9, 0, 3, 5, 1, 1, 20, 2])
    floored = np.maximum(counts, 1)
    for row, value in zip(table, novelty(table, counts, k=k), strict=True):
        bits = [
            -math.log2(floored[code - 1] / floored.sum())
            for code in row[:k].tolist()
            if code > 0
        ]
        expected = sum(bits) / len(bits) if bits else np.nan
        np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_a_rarer_item_is_more_novel():
    values = novelty([[1], [2], [3]], [5, 3, 2], k=1)
    assert (np.diff(values) > 0).all()


def test_whole_floats_are_counts():
    np.testing.assert_array_equal(
        novelty([[1, 2]], np.array([3.0, 1.0]), k=2), novelty([[1, 2]], [3, 1], k=2)
    )


@pytest.mark.parametrize(
    ("popularity", "error", "message"),
    [
        ([0.5, 0.5], ValueError, "popularity has entries that are no counts. Pass the"),
        ([-1, 2], ValueError, "popularity has entries that are no counts"),
        ([np.nan, 2], ValueError, "popularity has entries that are no counts"),
        ([np.inf, 2], ValueError, "popularity has entries that are no counts"),
        ([0, 0], ValueError, r"popularity has shape \(2,\) and counts no event\."),
        ([], ValueError, r"popularity has shape \(0,\) and counts no event\."),
        ([[1, 2]], ValueError, r"popularity has shape \(1, 2\)\. Pass.*\(n_items,\)"),
        (["a", "b"], TypeError, "popularity has dtype <U1. Pass real numbers"),
        ([3], ValueError, r"1 codes above n_items, which is 1, among them 2\. Give"),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(popularity, error, message):
    with pytest.raises(error, match=message):
        novelty([[1, 2]], popularity, k=2)
