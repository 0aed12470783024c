import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.metrics import precision, serendipity
from tests.strategies import rankings, target_codes


@pytest.mark.parametrize(
    ("targets", "expected_ranking", "k", "expected"),
    # The ranking is 4, 7, 2.
    [
        pytest.param([4], [1, 2, 3], 2, 1 / 2, id="a-hit-nobody-expected"),
        pytest.param([4], [1, 4, 3], 2, 0.0, id="an-expected-hit"),
        pytest.param([4], [1, 3, 4], 2, 1 / 2, id="expected-below-k-only"),
        pytest.param([2], [1, 3, 5], 2, 0.0, id="a-hit-below-k"),
        pytest.param([4, 7], [7, 1, 3], 2, 1 / 2, id="one-of-two-hits"),
        pytest.param([4, 7, 2], [], 3, 1.0, id="nothing-is-expected"),
        pytest.param([4, -1, 0], [0, 0], 4, 1 / 4, id="padding-and-unknown"),
        pytest.param([-1], [1], 3, 0.0, id="not-in-catalogue"),
        pytest.param([0], [1], 3, np.nan, id="no-target"),
    ],
)
def test_serendipity_by_hand(targets, expected_ranking, k, expected):
    expected_ranking = np.array(expected_ranking, dtype=int)
    for given_ranking in (expected_ranking, expected_ranking[None]):
        values = serendipity([targets], [[4, 7, 2]], given_ranking, k=k)
        np.testing.assert_array_equal(values, [expected])


def test_each_row_has_its_own_expected_ranking():
    values = serendipity([5, 5], [[5, 1], [5, 1]], [[5, 2], [2, 3]], k=2)
    assert values.tolist() == [0.0, 0.5]


@given(data=st.data(), k=st.integers(1, 9))
def test_serendipity_equals_set_operations_and_is_at_most_precision(data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    expected_ranking = data.draw(rankings(max_rows=1))[0]
    values = serendipity(targets, table, expected_ranking, k=k)
    for row, value in enumerate(values):
        wanted = set(targets[row].tolist()) - {0}
        surprises = wanted & set(table[row, :k].tolist())
        surprises -= set(expected_ranking[:k].tolist())
        np.testing.assert_equal(value, len(surprises) / k if wanted else np.nan)
    assert not (values > precision(targets, table, k=k)).any()


def test_no_rows_and_no_target_columns():
    assert serendipity([], np.empty((0, 2), int), [1, 2], k=2).shape == (0,)
    values = serendipity(np.empty((2, 0), int), [[1], [2]], [1], k=2)
    np.testing.assert_array_equal(values, [np.nan, np.nan])


@pytest.mark.parametrize(
    ("expected_ranking", "error", "message"),
    [
        (
            [3, 3],
            ValueError,
            "^expected_rankings: rankings has item code 3 more than once in row 0",
        ),
        (
            [[1], [2], [3]],
            ValueError,
            r"targets has shape \(2,\) and expected_rankings has shape \(3, 1\)\. Pass",
        ),
        (3, ValueError, r"^expected_rankings: rankings has shape \(\)\. Pass item"),
        ([1.5], TypeError, r"^expected_rankings: rankings has dtype float64\."),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(expected_ranking, error, message):
    with pytest.raises(error, match=message):
        serendipity([1, 2], [[1, 2], [2, 1]], expected_ranking, k=2)
