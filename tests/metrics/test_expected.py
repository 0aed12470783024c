"""Expected values against brute force over every order that the scores allow."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqrec.metrics import (
    METRICS,
    RANK_METRICS,
    _checks,
    expected_at_ranks,
    rank_bounds,
    target_ranks,
)
from seqrec.metrics.expected import _RULES
from tests.strategies import score_matrices, target_codes

every_metric = pytest.mark.parametrize("metric", RANK_METRICS)
few_examples = settings(max_examples=30)  # each property runs once per metric


def rankings_of(scores):
    """Return every ranking (n_orders, n_items) that the scores of one row allow."""
    ranked = [c for c in range(1, len(scores) + 1) if scores[c - 1] > -np.inf]
    orders = [
        order
        for order in permutations(ranked)
        if all(np.diff([scores[code - 1] for code in order]) <= 0)
    ]
    padding = [0] * (len(scores) - len(ranked))
    return np.array([[*order, *padding] for order in orders])


def brute_force(metric, scores, targets, k):
    """Average a metric over every order of the tied items of one row."""
    tables = rankings_of(scores)
    return METRICS[metric](np.tile(targets, (len(tables), 1)), tables, k=k).mean()


def test_every_metric_has_a_rule():
    assert list(_RULES) == list(RANK_METRICS)


@pytest.mark.parametrize(
    ("metric", "expected"),
    # One target among four tied items behind one better item: places 2 to 5, k = 3.
    [
        ("hit_rate", Fraction(2, 4)),
        ("recall", Fraction(2, 4)),
        ("precision", Fraction(2, 4) / 3),
        ("mrr", (Fraction(1, 2) + Fraction(1, 3)) / 4),
        ("map", (Fraction(1, 2) + Fraction(1, 3)) / 4),
        ("ndcg", (1 / np.log2(3) + 1 / 2) / 4),
    ],
)
def test_one_tied_target_by_hand(metric, expected):
    value = expected_at_ranks(metric, [2.0], [5.0], k=3)
    np.testing.assert_allclose(value, float(expected), rtol=1e-15)


@pytest.mark.parametrize(
    ("metric", "expected"),
    # Two targets and one other item in the first three places: TTO, TOT, OTT. k = 2.
    [
        ("hit_rate", Fraction(1)),
        ("recall", Fraction(1 + 2 * Fraction(1, 2)) / 3),
        ("precision", Fraction(1 + 2 * Fraction(1, 2)) / 3),
        ("mrr", Fraction(1 + 1 + Fraction(1, 2)) / 3),
        ("map", Fraction(1 + Fraction(1, 2) + Fraction(1, 4)) / 3),
        ("ndcg", 2 / 3),  # each place holds a target in two of three orders
    ],
)
def test_two_targets_that_tie_with_each_other_by_hand(metric, expected):
    value = expected_at_ranks(metric, [[1.0, 2.0]], [[2.0, 3.0]], k=2)
    np.testing.assert_allclose(value, float(expected), rtol=1e-15)


def test_the_mean_rank_is_no_hit_where_half_of_the_orders_are():
    scores, target = np.zeros((1, 10)), [4]
    mean_rank = target_ranks(scores, target)
    assert RANK_METRICS["hit_rate"](mean_rank, k=5).tolist() == [0.0]
    best, worst = rank_bounds(scores, target)
    assert expected_at_ranks("hit_rate", best, worst, k=5).tolist() == [0.5]


@every_metric
@few_examples
@given(data=st.data(), k=st.integers(1, 8))
def test_expected_values_equal_brute_force_over_every_order(metric, data, k):
    scores = data.draw(score_matrices(max_items=6))
    targets = data.draw(target_codes(scores.shape[0], n_items=scores.shape[1]))
    values = expected_at_ranks(metric, *rank_bounds(scores, targets), k=k)
    wanted = [brute_force(metric, *row, k) for row in zip(scores, targets, strict=True)]
    np.testing.assert_allclose(values, wanted, rtol=1e-12, atol=1e-15)
    numbers = values[~np.isnan(values)]
    assert ((numbers >= 0) & (numbers <= 1)).all()


@every_metric
@few_examples
@given(data=st.data(), k=st.integers(1, 12))
def test_one_target_has_the_mean_over_its_places(metric, data, k):
    best = data.draw(st.integers(1, 15))
    worst = data.draw(st.integers(best, 25))
    places = np.arange(best, worst + 1)
    np.testing.assert_allclose(
        expected_at_ranks(metric, [best], [worst], k=k),
        [RANK_METRICS[metric](places, k=k).mean()],
        rtol=1e-12,
        atol=1e-15,
    )


@every_metric
@few_examples
@given(data=st.data(), k=st.integers(1, 8))
def test_without_ties_it_is_the_metric_to_the_last_bit(metric, data, k):
    n, n_items = data.draw(st.integers(1, 4)), 8
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    scores = rng.permuted(np.tile(np.arange(n_items) / 7, (n, 1)), axis=1)
    targets = data.draw(target_codes(n, n_items=n_items))
    ranks = target_ranks(scores, targets)
    np.testing.assert_array_equal(
        expected_at_ranks(metric, ranks, ranks, k=k), RANK_METRICS[metric](ranks, k=k)
    )


@every_metric
@few_examples
@given(data=st.data(), k=st.integers(1, 8))
def test_it_lies_between_all_ties_lost_and_all_ties_won(metric, data, k):
    scores = data.draw(score_matrices())
    targets = data.draw(target_codes(scores.shape[0], n_items=scores.shape[1]))
    best, worst = rank_bounds(scores, targets)
    values = expected_at_ranks(metric, best, worst, k=k)
    low, high = RANK_METRICS[metric](worst, k=k), RANK_METRICS[metric](best, k=k)
    is_between = (low <= values + 1e-12) & (values <= high + 1e-12)  # rounding
    assert (np.isnan(values) | is_between).all()


@every_metric
@few_examples
@given(data=st.data(), k=st.integers(1, 8))
def test_a_batch_equals_its_rows_whatever_the_padding_and_order(metric, data, k):
    scores = data.draw(score_matrices())
    targets = data.draw(target_codes(scores.shape[0], n_items=scores.shape[1]))
    best, worst = rank_bounds(scores, targets)
    values = expected_at_ranks(metric, best, worst, k=k)
    alone = [
        expected_at_ranks(metric, best[row : row + 1], worst[row : row + 1], k=k)[0]
        for row in range(len(best))
    ]
    np.testing.assert_array_equal(values, alone)
    padded = [
        np.pad(ranks[:, ::-1], ((0, 0), (1, 2)), constant_values=np.nan)
        for ranks in (best, worst)
    ]
    np.testing.assert_array_equal(expected_at_ranks(metric, *padded, k=k), values)


@pytest.mark.parametrize("metric", ["hit_rate", "mrr"])
@pytest.mark.parametrize("block_entries", [1, 20])
def test_block_size_changes_no_answer(monkeypatch, metric, block_entries):
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 3, size=(17, 9)).astype(float)
    targets = rng.permuted(np.tile(np.arange(1, 10), (17, 1)), axis=1)[:, :4]
    bounds = rank_bounds(scores, targets)
    values = expected_at_ranks(metric, *bounds, k=5)
    monkeypatch.setattr(_checks, "BLOCK_ENTRIES", block_entries)
    np.testing.assert_array_equal(expected_at_ranks(metric, *bounds, k=5), values)


@every_metric
def test_ties_of_millions_cost_no_more_than_the_first_places(metric):
    best = np.array([[3.0, 4.0], [1.0, np.nan], [4e6, np.inf]])
    worst = np.array([[9e6 - 1, 9e6], [9e6, np.nan], [5e6, np.inf]])
    values = expected_at_ranks(metric, best, worst, k=10)
    assert values[2] == 0.0
    assert ((values[:2] > 0) & (values[:2] < 1e-5)).all()


@every_metric
def test_rows_without_ranked_targets(metric):
    unranked = np.array([np.inf, np.nan])
    values = expected_at_ranks(metric, unranked, unranked, k=3)
    np.testing.assert_array_equal(values, [0.0, np.nan])
    assert expected_at_ranks(metric, [], [], k=3).shape == (0,)
    no_columns = np.empty((2, 0))
    values = expected_at_ranks(metric, no_columns, no_columns, k=3)
    np.testing.assert_array_equal(values, [np.nan, np.nan])


def test_ranks_are_not_changed():
    best, worst = np.array([[3.0, 1.0, np.nan]]), np.array([[5.0, 1.0, np.nan]])
    expected_at_ranks("map", best, worst, k=2)
    np.testing.assert_array_equal(best, [[3.0, 1.0, np.nan]])
    np.testing.assert_array_equal(worst, [[5.0, 1.0, np.nan]])


@pytest.mark.parametrize(
    ("best", "worst"),
    [
        pytest.param([1.0, 2.0], [1.0, 1.0], id="best-is-worse"),
        pytest.param([1.0, 2.5], [1.0, 2.5], id="mean-ranks"),
        pytest.param([1.0, 2.0], [1.0, np.inf], id="ranked-in-one-only"),
        pytest.param([1.0, np.nan], [1.0, 2.0], id="padding-in-one-only"),
        pytest.param([[1.0, 2.0]] * 2, [[1.0, 2.0], [2.0, 4.0]], id="ties-cross"),
        pytest.param([[1, 5], [1, 3]], [[2, 6], [4, 4]], id="ties-overlap"),
    ],
)
def test_ranks_of_different_targets_are_refused(best, worst):
    with pytest.raises(
        ValueError,
        match=r"best and worst are not ranks of the same targets in 1 rows, first in "
        r"row 1\. Pass what rank_bounds gives",
    ):
        expected_at_ranks("ndcg", best, worst, k=3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: expected_at_ranks("ndgc", [1.0], [1.0], k=3),
            ValueError,
            r"'metric' parameter of expected_at_ranks must be a str among "
            r"\{'hit_rate', 'map', 'mrr', 'ndcg', 'precision', 'recall'\}\. Got 'ndgc' "
            r"instead\. Did you mean 'ndcg'\?",
        ),
        (
            lambda: expected_at_ranks("ndcg", [1.0], [1.0], k=0),
            ValueError,
            r"'k' parameter of expected_at_ranks must be an int in the range \[1, inf",
        ),
        (
            lambda: expected_at_ranks("ndcg", [1.0], [[1.0]], k=3),
            ValueError,
            r"best has shape \(1,\) and worst has shape \(1, 1\)\. Pass two arrays of",
        ),
        (
            lambda: expected_at_ranks("ndcg", ["a"], [1.0], k=3),
            TypeError,
            r"^best: ranks has dtype <U1\. Pass numbers",
        ),
        (
            lambda: expected_at_ranks("ndcg", [1.0], [0.0], k=3),
            ValueError,
            r"^worst: ranks has a rank below 1.*in row 0\.",
        ),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(call, error, message):
    with pytest.raises(error, match=message):
        call()
