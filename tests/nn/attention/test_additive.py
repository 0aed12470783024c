import numpy as np
import pytest
import torch

from seqrec.nn.attention import _additive_scores
from seqrec.nn.attention._additive_scores import additive_scores
from seqrec.nn.attention.additive import AdditiveAttention


@pytest.fixture(params=[1, 2**19], ids=["a query a block", "one block"])
def _block_size(request, monkeypatch):
    monkeypatch.setattr(_additive_scores, "_BLOCK_SIZE", request.param)


@pytest.mark.usefixtures("_block_size")
def test_context_is_that_of_the_formula():
    torch.manual_seed(0)
    attention = AdditiveAttention(5)
    query, key, value = torch.randn(3, 1, 4, 5)  # (B, T, E) each
    context, weights = attention(
        query, key, value, torch.ones(1, 4, dtype=torch.bool), need_weights=True
    )
    q, k, v = (x[0].double().numpy() for x in (query, key, value))
    w, b = (p.detach().numpy() for p in attention.query_projection.parameters())
    (u,) = (p.detach().numpy() for p in attention.key_projection.parameters())
    vector = attention.vector.detach().numpy()
    for t in range(4):
        seen = range(t + 1)
        share = np.exp([vector @ np.tanh(w @ q[t] + u @ k[i] + b) for i in seen])
        share /= share.sum()
        np.testing.assert_allclose(weights.detach()[0, 0, t, : t + 1], share, atol=1e-6)
        expected = sum(share[i] * v[i] for i in seen)
        np.testing.assert_allclose(context.detach()[0, t], expected, atol=1e-5)


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
