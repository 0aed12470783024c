"""What every entry of HEADS keeps."""

import pickle

import pytest
import torch

from seqrec.nn.embeddings import ItemEmbedding
from seqrec.nn.heads import HEADS

N_ITEMS, DIM = 6, 4
each_head = pytest.mark.parametrize("name", HEADS)
with_or_without_bias = pytest.mark.parametrize("has_bias", [True, False])


def build(name, has_bias=True):
    torch.manual_seed(0)
    head = HEADS[name](ItemEmbedding(N_ITEMS, DIM, std=1.0), has_bias=has_bias)
    if has_bias:
        torch.nn.init.normal_(head.bias)
    return head


@each_head
@with_or_without_bias
def test_logits_are_products_with_the_rows_of_weight(name, has_bias):
    head = build(name, has_bias)
    context = torch.randn(3, DIM)
    logits = head(context)
    assert logits.shape == (3, N_ITEMS)
    assert head.weight.shape == (N_ITEMS, DIM)
    bias = head.bias if has_bias else torch.zeros(N_ITEMS)
    for row in range(3):
        for column in range(N_ITEMS):
            expected = context[row] @ head.weight[column] + bias[column]
            torch.testing.assert_close(logits[row, column], expected)


@each_head
@with_or_without_bias
def test_candidates_get_the_logits_of_their_columns(name, has_bias):
    head = build(name, has_bias)
    context = torch.randn(2, DIM)
    everything = head(context)
    shared = torch.tensor([6, 1, 6])
    torch.testing.assert_close(head(context, shared), everything[:, shared - 1])
    each = torch.tensor([[1, 2, 3], [6, 5, 1]])
    expected = everything.gather(1, each - 1)
    torch.testing.assert_close(head(context, each), expected)


@each_head
@pytest.mark.parametrize("code", [0, N_ITEMS + 1])
def test_candidates_outside_the_catalogue_are_refused(name, code):
    with pytest.raises(IndexError):
        build(name)(torch.randn(1, DIM), torch.tensor([1, code]))


@each_head
def test_gradients_reach_every_parameter(name):
    head = build(name)
    head(torch.randn(3, DIM)).square().sum().backward()
    assert all((parameter.grad != 0).all() for parameter in head.parameters())


@each_head
def test_bias_starts_at_zero_or_is_none(name):
    embedding = ItemEmbedding(N_ITEMS, DIM)
    assert HEADS[name](embedding).bias.tolist() == [0.0] * N_ITEMS
    assert HEADS[name](embedding, has_bias=False).bias is None


@each_head
def test_a_pickled_copy_scores_alike(name):
    head = build(name)
    context = torch.randn(2, DIM)
    copy = pickle.loads(pickle.dumps(head))
    assert torch.equal(copy(context), head(context))
