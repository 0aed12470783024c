"""TOP1 against the strongest negatives (floor 1: torch)."""

import torch

from seqrec.nn.losses._negatives import mean_cost, negative_weights

__all__ = ["top1_max"]


def top1_max(states, weight, bias, targets, *, negatives):
    """Return the mean TOP1-max loss of targets and sampled negatives.

    A target shall score above the negatives, and negatives near 0; those that score
    high weigh most [1]_. With logits ``z``, the logistic function ``s`` and the softmax
    ``p_j`` over the negatives, a row costs ``sum_j p_j (s(z_j - z_target) +
    s(z_j ** 2))``, which lies in [0, 2]. A negative that is the target does not count.

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
    >>> negatives = torch.tensor([2, 5, 7])  # 1/2 + 1/2
    >>> top1_max(states, weight, None, torch.tensor([1, 5]), negatives=negatives)
    tensor(1.)
    """
    return mean_cost(_row_cost, states, weight, bias, targets, negatives)


top1_max.needs_negatives = True  # type: ignore[attr-defined]
top1_max.options = ()  # type: ignore[attr-defined]


def _row_cost(own, others, counts):
    weights = negative_weights(others, counts).exp()
    costs = torch.sigmoid(others - own) + torch.sigmoid(others.square())
    return (weights * costs).sum(dim=1).masked_fill(~counts.any(dim=1), 0.0)
