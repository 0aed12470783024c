"""Memory of this process and of the machine (floor 0: standard library and numpy)."""

import os
import sys
import threading
from pathlib import Path

import numpy as np

try:
    import resource
except ImportError:  # Windows has none
    resource = None  # type: ignore[assignment]

__all__ = ["PeakMemory", "array_bytes", "available_memory", "resident_memory"]

_POLL = 0.05  # seconds between two looks; more of them would slow a fit down
_CGROUPS = (  # limit, use, and what of the use is files that can be dropped
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
        "total_inactive_file",
    ),
)


def resident_memory():
    """Return the bytes of memory that this process holds; its peak where that is all.

    None where the system tells neither.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        if resource is None:
            return None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def available_memory(root="/"):
    """Return the bytes that can still be had; None where the system does not tell.

    Those of the machine, or fewer where a control group of Linux allows fewer. Where
    the system tells only how much memory there is, that.

    Parameters
    ----------
    root : str
        Where the system's folders ``proc`` and ``sys`` are.
    """
    found = [_of_machine(Path(root)), *_of_groups(Path(root, "sys/fs/cgroup"))]
    known = [value for value in found if value is not None]
    return max(0, min(known)) if known else None


def _of_machine(root):
    try:
        with (root / "proc/meminfo").open(encoding="ascii") as lines:
            return next(
                int(line.split()[1]) * 1024
                for line in lines
                if line.startswith("MemAvailable:")
            )
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _of_groups(folder):
    """Yield what each control group leaves to this process."""
    for limit, used, stat, dropped in _CGROUPS:
        try:
            allowed = int((folder / limit).read_text(encoding="ascii"))
            taken = int((folder / used).read_text(encoding="ascii"))
            lines = (folder / stat).read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):  # no such group, or "max": no limit
            continue
        counts = dict(line.split()[:2] for line in lines)
        yield allowed - taken + int(counts.get(dropped, 0))


def array_bytes(things):
    """Return the bytes of the arrays among things; arrays that share memory once."""
    owners: dict[int, int] = {}
    for thing in things:
        if isinstance(thing, np.ndarray):
            owner = thing if thing.base is None else thing.base
            owners[id(owner)] = max(owners.get(id(owner), 0), thing.nbytes)
    return sum(owners.values())


class PeakMemory:
    """Watches how much memory this process holds while a block runs.

    It looks twenty times a second, so that a shorter peak may be missed.

    Attributes
    ----------
    start : int or None
        Bytes held at the start of the block; None where the system does not tell.
    peak : int or None
        Most bytes held in it.
    """

    def __enter__(self):
        self.start = self.peak = resident_memory()
        self._lap = self.start
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if self.start is not None:
            self._thread.start()
        return self

    def __exit__(self, *exc):
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()
        self._look()

    def lap(self):
        """Return the most bytes held since the last lap, or since the start."""
        self._look()
        peak, self._lap = self._lap, resident_memory()
        return peak

    def _watch(self):
        while not self._done.wait(_POLL):
            self._look()

    def _look(self):
        if self.start is None:
            return
        now = resident_memory()
        self.peak = max(self.peak, now)
        self._lap = max(self._lap, now)
