"""What the votes of a memory are worth beside the network (floor 1: torch)."""

import math

import torch
from torch import nn
from torch.nn import functional as F

__all__ = ["MemoryWeight"]

_FLOOR = 0.01


class MemoryWeight(nn.Module):
    """Turn votes for items into numbers that are added to their logits.

    ``w log(1 + votes / c)``, with learned positive `w` and `c`, summed over the kinds
    of votes: the wide part beside a deep one [1]_. As ``w log(votes + c)`` is the same
    but for a constant, an item without votes gets 0, and only items with votes cost
    anything.

    Parameters
    ----------
    starts : sequence of float, default=(0.5,)
        `w` at the start, positive, of each kind of votes.

    Attributes
    ----------
    raw_weight : Parameter of shape (n_kinds,)
        `w` is its softplus.
    log_floor : Parameter of shape (n_kinds,)
        Logarithm of `c`, the votes that an item gets for nothing.

    References
    ----------
    .. [1] H.-T. Cheng et al. (2016). Wide & deep learning for recommender systems.
       DLRS. doi:10.1145/2988450.2988454

    Examples
    --------
    >>> memory = MemoryWeight()
    >>> memory(torch.tensor([[0.0, 0.01, 0.1]])).detach()
    tensor([0.0000, 0.3466, 1.1989])
    """

    def __init__(self, starts=(0.5,)):
        super().__init__()
        raw = [math.log(math.expm1(start)) for start in starts]
        self.raw_weight = nn.Parameter(torch.tensor(raw))
        self.log_floor = nn.Parameter(torch.full((len(raw),), math.log(_FLOOR)))

    @property
    def weight(self):
        """Factor of the logarithm, `w`, shape (n_kinds,)."""
        return F.softplus(self.raw_weight)

    @property
    def floor(self):
        """Votes that an item gets for nothing, `c`, shape (n_kinds,)."""
        return self.log_floor.exp()

    def forward(self, votes):
        """Return what votes add to logits.

        Parameters
        ----------
        votes : Tensor of shape (n_kinds, ...)
            At least 0.

        Returns
        -------
        offsets : Tensor of shape (...)
            0 where there are no votes.
        """
        return sum(self.of_kind(kind, some) for kind, some in enumerate(votes))

    def of_kind(self, kind, votes):
        """Return what votes of one kind add to logits.

        Parameters
        ----------
        kind : int
            Number of the kind, from 0.
        votes : Tensor of any shape
            At least 0.

        Returns
        -------
        offsets : Tensor of the same shape
            0 where there are no votes.
        """
        return self.weight[kind] * torch.log1p(votes / self.floor[kind])
