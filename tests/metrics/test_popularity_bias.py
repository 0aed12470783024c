from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.metrics import popularity_bias
from tests.strategies import rankings


@pytest.mark.parametrize(
    ("ranking", "k", "expected"),
    # Mean count of the catalogue: 12 / 4 = 3.
    [
        pytest.param([1, 2, 3], 1, Fraction(6, 3), id="the-favourite"),
        pytest.param([1, 2, 3], 3, Fraction(11, 9), id="mean-of-three"),
        pytest.param([1, 2, 3, 4], 4, Fraction(1), id="whole-catalogue-is-neutral"),
        pytest.param([4, 0], 2, Fraction(1, 3), id="empty-slots-are-left-out"),
        pytest.param([0, 0], 2, np.nan, id="nothing"),
    ],
)
def test_popularity_bias_by_hand(ranking, k, expected):
    values = popularity_bias([ranking], [6, 3, 2, 1], k=k)
    np.testing.assert_allclose(values, [float(expected)], rtol=1e-15)


def test_items_without_events_give_zero():
    assert popularity_bias([[2]], [3, 0], k=1).tolist() == [0.0]


@given(table=rankings(), k=st.integers(1, 9), scale=st.integers(1, 1000))
def test_twice_the_events_change_nothing(table, k, scale):
    counts = np.array([9, 0, 3, 5, 1, 1, 20, 2])
    np.testing.assert_allclose(
        popularity_bias(table, counts * scale, k=k), popularity_bias(table, counts, k=k)
    )


def test_a_more_popular_item_raises_the_bias():
    values = popularity_bias([[1, 4], [2, 4], [3, 4]], [1, 2, 3, 9], k=2)
    assert (np.diff(values) > 0).all()


def test_shares_instead_of_counts_are_refused():
    with pytest.raises(ValueError, match="popularity has entries that are no counts"):
        popularity_bias([[1]], [0.25, 0.75], k=1)
