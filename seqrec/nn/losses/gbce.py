"""Binary cross-entropy that is not overconfident (floor 1: torch)."""

import functools

from torch.nn import functional as F

from seqrec._validation.params import check_real
from seqrec.nn.losses._negatives import mean_cost

__all__ = ["gbce", "target_weight"]


def gbce(states, weight, bias, targets, *, negatives, calibration=0.75, n_items=None):
    """Return the mean generalised binary cross-entropy of targets and negatives.

    Where few of many items are negatives, a binary cross-entropy sees too large a share
    of targets, and its probabilities come out too high; a power of the target's
    probability makes up for it [1]_. With logits ``z`` and the logistic function ``s``,
    a row costs ``-(beta log s(z_target) + sum_j log(1 - s(z_j))) / (C + 1)``, where
    ``beta = a (t (1 - 1/a) + 1/a)``, which is ``1 + t (a - 1)``, for a sampling rate
    ``a = C / (V - 1)`` and the calibration ``t``. A negative that is the target adds
    nothing to the sum.

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
    calibration : float, default=0.75
        How far probabilities are calibrated, t, in [0, 1]: with 0 every term weighs
        the same (beta is 1), with 1 probabilities are as if every item were a negative.
    n_items : int, default=None
        Items that negatives are drawn from, V; None means all of `weight`.

    Returns
    -------
    loss : Tensor of shape ()
        The mean over the targets, in nats; 0.0 when there are none.

    References
    ----------
    .. [1] A. V. Petrov and C. Macdonald (2023). gSASRec: reducing overconfidence in
       sequential recommendation trained with negative sampling. RecSys.
       arXiv:2308.07192

    Examples
    --------
    >>> import torch
    >>> states, weight = torch.zeros(1, 4), torch.zeros(9, 4)
    >>> negatives = torch.tensor([2, 5])  # a = 1/4, beta = 7/16: (39/16 log 2) / 3
    >>> gbce(states, weight, None, torch.tensor([1]), negatives=negatives)
    tensor(0.5632)
    """
    calibration = check_real("calibration", calibration, owner="gbce", high=1.0)
    n_negatives = len(negatives)
    n_items = len(weight) if n_items is None else n_items
    beta = target_weight(n_negatives, n_items, calibration)
    cost = functools.partial(_row_cost, beta, n_negatives)
    return mean_cost(cost, states, weight, bias, targets, negatives)


gbce.needs_negatives = True  # type: ignore[attr-defined]
gbce.options = ("calibration", "n_items")  # type: ignore[attr-defined]


def target_weight(n_negatives, n_items, calibration):
    """Return what the part of the target counts beside those of all negatives.

    Parameters
    ----------
    n_negatives : int
        Items drawn, n.
    n_items : int
        Items that they are drawn from, V.
    calibration : float
        From 0 to 1, t.

    Returns
    -------
    weight : float
        ``1 + t (n / (V - 1) - 1)``, the `beta` of `gbce`.

    Examples
    --------
    >>> target_weight(2, 9, 0.75)
    0.4375
    """
    return 1.0 + calibration * (n_negatives / max(1, n_items - 1) - 1.0)


def _row_cost(beta, n_negatives, own, others, counts):
    refused = F.logsigmoid(-others).masked_fill(~counts, 0.0).sum(dim=1)
    return -(beta * F.logsigmoid(own)[:, 0] + refused) / (n_negatives + 1)
