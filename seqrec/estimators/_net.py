"""Builds the skorch net of an estimator, and what trains it."""

import contextlib
import math
import threading

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    GradientNormClipping,
    ProgressBar,
)

from seqrec.estimators._batching import EventBatches, cut_by_budget, history_batches
from seqrec.metrics.ndcg import ndcg_at_ranks
from seqrec.nn.losses import LOSSES, draw_uniform
from seqrec.nn.network import SequenceNet

__all__ = [
    "ItemLoss",
    "OneCycle",
    "SequenceNeuralNet",
    "ValidationScore",
    "build_net",
    "choose_device",
    "encode_histories",
    "one_thread",
    "score_histories",
    "seeded",
    "training_callbacks",
]

_WARM_UP = 0.1  # share of training in which the learning rate rises
_GRADIENT_NORM = 1.0
_BETAS = (0.9, 0.99)
_seed_lock = threading.RLock()  # held for a whole fit
_thread_lock = threading.Lock()  # held for a moment, so that answers wait for no fit
_single = {"users": 0, "before": 1}  # blocks that compute on one thread now


class SequenceNeuralNet(NeuralNet):
    """A skorch net whose batches are `Batch` objects.

    Parameters
    ----------
    module, criterion, precision, **kwargs
        As in `skorch.NeuralNet`; `precision` is "fp32" or "bf16" (autocast).
    """

    def __init__(self, *args, precision="fp32", **kwargs):
        super().__init__(*args, **kwargs)
        self.precision = precision

    def initialize_optimizer(self, *args, **kwargs):
        """Make the optimiser; with ``optimizer=None`` the net answers and has none.

        Torch takes seconds to import what the first optimiser of a process needs.
        """
        if self.optimizer is None:
            return self
        return super().initialize_optimizer(*args, **kwargs)

    def infer(self, x, **fit_params):
        """Return what the criterion needs for a batch."""
        device = torch.device(self.device)
        with torch.autocast(
            device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"
        ):
            return self.module_(x.codes.to(device), x.positions.to(device))


class ItemLoss(torch.nn.Module):
    """The loss of a batch, from final states and the output vectors.

    Parameters
    ----------
    loss : {"softmax", "sampled_softmax"}
        Which one.
    n_negatives : int
        Items drawn a batch, for "sampled_softmax".
    label_smoothing : float
        Share of probability spread over the catalogue, for "softmax".
    """

    def __init__(self, loss="softmax", n_negatives=1024, label_smoothing=0.0):
        super().__init__()
        self.loss = loss
        self.n_negatives = n_negatives
        self.label_smoothing = label_smoothing

    def forward(self, outputs, targets):
        """Return the mean loss of the targets."""
        states, weight, bias = outputs
        loss = LOSSES[self.loss]
        if loss.needs_negatives:
            negatives = draw_uniform(
                len(weight), self.n_negatives, device=weight.device
            )
            return loss(states, weight, bias, targets, negatives=negatives)
        return loss(states, weight, bias, targets, label_smoothing=self.label_smoothing)


