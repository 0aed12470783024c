import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import recall_score

from seqrec.metrics import recall, recall_at_ranks, target_ranks, top_k
from tests.strategies import rankings, target_codes


@pytest.mark.parametrize(
    ("targets", "k", "expected"),
    [
        pytest.param([4], 2, 1.0, id="all-of-one"),
        pytest.param([4, 2], 2, 1 / 2, id="half"),
        pytest.param([4, 2, 9], 3, 2 / 3, id="two-thirds"),
        pytest.param([4, 2, 1], 1, 1 / 3, id="more-targets-than-places"),
        pytest.param([4, -1, 0], 3, 1 / 2, id="not-in-catalogue-counts-as-missed"),
        pytest.param([8, 9, 0], 3, 0.0, id="none"),
    ],
)
def test_recall_by_hand(targets, k, expected):
    assert recall([targets], [[1, 4, 2]], k=k).tolist() == [expected]


@pytest.mark.parametrize(
    ("ties", "expected"), [("mean", 1 / 2), ("optimistic", 1.0), ("pessimistic", 0.0)]
)
def test_recall_of_tied_targets(ties, expected):
    # Two targets and one other item: places 4/3 and 8/3, 1 and 2, or 2 and 3.
    ranks = target_ranks([[5.0, 5.0, 5.0]], [[1, 2]], ties=ties)
    k = 1 if ties == "pessimistic" else 2
    assert recall_at_ranks(ranks, k=k).tolist() == [expected]


@given(data=st.data(), k=st.integers(1, 9))
def test_recall_equals_an_intersection_of_sets(data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    for row, value in enumerate(recall(targets, table, k=k)):
        wanted = [code for code in targets[row].tolist() if code != 0]
        found = set(wanted) & set(table[row, :k].tolist())
        expected = len(found) / len(wanted) if wanted else np.nan
        np.testing.assert_equal(value, expected)


def test_recall_equals_scikit_learn_on_indicators():
    rng = np.random.default_rng(0)
    scores = rng.random((30, 15))
    targets = rng.permuted(np.tile(np.arange(1, 16), (30, 1)), axis=1)[:, :4]
    best = top_k(scores, 6)[0]
    truth, guess = np.zeros((30, 15), int), np.zeros((30, 15), int)
    np.put_along_axis(truth, targets - 1, 1, axis=1)
    np.put_along_axis(guess, best - 1, 1, axis=1)
    value = recall(targets, best, k=6).mean()
    assert value == pytest.approx(recall_score(truth, guess, average="samples"))
