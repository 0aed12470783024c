"""FitProfile: what a fit takes, estimated and measured."""

from dataclasses import dataclass

__all__ = ["FitProfile"]

_MIB = 1 << 20


@dataclass(frozen=True, repr=False)
class FitProfile:
    """What a fit takes in time and memory: estimated before, measured after.

    ``print`` shows it as a table. Made by `profile_fit`, which says what the parts are.

    Attributes
    ----------
    estimator : str
        Name of the class.
    n_rows : int
        Rows to learn from.
    n_events : int or None
        Events of the rows; None for rows of numbers, and lists with targets.
    n_items : int or None
        Items of the catalogue; None where `n_events` is.
    n_parameters : int or None
        Numbers that the network learns; None if it was too large to be built.
    n_batches : int or None
        Batches of an epoch; None if no training step was tried.
    batch_size : int or None
        Events, or rows, of a batch; None if no training step was tried.
    n_epochs : int or None
        Epochs that are allowed for, the largest number with early stopping; None if no
        training step was tried.
    n_timed : int
        Training steps that were timed for the estimate.
    device : str
        Where the network is trained.
    seconds : dict of str to float
        Estimated seconds of each part; parts of which nothing is known are left out.
    memory : dict of str to int
        Estimated bytes of each part.
    available_memory : int or None
        Bytes that could still be had, those in use not counted; None where the system
        does not tell.
    available_device_memory : int or None
        The same of the GPU; None on a CPU.
    estimate_seconds : float
        How long the estimate itself took.
    notes : tuple of str
        What a person should know, one sentence each.
    fit_seconds : dict of str to float or None
        Measured seconds of each part; None without a fit.
    fit_memory : int or None
        Most bytes that the process held during the fit; None without a fit, or where
        the system does not tell.
    fit_device_memory : int or None
        Most bytes of the GPU that torch had handed out; None without a fit or GPU.
    fit_epochs : int or None
        Epochs of the fit; None without one.
    """

    estimator: str
    n_rows: int
    n_events: int | None
    n_items: int | None
    n_parameters: int | None
    n_batches: int | None
    batch_size: int | None
    n_epochs: int | None
    n_timed: int
    device: str
    seconds: dict
    memory: dict
    available_memory: int | None
    available_device_memory: int | None
    estimate_seconds: float
    notes: tuple = ()
    fit_seconds: dict | None = None
    fit_memory: int | None = None
    fit_device_memory: int | None = None
    fit_epochs: int | None = None

    @property
    def total_seconds(self):
        """Estimated seconds of the fit; None if no training step was tried."""
        return None if self.n_batches is None else sum(self.seconds.values())

    @property
    def total_memory(self):
        """Estimated bytes that the process holds at its peak.

        That is before training, at the start of the embeddings, or in training; with a
        GPU, what training holds is there.
        """
        size = {**dict.fromkeys(("encode", "prepare", "start"), 0), **self.memory}
        kept = size.get("sequences", 0)
        trains = kept + size.get("training set", 0) + size["parameters"]
        most = max(
            size["encode"],
            kept + size["prepare"],
            trains + max(size["start"], 0 if self._on_gpu else self._in_training()),
        )
        return size["baseline"] + most + size.get("rest", 0)

    @property
    def device_memory(self):
        """Estimated bytes of the GPU at the peak; None on a CPU."""
        return self.memory["parameters"] + self._in_training() if self._on_gpu else None

    @property
    def _on_gpu(self):
        return self.device.startswith("cuda")

    def _in_training(self):
        parts = ("gradients", "optimiser", "batch")
        return sum(self.memory.get(part, 0) for part in parts)

    @property
    def exceeds_memory(self):
        """Whether the estimate is more than can be had; False where none is known."""
        needed = self.total_memory - self.memory["baseline"]
        return _exceeds(needed, self.available_memory) or _exceeds(
            self.device_memory, self.available_device_memory
        )

    def to_rows(self):
        """Return the table as records, for `pandas.DataFrame` and its like.

        Returns
        -------
        rows : list of dict
            Of each part its "part", "unit" ("seconds" or "bytes"), "estimated" and
            "measured", None where unknown; a "total" closes each unit.
        """
        measured = self.fit_seconds or {}
        names = list(self.fit_seconds or self.seconds)
        rows = [
            _row(name, "seconds", self.seconds.get(name), measured.get(name))
            for name in names
        ]
        whole = sum(measured.values()) if measured else None
        rows.append(_row("total", "seconds", self.total_seconds, whole))
        rows += [_row(name, "bytes", size, None) for name, size in self.memory.items()]
        if self._on_gpu:
            sizes = self.device_memory, self.fit_device_memory
            rows.append(_row("total on the GPU", "bytes", *sizes))
        rows.append(_row("total", "bytes", self.total_memory, self.fit_memory))
        return rows

    def headline(self):
        """Return what is trained, in two lines.

        Returns
        -------
        text : str
            Sizes of the data; then parameters, batches, epochs and device.
        """
        counts = [
            f"{count:,} {name}"
            for name, count in (
                ("rows", self.n_rows),
                ("events", self.n_events),
                ("items", self.n_items),
            )
            if count is not None
        ]
        first = f"{self.estimator} on {', '.join(counts)}"
        if self.n_batches is None:
            return first
        epochs = f"{self.n_epochs:,} epoch{'' if self.n_epochs == 1 else 's'}"
        return (
            f"{first}\n{self.n_parameters:,} parameters, {self.n_batches:,} batches of "
            f"{self.batch_size:,}, {epochs} at most, on {self.device}"
        )

    def __str__(self):
        lines = [*self.headline().split("\n"), ""]
        columns = ("estimated", "measured") if self.fit_seconds else ("estimated",)
        rows = self.to_rows()
        for unit, title in (("seconds", "seconds"), ("bytes", "memory, MiB")):
            head = "".join(f"{column:>11}" for column in columns)
            lines.append(f"{title:16}{head}")
            lines += [
                f"  {row['part']:14}"
                + "".join(f"{_show(row[column], unit):>11}" for column in columns)
                for row in rows
                if row["unit"] == unit and _takes_something(row)
            ]
            lines.append("")
        return "\n".join([*lines, *self.notes]).rstrip()

    def __repr__(self):
        seconds = self.total_seconds
        time = "time unknown" if seconds is None else f"{seconds:.3g} s"
        return (
            f"FitProfile({self.estimator}, {time}, {self.total_memory / _MIB:,.0f} MiB)"
        )


def _exceeds(needed, available):
    return needed is not None and available is not None and needed > available


def _takes_something(row):
    return row["part"] == "total" or bool(row["estimated"] or row["measured"])


def _row(part, unit, estimated, measured):
    return {"part": part, "unit": unit, "estimated": estimated, "measured": measured}


def _show(value, unit):
    if value is None:
        return "-"
    return f"{value:,.2f}" if unit == "seconds" else f"{value / _MIB:,.1f}"
