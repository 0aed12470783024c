"""Ranks and top-k against brute force over every order that the scores allow."""

import tracemalloc
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.metrics import _checks, ranking_ranks, target_ranks, top_k
from tests.strategies import rankings, score_matrices, target_codes

TIES = ("mean", "optimistic", "pessimistic")


def orders_of(scores):
    """List every order of the ranked items of one row that goes from high to low."""
    ranked = [c for c in range(1, len(scores) + 1) if scores[c - 1] > -np.inf]
    return [
        order
        for order in permutations(ranked)
        if all(scores[a - 1] >= scores[b - 1] for a, b in pairwise(order))
    ]


def brute_force_places(scores, targets, ties):
    """Places of the ranked targets of one row, best first, over every order."""
    ranked = [code for code in targets if code > 0 and scores[code - 1] > -np.inf]
    places = np.array(
        [sorted(order.index(c) + 1 for c in ranked) for order in orders_of(scores)]
    )
    return {"mean": np.mean, "optimistic": np.min, "pessimistic": np.max}[ties](
        places, axis=0
    )


@pytest.mark.parametrize(
    ("ties", "expected"),
    [("mean", 3.0), ("optimistic", 2.0), ("pessimistic", 4.0)],
)
def test_one_target_tied_with_two_others_behind_one_better_item(ties, expected):
    scores = [[5.0, 2.0, 2.0, 2.0, 1.0]]
    assert target_ranks(scores, [3], ties=ties).tolist() == [expected]


def test_mean_is_the_default_tie_rule():
    scores = [[1.0, 1.0]]
    assert target_ranks(scores, [1]).tolist() == [1.5]


def test_a_model_that_scores_all_items_alike_ranks_the_target_in_the_middle():
    assert target_ranks(np.zeros((1, 101)), [7]).tolist() == [51.0]


@pytest.mark.parametrize(
    ("ties", "expected"),
    # Two targets and one other item share the places 2 to 4. On average over the orders
    # TTO, TOT, OTT the first target stands at 7/3 and the second at 11/3.
    [("mean", [7 / 3, 11 / 3]), ("optimistic", [2, 3]), ("pessimistic", [3, 4])],
)
def test_targets_of_a_row_that_tie_with_each_other_take_different_places(
    ties, expected
):
    scores = [[9.0, 4.0, 4.0, 4.0]]
    ranks = target_ranks(scores, [[2, 4]], ties=ties)
    np.testing.assert_allclose(ranks, [expected], rtol=1e-15)


@pytest.mark.parametrize("ties", TIES)
@given(data=st.data())
def test_ranks_equal_brute_force_over_every_order(ties, data):
    scores = data.draw(score_matrices(max_items=5))
    targets = data.draw(target_codes(scores.shape[0], n_items=scores.shape[1]))
    ranks = target_ranks(scores, targets, ties=ties)
    for row, of_row in enumerate(ranks):
        places = brute_force_places(scores[row], targets[row], ties)
        numbers = np.sort(of_row[np.isfinite(of_row)])
        np.testing.assert_allclose(numbers, places, rtol=1e-12)


@pytest.mark.parametrize("ties", TIES)
@given(data=st.data())
def test_inf_and_nan_stand_where_a_target_is_unranked_or_padding(ties, data):
    scores = data.draw(score_matrices())
    targets = data.draw(target_codes(scores.shape[0], n_items=scores.shape[1]))
    ranks = target_ranks(scores, targets, ties=ties)
    assert (np.isnan(ranks) == (targets == 0)).all()
    own = np.take_along_axis(scores, np.maximum(targets, 1) - 1, axis=1)
    is_unranked = (targets == -1) | ((targets > 0) & (own == -np.inf))
    assert (np.isposinf(ranks) == is_unranked).all()


def test_both_shapes_of_targets_read_minus_one_and_zero_alike():
    scores = [[1.0, 2.0]] * 3
    flat = target_ranks(scores, [1, -1, 0])
    table = target_ranks(scores, [[1], [-1], [0]])
    np.testing.assert_array_equal(flat, [2.0, np.inf, np.nan])
    np.testing.assert_array_equal(table[:, 0], flat)


def test_excluded_items_push_no_target_down_and_get_no_rank():
    scores = [[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]
    excluded = [[True, False, False], [False, True, False]]
    assert target_ranks(scores, [2, 2], excluded=excluded).tolist() == [1.0, np.inf]


@given(data=st.data())
def test_excluding_an_item_is_scoring_it_minus_infinity(data):
    scores = data.draw(score_matrices())
    n, n_items = scores.shape
    targets = data.draw(target_codes(n, n_items=n_items))
    excluded = np.random.default_rng(data.draw(st.integers(0, 99))).random(scores.shape)
    excluded = excluded < 0.4
    lowered = np.where(excluded, -np.inf, scores)
    np.testing.assert_array_equal(
        target_ranks(scores, targets, excluded=excluded),
        target_ranks(lowered, targets),
    )
    for got, wanted in zip(
        top_k(scores, 3, excluded=excluded), top_k(lowered, 3), strict=True
    ):
        np.testing.assert_array_equal(got, wanted)


def test_infinite_scores_are_ordinary_scores_at_the_top():
    assert target_ranks([[np.inf, np.inf, 0.0]], [[1, 3]]).tolist() == [[1.5, 3.0]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.uint16, bool])
