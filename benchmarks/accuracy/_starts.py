"""Starts that the study tries beside those that seqrec has."""

import numpy as np
import torch
from skorch.callbacks import Callback

__all__ = ["BiasesAtPopularity"]


class BiasesAtPopularity(Callback):
    """Start the bias of each item at the logarithm of its share of the events."""

    def on_train_begin(self, net, X=None, **kwargs):
        bias = net.module_.head.bias
        counts = np.bincount(X.histories()[0] - 1, minlength=len(bias))
        start = np.log1p(counts)
        with torch.no_grad():
            bias.copy_(torch.as_tensor(start - start.mean(), dtype=bias.dtype))
