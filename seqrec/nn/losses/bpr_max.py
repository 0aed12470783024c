"""BPR against the strongest negatives (floor 1: torch)."""

import functools

import torch
from torch.nn import functional as F

from seqrec._validation.params import check_real
from seqrec.nn.losses._negatives import mean_cost, negative_weights

__all__ = ["bpr_max"]


def bpr_max(states, weight, bias, targets, *, negatives, regularisation=1.0):
    """Return the mean BPR-max loss of targets and sampled negatives.

    A target shall score above the negatives, and negatives near 0; those that score
    high weigh most [1]_. With logits ``z``, the logistic function ``s`` and the softmax
    ``p_j`` over the negatives, a row costs ``-log(sum_j p_j s(z_target - z_j)) +
    regularisation * sum_j p_j z_j ** 2``. A negative that is the target does not
    count.

    Parameters
    ----------
    states : Tensor of shape (N, D)
        One state for each target.
    weight : Tensor of shape (V, D)
        Output vectors, row c - 1 for item code c.
    bias : Tensor of shape (V,) or None
        Added to the logits.
    targets : Tensor of shape (N,), dtype=int64
        Item codes that came next, 1 to V.
    negatives : Tensor of shape (C,), dtype=int64
        Item codes drawn with replacement, shared by all targets.
    regularisation : float, default=1.0
        Weight of the squared logits of the negatives.

    Returns
    -------
    loss : Tensor of shape ()
        The mean over the targets; 0.0 when there are none.

    References
    ----------
    .. [1] B. Hidasi and A. Karatzoglou (2018). Recurrent neural networks with top-k
       gains for session-based recommendations. CIKM. arXiv:1706.03847

    Examples
    --------
    >>> import torch
    >>> states, weight = torch.zeros(2, 4), torch.zeros(8, 4)
    >>> negatives = torch.tensor([2, 5, 7])  # -log 1/2
    >>> bpr_max(states, weight, None, torch.tensor([1, 5]), negatives=negatives)
    tensor(0.6931)
    """
    regularisation = check_real("regularisation", regularisation, owner="bpr_max")
    cost = functools.partial(_row_cost, regularisation)
    return mean_cost(cost, states, weight, bias, targets, negatives)


bpr_max.needs_negatives = True  # type: ignore[attr-defined]
bpr_max.options = ("regularisation",)  # type: ignore[attr-defined]


def _row_cost(regularisation, own, others, counts):
    log_weights = negative_weights(others, counts)
    lead = torch.logsumexp(log_weights + F.logsigmoid(own - others), dim=1)
    size = (log_weights.exp() * others.square()).sum(dim=1)
    return (regularisation * size - lead).masked_fill(~counts.any(dim=1), 0.0)