def test_any_real_dtype_ranks_like_float64(dtype):
    scores = np.array([[0, 1, 1, 0], [1, 0, 0, 0]], dtype=dtype)
    targets = np.array([[1, 3], [2, 1]], dtype=np.uint8)
    np.testing.assert_array_equal(
        target_ranks(scores, targets), target_ranks(scores.astype(float), targets)
    )
    np.testing.assert_array_equal(
        top_k(scores, 3)[0], top_k(scores.astype(float), 3)[0]
    )


@pytest.mark.parametrize("block_entries", [1, 12, 1 << 18])
def test_block_size_changes_no_answer(monkeypatch, block_entries):
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 4, size=(23, 6)).astype(float)
    targets = rng.permuted(np.tile(np.arange(-1, 6), (23, 1)), axis=1)[:, :3]
    targets = np.where(rng.random(targets.shape) < 0.3, 0, targets)
    ranks, best = target_ranks(scores, targets), top_k(scores, 4)[0]
    found = ranking_ranks(targets, best)
    monkeypatch.setattr(_checks, "BLOCK_ENTRIES", block_entries)
    np.testing.assert_array_equal(target_ranks(scores, targets), ranks)
    np.testing.assert_array_equal(top_k(scores, 4)[0], best)
    np.testing.assert_array_equal(ranking_ranks(targets, best), found)


def test_a_repeat_in_a_later_block_is_reported_with_its_row(monkeypatch):
    monkeypatch.setattr(_checks, "BLOCK_ENTRIES", 4)
    with pytest.raises(ValueError, match="item code 5 more than once in row 3"):
        ranking_ranks([1, 1, 1, 1], [[1, 2], [3, 4], [5, 6], [5, 5]])


def test_memory_does_not_grow_with_the_scores():
    scores = np.zeros((6000, 1000), dtype=np.float32)  # 24 MB
    excluded = np.zeros(scores.shape, dtype=bool)
    targets = np.tile([1, 2, 0, -1], (6000, 1))
    tracemalloc.start()
    target_ranks(scores, targets, excluded=excluded)
    top_k(scores, 10, excluded=excluded)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6


def test_inputs_are_not_changed():
    scores = np.array([[1.0, 3.0, 2.0]])
    targets, excluded = np.array([[3, 0]]), np.array([[False, True, False]])
    before = [array.copy() for array in (scores, targets, excluded)]
    target_ranks(scores, targets, excluded=excluded)
    top_k(scores, 2, excluded=excluded)
    ranking_ranks(targets, np.array([[3, 1]]))
    for array, copy in zip((scores, targets, excluded), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_no_rows_give_no_ranks():
    assert target_ranks(np.empty((0, 3)), np.empty((0, 2), int)).shape == (0, 2)
    assert target_ranks(np.empty((0, 3)), []).shape == (0,)
    assert ranking_ranks([], np.empty((0, 3), int)).shape == (0,)
    assert top_k(np.empty((0, 3)), 2)[0].shape == (0, 2)


def test_an_empty_catalogue_ranks_nothing():
    scores = np.empty((2, 0))
    assert target_ranks(scores, [-1, -1]).tolist() == [np.inf, np.inf]
    codes, top_scores = top_k(scores, 1)
    assert codes.tolist() == [[0], [0]]
    assert top_scores.tolist() == [[-np.inf], [-np.inf]]


def test_ranking_ranks_finds_the_place_or_gives_inf():
    ranks = ranking_ranks([[4, 9], [2, 0], [-1, 7]], [[9, 8, 4], [0, 2, 0], [7, 0, 0]])
    np.testing.assert_array_equal(ranks, [[3, 1], [2, np.nan], [np.inf, 1]])


def test_ranking_ranks_of_rankings_without_places_is_inf():
    assert ranking_ranks([3], np.empty((1, 0), int)).tolist() == [np.inf]


@given(data=st.data())
def test_ranking_ranks_equals_list_index(data):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    ranks = ranking_ranks(targets, table)
    for (row, column), code in np.ndenumerate(targets):
        ranking = table[row].tolist()
        expected = ranking.index(code) + 1 if code in ranking else np.inf
        np.testing.assert_equal(ranks[row, column], np.nan if code == 0 else expected)


@given(score_matrices(), st.integers(1, 10))
def test_top_k_equals_the_start_of_a_stable_sort(scores, k):
    codes, top_scores = top_k(scores, k)
    for row, of_row in enumerate(scores):
        order = sorted(range(len(of_row)), key=lambda column: -of_row[column])
        order = [column for column in order if of_row[column] > -np.inf][:k]
        empty = k - len(order)
        assert codes[row].tolist() == [column + 1 for column in order] + [0] * empty
        expected = [of_row[column] for column in order] + [-np.inf] * empty
        assert top_scores[row].tolist() == expected


@given(score_matrices(), st.integers(1, 10))
def test_top_k_of_a_batch_equals_its_rows(scores, k):
    codes, top_scores = top_k(scores, k)
    for row in range(len(scores)):
        alone = top_k(scores[row : row + 1], k)
        np.testing.assert_array_equal(alone[0][0], codes[row])
        np.testing.assert_array_equal(alone[1][0], top_scores[row])


def test_top_k_of_many_ties_on_a_wide_catalogue_equals_a_stable_sort():
    scores = np.random.default_rng(0).integers(0, 30, size=(40, 3000)).astype("f4")
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :250] + 1
    np.testing.assert_array_equal(top_k(scores, 250)[0], expected)


