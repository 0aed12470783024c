import numpy as np
import pytest

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators import _item_knn
from seqrec.estimators._item_knn import ItemKNNRecommender

LOG = [["a", "b", "c", "a"], ["a", "c"], ["b", "a", "d"]]
PAIRS = np.array([[3, 2, 2, 1], [2, 2, 1, 1], [2, 1, 2, 0], [1, 1, 0, 1]])  # of LOG
NORMS = np.sqrt(np.outer([3, 2, 2, 1], [3, 2, 2, 1]))


def test_users_who_have_both_items_are_counted():
    model = ItemKNNRecommender().fit(LOG)
    np.testing.assert_array_equal(model.pair_counts_.toarray(), PAIRS)
    np.testing.assert_array_equal(model.user_counts_, [3, 2, 2, 1])


@pytest.mark.parametrize("shrink", [0, 3.0])
def test_similarities_are_cosines(shrink):
    model = ItemKNNRecommender(shrink=shrink).fit(LOG)
    expected = PAIRS / (NORMS + shrink)
    np.testing.assert_allclose(model.similarities_.toarray(), expected, rtol=1e-6)


def test_scores_add_the_similarities_to_the_last_events():
    model = ItemKNNRecommender(decay=0.5, history_length=2).fit(LOG)
    cosines = PAIRS / NORMS
    scores = model.decision_function([["d", "b", "c"], ["d"]])
    expected = [cosines[2] + 0.5 * cosines[1], cosines[3]]
    np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-9)


def test_only_the_nearest_neighbors_are_kept():
    model = ItemKNNRecommender(n_neighbors=2).fit(LOG)
    expected = PAIRS / NORMS
    expected[0, [2, 3]] = 0  # b and c are as near: the first one stays
    expected[1, [2, 3]] = 0
    expected[2, [1, 3]] = 0
    expected[3, [0, 2]] = 0
    np.testing.assert_allclose(model.similarities_.toarray(), expected, rtol=1e-6)


def test_histories_are_paired_with_their_targets_alone():
    model = ItemKNNRecommender().fit([["a", "b", "a"], ["b"], []], ["c", "c", "a"])
    np.testing.assert_array_equal(
        model.pair_counts_.toarray(), [[0, 0, 1], [0, 0, 2], [0, 0, 0]]
    )
    np.testing.assert_array_equal(model.user_counts_, [1, 2, 2])


def test_rows_of_one_user_count_a_pair_once():
    X, y, _ = next_item_samples(
        Sequences.from_lists([["a", "b", "c", "b"], ["b", "c"]])
    )
    model = ItemKNNRecommender().fit(X, y)
    np.testing.assert_array_equal(
        model.pair_counts_.toarray(), [[0, 1, 1], [0, 1, 2], [0, 1, 0]]
    )
    np.testing.assert_array_equal(model.user_counts_, [1, 2, 2])


def test_targets_are_paired_with_the_last_events_alone():
    model = ItemKNNRecommender(history_length=1).fit([["a", "b"], ["a"]], ["c", "c"])
    np.testing.assert_array_equal(
        model.pair_counts_.toarray(), [[0, 0, 1], [0, 0, 1], [0, 0, 0]]
    )


def test_overlapping_rows_are_one_user():
    every = Sequences.from_lists([["a", "b", "c", "a"], ["c", "b"]])
    rows = Sequences(every.codes, [0, 1, 4], [3, 4, 6], vocabulary=every.vocabulary)
    of_rows, of_users = ItemKNNRecommender().fit(rows), ItemKNNRecommender().fit(every)
    assert (of_rows.pair_counts_ != of_users.pair_counts_).nnz == 0


def test_pairs_in_blocks_equal_pairs_at_once(monkeypatch):
    rng = np.random.default_rng(0)
    X = [rng.integers(8, size=n).tolist() for n in rng.integers(6, size=40)]
    X[-1] = list(range(8))
    y = rng.integers(8, size=40)
    at_once = ItemKNNRecommender().fit(X, y).pair_counts_
    monkeypatch.setattr(_item_knn, "_BLOCK", 7)
    assert (ItemKNNRecommender().fit(X, y).pair_counts_ != at_once).nnz == 0


@pytest.mark.parametrize(
    "params",
    [
        {"n_neighbors": 0},
        {"decay": 2},
        {"history_length": 0},
        {"shrink": -0.5},
        {"top_k": 0},
        {"exclude_seen": "yes"},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_errors(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"'{name}' parameter of ItemKNN"):
        ItemKNNRecommender(**params).fit(LOG)
