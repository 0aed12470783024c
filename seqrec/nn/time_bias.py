"""How long ago, and how many events ago -> a bias of scores (floor 1: torch)."""

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from seqrec._validation.params import check_int

__all__ = ["TimeBias"]

# Each bucket of elapsed time but the first is twice as long as the one before.
_N_TIME_BUCKETS = 32  # the last begins after 34 years

# Where buckets of distance begin, but the first: two of them for each doubling.
_DISTANCES = (1, *(start << power for power in range(11) for start in (2, 3)))

# Pairs of events whose elapsed time is in memory together.
_BLOCK_SIZE = 2**22


class TimeBias(nn.Module):
    """A learned bias for each head, by time elapsed and by distance in events.

    Attention that gets it can tell a minute from a month: to the score of a query and
    an event are added one number for the bucket of the seconds between them and one
    for the bucket of the number of events between them, much as in [1]_, [2]_
    and [3]_. Buckets widen with time. All numbers start at zero, so that training
    starts from attention without them.

    Parameters
    ----------
    n_heads : int
        Heads of the attention, H.

    Attributes
    ----------
    elapsed_weight : Parameter of shape (H, 32)
        Bucket 0 for less than 1 s, bucket b for ``2 ** (b - 1)`` s up to, not with,
        ``2 ** b`` s; the last without end.
    distance_weight : Parameter of shape (H, 24)
        Distances of 0 to 3 events one by one, then two buckets for each doubling, to
        3072 events and more.

    References
    ----------
    .. [1] C. Raffel et al. (2020). Exploring the limits of transfer learning with a
       unified text-to-text transformer. JMLR 21(140). arXiv:1910.10683
    .. [2] J. Li, Y. Wang and J. McAuley (2020). Time interval aware self-attention for
       sequential recommendation. WSDM. doi:10.1145/3336191.3371786
    .. [3] J. Zhai et al. (2024). Actions speak louder than words: trillion-parameter
       sequential transducers for generative recommendations. ICML. arXiv:2402.17152

    Examples
    --------
    >>> time_bias = TimeBias(1)
    >>> _ = time_bias.elapsed_weight.data.copy_(torch.arange(32.0))
    >>> times = torch.tensor([[0.0, 60.0, 3660.0]], dtype=torch.float64)
    >>> last = torch.tensor([[2]])
    >>> time_bias(last, 3, times)
    tensor([[[[12., 12.,  0.]]]], grad_fn=<AddBackward0>)
    """

    def __init__(self, n_heads):
        super().__init__()
        self.n_heads = check_int("n_heads", n_heads, owner="TimeBias")
        self.elapsed_weight = nn.Parameter(torch.zeros(n_heads, _N_TIME_BUCKETS))
        self.distance_weight = nn.Parameter(torch.zeros(n_heads, len(_DISTANCES) + 1))

    def forward(self, steps, n_keys, times=None):
        """Return what is added to the scores.

        Parameters
        ----------
        steps : Tensor of shape (B, Tq) or (1, Tq), dtype=int64
            Step of each query in its row: all steps in training, the last one alone
            when a row is asked.
        n_keys : int
            Number of events of a row, T; they are at the steps 0 to T - 1.
        times : Tensor of shape (B, T), dtype=float64, default=None
            Seconds since 1970. None leaves elapsed time out. A time that is missing
            (NaN) or not in order counts as no time elapsed.

        Returns
        -------
        bias : Tensor of shape (B, H, Tq, T) or (1, H, Tq, T)
            Of no meaning, but finite, for events later than the query.
        """
        keys = torch.arange(n_keys, device=steps.device)
        distance = steps[:, :, None] - keys  # (B, Tq, T)
        bias = _Lookup.apply(self.distance_weight, _distance_buckets(distance))
        if times is None:
            return bias
        query_times = times.gather(1, steps.expand(len(times), -1))  # (B, Tq)
        size = max(1, _BLOCK_SIZE // max(1, query_times.shape[1] * n_keys))
        rows = zip(query_times.split(size), times.split(size), strict=True)
        buckets = [
            _time_buckets(query[:, :, None] - key[:, None, :]) for query, key in rows
        ]
        return _Lookup.apply(self.elapsed_weight, torch.cat(buckets)) + bias

    def extra_repr(self):
        """Return what `repr` shows between the parentheses.

        Returns
        -------
        text : str
            The number of heads.
        """
        return f"n_heads={self.n_heads}"


def _distance_buckets(distance):
    """Return the bucket of each number of events, 0 where it is negative."""
    starts = torch.tensor(_DISTANCES, device=distance.device)
    return torch.bucketize(distance, starts, right=True, out_int32=True)


def _time_buckets(elapsed):
    """Return the bucket of each number of seconds, 0 where it is NaN or below 1."""
    elapsed = elapsed.nan_to_num_(nan=0.0).clamp_(0.0, 2.0**_N_TIME_BUCKETS)
    # The binary exponent is exact, and found in a fifth of the time of a search.
    return torch.frexp(elapsed).exponent.clamp_(0, _N_TIME_BUCKETS - 1)


class _Lookup(torch.autograd.Function):
    """An embedding whose few vectors are each looked up very often.

    The gradient of `torch.nn.functional.embedding` takes the pairs one by one on the
    CPU.
    """

    @staticmethod
    def forward(ctx, weight, buckets):
        ctx.save_for_backward(buckets)
        ctx.n_buckets = weight.shape[1]
        n_rows, n_queries, n_keys = buckets.shape
        out = weight.new_empty(n_rows, len(weight), n_queries, n_keys)
        for head, numbers in enumerate(weight):
            out[:, head] = numbers.index_select(0, buckets.flatten()).view_as(buckets)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        (buckets,) = ctx.saved_tensors
        n_rows, n_heads, n_buckets = len(buckets), grad.shape[1], ctx.n_buckets
        # A sum for each row first: of fewer numbers, so it loses less.
        first = torch.arange(0, n_rows * n_buckets, n_buckets, device=grad.device)
        places = (buckets + first.int()[:, None, None]).flatten()
        sums = grad.new_zeros(n_heads, n_rows * n_buckets)
        for head in range(n_heads):
            sums[head].index_add_(0, places, grad[:, head].flatten())
        return sums.view(n_heads, n_rows, n_buckets).sum(dim=1), None
