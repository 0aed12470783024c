"""Clocks, followed trainings and the talk between processes.

Used by seqrec's parts and by the runners of peers, which live in environments of their
own: it needs numpy alone, and torch where a function says so.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np

MARK = "@@ "  # begins a line that is for the parent process
_FEWEST_STEPS = 3  # are made even where set-up alone has used the time up


class Clock:
    """Wall and CPU seconds of this process while it runs."""

    def __init__(self):
        self.wall = self.cpu = 0.0
        self._began = None

    def start(self):
        self._began = time.perf_counter(), time.process_time()
        return self

    def stop(self):
        self.wall, self.cpu = self.read()
        self._began = None

    def read(self):
        """Return wall and CPU seconds so far."""
        if self._began is None:
            return self.wall, self.cpu
        wall, cpu = self._began
        return (
            self.wall + time.perf_counter() - wall,
            self.cpu + time.process_time() - cpu,
        )

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    def as_dict(self):
        return {"wall": self.wall, "cpu": self.cpu}


def timed(function):
    """Return the wall and CPU seconds of a call, and its result."""
    with Clock() as clock:
        result = function()
    return clock.as_dict(), result


class Enough(Exception):
    """A training has run for as long as it may."""


class Curve:
    """Follow a training: its clock, its epochs, its validation scores.

    The clock runs from `setup` on, and stands while `validate` runs. Whoever trains
    calls `setup` before anything is made, `begin` before the first step, `step` after
    each one with the share of the epoch that it was, and `epoch` at the end of each.
    `Enough` is raised at the end of the last epoch, or inside one when the CPU-seconds
    of the cap are used up. Whoever trains also sets `n_targets`, how many next events
    an epoch learns.
    """

    n_targets = None

    def __init__(self, validate, *, cap, max_epochs):
        self.validate = validate
        self.cap = cap
        self.max_epochs = max_epochs
        self.clock = Clock()
        self.points, self.epochs = [], []
        self.set_up = self.partial = self.peak = None
        self.share, self.n_steps, self._last = 0.0, 0, (0.0, 0.0)

    def setup(self):
        self.clock.start()

    def begin(self):
        if self.set_up is None:
            wall, cpu = self._last = self.clock.read()
            self.set_up = {"wall": wall, "cpu": cpu}

    def step(self, share):
        self.share += share
        self.n_steps += 1
        is_over = self.clock.read()[1] >= self.cap
        if is_over and self.n_steps >= _FEWEST_STEPS and self.share < 1 - 1e-6:
            self.clock.stop()
            used = self._since_last()
            self.partial = {"share": self.share, "steps": self.n_steps, **used}
            self._score(len(self.epochs) + self.share, None)
            raise Enough

    def epoch(self, loss=None):
        self.clock.stop()
        self.epochs.append({"steps": self.n_steps, **self._since_last()})
        self._score(len(self.epochs), loss)
        self.share, self.n_steps = 0.0, 0
        if self.clock.cpu >= self.cap or len(self.epochs) >= self.max_epochs:
            raise Enough
        self.clock.start()

    def _since_last(self):
        wall, cpu = self._last
        self._last = self.clock.read()
        return {"wall": self.clock.wall - wall, "cpu": self.clock.cpu - cpu}

    def _score(self, epoch, loss):
        if self.peak is None:  # before any validation has taken memory of its own
            self.peak = peak_memory()
        point = {"epoch": epoch, **self.clock.as_dict(), "loss": loss}
        point["ndcg"] = self.validate()
        self.points.append(point)
        text = ", ".join(
            f"{name} {value:.4g}" for name, value in point.items() if value
        )
        print(text, file=sys.stderr, flush=True)

    def summary(self):
        """Return what was measured, with the cost of an epoch.

        It is the median of whole epochs. If not even one was whole, ``is_partial`` is
        true and the cost is that of its steps over the share of the epoch they were.
        """
        whole = self.epochs or [self.partial]
        share = 1.0 if self.epochs else self.partial["share"]
        cost = {
            key: float(np.median([one[key] for one in whole])) / share
            for key in ("wall", "cpu")
        }
        steps = whole[-1]["steps"]
        return {
            "epoch": cost,
            "is_partial": not self.epochs,
            "steps": steps,
            "of_steps": round(steps / share),
            "n_targets": self.n_targets,
            "set_up": self.set_up,
            "points": self.points,
            "epochs": self.epochs,
            "partial": self.partial,
            "peak": self.peak,
        }


class Turns:
    """Train in windows, each when the parent says so, to be timed in turn with another.

    Takes the calls that `Curve` takes. A window ends with the first step at which
    `window` CPU-seconds are used; the process then waits, and its clock stands.
    """

    n_targets = None

    def __init__(self, window):
        self.window = window
        self.is_begun = False

    def setup(self):
        pass

    def begin(self):
        if not self.is_begun:
            self.is_begun = True
            self._wait()

    def step(self, share):
        self.share += share
        self.n_steps += 1
        if self.clock.read()[1] >= self.window:
            self.clock.stop()
            done = {"share": self.share, "steps": self.n_steps}
            tell(**done, n_targets=self.n_targets, **self.clock.as_dict())
            self._wait()

    def epoch(self, loss=None):
        pass

    def _wait(self):
        if not is_told_to_go():
            raise Enough
        self.share, self.n_steps = 0.0, 0
        self.clock = Clock().start()


def make_watch(spec, validate):
    """Return the `Curve` or the `Turns` that a spec asks for."""
    if spec["mode"] == "turns":
        return Turns(spec["window"])
    return Curve(validate, cap=spec["cap"], max_epochs=spec["max_epochs"])


def follow(watch, train):
    """Train until the watch has enough, and tell the parent what it saw."""
    watch.setup()
    try:
        train()
    except Enough:
        pass
    if isinstance(watch, Curve):
        tell(**watch.summary())


# ---------------------------------------------------------------------- processes
def read_spec():
    """Return the spec that the parent gave, in a process held to one thread."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # its imports take seconds
    return json.loads(sys.argv[-1])


