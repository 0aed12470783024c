"""Event logs with a known amount of order (floor 1: numpy only)."""

import numpy as np

from seqrec._validation.params import check_int, check_real

__all__ = ["generate_events"]

_EPOCH = 1_704_067_200  # earliest possible time: 2024-01-01 00:00 UTC
_SPAN = 90 * 86_400  # users start within this many seconds
_MEDIAN_PAUSE = 600.0  # seconds between two events of a user
_PAUSE_SPREAD = 2.0  # standard deviation of the logarithm of a pause
_BLOCK_CELLS = 2**23  # most (user, item) cells in the table of seen items
_REJECTIONS = 8  # draws tried before the exact one, which costs n_items a user


def generate_events(
    n_users,
    n_items,
    *,
    n_events_per_user=10.0,
    order=0.8,
    n_successors=3,
    repeats=True,
    random_state=None,
    owner="generate_events",
):
    """Draw events of users whose next item depends on the current one.

    Every item has `n_successors` different successors, drawn once, never itself, and
    is a successor of as many items. The item of popularity rank ``r`` has a share
    proportional to ``1 / r`` (Zipf); ranks are drawn once and do not follow the codes.
    The first item of a user is drawn by popularity. Each next item is, with probability
    `order`, a successor of the current item, all of them equally likely, and otherwise
    drawn by popularity, whatever came before.

    Parameters
    ----------
    n_users : int
        How many users, at least 1.
    n_items : int
        How many items, at least 2.
    n_events_per_user : float, default=10.0
        Mean number of events of a user, at least 1. Lengths are geometric, as skewed
        as those of real logs: one event is the most frequent length, few users have
        many.
    order : float, default=0.8
        Probability in [0, 1] that an event follows from the one before it. 0 leaves
        nothing to be learnt from the order of events.
    n_successors : int, default=3
        How many successors each item has, from 1 to ``n_items - 1``.
    repeats : bool, default=True
        Whether a user may meet an item again. False: both draws are among the items
        the user has not had, and nobody has more than `n_items` events. Where a user
        has had all successors the item is drawn by popularity, so a little less than
        `order` of the events follow from the one before.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness. Pass an int for the same events in every call.
    owner : str, default="generate_events"
        Who asks, for errors.

    Returns
    -------
    user : ndarray of shape (n_events,), dtype=int64
        Users 1 to `n_users` in increasing order; each has one event or more.
    item : ndarray of shape (n_events,), dtype=int64
        Item codes, 1 to `n_items`.
    time : ndarray of shape (n_events,), dtype=int64
        Seconds since 1970, strictly increasing within each user. Users start within
        90 days from 2024-01-01. Pauses are log-normal with a median of ten minutes;
        three in ten are longer than half an hour.

    Raises
    ------
    TypeError
        If a parameter is of the wrong kind.
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    With one successor an item and `order` 1 every item has one item after it:

    >>> user, item, time = generate_events(
    ...     50, 5, order=1.0, n_successors=1, random_state=0
    ... )
    >>> same_user = user[1:] == user[:-1]
    >>> pairs = zip(item[:-1][same_user].tolist(), item[1:][same_user].tolist())
    >>> len(set(pairs))
    5
    """
    n_users = check_int("n_users", n_users, owner=owner)
    n_items = check_int("n_items", n_items, owner=owner, low=2)
    n_successors = check_int(
        "n_successors", n_successors, owner=owner, high=n_items - 1
    )
    mean = check_real("n_events_per_user", n_events_per_user, owner=owner, low=1.0)
    order = check_real("order", order, owner=owner, low=0.0, high=1.0)
    if not isinstance(repeats, bool | np.bool_):
        raise TypeError(
            f"The 'repeats' parameter of {owner} must be a bool. "
            f"Got {repeats!r} instead."
        )
    rng = np.random.default_rng(random_state)
    rules = _Rules(n_items, n_successors, order, rng)
    lengths = rng.geometric(1.0 / mean, size=n_users)
    if not repeats:
        lengths = np.minimum(lengths, n_items)
    item = _draw_items(lengths, rules, rng, repeats=repeats)
    user = np.repeat(np.arange(1, n_users + 1), lengths)
    return user, item + 1, _draw_times(lengths, rng)


