"""Exact full softmax cross-entropy in blocks of rows (floor 1: torch)."""

from torch.nn import functional as F

from seqrec._validation.params import check_real
from seqrec.nn.losses._blocks import AllItems, blocked_softmax_loss

__all__ = ["cross_entropy"]


def cross_entropy(states, weight, bias, targets, *, label_smoothing=0.0):
    """Return the mean cross-entropy of the softmax over all items.

    With logits ``z = states . weight + bias`` a row costs ``logsumexp(z) - z_target``.
    The logits are never whole in memory: a block of rows at a time gives its part of
    the loss and, in the same step, of the gradients.

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
    label_smoothing : float, default=0.0
        Share of the target probability that is spread evenly over all items, in
        [0, 1].

    Returns
    -------
    loss : Tensor of shape ()
        The mean over the targets, in nats; 0.0 when there are none.

    Notes
    -----
    Under autocast the matrix products run in its type, the softmax and the sums in
    float32. Second derivatives are not available.

    Examples
    --------
    >>> import torch
    >>> states, weight = torch.zeros(2, 4), torch.zeros(8, 4)
    >>> cross_entropy(states, weight, None, torch.tensor([1, 5]))
    tensor(2.0794)
    """
    label_smoothing = check_real(
        "label_smoothing", label_smoothing, owner="cross_entropy", high=1.0
    )
    columns = targets.long() - 1
    loss = blocked_softmax_loss(states, weight, bias, None, AllItems(columns))
    if label_smoothing:
        loss = loss + label_smoothing * _mean_lead(states, weight, bias, columns)
    return loss


cross_entropy.needs_negatives = False  # type: ignore[attr-defined]
cross_entropy.options = ("label_smoothing",)  # type: ignore[attr-defined]


def _mean_lead(states, weight, bias, columns):
    """Return by how much target logits exceed the mean logit of their row, on average.

    Smoothing by s turns ``logsumexp(z) - z_t`` into ``logsumexp(z) - (1 - s) z_t - s
    mean(z)``, which is s times this more.
    """
    own = F.embedding(columns, weight)  # (N, D)
    lead = (states * (own - weight.mean(dim=0))).sum(dim=1)
    if bias is not None:
        lead = lead + bias.index_select(0, columns) - bias.mean()
    return lead.sum() / max(1, len(columns))
