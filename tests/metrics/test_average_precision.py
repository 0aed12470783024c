import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from seqrec.metrics import (
    average_precision,
    average_precision_at_ranks,
    mrr_at_ranks,
    target_ranks,
)
from tests.strategies import rankings, target_codes


@pytest.mark.parametrize(
    ("targets", "k", "expected"),
    [
        pytest.param([1], 4, 1.0, id="first"),
        pytest.param([2], 4, 1 / 3, id="third"),
        pytest.param([1, 2], 4, (1 + 2 / 3) / 2, id="first-and-third"),
        pytest.param([4, 7], 4, (1 / 2 + 2 / 4) / 2, id="second-and-fourth"),
        pytest.param([4, 7], 3, 1 / 4, id="one-below-k"),
        pytest.param([1, 4, 7], 2, 1.0, id="more-targets-than-places"),
        pytest.param([1, -1], 4, 1 / 2, id="one-not-in-catalogue"),
        pytest.param([9, 8], 4, 0.0, id="absent"),
    ],
)
def test_average_precision_by_hand(targets, k, expected):
    value = average_precision([targets], [[1, 4, 2, 7]], k=k)
    assert value[0] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("ties", "expected"),
    # Two targets and one other item: places 4/3 and 8/3, 1 and 2, or 2 and 3.
    [("mean", 3 / 4), ("optimistic", 1.0), ("pessimistic", (1 / 2 + 2 / 3) / 2)],
)
def test_average_precision_of_tied_targets(ties, expected):
    ranks = target_ranks([[5.0, 5.0, 5.0]], [[1, 2]], ties=ties)
    value = average_precision_at_ranks(ranks, k=3)[0]
    assert value == pytest.approx(expected, rel=1e-15)


@given(st.lists(st.floats(1, 50), min_size=1, max_size=5), st.integers(1, 60))
def test_average_precision_of_one_target_is_the_reciprocal_rank(ranks, k):
    np.testing.assert_array_equal(
        average_precision_at_ranks(ranks, k=k), mrr_at_ranks(ranks, k=k)
    )


@given(data=st.data(), k=st.integers(1, 9))
def test_average_precision_equals_a_mean_of_precisions(data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    for row, value in enumerate(average_precision(targets, table, k=k)):
        wanted = [code for code in targets[row].tolist() if code != 0]
        ranking = table[row, :k].tolist()
        total = sum(
            len(set(ranking[:place]) & set(wanted)) / place
            for place in range(1, len(ranking) + 1)
            if ranking[place - 1] in wanted
        )
        expected = total / min(len(wanted), k) if wanted else np.nan
        np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_average_precision_without_ties_equals_scikit_learn():
    rng = np.random.default_rng(0)
    scores = rng.permuted(np.tile(np.arange(15.0), (30, 1)), axis=1)
    targets = rng.permuted(np.tile(np.arange(1, 16), (30, 1)), axis=1)[:, :4]
    truth = np.zeros((30, 15), int)
    np.put_along_axis(truth, targets - 1, 1, axis=1)
    values = average_precision_at_ranks(target_ranks(scores, targets), k=15)
    expected = [
        average_precision_score(of_row, row_scores)
        for of_row, row_scores in zip(truth, scores, strict=True)
    ]
    np.testing.assert_allclose(values, expected, rtol=1e-12)
