"""Softmax cross-entropy against a sample of the items (floor 1: torch)."""

import math

from seqrec.nn.losses._blocks import SampledItems, blocked_softmax_loss
from seqrec.nn.losses._negatives import look_up

__all__ = ["sampled_softmax"]


def sampled_softmax(
    states, weight, bias, targets, *, negatives, log_q=None, n_items=None
):
    """Return the mean cross-entropy of a softmax estimated from shared negatives.

    The sum over all items in the softmax is estimated by importance sampling [1]_: a
    negative that is drawn with probability q stands for ``1 / (C q)`` items, so ``log C
    + log q`` is taken from its logit. The target counts as itself, and a negative that
    happens to be the target does not count [2]_. The estimate nears the full softmax
    as C grows.

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
    log_q : Tensor of shape (C,), default=None
        Log-probability of each negative in a single draw; None means ``-log V``, the
        uniform distribution.
    n_items : int, default=None
        Items that negatives are drawn from, V; None means all of `weight`.

    Returns
    -------
    loss : Tensor of shape ()
        The mean over the targets, in nats; 0.0 when there are none.

    References
    ----------
    .. [1] Y. Bengio and J.-S. Senecal (2008). Adaptive importance sampling to
       accelerate training of a neural probabilistic language model. IEEE Transactions
       on Neural Networks 19(4). doi:10.1109/TNN.2007.912312
    .. [2] S. Jean, K. Cho, R. Memisevic and Y. Bengio (2015). On using very large
       target vocabulary for neural machine translation. ACL. arXiv:1412.2007

    Examples
    --------
    >>> import torch
    >>> states, weight = torch.zeros(2, 4), torch.zeros(8, 4)
    >>> everything = torch.arange(1, 9)
    >>> sampled_softmax(states, weight, None, everything[:2], negatives=everything)
    tensor(2.0794)
    """
    own, rows, bias = look_up(states, weight, bias, targets, negatives)
    if log_q is None:
        n_items = len(weight) if n_items is None else n_items
        log_q = rows.new_full((len(negatives),), -math.log(n_items))
    correction = -math.log(max(1, len(negatives))) - log_q
    if bias is not None:
        correction = correction + bias
    items = SampledItems(targets, negatives)
    return blocked_softmax_loss(states, rows, correction, own, items)


sampled_softmax.needs_negatives = True  # type: ignore[attr-defined]
sampled_softmax.options = ("log_q", "n_items")  # type: ignore[attr-defined]
