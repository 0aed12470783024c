"""Where the time of a fit goes: timers around what skorch calls."""

import contextlib
import functools
import time
from collections import Counter, defaultdict

import torch
from skorch.callbacks import Callback

from seqrec.estimators._net import SequenceNeuralNet

__all__ = ["PARTS", "PartTimer", "Stopwatch", "replaced"]

PARTS = (
    "encode",
    "prepare",
    "start",
    "batches",
    "forward",
    "loss",
    "backward",
    "optimiser",
    "validation",
    "rest",
)


class Stopwatch:
    """Gives every moment to one part: the innermost of those that run.

    Attributes
    ----------
    seconds : dict of str to float
        Time of each part so far.
    calls : dict of str to int
        How often each part was entered.
    device : torch.device or None
        A device whose work is waited for at every change of parts; None waits for
        nothing.
    """

    def __init__(self, phase="rest"):
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self.device = None
        self._running = [phase]  # the innermost last
        self._mark = time.perf_counter()

    def phase(self, part):
        """Go on to another outermost part."""
        self.look()
        self._running[0] = part

    def look(self):
        """Bring `seconds` up to this moment."""
        if self.device is not None:
            torch.cuda.synchronize(self.device)
        now = time.perf_counter()
        self.seconds[self._running[-1]] += now - self._mark
        self._mark = now

    @contextlib.contextmanager
    def part(self, name):
        """Give the time of a block to a part; all that is in "validation" is that."""
        self.look()
        inside = self._running[-1] == "validation"
        self._running.append("validation" if inside else name)
        self.calls[self._running[-1]] += not inside
        try:
            yield
        finally:
            self.look()
            self._running.pop()

    def timed(self, name, function):
        """Return a function whose calls are a part."""

        @functools.wraps(function)
        def call(*args, **kwargs):
            with self.part(name):
                return function(*args, **kwargs)

        return call

    def by_part(self):
        """Return the seconds of all `PARTS`, in that order."""
        self.look()
        seconds = {part: self.seconds[part] for part in PARTS}
        seconds["batches"] += self.seconds["epoch"]
        return seconds


class _TimedNet(SequenceNeuralNet):
    """What a net is made while it is timed; what it computes stays the same."""

    def get_iterator(self, dataset, training=False):
        iterator = super().get_iterator(dataset, training=training)
        return _TimedBatches(iterator, self._watch) if training else iterator

    def train_step(self, batch, **fit_params):
        with self._watch.part("optimiser"):  # what is not in one of the others
            return super().train_step(batch, **fit_params)

    def train_step_single(self, batch, **fit_params):
        with self._watch.part("backward"):
            return super().train_step_single(batch, **fit_params)

    def infer(self, x, **fit_params):
        with self._watch.part("forward"):
            return super().infer(x, **fit_params)

    def get_loss(self, y_pred, y_true, *args, **kwargs):
        with self._watch.part("loss"):
            return super().get_loss(y_pred, y_true, *args, **kwargs)


class _TimedBatches:
    """An iterator of batches; the first of an epoch, which takes longer, apart."""

    def __init__(self, iterator, watch):
        self.iterator = iterator
        self.watch = watch

    def __iter__(self):
        part, end = "epoch", object()
        batches = iter(self.iterator)
        while True:
            with self.watch.part(part):
                batch = next(batches, end)
            if batch is end:
                return
            part = "batches"
            yield batch

    def __len__(self):
        return len(self.iterator)


class PartTimer(Callback):
    """A callback that times the parts of the training that it is given to.

    Parameters
    ----------
    watch : Stopwatch
        Where the times go.
    """

    def __init__(self, watch):
        self.watch = watch

    def initialize(self):
        """Note that the net is being built."""
        self.watch.phase("start")
        return self

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Put timers around what the net calls."""
        self.watch.phase("rest")
        device = torch.device(net.device)
        self.watch.device = device if device.type == "cuda" else None
        self._validation = dict(net.callbacks_).get("validation")
        if self._validation is not None:
            check = self._validation.on_epoch_end
            self._validation.on_epoch_end = self.watch.timed("validation", check)
        if type(net) is SequenceNeuralNet:
            net.__class__ = _TimedNet
            net._watch = self.watch

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Take the timers off again, and leave the net."""
        if self._validation is not None:
            del self._validation.on_epoch_end
        if type(net) is _TimedNet:
            net.__class__ = SequenceNeuralNet
            del net._watch
        net.callbacks = [one for one in net.callbacks if one is not self]


@contextlib.contextmanager
def replaced(owner, name, value):
    """Give an object an attribute of its own while a block runs."""
    setattr(owner, name, value)
    try:
        yield
    finally:
        delattr(owner, name)
