"""Builds the skorch net of an estimator, and what trains it."""

import contextlib
import math
import threading

import torch
from skorch import NeuralNet
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    PassthroughScoring,
    ProgressBar,
)

from seqrec.estimators._batching import history_batches
from seqrec.metrics.ndcg import ndcg_at_ranks
from seqrec.nn.losses import LOSSES
from seqrec.nn.row_adamw import RowAdamW

__all__ = [
    "ItemLoss",
    "OneCycle",
    "SequenceNeuralNet",
    "ValidationScore",
    "build_net",
    "choose_device",
    "encode_rows",
    "one_thread",
    "seeded",
    "step_callbacks",
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
    module, criterion, precision, compiles, **kwargs
        As in `skorch.NeuralNet`; `precision` is "fp32" or "bf16" (autocast), and
        `compiles` tells whether training runs a compiled network.
    """

    def __init__(self, *args, precision="fp32", compiles=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.precision = precision
        self.compiles = compiles

    def initialize_module(self):
        """Make the module; compiled in place, its weights keep their names."""
        super().initialize_module()
        if self.compiles:
            self.module_.compile(dynamic=True)
        return self

    def initialize_optimizer(self, *args, **kwargs):
        """Make the optimiser; with ``optimizer=None`` the net answers and has none.

        Torch takes seconds to import what the first optimiser of a process needs.
        """
        if self.optimizer is None:
            return self
        return super().initialize_optimizer(*args, **kwargs)

    def _arithmetic(self):
        return torch.autocast(
            torch.device(self.device).type,
            dtype=torch.bfloat16,
            enabled=self.precision == "bf16",
        )

    def infer(self, x, **fit_params):
        """Return what the criterion needs for a batch."""
        with self._arithmetic():
            return self.module_(**x.to(torch.device(self.device)))

    def get_loss(self, y_pred, y_true, *args, **kwargs):
        """Return the loss; where it has several parts, note each in the history."""
        with self._arithmetic():
            loss = super().get_loss(y_pred, y_true, *args, **kwargs)
        for name, part in getattr(self.criterion_, "parts", {}).items():
            self.history.record_batch(f"loss_{name}", float(part))
        return loss


class ItemLoss(torch.nn.Module):
    """The loss of a batch: that of the next items, and those of further targets.

    Parameters
    ----------
    loss : {"softmax", "sampled_softmax", ...}
        Which one of `LOSSES`.
    n_items : int or None
        Items of the catalogue; None means those that the network names.
    label_smoothing : float
        Share of probability spread over the catalogue, for "softmax".
    calibration : float
        For "gbce".
    regularisation : float
        For "bpr_max".
    tasks : sequence of AuxiliaryTask
        Further targets, in the order of the network's outputs.
    """

    def __init__(
        self,
        loss="softmax",
        n_items=None,
        label_smoothing=0.0,
        calibration=0.75,
        regularisation=1.0,
        tasks=(),
    ):
        super().__init__()
        self.loss = loss
        self.n_items = n_items
        self.label_smoothing = label_smoothing
        self.calibration = calibration
        self.regularisation = regularisation
        self.tasks = tasks
        self.parts: dict = {}

    def forward(self, outputs, targets):
        """Return the mean loss of the targets.

        Parameters
        ----------
        outputs : NetOutput
            What the network returns.
        targets : dict of str to Tensor
            ``"items"`` (N,), the codes of the next items; for a loss that needs them
            ``"negatives"`` (C,) and, where these are not drawn evenly, ``"log_q"``
            (C,); ``"further"`` (N, n_tasks) where there are tasks.
        """
        loss = self._item_loss(outputs, targets)
        if not self.tasks:
            return loss
        self.parts = {"item": loss.detach()}
        place = 0
        for column, task in enumerate(self.tasks):
            values = outputs.values[:, place : place + task.width]
            part = task.loss(values, targets["further"][:, column])
            self.parts[task.name] = part.detach()
            loss = loss + task.weight * part
            place += task.width
        return loss

    def _item_loss(self, outputs, targets):
        states, weight, bias, _ = outputs
        loss = LOSSES[self.loss]
        options = {name: getattr(self, name, None) for name in loss.options}
        if loss.needs_negatives:
            options["negatives"] = targets["negatives"]
            if "log_q" in options:
                options["log_q"] = targets.get("log_q")
        return loss(states, weight, bias, targets["items"], **options)


class OneCycle(Callback):
    """Raise the learning rate over a tenth of training, then let it fall to nearly 0.

    The fall is half a cosine (Smith and Topin 2018, arXiv:1708.07120).
    """

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Count the steps of this training."""
        self.total_ = max(1, X.n_batches(net.batch_size) * net.max_epochs)
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


class GradientClipping(Callback):
    """Shrink gradients whose joint norm is above 1, those of single rows included."""

    @torch.no_grad()
    def on_grad_computed(self, net, named_parameters, **kwargs):
        """Scale all gradients of a step alike."""
        grads = [p.grad for _, p in named_parameters if p.grad is not None]
        values = [grad._values() if grad.is_sparse else grad for grad in grads]
        norm = torch.stack([torch.linalg.vector_norm(part) for part in values]).norm()
        factor = (_GRADIENT_NORM / (norm + 1e-6)).clamp(max=1.0)
        for part in values:
            part.mul_(factor)


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


def build_net(estimator, batch_size, device, callbacks, *, trains=True):
    """Return an uninitialised skorch net with an estimator's parameters.

    Parameters
    ----------
    estimator : SequenceModel
        Its `_net_parts` says what the net is made of.
    batch_size : int
        Events, or rows, of a batch.
    device : str
        Where to compute.
    callbacks : list
        Callbacks, as skorch takes them.
    trains : bool
        False makes a net that only answers, and has no optimiser.
    """
    settings = {
        **estimator._net_parts(),
        "optimizer": RowAdamW,
        "optimizer__weight_decay": estimator.weight_decay,
        "optimizer__betas": _BETAS,
        "optimizer__fused": True,
        "lr": estimator._setting("lr"),
        "max_epochs": estimator.max_epochs,
        "batch_size": batch_size,
        "train_split": None,
        "device": device,
        "precision": estimator.precision,
        "compiles": estimator.compile and trains,
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


def step_callbacks():
    """Return the skorch callbacks that act on every step of a training."""
    return [("one_cycle", OneCycle()), ("clipping", GradientClipping())]


def training_callbacks(estimator, validation=None, *, monitor="valid_ndcg"):
    """Return the skorch callbacks of one training, those of the user last.

    Parameters
    ----------
    estimator : SequenceModel
        Gives the patience, verbosity and callbacks of the user.
    validation : Callback or None
        Records what is held out under the name `monitor`; a score where the name ends
        in "ndcg", else a loss. None holds nothing out.
    """
    callbacks = step_callbacks()
    for name in estimator._loss_parts():
        scoring = PassthroughScoring(f"loss_{name}", on_train=True)
        callbacks.append((f"loss_{name}", scoring))
    if validation is not None:
        callbacks.append(("validation", validation))
        callbacks.append(
            (
                "early_stopping",
                EarlyStopping(
                    monitor=monitor,
                    lower_is_better=not monitor.endswith("ndcg"),
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
def encode_rows(module, reader, starts, lengths):
    """Return the final state of every row, (n_rows, D), on the module's device.

    Parameters
    ----------
    module : SequenceNet
        The network.
    reader : SequenceReader or ArrayReader
        Reads the events.
    starts, lengths : ndarray of shape (n_rows,), dtype=int64
        Window of each row.
    """
    was_training = module.training
    if was_training:
        module.eval()
    weight = module.projection.weight
    states = weight.new_empty((len(starts), module.output_dim))
    for rows, events in history_batches(reader, starts, lengths):
        where = torch.from_numpy(rows).to(weight.device)
        states[where] = module.encode(events.to(weight.device))
    if was_training:
        module.train()
    return states


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
