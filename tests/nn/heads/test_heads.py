"""What every entry of HEADS keeps."""

import pickle

import pytest
import torch
from torch.nn import functional as F

from seqrec.nn.embeddings import ItemEmbedding
from seqrec.nn.heads import HEADS, ItemHead

N_ITEMS, DIM = 6, 4
each_head = pytest.mark.parametrize("name", HEADS)
with_or_without_bias = pytest.mark.parametrize("has_bias", [True, False])


each_temperature = pytest.mark.parametrize("temperature", [None, 0.2])


def build(name, has_bias=True, temperature=None):
    torch.manual_seed(0)
    head = HEADS[name](
        ItemEmbedding(N_ITEMS, DIM, std=1.0), has_bias=has_bias, temperature=temperature
    )
    if has_bias:
        torch.nn.init.normal_(head.bias)
    return head


@each_head
@with_or_without_bias
@each_temperature
def test_logits_are_products_with_the_rows_of_weight(name, has_bias, temperature):
    head = build(name, has_bias, temperature)
    context = torch.randn(3, DIM)
    logits = head(context)
    assert logits.shape == (3, N_ITEMS)
    assert head.weight.shape == (N_ITEMS, DIM)
    bias = head.bias if has_bias else torch.zeros(N_ITEMS)
    projected = head.project(context)
    for row in range(3):
        for column in range(N_ITEMS):
            expected = projected[row] @ head.weight[column] + bias[column]
            torch.testing.assert_close(logits[row, column], expected)


@each_head
@with_or_without_bias
@each_temperature
def test_candidates_get_the_logits_of_their_columns(name, has_bias, temperature):
    head = build(name, has_bias, temperature)
    context = torch.randn(2, DIM)
    everything = head(context)
    shared = torch.tensor([6, 1, 6])
    torch.testing.assert_close(head(context, shared), everything[:, shared - 1])
    each = torch.tensor([[1, 2, 3], [6, 5, 1]])
    expected = everything.gather(1, each - 1)
    torch.testing.assert_close(head(context, each), expected)


@each_head
def test_without_a_temperature_states_are_multiplied_as_they_are(name):
    head = build(name)
    context = torch.randn(3, DIM)
    assert head.project(context) is context
    assert head.temperature is None


@each_head
@with_or_without_bias
def test_with_a_temperature_logits_are_cosines_divided_by_it(name, has_bias):
    head = build(name, has_bias, temperature=0.2)
    vectors = build(name).weight.detach()  # the same, as they are
    assert (vectors.norm(dim=1) - 1.0).abs().min() > 1e-3
    context = 7.0 * torch.randn(3, DIM)
    cosines = F.cosine_similarity(context[:, None], vectors[None], dim=2)
    expected = cosines / 0.2 + (head.bias if has_bias else 0.0)
    torch.testing.assert_close(head(context), expected)
    torch.testing.assert_close(head.weight.norm(dim=1), torch.ones(N_ITEMS))


@each_head
def test_zero_vectors_have_cosine_zero_and_bounded_gradients(name):
    head = build(name, has_bias=False, temperature=0.1)
    with torch.no_grad():
        for vectors in (*head.parameters(), *_embeddings(head)):
            vectors.zero_()
    context = torch.zeros(2, DIM, requires_grad=True)
    logits = head(context)
    assert (logits == 0).all()
    logits.sum().backward()
    assert context.grad.isfinite().all()
    other = torch.randn(2, DIM, requires_grad=True)
    head(other).sum().backward()
    for vectors in (*head.parameters(), *_embeddings(head)):
        assert vectors.grad.isfinite().all()
        assert vectors.grad.abs().max() < 1e6


def _embeddings(head):
    return [part.weight for part in getattr(head, "_item_embedding", ())]


@each_head
def test_cosines_keep_the_type_of_the_states(name):
    head = build(name, temperature=0.1)
    context = torch.randn(3, DIM)
    assert head.project(context.bfloat16()).dtype == torch.bfloat16
    with torch.autocast("cpu", torch.bfloat16):
        logits = head(context)
    torch.testing.assert_close(logits.float(), head(context), rtol=0.05, atol=0.1)


@each_head
@pytest.mark.parametrize("temperature", [0, -1.0])
def test_a_temperature_that_is_not_positive_is_refused(name, temperature):
    with pytest.raises(ValueError, match=rf"'temperature' .* Got {temperature}"):
        build(name, temperature=temperature)


class TwiceHead(ItemHead):
    """What a user may write."""

    def __init__(self, item_embedding):
        super().__init__()
        self.weight = torch.nn.Parameter(2.0 * item_embedding.item_weight.detach())
        self.bias = None


def test_a_subclass_gives_weight_and_bias_and_has_the_rest():
    embedding = ItemEmbedding(N_ITEMS, DIM, std=1.0)
    head, context = TwiceHead(embedding), torch.randn(2, DIM)
    assert head.project(context) is context
    torch.testing.assert_close(head(context), 2.0 * context @ embedding.item_weight.T)
    candidates = torch.tensor([4])
    torch.testing.assert_close(head(context, candidates), head(context)[:, 3:4])


@each_head
@pytest.mark.parametrize("code", [0, N_ITEMS + 1])
def test_candidates_outside_the_catalogue_are_refused(name, code):
    with pytest.raises(IndexError):
        build(name)(torch.randn(1, DIM), torch.tensor([1, code]))


@each_head
@each_temperature
def test_gradients_reach_every_parameter(name, temperature):
    head = build(name, temperature=temperature)
    head(torch.randn(3, DIM)).square().sum().backward()
    assert all((parameter.grad != 0).all() for parameter in head.parameters())


@each_head
def test_bias_starts_at_zero_or_is_none(name):
    embedding = ItemEmbedding(N_ITEMS, DIM)
    assert HEADS[name](embedding).bias.tolist() == [0.0] * N_ITEMS
    assert HEADS[name](embedding, has_bias=False).bias is None


@each_head
@each_temperature
def test_a_pickled_copy_scores_alike(name, temperature):
    head = build(name, temperature=temperature)
    context = torch.randn(2, DIM)
    copy = pickle.loads(pickle.dumps(head))
    assert torch.equal(copy(context), head(context))