class _Rules:
    """Popularity and successors of the items, which are numbered from 0 here."""

    def __init__(self, n_items, n_successors, order, rng):
        self.order = order
        self.popularity = rng.permutation(1.0 / np.arange(1, n_items + 1))
        self.popularity /= self.popularity.sum()
        self.cumulative = np.cumsum(self.popularity)
        self.cumulative /= self.cumulative[-1]
        # Items in a circle of random order; successors are some fixed steps ahead.
        circle = rng.permutation(n_items)
        steps = 1 + rng.choice(n_items - 1, size=n_successors, replace=False)
        places = np.arange(n_items)[:, None] + steps  # (n_items, n_successors)
        self.successors = np.empty((n_items, n_successors), dtype=np.int64)
        self.successors[circle] = circle[places % n_items]

    def draw_popular(self, n, rng):
        """Draw `n` items by popularity."""
        return np.searchsorted(self.cumulative, rng.random(n), side="right")

    def draw_next(self, current, rng):
        """Draw the item after each of the items `current`."""
        n_successors = self.successors.shape[1]
        follows = rng.random(len(current)) < self.order
        which = rng.integers(n_successors, size=len(current))
        by_chance = self.draw_popular(len(current), rng)
        return np.where(follows, self.successors[current, which], by_chance)

    def draw_next_unseen(self, current, seen, rng):
        """Draw as `draw_next`, among the items that are False in the rows of `seen`."""
        ahead = self.successors[current]  # (n, n_successors)
        is_open = ~np.take_along_axis(seen, ahead, axis=1)
        follows = (rng.random(len(current)) < self.order) & is_open.any(axis=1)
        which = np.argmax(rng.random(ahead.shape) * is_open, axis=1)
        item = np.take_along_axis(ahead, which[:, None], axis=1)[:, 0]
        rest = np.flatnonzero(~follows)
        item[rest] = self.draw_popular_unseen(seen, rest, rng)
        return item

    def draw_popular_unseen(self, seen, rows, rng):
        """Draw by popularity among the items that are False in ``seen[rows]``."""
        item = self.draw_popular(len(rows), rng)
        for _ in range(_REJECTIONS):
            again = np.flatnonzero(seen[rows, item])
            item[again] = self.draw_popular(len(again), rng)
        again = np.flatnonzero(seen[rows, item])
        weights = np.where(seen[rows[again]], 0.0, self.popularity)
        cumulative = np.cumsum(weights, axis=1)
        total = cumulative[:, -1]
        point = np.minimum(rng.random(len(again)) * total, np.nextafter(total, 0.0))
        item[again] = (cumulative <= point[:, None]).sum(axis=1)
        return item


def _draw_items(lengths, rules, rng, *, repeats):
    n_users, n_items = len(lengths), len(rules.popularity)
    starts = np.cumsum(lengths) - lengths
    items = np.empty(lengths.sum(), dtype=np.int64)
    longest_first = np.argsort(-lengths, kind="stable")
    block = n_users if repeats else max(1, _BLOCK_CELLS // n_items)
    for first in range(0, n_users, block):
        users = longest_first[first : first + block]
        seen = None if repeats else np.zeros((len(users), n_items), dtype=bool)
        _walk(items, starts[users], lengths[users], rules, rng, seen)
    return items


def _walk(items, starts, lengths, rules, rng, seen):
    """Write the items of users of falling length, one step of all users at a time."""
    current = rules.draw_popular(len(starts), rng)
    n_done = np.searchsorted(lengths[::-1], np.arange(lengths[0]), side="right")
    for step, n in enumerate(len(starts) - n_done):
        if step and seen is None:
            current = rules.draw_next(current[:n], rng)
        elif step:
            current = rules.draw_next_unseen(current[:n], seen[:n], rng)
        if seen is not None:
            seen[np.arange(n), current] = True
        items[starts[:n] + step] = current


def _draw_times(lengths, rng):
    starts = np.cumsum(lengths) - lengths
    pauses = rng.lognormal(np.log(_MEDIAN_PAUSE), _PAUSE_SPREAD, size=lengths.sum())
    pauses = np.ceil(pauses).astype(np.int64)
    pauses[starts] = rng.integers(_SPAN, size=len(lengths))
    running = np.cumsum(pauses)
    before = running[starts] - pauses[starts]
    return _EPOCH + running - np.repeat(before, lengths)
