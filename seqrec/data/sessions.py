"""Gaps between events -> session numbers."""

import numpy as np

from seqrec._validation.params import check_real

__all__ = ["split_sessions"]


def split_sessions(times, offsets, *, max_gap):
    """Split each user's events into numbered sessions.

    A new session starts when two consecutive events of a user are more than `max_gap`
    apart [1]_.

    Parameters
    ----------
    times : ndarray of shape (n_events,)
        Event times in seconds, non-decreasing within each user.
    offsets : ndarray of shape (n_users + 1,), dtype=int64
        Events of user `u` are ``times[offsets[u]:offsets[u + 1]]``.
    max_gap : float
        Largest pause inside a session, in seconds; a pause equal to it does not
        split.

    Returns
    -------
    session : ndarray of shape (n_events,), dtype=int64
        Session number of each event, from 0, increasing over the whole log.

    Raises
    ------
    ValueError
        If `max_gap` is not positive, or times decrease within a user.

    References
    ----------
    .. [1] L. D. Catledge and J. E. Pitkow (1995). Characterizing browsing strategies
       in the World-Wide Web. Computer Networks and ISDN Systems 27(6).
       doi:10.1016/0169-7552(95)00043-7

    Examples
    --------
    >>> split_sessions(np.array([0, 60, 4000, 10]), np.array([0, 3, 4]), max_gap=1800)
    array([0, 0, 1, 2])
    """
    check_real("max_gap", max_gap, owner="split_sessions", low_open=True)
    times = np.asarray(times)
    if not len(times):
        return np.zeros(0, dtype=np.int64)
    gaps = np.diff(times, prepend=times[:1])  # (n_events,)
    starts = np.asarray(offsets)[:-1][np.diff(offsets) > 0]
    gaps[starts] = 0
    if (gaps < 0).any():
        raise ValueError(
            f"Times decrease within a user, first at event {np.argmax(gaps < 0)}. "
            f"Sort the events by user and time."
        )
    new = gaps > max_gap
    new[starts] = True
    return np.cumsum(new) - 1
