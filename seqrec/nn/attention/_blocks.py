"""Attention in blocks of queries, computed anew for the backward pass (floor 1: torch).

Axes: B rows, H heads, Tq queries, T events, E width of a head.
"""

import torch
from torch.utils.checkpoint import checkpoint

from seqrec.nn.masks import visible_mask

__all__ = ["Visibility", "attend_in_blocks"]

# Values between queries and events: that many are computed at once and kept for the
# backward pass; more than that are computed in blocks, and twice.
_CPU_WHOLE_SIZE = 2**23
_CPU_BLOCK_SIZE = 2**21
_WHOLE_SIZE = 2**26
_BLOCK_SIZE = 2**24


class Visibility:
    """Which events a block of queries sees.

    Parameters
    ----------
    mask : Tensor of shape (B, T), dtype=bool
        True where an event is real.
    n_queries : int
        Number of queries of a row, Tq.
    is_causal : bool
        Whether query t sees the real events 0 to t; if not, it sees every real event.
    """

    def __init__(self, mask, n_queries, *, is_causal):
        self.mask = mask
        self.n_queries = n_queries
        self.is_causal = is_causal
        every = mask.new_ones(1, mask.shape[1])
        self.order = visible_mask(every, n_queries, is_causal=is_causal)[0, 0]

    def of(self, queries, keys):
        """Return a mask (B, 1, queries, keys), or (B, 1, 1, keys) if not causal."""
        visible = self.mask[:, None, None, keys]
        return visible & self.order[queries, keys] if self.is_causal else visible


def attend_in_blocks(attend, per_query, visibility, query_size):
    """Return the context of every query, never holding more than a block's values.

    Parameters
    ----------
    attend : callable
        ``attend(queries, keys, *parts)`` returns the context (..., queries, E) of a
        slice of queries that see nothing beyond a slice of events. It draws no random
        numbers.
    per_query : sequence of Tensor of shape (..., Tq, X) or None
        What belongs to single queries; `attend` gets the block's parts of it.
    visibility : Visibility
        Who sees what.
    query_size : int
        Number of values that `attend` computes for a single query of all rows.

    Returns
    -------
    context : Tensor of shape (..., Tq, E)
    """
    n_queries, n_keys = visibility.n_queries, visibility.mask.shape[1]
    is_cpu = visibility.mask.device.type == "cpu"
    if n_queries * query_size <= (_CPU_WHOLE_SIZE if is_cpu else _WHOLE_SIZE):
        return attend(slice(0, n_queries), slice(0, n_keys), *per_query)
    size = max(1, (_CPU_BLOCK_SIZE if is_cpu else _BLOCK_SIZE) // query_size)
    starts = range(0, n_queries, size)
    # Parts by one split: slices would each get a gradient as large as the whole.
    parts = [
        [None] * len(starts) if whole is None else whole.split(size, dim=-2)
        for whole in per_query
    ]
    contexts = []
    for start, *block in zip(starts, *parts, strict=True):
        stop = min(start + size, n_queries)
        keys = slice(0, stop if visibility.is_causal else n_keys)
        contexts.append(_recomputed(attend, slice(start, stop), keys, *block))
    return torch.cat(contexts, dim=-2)


def _recomputed(attend, *arguments):
    if not torch.is_grad_enabled():
        return attend(*arguments)
    return checkpoint(attend, *arguments, use_reentrant=False, preserve_rng_state=False)
