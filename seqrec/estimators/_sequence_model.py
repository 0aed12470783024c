"""What the three estimators that hold a sequence network share."""

import contextlib
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.exceptions import EfficiencyWarning
from sklearn.utils.validation import check_is_fitted
from skorch.history import History

from seqrec._compat import Interval, StrOptions
from seqrec._validation.warn import warn_caller
from seqrec.estimators._batching import history_batches
from seqrec.estimators._event_reader import Channels
from seqrec.estimators._net import one_thread, seeded
from seqrec.estimators._saving import (
    forget_training,
    net_from_arrays,
    net_to_arrays,
)
from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.encoders import ENCODERS

__all__ = ["NETWORK_CONSTRAINTS", "TRAINING_CONSTRAINTS", "SequenceModel"]

_WITHOUT_BF16 = ("AVX2", "DEFAULT", "NO AVX")  # as torch names processors
_COUNT = Interval(Integral, 1, None, closed="left")
_SHARE = Interval(Real, 0, 1, closed="left")

NETWORK_CONSTRAINTS: dict = {
    "encoder": [StrOptions(set(ENCODERS)), type],
    "hidden_units": [_COUNT],
    "n_layers": [_COUNT],
    "positions": [StrOptions({"rotary", "learned"})],
    "kernel_size": [_COUNT],
    "attention": [StrOptions(set(ATTENTIONS)), type],
    "n_heads": [_COUNT, None],
    "attention_activation": [StrOptions({"softmax", "gelu", "silu"})],
    "scale_attention": ["boolean"],
    "time_aware": ["boolean"],
    "embedding_dim": [_COUNT],
    "context": [StrOptions({"all"}), list, tuple, None],
    "time_features": [StrOptions({"auto"}), list, tuple],
    "context_fusion": [StrOptions({"sum", "concat"})],
    "embedding_dropout": [_SHARE],
    "dropout": [_SHARE],
}

TRAINING_CONSTRAINTS: dict = {
    "lr": [Interval(Real, 0, None, closed="neither")],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), _COUNT],
    "max_epochs": [_COUNT],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "n_iter_no_change": [_COUNT],
    "device": [str, torch.device],
    "precision": [StrOptions({"fp32", "bf16"})],
    "compile": ["boolean"],
    "callbacks": [list, tuple, None],
    "net_params": [dict, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
}


# Parameters that are arguments of the network, and what they are called there.
_PARTS = {
    "encoder": "encoder",
    "hidden_units": "hidden_units",
    "n_layers": "n_layers",
    "positions": "positions",
    "kernel_size": "kernel_size",
    "attention": "attention",
    "n_heads": "n_heads",
    "attention_activation": "attention_activation",
    "scale_attention": "is_scaled",
    "time_aware": "is_time_aware",
    "embedding_dim": "embedding_dim",
    "context_fusion": "context_fusion",
    "embedding_dropout": "embedding_dropout",
    "dropout": "dropout",
}


