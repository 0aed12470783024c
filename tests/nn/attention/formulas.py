"""Attention written down once more: plain numpy, a query and an event at a time."""

import math

import numpy as np

__all__ = ["expected_attention", "weights_of"]


def gelu(x):
    return x * 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def silu(x):
    return x / (1.0 + math.exp(-x))


def weights_of(scores, activation):
    """Return the weights of the scores of what is visible."""
    if activation == "softmax":
        powers = [math.exp(score) for score in scores]
        return [power / sum(powers) for power in powers]
    function = {"gelu": gelu, "silu": silu}[activation]
    return [function(score) / len(scores) for score in scores]


def expected_attention(score, values, activation, bias):
    """Return contexts (T, E) and weights (T, T) from ``score(t, i)`` and a bias."""
    n_steps = len(values)
    weights = np.zeros((n_steps, n_steps))
    for t in range(n_steps):
        scores = [score(t, i) + bias[t, i] for i in range(t + 1)]
        weights[t, : t + 1] = weights_of(scores, activation)
    contexts = [
        sum(weights[t, i] * values[i] for i in range(t + 1)) for t in range(n_steps)
    ]
    return np.array(contexts), weights
