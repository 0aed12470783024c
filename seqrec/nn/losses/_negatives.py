"""Losses of a target against shared negatives, in blocks of rows (floor 1: torch).

Axes: N targets, C negatives, D width of a state.
"""

import functools

import torch
from torch.nn import functional as F

from seqrec.nn.losses._blocks import blocked_loss, row_blocks

__all__ = ["DrawnItems", "look_up", "mean_cost", "mean_over", "negative_weights"]


class DrawnItems:
    """Targets stand in a column of their own, before those of the negatives."""

    n_own_columns = 1

    def __init__(self, targets, negatives):
        self.targets = targets  # (N,)
        self.negatives = negatives  # (C,)

    def place(self, logits, own, rows):
        """Write the targets' logits, and tell which negatives are not the target."""
        logits[:, :1] = own[rows, None]
        return self.targets[rows, None] != self.negatives  # (rows, C)


def look_up(states, weight, bias, targets, negatives):
    """Return the logits of the targets (N,); vectors (C, D), biases of the negatives.

    One look-up of both kinds of codes, so that one dense gradient is made of it.
    """
    sizes = [len(targets), len(negatives)]
    columns = torch.cat([targets, negatives]).long() - 1
    # A lookup that refuses column -1, where an index would take the last item.
    own_rows, rows = F.embedding(columns, weight).split(sizes)
    own = (states * own_rows).sum(dim=1)
    if bias is None:
        return own, rows, None
    own_bias, bias = bias.index_select(0, columns).split(sizes)
    return own + own_bias, rows, bias


def mean_cost(cost, states, weight, bias, targets, negatives):
    """Return the mean over the targets of a cost against the negatives.

    ``cost(own, others, counts)`` returns the cost of each row from the logits of the
    targets (rows, 1), those of the negatives (rows, C), and which of these count (rows,
    C): a negative that is the target does not. It is differentiated block by block, so
    that no more logits than those of a block are ever in memory.
    """
    own, rows, bias = look_up(states, weight, bias, targets, negatives)
    costs = functools.partial(_row_costs, cost)
    return blocked_loss(states, rows, bias, own, DrawnItems(targets, negatives), costs)


def _row_costs(cost, logits, block, needs_grad):
    """Return the cost of each target (N,); add up gradients on the way."""
    out = block.new_empty(len(logits.states))
    for rows in row_blocks(len(out), len(block)):
        part = block[: rows.stop - rows.start]
        counts = logits.fill(rows, part)
        leaf = part.detach().requires_grad_(needs_grad)
        with torch.set_grad_enabled(needs_grad):
            own, others = leaf.split([1, part.shape[1] - 1], dim=1)
            costs = cost(own, others, counts)
            total = costs.sum()
        out[rows] = costs.detach()
        if needs_grad:
            (slopes,) = torch.autograd.grad(total, leaf)
            logits.add_gradients(rows, slopes)
    return out


def mean_over(values, counts):
    """Return the mean of the values (rows, C) that count; 0.0 where none does."""
    total = values.masked_fill(~counts, 0.0).sum(dim=1)
    return total / counts.sum(dim=1).clamp(min=1)


def negative_weights(others, counts):
    """Return the logarithms of a softmax over the negatives that count, (rows, C).

    The others get the lowest number there is, or, where no negative counts, all the
    same: such a row needs its cost set to 0.
    """
    lowest = torch.finfo(others.dtype).min
    return others.masked_fill(~counts, lowest).log_softmax(dim=1)
