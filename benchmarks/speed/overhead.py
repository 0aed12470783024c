"""Overhead: where the CPU time of a training step goes, outside the arithmetic.

Timers around the callables of a training: the network's forward, the loss, backward,
the optimiser, the making of a batch, and skorch's calls of callbacks; each counts what
is not inside another one. What none of them counts is the loop itself: skorch's steps
and history. Each run is a process of its own of ``--window`` CPU-seconds after set-up,
configurations in turn, ``--repeats`` times::

    python benchmarks/run.py overhead --data beauty --only "seqrec default"

Writes overhead.md and overhead.json; shares are medians. The timers themselves take
about a microsecond a call.
"""

import sys
import time

import numpy as np
import torch
from _data import Log
from _meter import Enough, read_spec, tell
from _models import chosen, seqrec_settings
from _report import each_log, read_options, run_child, spread, table, write

SCRIPT = "overhead.py"
ARITHMETIC = ["forward", "loss", "backward", "optimiser"]
OUTSIDE = ["batching", "callbacks", "loop"]
LOOP = "loop"


class Shares:
    """Adds up CPU-seconds by the innermost label that is open."""

    def __init__(self):
        self.seconds = dict.fromkeys([*ARITHMETIC, *OUTSIDE], 0.0)
        self._open = [LOOP]
        self._since = time.process_time()

    def _turn_over(self):
        now = time.process_time()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now

    def enter(self, label):
        self._turn_over()
        self._open.append(label)

    def leave(self):
        self._turn_over()
        self._open.pop()

    def wrap(self, label, function):
        """Return a function whose time counts for a label."""

        def wrapped(*args, **kwargs):
            self.enter(label)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()

        return wrapped

    def wrap_step(self, step):
        """Return an optimiser's step; the closure that it calls is not its own time."""

        def wrapped(closure=None, **kwargs):
            if closure is not None:
                closure = self.wrap(LOOP, closure)
            return step(closure, **kwargs)

        return self.wrap("optimiser", wrapped)

    def wrap_batches(self, get_iterator):
        """Return a `get_iterator` whose iterator's own time counts as batching."""

        def wrapped(*args, **kwargs):
            batches = iter(get_iterator(*args, **kwargs))
            take = self.wrap("batching", next)
            while (batch := take(batches, None)) is not None:
                yield batch

        return wrapped


class Timers:
    """A watch that puts timers around a training, and ends it after some seconds."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.n_steps = 0
        self.shares = None

    def attach(self, net):
        """Put timers around what a net calls."""
        self.shares = shares = Shares()
        net.module_.forward = shares.wrap("forward", net.module_.forward)
        net.criterion_.forward = shares.wrap("loss", net.criterion_.forward)
        net.optimizer_.step = shares.wrap_step(net.optimizer_.step)
        net.get_iterator = shares.wrap_batches(net.get_iterator)
        net.notify = shares.wrap("callbacks", net.notify)
        torch.Tensor.backward = shares.wrap("backward", torch.Tensor.backward)
        self.began = time.process_time()

    def begin(self):
        """Wait for `attach`."""

    def step(self, share):
        self.n_steps += 1
        if time.process_time() - self.began >= self.seconds:
            raise Enough

    def epoch(self, loss=None):
        """Go on until the seconds are over."""


def measure_here():
    """Measure one run in this process."""
    from _seqrec import Follow, make_model, sequences_of

    spec = read_spec()
    sequences = sequences_of(Log.read(spec["log"]))[1].drop_last(2)
    timers = Timers(spec["seconds"])

    class Attach(Follow):
        def on_train_begin(self, net, **kwargs):
            timers.attach(net)

        def on_epoch_end(self, net, **kwargs):
            """The first epoch may have begun before the timers."""

    model = make_model(spec["settings"], max_epochs=1000)
    model.set_params(callbacks=[Attach(timers, 1)])
    try:
        model.fit(sequences)
    except Enough:
        pass
    total = time.process_time() - timers.began
    seconds = timers.shares.seconds
    seconds[LOOP] += max(0.0, total - sum(seconds.values()))
    tell(
        steps=timers.n_steps,
        ms_a_step=1000 * total / timers.n_steps,
        shares={label: value / total for label, value in seconds.items()},
    )


def share_table(found):
    header = ["seqrec", "outside", *ARITHMETIC, *OUTSIDE, "CPU ms a step", "runs"]
    rows = []
    for name, runs in found.items():
        outside = [sum(run["shares"][label] for label in OUTSIDE) for run in runs]
        shares = [
            f"{np.median([run['shares'][label] for run in runs]):.1%}"
            for label in (*ARITHMETIC, *OUTSIDE)
        ]
        steps = spread([run["ms_a_step"] for run in runs])
        whole = f"{np.median(outside):.1%} ({min(outside):.1%}-{max(outside):.1%})"
        rows.append([name, whole, *shares, steps, len(runs)])
    return table(header, rows)


def main():
    args = read_options(__doc__)
    names, _ = chosen(args.only, with_peers=False)
    everything, text = {}, []
    for data, _, path in each_log(args):
        found = {name: [] for name in names}
        for _ in range(args.repeats):
            for name in names:
                print(f"- {data}: seqrec {name}", flush=True)
                spec = {"log": path, "settings": seqrec_settings(name, data)}
                told = run_child(SCRIPT, {**spec, "seconds": args.window})
                if told is not None:
                    found[name].append(told)
        found = everything[data] = {name: runs for name, runs in found.items() if runs}
        text += [f"## {data}: shares of the CPU time of a step", share_table(found)]
    write(args, "overhead", "\n\n".join(text), everything, __doc__)


if __name__ == "__main__":
    if sys.argv[-1].startswith("{"):
        measure_here()
    else:
        main()
