"""A warning where a tested target lies inside a history that was learned from."""

import weakref

import numpy as np

from seqrec._validation.warn import warn_caller
from seqrec.data.sequences import Sequences
from seqrec.exceptions import DataWarning

__all__ = ["LearnedEvents", "warn_of_leak"]


class LearnedEvents:
    """Which events of flat columns stand inside a learned history, a bit for each.

    Samples that `next_item_samples` made of one log are windows into the same flat
    columns, so that an event is known by its position, whatever users are called::

        codes       a b c d | e f       two users
        learned     [a b c] -> d        a history is a window, its target follows it
                    [a] -> b
        is_inside   0 0 1 0   0 0       c: it follows an event of a history, inside it
        tested      [a b] -> c          a leak
                    [a] -> b            none: it is the score of what was learned
                    [e] -> f            none: it is of another user

    What is pickled or copied deeply forgets all: files hold no trace of the data.

    Parameters
    ----------
    sequences : Sequences or None
        Histories of the samples that were learned from. None: nothing is known.
    """

    def __init__(self, sequences=None):
        self._column = None
        if sequences is not None:
            n = len(sequences.codes) + 1
            is_long = sequences.lengths > 1
            change = np.bincount(sequences.starts[is_long] + 1, minlength=n)
            change -= np.bincount(sequences.stops[is_long], minlength=n)
            is_inside = np.cumsum(change) > 0
            is_inside[sequences.stops] = False  # learned targets
            self._column = weakref.ref(sequences.codes)
            self._is_inside = np.packbits(is_inside)

    def __reduce__(self):
        return LearnedEvents, ()

    def count_leaks(self, samples):
        """Count the samples whose target is an event that was learned from.

        Parameters
        ----------
        samples : Sequences
            Histories; a target follows its row's window.

        Returns
        -------
        n_leaks : int
            0 where nothing is known of these flat columns.
        """
        if self._column is None or self._column() is not samples.codes:
            return 0
        bits = self._is_inside[samples.stops >> 3] >> (7 - (samples.stops & 7))
        return int((bits & 1).sum())


def warn_of_leak(recommender, X):
    """Warn if targets after the rows of `X` are in histories that were learned from."""
    learned = getattr(recommender, "_learned_events", None)
    if learned is None or not isinstance(X, Sequences):
        return
    n_leaks = learned.count_leaks(X)
    if n_leaks:
        warn_caller(
            f"{n_leaks} of {len(X)} tested targets are events of histories that "
            f"{type(recommender).__name__} has learned from, as with a KFold over "
            f"samples: the score is too high. Test what came later (TemporalSplit, "
            f"LeaveLastOut, TimeSeriesSplit) or other users (NewUserSplit, or "
            f"GroupKFold with groups=X.users).",
            DataWarning,
        )
