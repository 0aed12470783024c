import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score

from seqrec.metrics import mrr, mrr_at_ranks, target_ranks
from tests.strategies import rankings, target_codes


@pytest.mark.parametrize(
    ("targets", "k", "expected"),
    [
        pytest.param([1], 3, 1.0, id="first"),
        pytest.param([4], 3, 1 / 2, id="second"),
        pytest.param([2], 3, 1 / 3, id="third"),
        pytest.param([2], 2, 0.0, id="below-k"),
        pytest.param([2, 4], 3, 1 / 2, id="best-of-two"),
        pytest.param([-1, 2], 3, 1 / 3, id="one-not-in-catalogue"),
        pytest.param([9], 3, 0.0, id="absent"),
    ],
)
def test_mrr_by_hand(targets, k, expected):
    assert mrr([targets], [[1, 4, 2]], k=k).tolist() == [expected]


@pytest.mark.parametrize(
    ("ties", "expected"),
    [("mean", 2 / 5), ("optimistic", 1 / 2), ("pessimistic", 1 / 3)],
)
def test_mrr_of_a_tied_target(ties, expected):
    ranks = target_ranks([[9.0, 5.0, 5.0, 0.0]], [3], ties=ties)
    assert mrr_at_ranks(ranks, k=3).tolist() == [expected]


@given(data=st.data(), k=st.integers(1, 9))
def test_mrr_equals_a_walk_down_the_ranking(data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    for row, value in enumerate(mrr(targets, table, k=k)):
        wanted = set(targets[row].tolist()) - {0}
        expected = 0.0 if wanted else np.nan
        for place, code in enumerate(table[row, :k].tolist(), start=1):
            if code in wanted:
                expected = 1 / place
                break
        np.testing.assert_equal(value, expected)


def test_mrr_of_one_target_equals_scikit_learn_with_pessimistic_ties():
    # With one relevant label a row, label ranking average precision is one over its
    # rank, the last place among its ties.
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, size=(40, 12)).astype(float)
    targets = rng.integers(1, 13, size=40)
    truth = np.arange(1, 13) == targets[:, None]
    ranks = target_ranks(scores, targets, ties="pessimistic")
    expected = label_ranking_average_precision_score(truth, scores)
    assert mrr_at_ranks(ranks, k=12).mean() == pytest.approx(expected)
