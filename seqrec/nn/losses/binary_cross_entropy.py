"""Telling a target from its negatives by yes or no (floor 1: torch)."""

from torch.nn import functional as F

from seqrec.nn.losses._negatives import mean_cost, mean_over

__all__ = ["binary_cross_entropy"]


def binary_cross_entropy(states, weight, bias, targets, *, negatives):
    """Return the mean binary cross-entropy of targets and sampled negatives.

    Whether an item came next is a yes-or-no question for each item. With logits ``z``
    and the logistic function ``s``, a row costs ``-log s(z_target) - mean_j log(1 -
    s(z_j))``: the target weighs as much as all negatives together, as it does with the
    one negative a target of the source [1]_. A negative that is the target does not
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

    Returns
    -------
    loss : Tensor of shape ()
        The mean over the targets, in nats; 0.0 when there are none.

    References
    ----------
    .. [1] W.-C. Kang and J. McAuley (2018). Self-attentive sequential recommendation.
       ICDM. doi:10.1109/ICDM.2018.00035

    Examples
    --------
    >>> import torch
    >>> states, weight = torch.zeros(2, 4), torch.zeros(8, 4)
    >>> negatives = torch.tensor([2, 5, 7])  # -log 1/2 - log 1/2 = log 4
    >>> binary_cross_entropy(
    ...     states, weight, None, torch.tensor([1, 5]), negatives=negatives
    ... )
    tensor(1.3863)
    """
    return mean_cost(_row_cost, states, weight, bias, targets, negatives)


binary_cross_entropy.needs_negatives = True  # type: ignore[attr-defined]
binary_cross_entropy.options = ()  # type: ignore[attr-defined]


def _row_cost(own, others, counts):
    return mean_over(-F.logsigmoid(-others), counts) - F.logsigmoid(own)[:, 0]
