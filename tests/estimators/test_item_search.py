import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqrec import Sequences
from seqrec.estimators._item_search import ItemSearch
from seqrec.metrics import target_ranks, top_k
from seqrec.nn.embeddings import ItemEmbedding
from seqrec.nn.heads import LinearHead, TiedHead


def head_of(weight, bias=None, **options):
    embedding = ItemEmbedding(len(weight), weight.shape[1], weight=weight)
    head = TiedHead(embedding, has_bias=bias is not None, **options)
    if bias is not None:
        head.bias.data = torch.from_numpy(bias)
    return head


def scores_of(head, states):
    with torch.no_grad():
        return head(states).numpy()


@given(
    st.integers(1, 2000),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 2**31),
    st.booleans(),
)
def test_the_best_are_those_of_a_whole_sort(n_items, n, k, seed, is_coarse):
    rng = np.random.default_rng(seed)
    weight, states = rng.normal(size=(n_items, 4)), rng.normal(size=(n, 4))
    if is_coarse:  # many scores tie
        weight, states = weight.round(), states.round()
    head = head_of(weight, rng.integers(0, 2, n_items).astype(np.float32))
    states = torch.from_numpy(states.astype(np.float32))
    codes, scores, is_close = ItemSearch(head).best(states, k)
    wanted, wanted_scores = top_k(scores_of(head, states), k)
    clear = ~is_close | is_coarse  # whole numbers are exact
    np.testing.assert_array_equal(codes[clear], wanted[clear])
    np.testing.assert_allclose(scores, wanted_scores, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", [TiedHead, LinearHead])
@pytest.mark.parametrize("temperature", [None, 0.1])
def test_scores_are_those_of_the_head(kind, temperature):
    torch.manual_seed(0)
    head = kind(ItemEmbedding(300, 8, std=1.0), temperature=temperature)
    states = torch.randn(5, 8)
    codes, scores, _ = ItemSearch(head).best(states, 7)
    whole = scores_of(head, states)
    found = np.take_along_axis(whole, codes - 1, axis=1)
    np.testing.assert_allclose(scores, found, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(scores[:, -1], np.sort(whole)[:, -7], rtol=1e-5)


def test_seen_and_other_items_leave_the_ranking():
    head = head_of(np.arange(6.0)[:, None])
    seen = Sequences.from_lists([[6, 5], [1]], items=range(1, 7))
    states = torch.ones(2, 1)
    allowed = np.array([True, True, True, False, True, True])
    codes, scores, _ = ItemSearch(head).best(states, 4, seen, allowed)
    assert codes.tolist() == [[3, 2, 1, 0], [6, 5, 3, 2]]
    assert scores[0, 3] == -np.inf


def test_more_places_than_items_stay_empty():
    codes, scores, _ = ItemSearch(head_of(np.ones((2, 1)))).best(torch.ones(1, 1), 4)
    assert codes.tolist() == [[1, 2, 0, 0]]
    assert scores[0].tolist() == [1.0, 1.0, -np.inf, -np.inf]


def test_scores_within_rounding_are_called_close():
    weight = np.array([[3.0], [2.0], [2.0 + 1e-6], [1.0]])
    search = ItemSearch(head_of(weight))
    assert search.best(torch.ones(1, 1), 2)[2].tolist() == [True]  # places 2 and 3
    assert search.best(torch.ones(1, 1), 1)[2].tolist() == [False]


def test_memory_is_that_of_a_block(monkeypatch):
    monkeypatch.setattr("seqrec.estimators._item_search._CPU_BLOCK", 40)
    torch.manual_seed(0)
    head = head_of(np.random.default_rng(0).normal(size=(20, 3)))
    states = torch.randn(9, 3)
    codes, _, _ = ItemSearch(head).best(states, 3)
    np.testing.assert_array_equal(codes, top_k(scores_of(head, states), 3)[0])


@pytest.mark.parametrize("hides_seen", [True, False])
def test_ranks_are_those_of_the_metrics(monkeypatch, hides_seen):
    monkeypatch.setattr("seqrec.estimators._item_search._CPU_BLOCK", 100)
    rng = np.random.default_rng(0)
    head = head_of(rng.integers(-2, 3, size=(30, 3)).astype(float))
    states = torch.from_numpy(rng.integers(-2, 3, size=(9, 3)).astype(np.float32))
    targets = rng.integers(1, 31, 9)
    targets[4] = -1
    histories = [rng.integers(1, 31, 5).tolist() for _ in range(9)]
    histories[2][0] = targets[2]  # a target that has left the ranking
    seen = Sequences.from_lists(histories, items=range(1, 31))
    excluded = None
    if hides_seen:
        excluded = np.zeros((9, 30), dtype=bool)
        for row, history in enumerate(histories):
            excluded[row, np.array(history) - 1] = True
    search = ItemSearch(head)
    bounds = search.rank_bounds(states, targets, seen if hides_seen else None)
    for found, ties in zip(bounds, ("optimistic", "pessimistic"), strict=True):
        wanted = target_ranks(
            scores_of(head, states), targets, ties=ties, excluded=excluded
        )
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("n", [1, 3, 5])
def test_few_rows_against_many_items_get_the_same_scores(monkeypatch, n, has_bias):
    monkeypatch.setattr("seqrec.estimators._item_search._MANY_VALUES", 100)
    rng = np.random.default_rng(0)
    bias = rng.normal(size=130).astype(np.float32) if has_bias else None
    head = head_of(rng.normal(size=(130, 5)), bias)
    states = torch.from_numpy(rng.normal(size=(n, 5)).astype(np.float32))
    codes, scores, _ = ItemSearch(head).best(states, 9)
    wanted, wanted_scores = top_k(scores_of(head, states), 9)
    np.testing.assert_array_equal(codes, wanted)
    np.testing.assert_allclose(scores, wanted_scores, rtol=1e-5, atol=1e-6)
