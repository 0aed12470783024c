import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score

from seqrec.metrics import hit_rate, hit_rate_at_ranks, target_ranks
from tests.strategies import rankings, target_codes


@pytest.mark.parametrize(
    ("targets", "k", "expected"),
    [
        pytest.param([4], 2, 1.0, id="at-k"),
        pytest.param([4], 1, 0.0, id="below-k"),
        pytest.param([9], 3, 0.0, id="absent"),
        pytest.param([9, 2], 3, 1.0, id="one-of-two"),
        pytest.param([2, 4], 3, 1.0, id="two-count-once"),
        pytest.param([-1], 3, 0.0, id="not-in-catalogue"),
    ],
)
def test_hit_rate_by_hand(targets, k, expected):
    assert hit_rate([targets], [[1, 4, 2]], k=k).tolist() == [expected]


@pytest.mark.parametrize(
    ("ties", "expected"), [("mean", 0.0), ("optimistic", 1.0), ("pessimistic", 0.0)]
)
def test_hit_rate_of_a_target_tied_across_the_cut(ties, expected):
    ranks = target_ranks([[5.0, 5.0]], [2], ties=ties)  # rank 1.5, 1 or 2
    assert hit_rate_at_ranks(ranks, k=1).tolist() == [expected]


def test_a_fractional_rank_counts_up_to_k_inclusive():
    assert hit_rate_at_ranks([1.5, 2.0, 2.5], k=2).tolist() == [1.0, 1.0, 0.0]


@given(data=st.data(), k=st.integers(1, 9))
def test_hit_rate_equals_an_intersection_of_sets(data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    for row, value in enumerate(hit_rate(targets, table, k=k)):
        wanted = set(targets[row].tolist()) - {0}
        found = wanted & set(table[row, :k].tolist())
        np.testing.assert_equal(value, float(bool(found)) if wanted else np.nan)


def test_hit_rate_without_ties_equals_scikit_learn():
    rng = np.random.default_rng(0)
    scores = rng.permuted(np.tile(np.arange(12.0), (40, 1)), axis=1)
    targets = rng.integers(1, 13, size=40)
    value = hit_rate_at_ranks(target_ranks(scores, targets), k=4).mean()
    expected = top_k_accuracy_score(targets, scores, k=4, labels=np.arange(1, 13))
    assert value == pytest.approx(expected)
    assert 0 < value < 1
