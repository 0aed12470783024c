import math

import numpy as np
import pytest
import torch

from seqrec.nn.attention.dot import DotAttention
from tests.nn.attention.formulas import expected_attention


@pytest.mark.parametrize("activation", ["softmax", "gelu", "silu"])
@pytest.mark.parametrize("is_scaled", [True, False])
@pytest.mark.parametrize("is_biased", [True, False])
def test_contexts_and_weights_are_those_of_the_formula(
    activation, is_scaled, is_biased
):
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 1, 4, 9)  # (B, T, E) each
    bias = torch.randn(1, 1, 4, 4) if is_biased else None
    mask = torch.ones(1, 4, dtype=torch.bool)
    attention = DotAttention(9, None, activation, is_scaled=is_scaled)
    context, _ = attention(query, key, value, mask, bias=bias)
    _, weights = attention(query, key, value, mask, bias=bias, need_weights=True)
    q, k, v = (x[0].double().numpy() for x in (query, key, value))
    scale = 1.0 / math.sqrt(9) if is_scaled else 1.0
    expected, expected_weights = expected_attention(
        lambda t, i: q[t] @ k[i] * scale,
        v,
        activation,
        np.zeros((4, 4)) if bias is None else bias[0, 0].numpy(),
    )
    np.testing.assert_allclose(weights[0, 0], expected_weights, atol=1e-5)
    np.testing.assert_allclose(context[0], expected, atol=1e-5)


def test_nothing_is_learned():
    assert list(DotAttention(4).parameters()) == []