def tell(**found):
    """Give the parent a line."""
    print(MARK + json.dumps(found), flush=True)


def is_told_to_go():
    """Wait for the parent; False when it wants no more."""
    tell(is_ready=True)
    return sys.stdin.readline().strip() == "go"


def answer_turns(measure):
    """Measure once every time the parent says so."""
    while is_told_to_go():
        tell(**measure())


# ---------------------------------------------------------------------- the machine
def peak_memory():
    """Return the highest resident size of this process so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class OthersLoad:
    """Mean number of cores that other processes take; NaN off Linux."""

    def __init__(self):
        self._wall, self._busy = time.perf_counter(), self._read()

    def _read(self):
        path = Path("/proc/stat")
        if not path.exists():
            return float("nan")
        ticks = [int(value) for value in path.read_text().split(maxsplit=9)[1:9]]
        mine = os.times()
        own = mine.user + mine.system + mine.children_user + mine.children_system
        busy = sum(ticks) - ticks[3] - ticks[4]
        return busy / os.sysconf("SC_CLK_TCK") - own

    def cores(self):
        return (self._read() - self._busy) / (time.perf_counter() - self._wall)


def matrix_peak(n=2048, seconds=2.0):
    """Return best and median FLOP/s of an n x n float32 product on one thread.

    Counted by CPU time, as everything that it is compared with. Needs torch.
    """
    import torch

    left, right = torch.randn(n, n), torch.randn(n, n)
    out = torch.mm(left, right)
    rates, end = [], time.perf_counter() + seconds
    while len(rates) < 5 or time.perf_counter() < end:
        used, _ = timed(lambda: torch.mm(left, right, out=out))
        rates.append(2 * n**3 / used["cpu"])
    return {"best": max(rates), "median": float(np.median(rates))}
