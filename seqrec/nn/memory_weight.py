"""What the votes of a memory are worth beside the network (floor 1: torch)."""

import math

import torch
from torch import nn
from torch.nn import functional as F

__all__ = ["MemoryWeight"]

_WEIGHT = 0.5  # at the start
_FLOOR = 0.01


class MemoryWeight(nn.Module):
    """Turn votes for items into numbers that are added to their logits.

    ``w log(1 + votes / c)``, with learned positive `w` and `c`: the wide part beside a
    deep one [1]_. As ``w log(votes + c)`` is the same but for a constant, an item
    without votes gets 0, and only items with votes cost anything.

    Attributes
    ----------
    raw_weight : Parameter of shape ()
        `w` is its softplus.
    log_floor : Parameter of shape ()
        Logarithm of `c`, the votes that an item gets for nothing.

    References
    ----------
    .. [1] H.-T. Cheng et al. (2016). Wide & deep learning for recommender systems.
       DLRS. doi:10.1145/2988450.2988454

    Examples
    --------
    >>> memory = MemoryWeight()
    >>> memory(torch.tensor([0.0, 0.01, 0.1])).detach()
    tensor([0.0000, 0.3466, 1.1989])
    """

    def __init__(self):
        super().__init__()
        self.raw_weight = nn.Parameter(torch.tensor(math.log(math.expm1(_WEIGHT))))
        self.log_floor = nn.Parameter(torch.tensor(math.log(_FLOOR)))

    @property
    def weight(self):
        """Factor of the logarithm, `w`."""
        return F.softplus(self.raw_weight)

    @property
    def floor(self):
        """Votes that an item gets for nothing, `c`."""
        return self.log_floor.exp()

    def forward(self, votes):
        """Return what votes add to logits.

        Parameters
        ----------
        votes : Tensor of any shape
            At least 0.

        Returns
        -------
        offsets : Tensor of the same shape
            0 where there are no votes.
        """
        return self.weight * torch.log1p(votes / self.floor)
