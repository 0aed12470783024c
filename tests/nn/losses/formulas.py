"""The losses written down once more: plain numpy, a row and a negative at a time."""

import math

import numpy as np

__all__ = ["FORMULAS", "expected_loss"]


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def softmax(values):
    powers = [math.exp(value) for value in values]
    return [power / sum(powers) for power in powers]


def row_of_softmax(own, others, everything, n_drawn):
    return -math.log(math.exp(own) / sum(math.exp(z) for z in everything))


def row_of_sampled_softmax(own, others, everything, n_drawn):
    share = sum(math.exp(z) for z in others) * len(everything) / n_drawn
    return -math.log(math.exp(own) / (math.exp(own) + share))


def row_of_binary_cross_entropy(own, others, everything, n_drawn):
    refused = [math.log(1.0 - sigmoid(z)) for z in others]
    return -math.log(sigmoid(own)) - (np.mean(refused) if refused else 0.0)


def row_of_gbce(own, others, everything, n_drawn):
    rate, calibration = n_drawn / (len(everything) - 1), 0.75
    beta = rate * (calibration * (1 - 1 / rate) + 1 / rate)
    refused = sum(math.log(1.0 - sigmoid(z)) for z in others)
    return -(math.log(sigmoid(own) ** beta) + refused) / (n_drawn + 1)


def row_of_bpr(own, others, everything, n_drawn):
    costs = [-math.log(sigmoid(own - z)) for z in others]
    return np.mean(costs) if costs else 0.0


def row_of_bpr_max(own, others, everything, n_drawn):
    if not others:
        return 0.0
    weights = softmax(others)
    lead = sum(p * sigmoid(own - z) for p, z in zip(weights, others, strict=True))
    size = sum(p * z**2 for p, z in zip(weights, others, strict=True))
    return -math.log(lead) + 1.0 * size


def row_of_top1_max(own, others, everything, n_drawn):
    weights = softmax(others)
    return sum(
        p * (sigmoid(z - own) + sigmoid(z**2))
        for p, z in zip(weights, others, strict=True)
    )


FORMULAS = {
    "binary_cross_entropy": row_of_binary_cross_entropy,
    "bpr": row_of_bpr,
    "bpr_max": row_of_bpr_max,
    "gbce": row_of_gbce,
    "sampled_softmax": row_of_sampled_softmax,
    "softmax": row_of_softmax,
    "top1_max": row_of_top1_max,
}


def expected_loss(name, states, weight, bias, targets, negatives):
    """Return the mean over the targets of the formula of a loss."""
    logits = np.asarray(states) @ np.asarray(weight).T + np.asarray(bias)
    rows = []
    for row, target in zip(logits.tolist(), targets, strict=True):
        others = [row[code - 1] for code in negatives if code != target]
        rows.append(FORMULAS[name](row[target - 1], others, row, len(negatives)))
    return float(np.mean(rows))
