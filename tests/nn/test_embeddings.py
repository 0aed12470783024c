import numpy as np
import pytest
import torch

from seqrec.nn.embeddings import ItemEmbedding


def test_start_values_have_the_given_spread_and_padding_is_zero():
    torch.manual_seed(0)
    embedding = ItemEmbedding(500, 40, std=0.3)
    assert embedding.weight.shape == (501, 40)
    assert embedding.weight[0].abs().max() == 0
    assert embedding.item_weight.std().item() == pytest.approx(0.3, rel=0.05)
    assert embedding.item_weight.mean().item() == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_start_values_can_be_given(dtype):
    weight = np.arange(6).reshape(3, 2).astype(dtype)
    embedding = ItemEmbedding(3, 2, weight=weight)
    assert embedding.weight.tolist() == [[0, 0], [0, 1], [2, 3], [4, 5]]
    with torch.no_grad():
        embedding.weight += 1
    assert weight.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_codes_of_any_shape_are_looked_up():
    embedding = ItemEmbedding(4, 3)
    vectors = embedding(torch.tensor([[1, 4], [0, 2]], dtype=torch.int32))
    assert vectors.shape == (2, 2, 3)
    assert torch.equal(vectors[0, 1], embedding.item_weight[3])
    assert vectors[1, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.AdamW])
def test_padding_gets_no_gradient_and_stays_zero(optimizer):
    embedding = ItemEmbedding(4, 3)
    steps = optimizer(embedding.parameters(), lr=0.1, weight_decay=0.1)
    for _ in range(3):
        steps.zero_grad()
        loss = (embedding(torch.tensor([0, 1, 2])) + 1).square().sum()
        (loss + embedding.item_weight.sum()).backward()
        assert embedding.weight.grad[0].tolist() == [0, 0, 0]
        steps.step()
    assert embedding.weight[0].tolist() == [0, 0, 0]
    assert (embedding.weight[1:] != 0).all()


def test_start_values_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(3, 2\)\. Got \(2, 3\) instead"):
        ItemEmbedding(3, 2, weight=np.zeros((2, 3)))


@pytest.mark.parametrize(
    "weight", [np.array([[np.nan]]), np.array([[np.inf]]), np.array([["a"]])]
)
def test_start_values_that_are_no_finite_numbers_are_refused(weight):
    with pytest.raises(ValueError, match="must hold finite numbers"):
        ItemEmbedding(1, 1, weight=weight)


def test_a_catalogue_without_items_is_refused():
    with pytest.raises(ValueError, match=r"'n_items' .* \[1, inf\)\. Got 0"):
        ItemEmbedding(0, 2)
