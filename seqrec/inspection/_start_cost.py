"""What the start of the item embeddings takes, told from small parts of the rows."""

import numpy as np
from scipy.optimize import nnls

from seqrec._validation.arrays import offsets_from_lengths
from seqrec.data.sequences import Sequences
from seqrec.data.vocabulary import Vocabulary
from seqrec.inspection._stopwatch import Stopwatch
from seqrec.inspection._trial import StartTimer, run_trial

__all__ = ["start_cost"]

_SAMPLE = 8_000  # events of the first sample; the others have up to three times more


def start_cost(estimator, sequences, has_targets):
    """Return the seconds and the bytes that building and starting a net takes.

    Three samples tell how both grow with the items and with the events; few events need
    no sample.

    Parameters
    ----------
    estimator : AttentionSequenceRecommender
        What would be fitted.
    sequences : Sequences
        What it would be fitted on.
    has_targets : bool
        Whether a row is learned for one target alone, and not for every next event.

    Returns
    -------
    seconds, n_bytes : float
        Seconds that the start works; the most bytes that it allocates beside the net.
    """
    rows = np.random.default_rng(0).permutation(
        np.flatnonzero(sequences.lengths > (0 if has_targets else 1))
    )
    sums = sequences.lengths[rows].cumsum()
    n_events, n_items = _n_distinct(sequences, rows), sequences.n_items
    if n_events <= 2 * _SAMPLE:
        return _try_start(estimator, _shrink(sequences, rows, n_items))[2:]
    few, more = (rows[: np.searchsorted(sums, n) + 1] for n in (_SAMPLE, 3 * _SAMPLE))
    small = _shrink(sequences, few, 0)
    larger = min(n_items, 3 * small.n_items)
    found = [
        _try_start(estimator, small),
        _try_start(estimator, _shrink(sequences, few, larger)),
        _try_start(estimator, _shrink(sequences, more, larger)),
    ]
    sizes = np.array([one[:2] for one in found], dtype=np.float64)
    scale = sizes.max(axis=0)
    whole = np.array([n_items, n_events]) / scale
    return tuple(
        float(whole @ nnls(sizes / scale, np.array([one[column] for one in found]))[0])
        for column in (2, 3)
    )


def _n_distinct(sequences, rows):
    """Return how many events the rows cover, each counted once."""
    n = len(sequences.codes) + 1
    change = np.bincount(sequences.starts[rows], minlength=n)
    change -= np.bincount(sequences.stops[rows], minlength=n)
    return int(np.count_nonzero(change.cumsum() > 0))


def _shrink(sequences, rows, n_items):
    """Return rows in a catalogue of their own items, and of others up to `n_items`."""
    some = sequences[np.sort(rows)]
    positions = some.positions()
    kinds, codes = np.unique(some.codes[positions], return_inverse=True)
    offsets = offsets_from_lengths(some.lengths)
    return Sequences(
        codes + 1,
        offsets[:-1],
        offsets[1:],
        vocabulary=Vocabulary(np.arange(max(n_items, len(kinds)))),
        times=None if some.times is None else some.times[positions],
        context={name: column[positions] for name, column in some.context.items()},
    )


def _try_start(estimator, sequences):
    """Return items, events, seconds and bytes of a start."""
    timer = StartTimer(Stopwatch())
    run_trial(estimator, sequences, None, timer, early_stopping=False)
    return sequences.n_items, timer.n_events_, timer.seconds_, timer.peak_
