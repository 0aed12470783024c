"""SplitAudit: what a split leaks, and what its targets are like."""

from dataclasses import dataclass
from textwrap import fill

__all__ = ["SplitAudit"]

_NOTABLE = 0.01  # share of the targets from which on ties in time are worth a sentence
_UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"))


@dataclass(frozen=True, repr=False)
class SplitAudit:
    """What a split leaks, and what its targets are like; made by `audit_split`.

    ``print`` shows it as a table, with what to do below.

    Attributes
    ----------
    unit : {"events", "samples"}
        What `train` holds.
    n_train : int
        Events (or samples) to learn from.
    n_targets : int
        Tested targets; over an event log one for each tested user.
    n_in_train : int
        Targets that are in train themselves.
    n_copies : int
        Other targets of which train has a copy: same user, item and time. 0 without
        times.
    n_own_later : int
        Events of train that are later than the first target of the same user.
    n_future : int or None
        Targets that are earlier than some event of train, of whatever user. None
        where the log has no times, as for the next three.
    n_later : int or None
        Events of train that are later than the earliest target.
    longest_lead : float or None
        Seconds from the earliest target to the latest event of train; 0.0 where none
        is later.
    n_same_time : int or None
        Targets at the very time of the latest event of train.
    n_tied : int or None
        Targets at the time of the last event of their history: which of the two is
        the target is left to the order of the rows.
    n_holes : int
        Events between the first one of a tested user and the target that are missing
        from the history. 0 for samples.
    n_alone : int
        Users of the test part with a single event, which leaves no target. 0 for
        samples.
    n_unseen_items : int
        Targets whose item is not in train: no model can rank them, so they are misses.
    n_unseen_users : int
        Targets of users of whom nothing is in train.
    n_repeats : int
        Targets whose item is in their history.
    """

    unit: str
    n_train: int
    n_targets: int
    n_in_train: int
    n_copies: int
    n_own_later: int
    n_future: int | None
    n_later: int | None
    longest_lead: float | None
    n_same_time: int | None
    n_tied: int | None
    n_holes: int
    n_alone: int
    n_unseen_items: int
    n_unseen_users: int
    n_repeats: int

    @property
    def verdict(self):
        """What the split is: "sound", "caution" or "leak".

        "leak": tested targets, or later events of the same users, were learned from.
        "caution": something else is in `findings`.
        """
        if self.n_in_train or self.n_copies or self.n_own_later:
            return "leak"
        return "caution" if self.findings else "sound"

    @property
    def is_sound(self):
        """Whether there is nothing to object to."""
        return self.verdict == "sound"

    @property
    def findings(self):
        """What to object to, one sentence each with what to do; a tuple of str."""
        found = (*self._leaks(), *self._cautions())
        return tuple(sentence for is_so, sentence in found if is_so)

    def _leaks(self):
        yield (
            self.n_in_train,
            f"{self._share(self.n_in_train)} are in train themselves: take them out.",
        )
        yield (
            self.n_copies,
            f"{self._share(self.n_copies)} have a copy in train, of the same user, "
            f"item and time: drop repeated events before splitting.",
        )
        yield (
            self.n_own_later,
            f"{self.n_own_later:,} {self.unit} of train are later than a target of the "
            f"same user: learn from earlier ones (TemporalSplit, LeaveLastOut), or "
            f"from other users (NewUserSplit).",
        )

    def _cautions(self):
        yield (
            self.n_future is None,
            "There are no times, so whether train holds later events than the targets "
            "cannot be told: name the column with time=.",
        )
        yield (
            self.n_future,
            f"{self._share(self.n_future)} are earlier than events in train, by up to "
            f"{_duration(self.longest_lead)}: a running model would not know these. "
            f"Use TemporalSplit for a claim about production.",
        )
        yield (
            self.n_same_time and not self.n_future,
            f"{self._share(self.n_same_time)} are at the very time of the latest event "
            f"in train: cut before that time, as TemporalSplit does.",
        )
        yield (
            self.n_holes,
            f"{self.n_holes:,} events are missing from the histories of tested users: "
            f"hold out whole ends of histories, with a splitter of seqrec.",
        )
        yield (
            self.n_alone,
            f"{self.n_alone:,} users of the test part have one event there and so no "
            f"target: leave them out, or add their histories.",
        )
        yield (
            (self.n_tied or 0) >= _NOTABLE * self.n_targets and self.n_tied,
            f"{self._share(self.n_tied)} are at the time of the last event of their "
            f"history, so that the order of the rows decides which is the target: use "
            f"finer times, or drop events at the same time.",
        )

    def _share(self, n):
        """Return ``3 of 12 targets (25 %)``."""
        if n is None:
            return ""
        return f"{n:,} of {self.n_targets:,} targets ({_percent(n / self.n_targets)})"

    def to_rows(self):
        """Return the table as records, for `pandas.DataFrame` and its like.

        Returns
        -------
        rows : list of dict
            Of each line its "what", "number" (None where unknown) and "share" of the
            targets (None for what does not count targets).
        """
        counted = [
            ("in train themselves", self.n_in_train),
            ("with a copy in train", self.n_copies),
            ("earlier than events in train", self.n_future),
            ("at the time of the last event in train", self.n_same_time),
            ("at the time of the last of their history", self.n_tied),
            ("of items not in train", self.n_unseen_items),
            ("of users not in train", self.n_unseen_users),
            ("of items in their history", self.n_repeats),
        ]
        others = [
            ("later than a target of their user", self.n_own_later),
            ("later than the earliest target", self.n_later),
        ]
        missing = [
            ("events missing from histories", self.n_holes),
            ("users with one event in test", self.n_alone),
        ]
        rows = [_row("targets", self.n_targets, None)]
        rows += [
            _row(f"targets {what}", n, None if n is None else n / self.n_targets)
            for what, n in counted
        ]
        rows.append(_row(f"{self.unit} in train", self.n_train, None))
        rows += [_row(f"{self.unit} in train {what}", n, None) for what, n in others]
        return rows + [_row(what, n, None) for what, n in missing]

    def __str__(self):
        lines = [f"verdict: {self.verdict}", ""]
        for row in self.to_rows():
            share = "" if row["share"] is None else _percent(row["share"])
            number = "unknown" if row["number"] is None else f"{row['number']:,}"
            lines.append(f"{row['what']:50} {number:>12} {share:>8}".rstrip())
        for text in self.findings:
            lines += ["", fill(text, 80, initial_indent="- ", subsequent_indent="  ")]
        return "\n".join(lines)

    def __repr__(self):
        return (
            f"SplitAudit({self.verdict!r}, {self.n_train} {self.unit} in train, "
            f"{self.n_targets} targets, {len(self.findings)} findings)"
        )


def _row(what, number, share):
    return {"what": what, "number": number, "share": share}


def _percent(share):
    return f"{100 * share:.3g} %"


def _duration(seconds):
    if seconds is None:
        return ""
    for size, name in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.3g} seconds"
