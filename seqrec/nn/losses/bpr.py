"""Bayesian personalised ranking (floor 1: torch)."""

from torch.nn import functional as F

from seqrec.nn.losses._negatives import mean_cost, mean_over

__all__ = ["bpr"]


def bpr(states, weight, bias, targets, *, negatives):
    """Return the mean BPR loss of pairs of a target and a negative.

    A target shall score above each negative, by however little [1]_. With logits ``z``
    and the logistic function ``s``, a row costs ``-mean_j log s(z_target - z_j)``. A
    negative that is the target does not count.

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
        The mean over the targets, in nats; 0.0 when there are none.

    References
    ----------
    .. [1] S. Rendle, C. Freudenthaler, Z. Gantner and L. Schmidt-Thieme (2009). BPR:
       Bayesian personalized ranking from implicit feedback. UAI. arXiv:1205.2618

    Examples
    --------
    >>> import torch
    >>> states, weight = torch.zeros(2, 4), torch.zeros(8, 4)
    >>> negatives = torch.tensor([2, 5, 7])  # -log 1/2
    >>> bpr(states, weight, None, torch.tensor([1, 5]), negatives=negatives)
    tensor(0.6931)
    """
    return mean_cost(_row_cost, states, weight, bias, targets, negatives)


bpr.needs_negatives = True  # type: ignore[attr-defined]
bpr.options = ()  # type: ignore[attr-defined]


def _row_cost(own, others, counts):
    return mean_over(-F.logsigmoid(own - others), counts)
