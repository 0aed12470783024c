"""audit_split: count what a split leaks, and what its targets are like."""

import numpy as np

from seqrec._validation.params import check_option
from seqrec.data.schema import ITEM, TIME, USER, EventSchema
from seqrec.data.sequences import Sequences
from seqrec.model_selection._audited_parts import log_parts, sample_parts
from seqrec.model_selection._inputs import TIME_UNITS
from seqrec.model_selection._split_audit import SplitAudit

__all__ = ["SplitAudit", "audit_split"]


def audit_split(events, train, test, *, user=USER, item=ITEM, time=TIME, time_unit="s"):
    """Count what a split leaks, and what its targets are like.

    It takes one fold of any splitter, or parts made by hand, and needs no model. Is a
    target in train, or something later, of its user or of others? Is a history torn?
    Is it the order of the rows that makes an event the target? How many targets can
    no model hit?

    Parameters
    ----------
    events : pandas, polars or pyarrow table, or NextItemSamples
        Event log, which is not changed, or what `next_item_samples` returns.
    train : array-like of int, or of bool of shape (n_rows,)
        Rows of the events (or numbers of the samples) that are learned from.
    test : array-like of int, or of bool of shape (n_rows,)
        For each tested user the rows of the history and of the target, which is the
        last of them in time; equal times keep the order that they have here. For
        samples, the numbers of the tested ones.
    user : str, default="user_id"
        Column of the user ids: integers or strings.
    item : str, default="item_id"
        Column of the item ids: integers or strings.
    time : str or None, default="timestamp"
        Column of the times: datetimes (zones are honoured), text that can be parsed as
        such, or numbers in `time_unit`. None takes the rows as ordered. A table
        without ``"timestamp"`` but with a column ``"position"`` is ordered by that and
        has no times.
    time_unit : {"s", "ms", "us", "ns"}, default="s"
        Unit of times given as numbers since 1970.

    Returns
    -------
    audit : SplitAudit
        Counts, a verdict ("sound", "caution" or "leak") and what to do about it.

    Raises
    ------
    TypeError
        If `events` is neither a table nor samples, or `train` or `test` are no row
        numbers.
    ValueError
        If the table cannot be used, a part is empty or holds rows that are not there,
        `test` holds a row twice, or nobody in it has a history and a target.

    See Also
    --------
    TemporalSplit, LeaveLastOut, RollingWindow, NewUserSplit : Splitters to audit.

    Notes
    -----
    For samples, an event of train is the target of a learned sample; a target of the
    same user that is earlier is itself an event of that sample's history. Stability:
    experimental.

    Examples
    --------
    >>> import pandas as pd
    >>> from seqrec import LeaveLastOut, audit_split
    >>> events = pd.DataFrame({
    ...     "user_id": ["a", "b", "b", "a", "a"],
    ...     "item_id": ["x", "y", "x", "z", "y"],
    ...     "timestamp": [10, 20, 30, 40, 50],
    ... })
    >>> train, test = next(LeaveLastOut().split(events))
    >>> audit = audit_split(events, train, test)
    >>> audit.verdict, audit.n_future
    ('caution', 1)
    >>> for finding in audit.findings:
    ...     print(finding)
    1 of 2 targets (50 %) are earlier than events in train, by up to 10 seconds: a
    running model would not know these. Use TemporalSplit for a claim about production.
    """
    check_option("time_unit", time_unit, TIME_UNITS, owner="audit_split")
    if isinstance(events, Sequences):
        raise TypeError(
            "audit_split of samples needs their targets, too. Got Sequences alone; "
            "pass all that next_item_samples returned."
        )
    if isinstance(events, tuple):
        parts = sample_parts(events, train, test)
    else:
        schema = EventSchema(user, item, time)
        parts = log_parts(events, train, test, schema=schema, time_unit=time_unit)
    learned, targets = parts.train, parts.targets
    return SplitAudit(
        unit=parts.unit,
        n_train=len(learned.users),
        n_targets=len(targets.users),
        n_in_train=_count(parts.in_train),
        n_copies=_count(_is_copied(targets, learned) & ~parts.in_train),
        n_own_later=_count_own_later(targets, learned),
        **_compare_times(targets, learned),
        n_tied=None if targets.times is None else _count(parts.is_tied),
        n_holes=parts.n_holes,
        n_alone=parts.n_alone,
        n_unseen_items=_count(~parts.is_known),
        n_unseen_users=_count(~np.isin(targets.users, learned.users)),
        n_repeats=_count(parts.is_repeat),
    )


def _count(mask):
    return int(np.count_nonzero(mask))


def _compare_times(targets, learned):
    """Count targets and learned events on the wrong sides of each other."""
    if targets.times is None:
        names = ("n_future", "n_later", "longest_lead", "n_same_time")
        return dict.fromkeys(names)
    earliest, latest = targets.times.min(), learned.times.max()
    return {
        "n_future": _count(targets.times < latest),
        "n_later": _count(learned.times > earliest),
        "longest_lead": float(max(latest - earliest, 0.0)),
        "n_same_time": _count(targets.times == latest),
    }


def _count_own_later(targets, learned):
    """Count learned events that are later than a target of the same user."""
    by_time = targets.times is not None
    tested = targets.times if by_time else targets.order
    others = learned.times if by_time else learned.order
    n_users = 1 + max(targets.users.max(), learned.users.max())
    first = np.full(n_users, np.inf)
    np.minimum.at(first, targets.users, tested)
    return _count(others > first[learned.users])


def _is_copied(targets, learned):
    """Tell of which targets a learned event has the user, item and time."""
    if targets.times is None:
        return np.zeros(len(targets.users), dtype=bool)
    close = learned.times >= targets.times.min()
    close &= np.isin(learned.users, targets.users)
    columns = [
        np.concatenate([one, other[close]])
        for one, other in zip(targets[:3], learned[:3], strict=True)
    ]
    order = np.lexsort(columns)
    differs = np.zeros(len(order), dtype=bool)
    for column in columns:
        differs[1:] |= np.diff(column[order]) != 0
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(differs)
    n_targets = len(targets.users)
    return np.isin(group[:n_targets], group[n_targets:])
