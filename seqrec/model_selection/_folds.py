"""EventSplitter: what the splitters share, and the shape of their folds."""

from abc import abstractmethod
from typing import NamedTuple

from sklearn.model_selection import BaseCrossValidator

from seqrec._types import Array
from seqrec._validation.arrays import ragged_positions
from seqrec._validation.params import check_int
from seqrec.data.sequences import Sequences
from seqrec.model_selection._inputs import check_samples, read_events

__all__ = ["EventSplitter", "Fold", "positions_to_test"]


class Fold(NamedTuple):
    """What to learn from and what to test, in positions of an event log.

    Attributes
    ----------
    train : ndarray of shape (n_train,), dtype=int64
        Positions in the log to learn from, increasing.
    users : ndarray of shape (n_tested,), dtype=int64
        Number in the log of each tested user, increasing.
    n_history : ndarray of shape (n_tested,), dtype=int64
        Events before the first target, 1 or more; they begin with the user's first.
    n_targets : ndarray of shape (n_tested,), dtype=int64
        Targets, 1 or more; they follow the history directly.
    cut : float or None
        Seconds since 1970 of the start of the test window. None: there is no window.
    end : float or None
        Its end, exclusive; inclusive in the last fold, which ends with the log.
    train_start : float or None
        Nothing earlier is learned, in seconds since 1970. None: all the past is.
    train_end : float or None
        What is learned is earlier than this. None: later events can be learned.
    """

    train: Array
    users: Array
    n_history: Array
    n_targets: Array
    cut: float | None = None
    end: float | None = None
    train_start: float | None = None
    train_end: float | None = None


def positions_to_test(log, fold):
    """Return the positions of each tested user's history, then targets.

    Parameters
    ----------
    log : EventLog
        What the fold is of.
    fold : Fold
        Whom to test.

    Returns
    -------
    positions : ndarray of shape (n_test,), dtype=int64
        User after user, each in the order of the log.
    """
    return ragged_positions(log.offsets[fold.users], fold.n_history + fold.n_targets)


class EventSplitter(BaseCrossValidator):
    """Base of the splitters; a subclass gives `_folds` and `_sample_folds`.

    ``_folds(log)`` yields a `Fold` of an `EventLog` at a time, and
    ``_sample_folds(X)`` pairs of sample numbers (train, test) of `Sequences`. Both
    check all folds before they yield the first.
    """

    n_splits: int
    user: str
    time: str | None
    time_unit: str

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        n_splits : int
            The number of folds.
        """
        return check_int("n_splits", self.n_splits, owner=type(self).__name__)

    def split(self, X, y=None, groups=None):
        """Yield the rows to learn from and the rows to test, fold after fold.

        Parameters
        ----------
        X : pandas, polars or pyarrow table, or Sequences
            Event log, which is not changed, or the histories of `next_item_samples`.
        y : array-like of shape (n_samples,) or None, default=None
            Item id that follows each history, for `Sequences`. Ignored for an event
            log.
        groups : object
            Ignored.

        Yields
        ------
        train : ndarray of shape (n_train,), dtype=int64
            Rows of the events (or numbers of the samples) to learn from.
        test : ndarray of shape (n_test,), dtype=int64
            For each tested user the rows of the history, then that of the target; for
            `Sequences`, the numbers of the tested samples.

        Raises
        ------
        TypeError
            If `X` is neither a table nor `Sequences`, or a parameter is of the wrong
            kind.
        ValueError
            If a parameter is out of range, the table cannot be used or has no times
            where they are needed, `Sequences` come without `y`, or a fold has nothing
            to learn from or nobody to test.
        """
        self._check_parameters()
        if isinstance(X, Sequences):
            check_samples(X, y, type(self).__name__)
            yield from self._sample_folds(X)
            return
        self._check_one_target()
        log = read_events(X, self)
        for fold in self._folds(log):
            yield (
                log.table_rows(fold.train),
                log.table_rows(positions_to_test(log, fold)),
            )

    def _check_parameters(self):
        self.get_n_splits()

    def _check_one_target(self):
        """Raise if a fold may hold several targets a user, which a table cannot."""

    @abstractmethod
    def _folds(self, log):
        """Yield the folds of an event log."""

    @abstractmethod
    def _sample_folds(self, X):
        """Yield the folds of the histories of `next_item_samples`."""
