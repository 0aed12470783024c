import numpy as np
import pytest
import torch
from torch.nn import functional as F

from seqrec.nn.event_embedding import EventEmbedding
from seqrec.nn.events import Events

CODES = torch.tensor([[1, 3, 0]])
NUMBERS = torch.tensor([[[0.5, float("nan")], [-1.0, 2.0], [0.0, 0.0]]])
CATEGORIES = torch.tensor([[[2, 0], [1, 1], [0, 0]]])
EVENTS = Events(CODES != 0, CODES, NUMBERS, CATEGORIES)


def build(**options):
    torch.manual_seed(0)
    options = {"n_numbers": 2, "n_categories": (2, 1), **options}
    return EventEmbedding(3, 4, **options)


def by_hand(embedding):
    """Return the context vectors (2, 4) of the real events, from the weights."""
    marked = torch.tensor([[0.5, 0.0, 0.0, 1.0], [-1.0, 2.0, 0.0, 0.0]])
    one, other = (part.weight for part in embedding.category_embeddings)
    zero = torch.zeros(4)
    return F.linear(
        marked, embedding.number_projection.weight, embedding.number_projection.bias
    ) + torch.stack([one[2] + zero, one[1] + other[1]])


def test_sum_adds_numbers_marks_and_categories_to_the_item():
    embedding = build()
    inputs, own = embedding(EVENTS)
    items = embedding.item_embedding(CODES)
    torch.testing.assert_close(own, items)
    torch.testing.assert_close(inputs[0, :2], items[0, :2] + by_hand(embedding))
    assert embedding.output_dim == 4


def test_concat_puts_the_context_beside_the_item():
    embedding = build(fusion="concat")
    inputs, own = embedding(EVENTS)
    assert inputs.shape == (1, 3, embedding.output_dim) == (1, 3, 8)
    torch.testing.assert_close(inputs[..., :4], own)
    torch.testing.assert_close(inputs[0, :2, 4:], by_hand(embedding))


def test_without_items_the_context_speaks_alone():
    embedding = EventEmbedding(None, 4, n_numbers=2, fusion="concat")
    inputs, own = embedding(EVENTS._replace(codes=None, categories=None))
    assert inputs is own
    assert inputs.shape == (1, 3, embedding.output_dim) == (1, 3, 4)
    assert embedding.item_embedding is None


def test_without_context_the_items_speak_alone():
    embedding = EventEmbedding(3, 4, fusion="concat")
    inputs, own = embedding(Events.from_codes(CODES))
    assert inputs is own
    assert embedding.output_dim == 4


def test_a_missing_number_sends_no_gradient_of_its_value():
    numbers = NUMBERS.clone().requires_grad_()
    build()(EVENTS._replace(numbers=numbers))[0].sum().backward()
    assert numbers.grad.isfinite().all()
    assert numbers.grad[0, 0, 1] == 0


def test_a_channel_without_categories_is_missing_throughout():
    embedding = EventEmbedding(3, 4, n_categories=(0,))
    missing = torch.zeros(1, 3, 1, dtype=torch.int64)
    events = Events(CODES != 0, CODES, categories=missing)
    inputs, own = embedding(events)
    torch.testing.assert_close(inputs, own)


def test_start_values_are_taken():
    weight = np.arange(12.0).reshape(3, 4)
    embedding = build(weight=weight)
    assert embedding.item_embedding.item_weight.tolist() == weight.tolist()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"fusion": "add"}, "'fusion' parameter of EventEmbedding"),
        ({"n_numbers": -1}, "'n_numbers' parameter of EventEmbedding"),
    ],
)
def test_wrong_options_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        build(**options)


def test_nothing_to_embed_is_refused():
    with pytest.raises(ValueError, match="needs items or channels to embed"):
        EventEmbedding(None, 4)