class OneCycle(Callback):
    """Raise the learning rate over a tenth of training, then let it fall to nearly 0.

    The fall is half a cosine (Smith and Topin 2018, arXiv:1708.07120).
    """

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Count the steps of this training."""
        _, lengths = X.pieces(np.random.default_rng(0))
        cuts = cut_by_budget(np.sort(lengths)[::-1], net.batch_size)
        self.total_ = max(1, (len(cuts) - 1) * net.max_epochs)
        self.step_ = 0

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        """Set the learning rate of this step."""
        if not training:
            return
        done = min(1.0, self.step_ / self.total_)
        if done < _WARM_UP:
            factor = (self.step_ + 1) / (self.total_ * _WARM_UP + 1)
        else:
            fall = (done - _WARM_UP) / (1 - _WARM_UP)
            factor = 0.5 * (1 + math.cos(math.pi * fall)) + 1e-3
        for group in net.optimizer_.param_groups:
            group["lr"] = net.lr * factor
        self.step_ += 1


class ValidationScore(Callback):
    """After each epoch, record NDCG@10 of held-out last events as "valid_ndcg".

    Parameters
    ----------
    rank_targets : callable
        Takes the module, returns the ranks of the held-out events.
    """

    def __init__(self, rank_targets):
        self.rank_targets = rank_targets

    def on_epoch_end(self, net, **kwargs):
        """Rank the held-out events."""
        ranks = self.rank_targets(net.module_)
        net.history.record("valid_ndcg", float(ndcg_at_ranks(ranks, k=10).mean()))


def build_net(estimator, n_items, loss, batch_size, device, callbacks, *, trains=True):
    """Return an uninitialised skorch net for the parameters of an estimator.

    A net that never trains has no optimiser.
    """
    settings = {
        "module": SequenceNet,
        "module__n_items": n_items,
        "module__encoder": estimator.encoder,
        "module__attention": estimator.attention,
        "module__embedding_dim": estimator.embedding_dim,
        "module__hidden_units": estimator.hidden_units,
        "module__n_layers": estimator.n_layers,
        "module__n_heads": estimator.n_heads,
        "module__attention_activation": estimator.attention_activation,
        "module__head": estimator.head,
        "module__embedding_dropout": estimator.embedding_dropout,
        "module__dropout": estimator.dropout,
        "criterion": ItemLoss,
        "criterion__loss": loss,
        "criterion__n_negatives": estimator.n_negatives,
        "criterion__label_smoothing": estimator.label_smoothing,
        "optimizer": torch.optim.AdamW,
        "optimizer__weight_decay": estimator.weight_decay,
        "optimizer__betas": _BETAS,
        "optimizer__fused": True,
        "lr": estimator.lr,
        "max_epochs": estimator.max_epochs,
        "batch_size": batch_size,
        "iterator_train": EventBatches,
        "train_split": None,
        "device": device,
        "precision": estimator.precision,
        "callbacks": callbacks,
        "verbose": estimator.verbose,
    }
    given = dict(estimator.net_params or {})
    if "optimizer" in given:  # another optimiser does not take AdamW's settings
        for name in ("weight_decay", "betas", "fused"):
            settings.pop(f"optimizer__{name}")
    settings.update(given)
    if not trains:
        kept = (name for name in settings if not name.startswith("optimizer"))
        settings = {name: settings[name] for name in kept} | {"optimizer": None}
    return SequenceNeuralNet(**settings)


def training_callbacks(estimator, validation):
    """Return the skorch callbacks of one training, those of the user last."""
    callbacks = [
        ("one_cycle", OneCycle()),
        ("clipping", GradientNormClipping(_GRADIENT_NORM)),
    ]
    if validation is not None:
        callbacks.append(("validation", ValidationScore(validation)))
        callbacks.append(
            (
                "early_stopping",
                EarlyStopping(
                    monitor="valid_ndcg",
                    lower_is_better=False,
                    patience=estimator.n_iter_no_change,
                    threshold=0.0,
                    load_best=True,
                    sink=_silent,
                ),
            )
        )
    if estimator.verbose:
        callbacks.append(("progress", ProgressBar(detect_notebook=False)))
    return callbacks + list(estimator.callbacks or [])


def _silent(message):
    """Take a message and do nothing with it."""


def choose_device(device):
    """Return the torch device for "auto" or a name; fail early if it is absent."""
    n_cuda = torch.cuda.device_count()
    if device == "auto":
        return "cuda" if n_cuda else "cpu"
    try:
        asked = torch.device(device)
    except RuntimeError as exc:
        raise ValueError(
            f"device={device!r} is no torch device. Use 'auto', 'cpu', 'cuda' or, for "
            f"one of several, 'cuda:1'."
        ) from exc
    if asked.type == "cuda" and (asked.index or 0) >= n_cuda:
        raise ValueError(
            f"device={str(device)!r} was asked for, but torch sees {n_cuda or 'no'} "
            f"CUDA device{'s' * (n_cuda > 1)}. Use device='auto' or 'cpu'."
        )
    return str(device)


@torch.no_grad()
def encode_histories(module, sequences, max_length):
    """Return the final state of every row, (n_rows, D), on the module's device."""
    was_training = module.training
    module.eval()
    weight = module.item_embedding.item_weight
    states = torch.empty(
        (len(sequences), weight.shape[1]), dtype=weight.dtype, device=weight.device
    )
    for batch in history_batches(sequences, max_length):
        codes, lengths = batch.codes.to(weight.device), batch.lengths.to(weight.device)
        states[torch.from_numpy(batch.rows).to(weight.device)] = module.encode(
            codes, lengths
        )
    module.train(was_training)
    return states


@torch.no_grad()
def score_histories(module, sequences, max_length):
    """Return the scores of the whole catalogue for every row, (n_rows, n_items)."""
    states = encode_histories(module, sequences, max_length)
    return module.score(states).float().cpu().numpy()


@contextlib.contextmanager
def one_thread():
    """Compute on one thread, so that results do not depend on how many there are.

    The sum of a product depends on how threads divide it; a search would otherwise
    give other numbers with other `n_jobs`.
    """
    with _thread_lock:
        if not _single["users"]:
            _single["before"] = torch.get_num_threads()
        _single["users"] += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _thread_lock:
            _single["users"] -= 1
            if not _single["users"]:
                torch.set_num_threads(_single["before"])


@contextlib.contextmanager
def seeded(seed, device):
    """Seed torch inside the block, and give its global state back afterwards.

    Torch has one source of random numbers for the whole process, so blocks in several
    threads wait for each other.
    """
    devices = [torch.device(device)] if str(device).startswith("cuda") else []
    with _seed_lock, torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
