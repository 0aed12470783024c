import numpy as np
import pytest
import torch

from seqrec.nn.attention import _additive_scores
from seqrec.nn.attention._additive_scores import additive_scores
from seqrec.nn.attention.additive import AdditiveAttention
from tests.nn.attention.formulas import expected_attention


@pytest.fixture(params=[1, 2**19], ids=["a query a block", "one block"])
def _block_size(request, monkeypatch):
    monkeypatch.setattr(_additive_scores, "_BLOCK_SIZE", request.param)


@pytest.mark.usefixtures("_block_size")
@pytest.mark.parametrize("activation", ["softmax", "gelu", "silu"])
@pytest.mark.parametrize("is_biased", [True, False])
def test_contexts_and_weights_are_those_of_the_formula(activation, is_biased):
    torch.manual_seed(0)
    attention = AdditiveAttention(5, None, activation)
    query, key, value = torch.randn(3, 1, 4, 5)  # (B, T, E) each
    bias = torch.randn(1, 1, 4, 4) if is_biased else None
    mask = torch.ones(1, 4, dtype=torch.bool)
    context, _ = attention(query, key, value, mask, bias=bias)
    _, weights = attention(query, key, value, mask, bias=bias, need_weights=True)
    q, k, v = (x[0].double().numpy() for x in (query, key, value))
    w, b = (p.detach().numpy() for p in attention.query_projection.parameters())
    (u,) = (p.detach().numpy() for p in attention.key_projection.parameters())
    vector = attention.vector.detach().numpy()
    expected, expected_weights = expected_attention(
        lambda t, i: vector @ np.tanh(w @ q[t] + u @ k[i] + b),
        v,
        activation,
        np.zeros((4, 4)) if bias is None else bias[0, 0].numpy(),
    )
    np.testing.assert_allclose(weights.detach()[0, 0], expected_weights, atol=1e-6)
    np.testing.assert_allclose(context.detach()[0], expected, atol=1e-5)


@pytest.mark.usefixtures("_block_size")
@pytest.mark.parametrize("is_causal", [True, False])
def test_gradients_of_scores_are_those_of_finite_differences(is_causal):
    torch.manual_seed(0)
    query, key = torch.randn(2, 2, 4, 3, dtype=torch.float64).requires_grad_()
    vector = torch.randn(3, dtype=torch.float64, requires_grad=True)

    def visible_scores(query, key, vector):
        scores = additive_scores(query, key, vector, is_causal=is_causal)
        return scores.tril() if is_causal else scores

    assert torch.autograd.gradcheck(visible_scores, (query, key, vector))


def test_scores_keep_their_precision_under_autocast():
    query, key = torch.randn(2, 2, 4, 3)
    vector = torch.randn(3)
    exact = additive_scores(query, key, vector, is_causal=False)
    with torch.autocast("cpu", torch.bfloat16):
        scores = additive_scores(query, key, vector, is_causal=False)
    assert torch.equal(scores, exact)


def test_a_block_of_queries_bounds_memory(monkeypatch):
    sizes = []
    original = _additive_scores._sigmoid_block

    def spy(*arguments):
        block = original(*arguments)
        sizes.append(block.numel())
        return block

    monkeypatch.setattr(_additive_scores, "_sigmoid_block", spy)
    monkeypatch.setattr(_additive_scores, "_BLOCK_SIZE", 200)
    query, key = torch.randn(2, 2, 10, 3)
    additive_scores(query, key, torch.randn(3), is_causal=False)
    assert sizes == [180, 180, 180, 60]  # 3, 3, 3 and 1 of 10 queries