@given(data=st.data())
def test_without_ties_scores_and_their_ranking_give_the_same_ranks(data):
    n, n_items = data.draw(st.integers(1, 4)), 6
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    scores = rng.permuted(np.tile(np.arange(n_items) / 7, (n, 1)), axis=1)
    targets = data.draw(target_codes(n, n_items=n_items))
    np.testing.assert_array_equal(
        target_ranks(scores, targets), ranking_ranks(targets, top_k(scores, n_items)[0])
    )


def test_top_scores_keep_a_float_dtype():
    assert top_k(np.ones((1, 2), dtype=np.float32), 3)[1].dtype == np.float32
    assert top_k(np.ones((1, 2), dtype=np.int16), 3)[1].dtype == np.float64


NAN_ROWS = [[0.0, 1.0], [np.nan, 1.0], [np.nan, np.nan]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: target_ranks(NAN_ROWS, [1, 1, 1]),
            ValueError,
            r"scores has NaN in 2 rows, first in row 1\. Give every item a number",
        ),
        (
            lambda: top_k([[np.nan, 1.0]], 1),
            ValueError,
            r"scores has NaN in row 0\.",
        ),
        (
            lambda: target_ranks([1.0, 2.0], [1]),
            ValueError,
            r"scores has shape \(2,\)\. Pass an array of shape \(n, n_items\)",
        ),
        (
            lambda: target_ranks([["a"]], [1]),
            TypeError,
            "scores has dtype <U1. Pass real numbers",
        ),
        (
            lambda: target_ranks([[1.0], [2.0]], [1]),
            ValueError,
            r"targets has shape \(1,\) and scores has shape \(2, 1\)\.",
        ),
        (
            lambda: target_ranks([[1.0, 2.0]], [1.0]),
            TypeError,
            "targets has dtype float64. Pass integer item codes",
        ),
        (
            lambda: target_ranks([[1.0, 2.0]] * 3, [3, -2, 4]),
            ValueError,
            r"targets has 3 codes outside \[-1, 2\], among them -2, 3, 4\.",
        ),
        (
            lambda: target_ranks([[1.0, 2.0]], [[[1]]]),
            ValueError,
            r"targets has shape \(1, 1, 1\)\. Pass codes of shape \(n,\) or \(n, m\)",
        ),
        (
            lambda: target_ranks([[1.0, 2.0]] * 2, [[1, 0], [2, 2]]),
            ValueError,
            "targets has item code 2 more than once in row 1. Keep each target once",
        ),
        (
            lambda: target_ranks([[1.0, 2.0]], [1], ties="avrage"),
            ValueError,
            r"'ties' parameter of target_ranks must be a str among \{'mean', "
            r"'optimistic', 'pessimistic'\}\. Got 'avrage' instead",
        ),
        (
            lambda: target_ranks([[1.0, 2.0]], [1], excluded=[[0, 1]]),
            TypeError,
            "excluded has dtype int64. Pass a bool mask",
        ),
        (
            lambda: top_k([[1.0, 2.0]], 1, excluded=[[True]]),
            ValueError,
            r"excluded has shape \(1, 1\) and scores has shape \(1, 2\)\.",
        ),
        (
            lambda: top_k([[1.0, 2.0]], 0),
            ValueError,
            r"The 'k' parameter of top_k must be an int in the range \[1, inf\)\. "
            r"Got 0 instead\.",
        ),
        (
            lambda: ranking_ranks([1], [[4, 2, 4]]),
            ValueError,
            "rankings has item code 4 more than once in row 0. Rank each item once",
        ),
        (
            lambda: ranking_ranks([1], [[4, -1]]),
            ValueError,
            r"rankings has 1 codes outside \[0, inf\), among them -1\.",
        ),
        (
            lambda: ranking_ranks([1], [4, 2]),
            ValueError,
            r"rankings has shape \(2,\)\. Pass item codes of shape \(n, K\)",
        ),
        (
            lambda: ranking_ranks([1, 2], [[4, 2]]),
            ValueError,
            r"targets has shape \(2,\) and rankings has shape \(1, 2\)\.",
        ),
        (
            lambda: ranking_ranks([1], [["a", "b"]]),
            TypeError,
            "rankings has dtype <U1. Pass integer item codes",
        ),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(call, error, message):
    with pytest.raises(error, match=message):
        call()
