import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from seqrec.estimators._batching import Negatives
from seqrec.estimators._embedding_init import (
    START_STD,
    popularity_start,
    svd_embedding,
)
from seqrec.nn.losses import gbce
from seqrec.nn.negatives import NegativeSampler


def embed(histories, n_items, dim, seed=0):
    codes = np.array([code for history in histories for code in history])
    history = np.repeat(np.arange(len(histories)), [len(row) for row in histories])
    return svd_embedding(codes, history, n_items, dim, np.random.RandomState(seed))


def cosine(embedding, one, other):
    one, other = embedding[one - 1], embedding[other - 1]
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


def test_items_that_meet_are_closer_than_items_that_do_not():
    histories = [[1, 2, 3, 1, 3, 2], [4, 5, 6, 4, 6, 5]] * 20
    embedding = embed(histories, 6, 4)
    within = cosine(embedding, 1, 2), cosine(embedding, 4, 6)
    across = cosine(embedding, 1, 4), cosine(embedding, 2, 6)
    assert min(within) > max(across) + 0.2


@pytest.mark.parametrize("dim", [2, 5, 30])
def test_values_have_the_start_deviation_and_shape(dim):
    rng = np.random.default_rng(0)
    embedding = embed(rng.integers(1, 21, size=(50, 8)), 20, dim)
    assert embedding.shape == (20, dim)
    assert embedding.dtype == np.float32
    assert embedding[:, : min(dim, 19)].std() == pytest.approx(START_STD, rel=1e-3)
    assert np.isfinite(embedding).all()


def test_items_that_follow_nothing_are_random_not_zero():
    embedding = embed([[1, 2, 1, 2], [3]], 5, 3)
    assert (np.abs(embedding[2:]).sum(axis=1) > 0).all()
    assert len({tuple(row) for row in embedding[2:].tolist()}) == 3


@pytest.mark.parametrize("histories", [[[1], [2]], [[1, 2]], [[1, 1, 1]], [[2, 1, 2]]])
def test_logs_that_hold_almost_nothing_give_finite_values(histories):
    embedding = embed(histories, 2, 4)
    assert embedding.shape == (2, 4)
    assert np.isfinite(embedding).all()


def test_pairs_do_not_cross_histories():
    one, other = [1, 2, 3, 1, 3, 2], [4, 5, 6, 4, 6, 5]
    assert abs(cosine(embed([one, other] * 5, 6, 2), 2, 4)) < 1e-4
    assert abs(cosine(embed([one + other] * 5, 6, 2), 2, 4)) > 1e-3


def test_the_same_source_gives_the_same_embedding():
    histories = np.random.default_rng(0).integers(1, 21, size=(50, 8))
    np.testing.assert_array_equal(embed(histories, 20, 4), embed(histories, 20, 4))
    assert (embed(histories, 20, 4, seed=1) != embed(histories, 20, 4)).any()


def test_the_number_of_threads_changes_nothing():
    histories = np.random.default_rng(0).integers(1, 1501, size=(4000, 10))
    with threadpool_limits(1, user_api="blas"):
        one = embed(histories, 1500, 64)
    with threadpool_limits(2, user_api="blas"):
        two = embed(histories, 1500, 64)
    np.testing.assert_array_equal(one, two)


def test_rare_items_of_a_large_catalogue_are_projected(monkeypatch):
    histories = [[1, 2, 3, 1, 3, 2], [4, 5, 6, 4, 6, 5]] * 20 + [[1, 7, 2], [4, 8, 6]]
    monkeypatch.setattr("seqrec.estimators._embedding_init._MAX_ITEMS", 6)
    codes = np.concatenate(histories)
    history = np.repeat(np.arange(len(histories)), [len(row) for row in histories])
    found = svd_embedding(codes, history, 8, 3, np.random.RandomState(0))
    assert min(cosine(found, 7, 3), cosine(found, 8, 5)) > 0.7
    assert max(cosine(found, 7, 5), cosine(found, 8, 3)) < 0.5


def test_of_a_long_log_some_whole_histories_are_counted(monkeypatch):
    monkeypatch.setattr("seqrec.estimators._embedding_init._MAX_EVENTS", 100)
    histories = [[1, 2, 3, 1, 3, 2], [4, 5, 6, 4, 6, 5]] * 50
    embedding = embed(histories, 6, 4)
    within = cosine(embedding, 1, 2), cosine(embedding, 4, 6)
    across = cosine(embedding, 1, 4), cosine(embedding, 2, 6)
    assert min(within) > max(across) + 0.2


def start(counts, n=4, power=0.0, calibration=0.75):
    sampler = NegativeSampler(len(counts), power=power, counts=counts)
    negatives = Negatives(sampler, n, by_rows=False)
    return popularity_start(np.array(counts), negatives, calibration)


@pytest.mark.parametrize(("calibration", "beta"), [(0.0, 1.0), (0.75, 0.7), (1.0, 0.6)])
@pytest.mark.parametrize("power", [0.0, 0.5])
def test_gbce_starts_where_nothing_but_popularity_is_left_to_learn(
    power, calibration, beta
):
    counts = [3, 0, 8, 1, 2, 24]  # beta = 1 + calibration * (3 / 5 - 1)
    p = (np.array(counts) + 1) / 44
    q = (np.array(counts) + 1) ** power
    refused = 3 * q / q.sum() * (1 - p)  # of three drawn items, target or not
    yes = 1 / (1 + np.exp(-start(counts, 3, power, calibration)))
    slope = refused * yes - beta * p * (1 - yes)
    np.testing.assert_allclose(slope, 0.0, atol=1e-12)


def test_gbce_itself_is_least_there():
    counts = np.array([3, 0, 8, 1, 2, 24])
    targets = torch.arange(1, 7).repeat_interleave(torch.from_numpy(counts) + 1)
    negatives = torch.arange(1, 7).repeat(50)
    bias = torch.tensor(start(counts, 300), requires_grad=True)
    nothing = torch.zeros(6, 1, dtype=torch.float64)
    gbce(nothing[targets - 1], nothing, bias, targets, negatives=negatives).backward()
    assert bias.grad.abs().max() < 1e-12
