from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.metrics import gini
from tests.strategies import rankings


def mean_difference(times):
    """Gini index as half the relative mean difference over all ordered pairs."""
    differences = sum(abs(one - other) for one in times for other in times)
    return float(Fraction(differences, 2 * len(times) * sum(times)))


@pytest.mark.parametrize(
    ("rankings", "n_items", "expected"),
    [
        pytest.param([[1, 2], [3, 4]], 4, Fraction(0), id="equal"),
        pytest.param([[2, 0], [2, 0]], 4, Fraction(3, 4), id="one-takes-all"),
        pytest.param([[1, 2], [1, 2]], 4, Fraction(1, 2), id="half-of-the-items"),
        # Times 0, 0, 1, 3: (2 i - 5) x_i sums to 1 + 9 = 10, over 4 * 4.
        pytest.param([[1, 2], [1, 0], [1, 0]], 4, Fraction(10, 16), id="three-to-one"),
        pytest.param([[1]], 1, Fraction(0), id="one-item"),
    ],
)
def test_gini_by_hand(rankings, n_items, expected):
    assert gini(rankings, k=2, n_items=n_items) == float(expected)


@pytest.mark.parametrize("n_items", [2, 10, 1000])
def test_one_item_that_takes_all_gives_one_minus_its_share_of_the_catalogue(n_items):
    assert gini([[2]] * 7, k=1, n_items=n_items) == pytest.approx(1 - 1 / n_items)


@given(table=rankings(), k=st.integers(1, 9))
def test_gini_equals_half_the_relative_mean_difference(table, k):
    times = [int(np.count_nonzero(table[:, :k] == code)) for code in range(1, 10)]
    value = gini(table, k=k, n_items=9)
    expected = mean_difference(times) if any(times) else np.nan
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("rankings", [[[0, 0]], [[], []], np.empty((0, 2), int)])
def test_gini_of_nothing_is_nan(rankings):
    assert np.isnan(gini(rankings, k=2, n_items=3))


def test_moving_a_recommendation_to_a_rarer_item_lowers_gini():
    before = gini([[1, 2], [1, 2], [1, 3]], k=2, n_items=5)
    after = gini([[1, 2], [1, 2], [4, 3]], k=2, n_items=5)
    assert after < before


def test_a_code_beyond_the_catalogue_is_refused():
    with pytest.raises(ValueError, match=r"2 codes above n_items, which is 3, among"):
        gini([[5, 1], [1, 7]], k=2, n_items=3)