class SequenceModel(BaseEstimator):
    """Base of the estimators that hold a trained skorch net in `net_`.

    A subclass gives ``_net_parts()`` (module, criterion and iterator as settings of a
    skorch net, made of its parameters and of what it learned) and ``_windows(X)`` (a
    reader of events, and start and length of each row).
    """

    net_: Any
    attention: Any
    context: Any
    time_features: Any
    time_aware: Any
    auto_params_: Any = {}
    _windows: Callable

    def _network_settings(self):
        """Return the settings of the module that come from parameters alone."""
        return {f"module__{part}": self._setting(name) for name, part in _PARTS.items()}

    def _setting(self, name):
        """Return a parameter, or what "auto" stands for in a parameter that has it."""
        value = getattr(self, name)
        is_auto = isinstance(value, str) and value == "auto"
        return self.auto_params_.get(name, value) if is_auto else value

    @contextlib.contextmanager
    def _unchanged_on_error(self):
        """Leave a fitted model as it was when a fit in this block goes wrong."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def _chosen_channels(self, sequences):
        """Return the columns of sequences that the parameters ask for."""
        return Channels.choose(
            sequences,
            self.context,
            self.time_features,
            wants_times=self.time_aware,
            wants_sessions=self._needs_sessions(),
        )

    def _needs_sessions(self):
        """Tell whether the attention can use session numbers."""
        attention = self.attention
        if isinstance(attention, str):
            attention = ATTENTIONS[attention]
        return getattr(attention, "needs_sessions", False)

    def _loss_parts(self):
        """Return the names of the parts that the loss has, if it has several."""
        return ()

    def _train_net(self, net, data, start, seed, *, prepare=None, n_epochs=None):
        """Train a net on data, on from the weights of the net `start` if there is one.

        Parameters
        ----------
        net : SequenceNeuralNet
            Not yet initialised.
        data : Dataset
            What its iterator takes.
        start : SequenceNeuralNet or None
            A trained net to go on from.
        seed : int
            Seeds torch for the whole training.
        prepare : callable or None
            Called with the net before a training from scratch.
        n_epochs : int or None
            Passes over the data; None takes the net's `max_epochs`.
        """
        if self.precision == "bf16":
            _check_arithmetic(net.device)
        with one_thread(), seeded(seed, net.device):
            net.initialize()
            if start is not None:
                self._go_on_from(start, net)
            elif prepare is not None:
                prepare(net)
            if n_epochs is not None:
                net.set_params(max_epochs=n_epochs)
            with _explained_history(net):
                net.partial_fit(data, None)
        self.n_epochs_ = len(net.history)
        forget_training(net)
        self.net_ = net

    def _go_on_from(self, start, net):
        try:
            net.module_.load_state_dict(start.module_.state_dict())
        except RuntimeError as exc:
            raise ValueError(
                "Parameters that shape the network, such as hidden_units, have changed "
                "since the last fit, so training cannot go on from its weights. Set "
                "them back, or fit with warm_start=False."
            ) from exc
        net.history_ = History(start.history)

    # ------------------------------------------------------------------ answers
    def attention_weights(self, X):
        """Return how much the state after the last event looks at each event.

        Parameters
        ----------
        X : array-like, Sequences or list
            Rows, as `fit` takes them; of each, the events that answers look at.

        Returns
        -------
        weights : ndarray of shape (n_rows, n_heads, n_steps)
            0 at padding; with "softmax" each head's weights sum to 1. Step 0 is the
            oldest event in use.
        mask : ndarray of shape (n_rows, n_steps), dtype=bool
            True where an event is real.
        """
        check_is_fitted(self)
        reader, starts, lengths = self._windows(X)
        n_steps = max(1, int(lengths.max(initial=1)))
        module = self.net_.module_
        weights = np.zeros(
            (len(starts), module.attention.n_heads, n_steps), dtype=np.float32
        )
        with torch.no_grad(), one_thread():
            for rows, events in history_batches(reader, starts, lengths):
                found = module.attention_weights(events.to(self.net_.device))
                weights[rows, :, : found.shape[2]] = found.cpu().numpy()
        return weights, np.arange(n_steps) < lengths[:, None]

    def __sklearn_is_fitted__(self):
        return hasattr(self, "net_")

    # ------------------------------------------------------------------ saving
    def __getstate__(self):
        state = super().__getstate__().copy()
        for name in ("_search", "_votes"):  # made again on first use
            state.pop(name, None)
        if "net_" in state:
            state["_saved_net"] = net_to_arrays(state.pop("net_"))
        return state

    def __setstate__(self, state):
        saved = state.pop("_saved_net", None)
        super().__setstate__(state)
        if saved is not None:
            self.net_ = net_from_arrays(self, saved)


@contextlib.contextmanager
def _explained_history(net):
    """Say what training records where a callback looks for something else."""
    try:
        yield
    except KeyError as exc:
        if "not found in history" not in str(exc):
            raise
        names = sorted(set().union(*net.history) - {"batches"})
        raise ValueError(
            f"{exc.args[0]} A callback asks for it; this training records "
            f"{', '.join(map(repr, names))}. Have the callback monitor one of these. "
            f"With early_stopping=True there is a validation score as well."
        ) from exc


def _check_arithmetic(device):
    """Warn where the processor does not compute in bf16 and imitates it."""
    capability = torch.backends.cpu.get_cpu_capability()
    if torch.device(device).type == "cpu" and capability in _WITHOUT_BF16:
        warn_caller(
            f"precision='bf16' is many times slower than 'fp32' on this processor, "
            f"which has no instructions for it (torch sees {capability}). Set "
            f"precision='fp32'.",
            EfficiencyWarning,
        )
