from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seqrec.metrics import auc_at_ranks, rank_bounds, target_ranks
from tests.strategies import score_matrices, target_codes


def pairs_won(scores, targets):
    """Share of pairs (target, other ranked item) of one row that the target wins."""
    wanted = [code for code in targets.tolist() if code != 0]
    ranked = [c for c in range(1, len(scores) + 1) if scores[c - 1] > -np.inf]
    others = [code for code in ranked if code not in wanted]
    if not wanted or not others:
        return np.nan
    won = Fraction(0)
    for target in set(wanted) & set(ranked):
        own = scores[target - 1]
        won += sum(int(own > scores[other - 1]) for other in others)
        won += sum(Fraction(int(own == scores[other - 1]), 2) for other in others)
    return float(won / (len(wanted) * len(others)))


@pytest.mark.parametrize(
    ("ranks", "n_ranked", "expected"),
    [
        pytest.param([1.0], 5, Fraction(1), id="first"),
        pytest.param([5.0], 5, Fraction(0), id="last"),
        pytest.param([3.0], 5, Fraction(2, 4), id="middle"),
        pytest.param([1.5], 5, Fraction(7, 8), id="one-tie-counts-half"),
        pytest.param([2.0, 3.0], 5, Fraction(2, 3), id="two-targets"),
        pytest.param([1.0, np.inf], 3, Fraction(1, 2), id="one-not-ranked"),
        pytest.param([np.inf], 3, Fraction(0), id="not-ranked"),
        pytest.param([1.0, 2.0], 2, np.nan, id="no-other-item"),
        pytest.param([np.inf], 0, np.nan, id="nothing-ranked"),
        pytest.param([np.nan], 3, np.nan, id="no-target"),
    ],
)
def test_auc_by_hand(ranks, n_ranked, expected):
    value = auc_at_ranks([ranks], n_ranked=n_ranked)
    np.testing.assert_allclose(value, [float(expected)], rtol=1e-15)


def test_n_ranked_of_each_row_is_its_own():
    values = auc_at_ranks([2.0, 2.0, 2.0], n_ranked=[2, 3, 5])
    assert values.tolist() == [0.0, 0.5, 0.75]


@given(data=st.data())
def test_auc_equals_a_count_of_pairs(data):
    scores = data.draw(score_matrices())
    targets = data.draw(target_codes(scores.shape[0], n_items=scores.shape[1]))
    n_ranked = np.count_nonzero(scores > -np.inf, axis=1)
    values = auc_at_ranks(target_ranks(scores, targets), n_ranked=n_ranked)
    expected = [pairs_won(*row) for row in zip(scores, targets, strict=True)]
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-15)
    numbers = values[~np.isnan(values)]
    assert ((numbers >= 0) & (numbers <= 1)).all()


@given(data=st.data())
def test_mean_ranks_give_the_mean_of_all_ties_won_and_all_ties_lost(data):
    scores = data.draw(score_matrices())
    targets = data.draw(target_codes(scores.shape[0], n_items=scores.shape[1]))
    n_ranked = np.count_nonzero(scores > -np.inf, axis=1)
    best, worst = rank_bounds(scores, targets)
    bounds = [auc_at_ranks(ranks, n_ranked=n_ranked) for ranks in (best, worst)]
    value = auc_at_ranks(target_ranks(scores, targets), n_ranked=n_ranked)
    np.testing.assert_allclose(value, np.mean(bounds, axis=0), rtol=1e-12, atol=1e-15)


@given(data=st.data())
def test_a_batch_equals_its_rows_whatever_the_padding_and_order(data):
    scores = data.draw(score_matrices())
    ranks = target_ranks(
        scores, data.draw(target_codes(scores.shape[0], n_items=scores.shape[1]))
    )
    n_items = scores.shape[1]
    values = auc_at_ranks(ranks, n_ranked=n_items)
    alone = [auc_at_ranks(row[None], n_ranked=[n_items])[0] for row in ranks]
    np.testing.assert_array_equal(values, alone)
    padded = np.pad(ranks[:, ::-1], ((0, 0), (1, 2)), constant_values=np.nan)
    np.testing.assert_allclose(auc_at_ranks(padded, n_ranked=n_items), values)


@given(st.sets(st.integers(1, 20), min_size=1, max_size=4))
def test_a_target_that_moves_up_raises_the_value(ranks):
    place = next((rank for rank in ranks if rank - 1 not in {0, *ranks}), None)
    assume(place is not None)
    moved = ranks - {place} | {place - 1}
    before, after = auc_at_ranks([list(ranks), list(moved)], n_ranked=20)
    assert after > before


def test_ranks_are_not_changed_and_no_rows_give_no_values():
    ranks = np.array([[3.0, 1.0, np.nan]])
    auc_at_ranks(ranks, n_ranked=3)
    np.testing.assert_array_equal(ranks, [[3.0, 1.0, np.nan]])
    assert auc_at_ranks([], n_ranked=[]).shape == (0,)
    assert auc_at_ranks(np.empty((0, 2)), n_ranked=3).shape == (0,)
    values = auc_at_ranks(np.empty((2, 0)), n_ranked=3)
    np.testing.assert_array_equal(values, [np.nan, np.nan])


@pytest.mark.parametrize(
    ("ranks", "n_ranked", "error", "message"),
    [
        pytest.param(
            [1.0, 4.0, 5.0],
            [3, 3, 5],
            ValueError,
            r"ranks has a rank beyond n_ranked, or targets that share a place, in 1 "
            r"rows, first in row 1, where n_ranked is 3\.",
            id="rank-beyond",
        ),
        pytest.param(
            [[3.0, 3.0]],
            3,
            ValueError,
            r"targets that share a place, in 1 rows, first in row 0",
            id="two-targets-in-the-last-place",
        ),
        pytest.param(
            [1.0],
            -1,
            ValueError,
            r"rank beyond n_ranked.*where n_ranked is -1\.",
            id="negative-count",
        ),
        pytest.param(
            [1.0], 3.0, TypeError, "n_ranked has dtype float64. Pass the", id="float"
        ),
        pytest.param(
            [1.0],
            [3, 3],
            ValueError,
            r"n_ranked has shape \(2,\) and ranks has 1 rows\. Pass one int, or one a",
            id="rows-differ",
        ),
        pytest.param(
            [0.5], 3, ValueError, r"ranks has a rank below 1", id="rank-below-one"
        ),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(ranks, n_ranked, error, message):
    with pytest.raises(error, match=message):
        auc_at_ranks(ranks, n_ranked=n_ranked)
