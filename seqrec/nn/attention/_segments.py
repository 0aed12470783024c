"""Weights and sums of the events of each session (floor 1: torch).

Axes: B rows, Tq queries, T events, J sessions, E width of a value.
"""

import torch

from seqrec.nn.attention._weights import POINTWISE
from seqrec.nn.masks import fill_hidden

__all__ = ["Segments"]


class Segments:
    """The sessions of padded rows.

    Parameters
    ----------
    sessions : Tensor of shape (B, T), dtype=int64, or None
        Session number of each event, non-decreasing along the real events. None: a row
        is one session.
    mask : Tensor of shape (B, T), dtype=bool
        True where an event is real.
    """

    def __init__(self, sessions, mask):
        self.index = torch.zeros_like(mask, dtype=torch.int64)  # (B, T), from 0
        if sessions is not None and mask.shape[1]:
            starts = (sessions[:, 1:] != sessions[:, :-1]) & mask[:, 1:]
            self.index[:, 1:] = starts.cumsum(dim=1)
        self.size = int(self.index.max()) + 1 if self.index.numel() else 1

    def sum(self, values):
        """Return the sum (B, Tq, J) over each session of values (B, Tq, T)."""
        index = self.index[:, None].expand_as(values)
        return self._zeros(values).scatter_add(-1, index, values)

    def take(self, values):
        """Return for each event what its session has: (B, Tq, J) -> (B, Tq, T)."""
        index = self.index[:, None].expand(-1, values.shape[1], -1)
        return values.gather(-1, index)

    def weigh(self, scores, visible, activation):
        """Turn scores (B, Tq, T) into weights within each session.

        Returns the weights, and which sessions have a visible event, (B, Tq, J).
        """
        counts = self.sum(visible.to(scores.dtype).expand_as(scores))
        if activation != "softmax":
            weights = fill_hidden(POINTWISE[activation](scores), visible, 0.0)
            return weights / self.take(counts.clamp(min=1.0)), counts > 0
        scores = fill_hidden(scores, visible, torch.finfo(scores.dtype).min)
        shares = (scores - self.take(self._highest(scores))).exp()
        shares = fill_hidden(shares, visible, 0.0)
        totals = self.sum(shares)  # at least 1 where an event is visible
        return shares / self.take(totals.clamp(min=0.5)), counts > 0

    def weighted_sums(self, weights, values):
        """Return the sum over each session of weights (B, Tq, T) x values (B, T, E).

        The result (B, Tq, J, E) takes as much again while it is made.
        """
        (n_rows, n_queries, n_keys), dim = weights.shape, values.shape[-1]
        by_event = weights.transpose(1, 2).contiguous()  # (B, T, Tq)
        products = by_event[..., None] * values[:, :, None]
        rows = torch.arange(n_rows, device=values.device)[:, None] * self.size
        sums = products.new_zeros(n_rows * self.size, n_queries * dim).index_add(
            0, (rows + self.index).flatten(), products.view(n_rows * n_keys, -1)
        )
        return sums.view(n_rows, self.size, n_queries, dim).transpose(1, 2)

    def until(self, keys):
        """Return the sessions of the first events alone."""
        part = object.__new__(Segments)
        part.index = self.index[:, keys]
        part.size = self.size
        return part

    @torch.no_grad()
    def _highest(self, scores):
        index = self.index[:, None].expand_as(scores)
        lowest = self._zeros(scores).fill_(torch.finfo(scores.dtype).min)
        return lowest.scatter_reduce_(-1, index, scores, "amax")

    def _zeros(self, values):
        return values.new_zeros(*values.shape[:2], self.size)
