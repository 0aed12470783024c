import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_score

from seqrec.metrics import precision, precision_at_ranks, target_ranks, top_k
from tests.strategies import rankings, target_codes


@pytest.mark.parametrize(
    ("targets", "k", "expected"),
    [
        pytest.param([4], 2, 1 / 2, id="one-in-two-places"),
        pytest.param([4, 2], 3, 2 / 3, id="two-in-three-places"),
        pytest.param([4, 1, 2], 2, 1.0, id="all-places"),
        pytest.param([4], 10, 1 / 10, id="empty-places-count-as-wrong"),
        pytest.param([9, -1], 3, 0.0, id="none"),
    ],
)
def test_precision_by_hand(targets, k, expected):
    assert precision([targets], [[1, 4, 2]], k=k).tolist() == [expected]


@pytest.mark.parametrize(
    ("ties", "expected"),
    [("mean", 1 / 2), ("optimistic", 1.0), ("pessimistic", 1 / 2)],
)
def test_precision_of_tied_targets(ties, expected):
    # Two targets and one other item: places 4/3 and 8/3, 1 and 2, or 2 and 3.
    ranks = target_ranks([[5.0, 5.0, 5.0]], [[1, 2]], ties=ties)
    assert precision_at_ranks(ranks, k=2).tolist() == [expected]


@given(data=st.data(), k=st.integers(1, 9))
def test_precision_equals_an_intersection_of_sets(data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    for row, value in enumerate(precision(targets, table, k=k)):
        wanted = set(targets[row].tolist()) - {0}
        found = wanted & set(table[row, :k].tolist())
        np.testing.assert_equal(value, len(found) / k if wanted else np.nan)


def test_precision_equals_scikit_learn_on_indicators():
    rng = np.random.default_rng(0)
    scores = rng.random((30, 15))
    targets = rng.permuted(np.tile(np.arange(1, 16), (30, 1)), axis=1)[:, :4]
    best = top_k(scores, 6)[0]
    truth, guess = np.zeros((30, 15), int), np.zeros((30, 15), int)
    np.put_along_axis(truth, targets - 1, 1, axis=1)
    np.put_along_axis(guess, best - 1, 1, axis=1)
    value = precision(targets, best, k=6).mean()
    assert value == pytest.approx(precision_score(truth, guess, average="samples"))
