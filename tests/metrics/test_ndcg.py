import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from seqrec.metrics import ndcg, ndcg_at_ranks, target_ranks
from tests.strategies import rankings, target_codes

THIRD = 1 / math.log2(3)  # gain in the second place


@pytest.mark.parametrize(
    ("targets", "ranking", "k", "expected"),
    [
        pytest.param([4], [4, 1, 2], 3, 1.0, id="first"),
        pytest.param([4], [1, 4, 2], 3, THIRD, id="second"),
        pytest.param([4], [1, 2, 4], 3, 1 / 2, id="third"),
        pytest.param([4], [1, 2, 4], 2, 0.0, id="below-k"),
        pytest.param([4], [1, 2, 3], 3, 0.0, id="absent"),
        pytest.param([1, 4], [1, 2, 4], 3, 1.5 / (1 + THIRD), id="first-and-third"),
        pytest.param([1, 4], [1, 2, 4], 1, 1.0, id="more-targets-than-places"),
        pytest.param([1, -1], [1, 2, 4], 3, 1 / (1 + THIRD), id="one-not-in-catalogue"),
        pytest.param([1, 0], [1, 2, 4], 3, 1.0, id="padding-is-no-target"),
    ],
)
def test_ndcg_by_hand(targets, ranking, k, expected):
    assert ndcg([targets], [ranking], k=k)[0] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        ("mean", 1 / math.log2(3.5)),  # places 2 and 3: rank 2.5
        ("optimistic", 1 / math.log2(3)),
        ("pessimistic", 1 / math.log2(4)),
    ],
)
def test_ndcg_of_a_tied_target(ties, expected):
    ranks = target_ranks([[9.0, 5.0, 5.0, 0.0]], [3], ties=ties)
    assert ndcg_at_ranks(ranks, k=3)[0] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("m", [1, 2, 7, 30])
def test_ndcg_is_exactly_one_for_ideal_order(m):
    codes = np.arange(1, 41)
    assert ndcg([codes[:m][::-1]], [codes], k=20).tolist() == [1.0]


@given(data=st.data(), k=st.integers(1, 9))
def test_ndcg_equals_a_loop_over_the_places(data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    for row, value in enumerate(ndcg(targets, table, k=k)):
        wanted = [code for code in targets[row].tolist() if code != 0]
        dcg = ideal = 0.0
        for place, code in enumerate(table[row, :k].tolist(), start=1):
            dcg += (code in wanted) / math.log2(1 + place)
        for place in range(1, min(len(wanted), k) + 1):
            ideal += 1 / math.log2(1 + place)
        np.testing.assert_allclose(value, dcg / ideal if wanted else np.nan)


@pytest.mark.parametrize("k", [1, 3, 10, 25])
def test_ndcg_without_ties_equals_scikit_learn(k):
    rng = np.random.default_rng(0)
    scores = rng.permuted(np.tile(np.arange(20.0), (30, 1)), axis=1)
    targets = rng.permuted(np.tile(np.arange(1, 21), (30, 1)), axis=1)[:, :3]
    relevance = np.zeros_like(scores)
    np.put_along_axis(relevance, targets - 1, 1.0, axis=1)
    values = ndcg_at_ranks(target_ranks(scores, targets), k=k)
    expected = [
        ndcg_score(relevance[row : row + 1], scores[row : row + 1], k=k)
        for row in range(30)
    ]
    np.testing.assert_allclose(values, expected, rtol=1e-12)
