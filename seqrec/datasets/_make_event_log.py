"""Event logs with a known amount of order, as data frames."""

import numpy as np
from sklearn.utils import check_random_state

from seqrec.data.schema import ITEM, TIME, USER
from seqrec.data.synthetic import generate_events
from seqrec.datasets._backends import choose_frame, make_frame

__all__ = ["make_event_log"]


def make_event_log(
    n_users=200,
    n_items=100,
    *,
    n_events_per_user=10.0,
    order=0.8,
    n_successors=3,
    repeats=True,
    random_state=None,
    frame=None,
):
    """Make an event log in which a known share of the events follows an order.

    Every item has `n_successors` different successors, drawn once, never itself, and
    is a successor of as many items. The item of popularity rank ``r`` has a share
    proportional to ``1 / r`` (Zipf); ranks are drawn once and do not follow the ids.
    The first item of a user is drawn by popularity. Each next item is, with probability
    `order`, a successor of the current item, all of them equally likely, and otherwise
    drawn by popularity, whatever came before.

    Parameters
    ----------
    n_users : int, default=200
        How many users, at least 1.
    n_items : int, default=100
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
    random_state : int, RandomState instance or None, default=None
        Source of randomness. Pass an int for the same log in every call.
    frame : {"pandas", "polars", "pyarrow"} or None, default=None
        Library of the tables. None: the first of these that is installed.

    Returns
    -------
    events : DataFrame or Table
        One row an event, in time order, users interleaved. Columns, all int64:
        ``user_id`` (1 to `n_users`), ``item_id`` (1 to `n_items`; unpopular items may
        not occur) and ``timestamp`` (seconds since 1970; never tied within a user).
        Users start within 90 days from 2024-01-01. Pauses are log-normal with a median
        of ten minutes; three in ten are longer than half an hour.

    Raises
    ------
    ImportError
        If the library is not installed.
    TypeError
        If a parameter is of the wrong kind.
    ValueError
        If a parameter is out of its range.

    See Also
    --------
    load_movietweetings : A real log that ships with seqrec.

    Notes
    -----
    With repeats, the best possible ranking of `k` items for the next event begins with
    the successors of the current item (where they are likelier than the most popular
    items). It is hit with probability ``order * min(k, n_successors) / n_successors``
    plus ``1 - order`` times the popularity of the ranked items. A ranking that does not
    know the current item cannot tell its successors from other items.

    Examples
    --------
    >>> events = make_event_log(n_users=50, n_items=20, random_state=0)
    >>> events.shape[1]
    3
    """
    frame = choose_frame(frame, owner="make_event_log")
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    user, item, time = generate_events(
        n_users,
        n_items,
        n_events_per_user=n_events_per_user,
        order=order,
        n_successors=n_successors,
        repeats=repeats,
        random_state=seed,
        owner="make_event_log",
    )
    rows = np.argsort(time, kind="stable")
    return make_frame({USER: user[rows], ITEM: item[rows], TIME: time[rows]}, frame)
