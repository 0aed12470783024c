"""What came next when a history was at its latest items before; arrays alone."""

import numpy as np
from scipy import sparse

__all__ = ["OwnRules"]

_ASKED = 5  # latest events whose earlier occurrences are looked up
_DECAY = 0.6  # say of each beside the event after it
_GAPS = 3  # events after an occurrence that get votes
_OFF = 0.5  # say of one that came a step sooner or later than its turn


class OwnRules:
    """Votes of the latest events for what followed their items earlier in the history.

    A history that was at the same item before may go on as it did then: the event that
    is `r` events from the end looks up where its item occurred earlier, and votes for
    what came up to three events later. Its say is ``0.6 ** r``, and that of an item
    which came `g` events later ``0.5 ** abs(g - (r + 1))`` of it, since the next event
    will be ``r + 1`` events later than the one that votes::

        history         a b c a b      c is voted for by the last b (say 1, g = 1)
        looked up         b     b      and by the a before it (say 0.6, g = 2)
                        a     a

    Parameters
    ----------
    max_length : int
        Latest events of a history that are looked at.
    """

    def __init__(self, max_length):
        self.max_length = max_length

    def votes(self, sequences):
        """Return the votes of histories for all items, sparse (n_rows, n_items)."""
        row, _, item, vote = self._cast(sequences.last(self.max_length))
        shape = len(sequences), sequences.n_items
        return sparse.csr_array((vote, (row, item - 1)), shape=shape)

    def event_votes(self, sequences, columns):
        """Return the vote of each event of histories for one item a row.

        Parameters
        ----------
        sequences : Sequences
            Histories of at most `max_length` events.
        columns : ndarray of shape (n_rows,)
            Item codes minus 1.

        Returns
        -------
        votes : ndarray of shape (n_events,), dtype=float32
            Row after row, in the order of events.
        """
        row, event, item, vote = self._cast(sequences)
        is_asked = item - 1 == columns[row]
        n_events = int(sequences.lengths.sum())
        votes = np.bincount(event[is_asked], vote[is_asked], minlength=n_events)
        return votes.astype(np.float32)

    def _cast(self, sequences):
        """Return row, place of the event that votes, item code and size of each vote.

        Places number the events of all rows, row after row.
        """
        lengths = sequences.lengths
        codes = sequences.codes[sequences.positions()]
        place = np.arange(len(codes))
        row = np.repeat(np.arange(len(sequences)), lengths)
        ends = np.cumsum(lengths)
        cast = [(row[:0], place[:0], codes[:0], np.zeros(0, dtype=np.float32))]
        for back in range(_ASKED if len(codes) else 0):
            asks = ends - 1 - back
            is_there = lengths > back + 1  # with an event before it
            wanted = np.where(is_there, codes[asks * is_there], -1)
            same = np.flatnonzero((codes == wanted[row]) & (place < asks[row]))
            for gap in range(1, _GAPS + 1):
                found = same[same + gap < ends[row[same]]]
                say = _DECAY**back * _OFF ** abs(gap - (back + 1))
                size = np.full(len(found), say, dtype=np.float32)
                owner = row[found]
                cast.append((owner, asks[owner], codes[found + gap], size))
        return tuple(np.concatenate(parts) for parts in zip(*cast, strict=True))
