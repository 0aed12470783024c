"""Scores become votes: by hand, and whatever their scale."""

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import rankdata

from seqrec.data.sequences import Sequences
from seqrec.estimators._base import BaseRecommender
from seqrec.estimators._votes import (
    cast_votes,
    log_shares,
    log_softmax,
    reciprocal_ranks,
)
from tests.histories import ordered_histories, small_recommender
from tests.strategies import score_matrices

ROWS = Sequences.from_lists([["a"], ["b"]], items=["a", "b", "c"])


class Told(BaseRecommender):
    """Gives the rows of a table as scores."""

    def __init__(self, table):
        self.table = table

    def _score_rows(self, block):
        return np.asarray(self.table, dtype=float)[block.codes[block.stops - 1] - 1]


def test_shares_are_halved_with_even_ones():
    votes = log_shares(np.array([[3.0, 1.0, 0.0, 0.0]]))
    expected = [(3 / 4 + 1 / 4) / 2, (1 / 4 + 1 / 4) / 2, 1 / 8, 1 / 8]
    np.testing.assert_allclose(np.exp(votes), [expected])


def test_without_any_score_all_shares_are_even():
    np.testing.assert_allclose(np.exp(log_shares(np.zeros((1, 4)))), 0.25)


def test_softmax_is_that_of_the_scores():
    votes = log_softmax(np.log([[0.5, 0.3, 0.2]]) + 700)
    np.testing.assert_allclose(np.exp(votes), [[0.5, 0.3, 0.2]])


def test_reciprocal_ranks_by_hand():
    votes = reciprocal_ranks(np.array([[0.1, 9.0, 3.0], [2.0, 2.0, 5.0]]), 10.0)
    np.testing.assert_allclose(
        votes, [[1 / 13, 1 / 11, 1 / 12], [1 / 12.5, 1 / 12.5, 1 / 11]]
    )


@given(score_matrices())
def test_reciprocal_ranks_share_the_mean_among_ties(scores):
    expected = 1 / (1 + rankdata(-scores, axis=1))
    np.testing.assert_allclose(reciprocal_ranks(scores, 1.0), expected)


@pytest.mark.parametrize("combine", ["scores", "ranks"])
@pytest.mark.parametrize("sign", [1, -1])
def test_votes_rank_as_the_scores_do(combine, sign):
    table = np.random.default_rng(0).random((3, 3))
    votes = cast_votes(Told(sign * table), ROWS, combine, 10.0)
    np.testing.assert_array_equal(votes.argsort(), (sign * table[:2]).argsort())


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_scale_of_scores_does_not_matter(scale):
    for table in ([[4.0, 1.0, 0.0]] * 3, [[4.0, 1.0, -1.0]] * 3):
        votes = cast_votes(Told(np.multiply(table, scale)), ROWS, "scores", 10.0)
        expected = cast_votes(Told(table), ROWS, "scores", 10.0)
        np.testing.assert_allclose(votes, expected)


def test_each_row_is_read_by_its_own_signs():
    table = [[3.0, 1.0, 0.0], [1.0, 0.0, -1.0], [0.0, 0.0, 0.0]]
    votes = cast_votes(Told(table), ROWS, "scores", 10.0)
    np.testing.assert_allclose(votes[0], log_shares(np.array(table[:1]))[0])
    z = np.array([1.0, 0.0, -1.0]) * np.sqrt(3 / 2)
    np.testing.assert_allclose(np.exp(votes[1]), np.exp(z) / np.exp(z).sum())


def test_votes_are_probabilities():
    for table in ([[4.0, 1.0, 0.0]] * 3, [[4.0, 1.0, -1.0]] * 3):
        votes = cast_votes(Told(table), ROWS, "scores", 10.0)
        np.testing.assert_allclose(np.exp(votes).sum(axis=1), 1.0)


def test_a_network_votes_with_its_probabilities():
    histories = ordered_histories(30)
    model = small_recommender().fit(histories)
    rows = model._as_sequences(histories)
    votes = cast_votes(model, rows, "scores", 10.0)
    np.testing.assert_allclose(
        np.exp(votes), model.predict_proba(histories), rtol=1e-4, atol=1e-7
    )
