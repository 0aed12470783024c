"""Augmentations that the study tries and seqrec does not have, as parts of its kind.

Each goes in through a parameter that takes a class or a callback.
"""

import torch
from skorch.callbacks import Callback

from seqrec.nn.encoders import LstmEncoder

__all__ = ["MaskingLstm", "MeanOfLastEpochs"]

_MASKED = 0.1


class MaskingLstm(LstmEncoder):
    """An LSTM that, in training, does not read one event in ten."""

    def forward(self, x, mask):
        if self.training:
            kept = torch.rand(x.shape[:2], device=x.device) >= _MASKED
            x = x * kept.unsqueeze(-1)  # (B, T, D)
        return super().forward(x, mask)


class MeanOfLastEpochs(Callback):
    """End training with the mean of the weights after each of the last epochs."""

    def __init__(self, n_epochs=3):
        self.n_epochs = n_epochs

    def on_train_begin(self, net, **kwargs):
        self.total_ = None

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) <= net.max_epochs - self.n_epochs:
            return
        state = {
            name: one.detach().clone() for name, one in net.module_.state_dict().items()
        }
        if self.total_ is not None:
            state = {name: self.total_[name] + one for name, one in state.items()}
        self.total_ = state

    def on_train_end(self, net, **kwargs):
        mean = {
            name: one / self.n_epochs if one.is_floating_point() else one
            for name, one in self.total_.items()
        }
        net.module_.load_state_dict(mean)
