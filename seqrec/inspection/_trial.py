"""Fits that end early, so as to know what a whole one takes."""

import contextlib
import time
import tracemalloc
import warnings

import torch
from sklearn.base import clone

from seqrec._process import array_bytes
from seqrec.inspection._stopwatch import PartTimer

__all__ = ["StartTimer", "StepTimer", "run_trial"]

_WARM_UP = 3  # batches before those that are timed, where there are more
_STEP_PARTS = ("batches", "forward", "loss", "backward", "optimiser", "rest")


class _Enough(Exception):
    """Ends a trial."""


def run_trial(estimator, X, y, timer, **params):
    """Fit a copy of an estimator until a timer ends it.

    Warnings wait for the fit itself; random numbers of the process stay as they are.

    Parameters
    ----------
    estimator : SequenceModel
        What to copy.
    X, y : object
        What it is fitted on.
    timer : StartTimer or StepTimer
        The only callback.
    **params : object
        Parameters that the copy has otherwise.
    """
    model = clone(estimator).set_params(
        callbacks=[timer], random_state=0, verbose=0, warm_start=False, **params
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        timer.watch.phase("prepare")
        try:
            model.fit(X, y)
        except _Enough:
            timer.watch.look()
        finally:
            timer.close()


class StartTimer(PartTimer):
    """Ends a fit where training would begin; knows what the start took.

    Parameters
    ----------
    watch : Stopwatch
        Where the times go.

    Attributes
    ----------
    seconds_ : float
        Seconds that the thread worked in the start, whatever else ran.
    peak_ : int
        Most bytes that the start allocated outside torch.
    n_events_ : int
        Events of the training set.
    """

    def initialize(self):
        """Trace what is allocated from here on."""
        self._stops_tracing = not tracemalloc.is_tracing()
        tracemalloc.start()
        tracemalloc.reset_peak()
        self._before = tracemalloc.get_traced_memory()[0]
        self._clock = time.thread_time()
        return super().initialize()

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Note what the start took, and end the fit."""
        self.seconds_ = time.thread_time() - self._clock
        self.peak_ = tracemalloc.get_traced_memory()[1] - self._before
        self.n_events_ = len(X.codes)
        raise _Enough

    def close(self):
        """Trace no longer, unless others did before."""
        if getattr(self, "_stops_tracing", False):
            tracemalloc.stop()


class StepTimer(PartTimer):
    """Ends a fit after some batches; knows what each takes, in time and memory.

    Parameters
    ----------
    watch : Stopwatch
        Where the times go.
    budget : float
        Seconds of batches.
    memory : PeakMemory
        Watches this process.

    Attributes
    ----------
    n_batches_, n_epochs_, batch_size_ : int
        Batches of an epoch, epochs, size of a batch.
    n_warm_up_, n_timed_ : int
        Batches before those that were timed, and these.
    step_ : dict of str to float
        Seconds of a batch, by part.
    warm_up_ : dict of str to float
        Seconds of all batches before those that were timed, by part.
    epoch_ : float
        Seconds that the first batch of an epoch takes longer than others.
    n_parameters_ : int
        Numbers that are learned.
    bytes_ : dict of str to int
        Sizes of the training set and of what training holds.
    loss_ : str or None
        The name of the loss, where it has one.
    device_ : str
        Where it was computed.
    prepare_peak_, step_peak_ : int or None
        Most bytes that the process held before the net was built, and in training.
    busy_ : float
        Share of the time of the batches in which this thread had a core; 1.0 with a
        GPU, which it waits for.
    """

    def __init__(self, watch, budget, memory):
        super().__init__(watch)
        self.budget = budget
        self.memory = memory
        self._hooks = contextlib.ExitStack()

    def initialize(self):
        """Note what the process held so far."""
        self.prepare_peak_ = self.memory.lap()
        return super().initialize()

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Look at the data, and at what an epoch is."""
        super().on_train_begin(net, X, y, **kwargs)
        self.n_batches_, self.n_epochs_ = X.n_batches(net.batch_size), net.max_epochs
        has_budget = hasattr(X, "budget")  # of events, not of rows
        size = X.budget(net.batch_size) if has_budget else net.batch_size
        self.batch_size_, self.device_ = size, str(net.device)
        self.loss_ = getattr(net.criterion_, "loss", None)
        negatives = getattr(X, "negatives", None)
        self.n_negatives_ = 0 if negatives is None else negatives.n
        parameters = list(net.module_.parameters())
        self.n_parameters_ = sum(one.numel() for one in parameters)
        self.bytes_ = {
            "training set": array_bytes(vars(X).values()),
            "parameters": sum(map(_tensor_bytes, parameters)),
            "gradients": 0,
            "optimiser": 0,
            "batch": 0,
        }
        self._weights = {one.untyped_storage().data_ptr() for one in parameters}
        self.n_warm_up_ = min(_WARM_UP, self.n_batches_ * self.n_epochs_ - 1)
        self._n_done = 0
        self.warm_up_ = dict.fromkeys(_STEP_PARTS, 0.0)
        self.memory.lap()
        self._begin()

    def _begin(self):
        self.watch.look()
        self._clocks = time.thread_time(), time.perf_counter()
        self._before, self._calls = dict(self.watch.seconds), self.watch.calls.copy()

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        """Count what the backward pass needs, while time does not matter."""
        if training and self._n_done < self.n_warm_up_:
            self._saved: dict = {}
            hooks = torch.autograd.graph.saved_tensors_hooks(self._keep, _same)
            self._hooks.enter_context(hooks)

    def _keep(self, tensor):
        if tensor.layout == torch.strided:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in self._weights:
                self._saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    def on_grad_computed(self, net, named_parameters, **kwargs):
        """Count the gradients, which an optimiser may drop."""
        size = sum(_tensor_bytes(one.grad) for _, one in named_parameters)
        self.bytes_["gradients"] = max(self.bytes_["gradients"], size)

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        """Count a batch, and end the fit when it was enough of them."""
        if not training:
            return
        self._n_done += 1
        if self._n_done <= self.n_warm_up_:
            self._hooks.close()
            saved = sum(self._saved.values())
            self.bytes_["batch"] = max(self.bytes_["batch"], saved)
            self.bytes_["optimiser"] = _state_bytes(net.optimizer_)
            self._add_to_warm_up()
            self._begin()
        elif self._note_times() > self.budget:
            self.step_peak_ = self.memory.lap()
            if self._validation is not None and not self.watch.calls["validation"]:
                self._validation.on_epoch_end(net)
            raise _Enough

    def _since(self, parts):
        self.watch.look()
        return {
            part: self.watch.seconds[part] - self._before.get(part, 0.0)
            for part in parts
        }

    def _add_to_warm_up(self):
        for part, seconds in self._since(_STEP_PARTS).items():
            self.warm_up_[part] += seconds

    def _note_times(self):
        """Spread the time since the warm-up over the batches; return its sum."""
        seconds = self._since((*_STEP_PARTS, "epoch", "validation"))
        self.n_timed_ = self._n_done - self.n_warm_up_
        self.step_ = {part: seconds[part] / self.n_timed_ for part in _STEP_PARTS}
        n_later = self.watch.calls["batches"] - self._calls["batches"]
        self.step_["batches"] = seconds["batches"] / max(1, n_later)
        first = self.watch.seconds["epoch"] / self.watch.calls["epoch"]
        self.epoch_ = max(0.0, first - self.step_["batches"])
        worked, passed = self._clocks
        worked, passed = time.thread_time() - worked, time.perf_counter() - passed
        waits = self.watch.device is not None
        self.busy_ = 1.0 if waits else min(1.0, worked / passed)
        return sum(seconds.values())

    @property
    def validation_(self):
        """Seconds of scoring what is held out, a time."""
        calls = self.watch.calls["validation"]
        return self.watch.seconds["validation"] / calls if calls else 0.0

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Leave a net whose training was short."""
        self.step_peak_ = self.memory.lap()
        super().on_train_end(net, X, y, **kwargs)

    def close(self):
        """Count no longer."""
        self._hooks.close()


def _same(tensor):
    return tensor


def _tensor_bytes(tensor):
    """Return the bytes of a tensor, dense or sparse; 0 for whatever is none."""
    if not isinstance(tensor, torch.Tensor):
        return 0
    if tensor.layout != torch.sparse_coo:
        return tensor.numel() * tensor.element_size()
    return sum(map(_tensor_bytes, (tensor._indices(), tensor._values())))


def _state_bytes(optimizer):
    parts = (part for state in optimizer.state.values() for part in state.values())
    return sum(map(_tensor_bytes, parts))
