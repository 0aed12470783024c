import numpy as np
import torch

from seqrec.nn.attention.dot import DotAttention


def test_context_is_that_of_the_formula():
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 1, 4, 9)  # (B, T, E) each
    context, weights = DotAttention(9)(
        query, key, value, torch.ones(1, 4, dtype=torch.bool), need_weights=True
    )
    q, k, v = (x[0].double().numpy() for x in (query, key, value))
    for t in range(4):
        share = np.array([np.exp(q[t] @ k[i] / 3.0) for i in range(t + 1)])
        share /= share.sum()
        np.testing.assert_allclose(weights[0, 0, t, : t + 1], share, atol=1e-6)
        expected = sum(share[i] * v[i] for i in range(t + 1))
        np.testing.assert_allclose(context[0, t], expected, atol=1e-5)


def test_nothing_is_learned():
    assert list(DotAttention(4).parameters()) == []
