"""What every recommender shares: input, blocks, seen items, rankings, score."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from seqrec._compat import Interval, StrOptions, validate_parameters
from seqrec._validation.params import check_int
from seqrec.data._frames import frame_from
from seqrec.data.sequences import Sequences
from seqrec.data.vocabulary import Vocabulary, as_id_array
from seqrec.estimators._best_items import best_items
from seqrec.estimators._inputs import (
    as_sequences,
    check_targets,
    count_items,
    covered_positions,
    repeat_share,
    seen_mask,
)
from seqrec.estimators._leak_check import LearnedEvents, warn_of_leak
from seqrec.estimators._scoring import code_rank_bounds, score_blocks
from seqrec.exceptions import UnknownItemsError
from seqrec.metrics.ndcg import ndcg_at_ranks
from seqrec.metrics.ranks import top_k as best_codes

__all__ = ["REPEATS_ALLOWED", "BaseRecommender"]

REPEATS_ALLOWED = 0.01  # share of repeated events below which seen items leave
_SHOWN = 5


class BaseRecommender(BaseEstimator):
    """Base of all recommenders; a subclass gives `_fit` and `_score_items`.

    ``_fit(sequences, targets)`` learns; `targets` is None (every next event of a row)
    or the item code that follows each row. ``_score_items(sequences)`` returns the
    scores (n_rows, n_items) of a block of rows, column ``code - 1``; it is never
    called with an empty row.
    """

    _parameter_constraints: dict = {
        "top_k": [Interval(Integral, 1, None, closed="left")],
        "exclude_seen": [StrOptions({"auto"}), "boolean"],
    }

    # ------------------------------------------------------------------ learning
    def fit(self, X, y=None):
        """Learn from sequences.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories, one row a user or session.
        y : array-like of shape (n_rows,) or None, default=None
            Item id that follows each row. None: every event of a row but its first is
            learned from the events before it.

        Returns
        -------
        self : estimator
            The fitted recommender.

        Raises
        ------
        ValueError
            If a parameter is out of range, or there is no event to learn from.
        TypeError
            If `X` is an event log (encode it first) or holds ids of mixed kinds.
        """
        validate_parameters(self)
        sequences, targets = self._check_fit(X, y)
        self._set_catalogue(sequences)
        self._fit(sequences, targets)
        return self

    def _check_fit(self, X, y):
        """Return `X` as sequences, and the codes of `y`, sharing one catalogue."""
        catalogue = None
        if y is not None:
            y = check_targets(y, X)
            if not isinstance(X, Sequences):
                seen = as_sequences(X, None, type(self).__name__).items
                ids = list(seen) + list(y)
                catalogue = Vocabulary(as_id_array(np.unique(as_id_array(ids))))
        sequences = as_sequences(X, catalogue, type(self).__name__)
        if not int(sequences.lengths.sum()) or not sequences.n_items:
            raise ValueError(
                f"{type(self).__name__}.fit got no events: {sequences!r}. Give it at "
                f"least one row with an event."
            )
        self._learned_events = LearnedEvents(None if y is None else sequences)
        if y is None:
            return sequences, None
        targets = sequences.vocabulary.encode(y)
        unknown = targets == 0
        if unknown.any():
            shown = ", ".join(repr(item) for item in y[unknown][:_SHOWN].tolist())
            raise ValueError(
                f"y has {unknown.sum()} items that are not in the catalogue of X: "
                f"{shown}. Encode X with a SequenceEncoder that has seen them."
            )
        return sequences, targets

    def _recode(self, sequences, targets):
        """Return sequences and targets in the codes of the fitted catalogue."""
        table = np.zeros(sequences.n_items + 1, dtype=np.int32)
        table[1:] = self.vocabulary_.encode(sequences.items)
        is_used = np.zeros(len(table), dtype=bool)
        is_used[sequences.codes[covered_positions(sequences)]] = True
        is_used[0 if targets is None else targets] = True
        unknown = np.flatnonzero(is_used[1:] & (table[1:] == 0))
        if len(unknown):
            shown = ", ".join(map(repr, sequences.items[unknown[:_SHOWN]].tolist()))
            more = ", ..." if len(unknown) > _SHOWN else ""
            raise UnknownItemsError(
                f"partial_fit got {len(unknown)} items that are not in the catalogue "
                f"of the first call: {shown}{more}. Encode all pieces with one "
                f"SequenceEncoder that was fitted on the whole catalogue."
            )
        recoded = sequences.with_vocabulary(self.vocabulary_)
        return recoded, None if targets is None else table[targets]

    def _set_catalogue(self, sequences):
        self.vocabulary_ = sequences.vocabulary
        self.items_ = self.vocabulary_.ids
        self.n_items_ = len(self.vocabulary_)
        self.item_counts_ = count_items(sequences)
        self.exclude_seen_ = (
            repeat_share(sequences) < REPEATS_ALLOWED
            if self.exclude_seen == "auto"
            else bool(self.exclude_seen)
        )

    # ------------------------------------------------------------------ answers
    def predict(self, X, top_k=None):
        """Return the best items for each row.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories, of users known to `fit` or not.
        top_k : int or None, default=None
            How many items; None takes the estimator's `top_k`.

        Returns
        -------
        items : ndarray of shape (n_rows, top_k)
            Item ids, best first. Where seen items leave the ranking and fewer than
            `top_k` others exist, seen items follow them.

        Raises
        ------
        ValueError
            If `top_k` is larger than the catalogue.
        """
        check_is_fitted(self)
        k = self._check_k(self.top_k if top_k is None else top_k, "top_k", "predict")
        sequences = self._as_sequences(X)
        codes, _ = self._best_codes(sequences, k, exclude_seen=self.exclude_seen_)
        short = np.flatnonzero(codes[:, -1] == 0)
        if len(short):  # a catalogue nearly all seen: seen items follow
            self._fill_with_seen(codes, sequences, short)
        return self.vocabulary_.decode(codes)

    def _fill_with_seen(self, codes, sequences, short):
        """Put seen items where rows of `codes` have places left."""
        for rows, scores in self._score_blocks(sequences[short]):
            seen = seen_mask(sequences[short[rows]], self.n_items_, True)
            again, _ = best_codes(scores, codes.shape[1], excluded=~seen)
            for row, others in zip(short[rows], again, strict=True):
                left = np.flatnonzero(codes[row] == 0)
                codes[row, left] = others[: len(left)]

    def decision_function(self, X):
        """Return the score of every item for each row; a larger one ranks higher.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            Scores in the order of `items_`; seen items keep their score. The whole
            array is in memory; `predict` works in blocks.
        """
        check_is_fitted(self)
        sequences = self._as_sequences(X)
        blocks = [scores for _, scores in self._score_blocks(sequences)]
        return np.concatenate(blocks) if blocks else np.zeros((0, self.n_items_))

    def recommend(self, X, k=None, *, candidates=None, exclude_seen=None):
        """Return the best items for each row as a table.

        The same as `seqrec.recommend` with this estimator.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories, of users known to `fit` or not.
        k : int or None, default=None
            How many items a row; None takes the estimator's `top_k`.
        candidates : sequence of int or str, or None
            Item ids to choose among; None is the whole catalogue.
        exclude_seen : bool or None, default=None
            Leave history items out of the ranking; None does as decided in `fit`.

        Returns
        -------
        table : data frame
            Columns ``user_id``, ``rank`` (1 is best), ``item_id`` and ``score``.
        """
        check_is_fitted(self)
        k = self._check_k(self.top_k if k is None else k, "k", "recommend")
        columns = best_items(self, self._as_sequences(X), k, candidates, exclude_seen)
        return frame_from(columns)

    def score(self, X, y=None, sample_weight=None):
        """Return the mean NDCG@10 of the rows' targets over the whole catalogue.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories; with ``y=None`` the last event of each row is held out as its
            target.
        y : array-like of shape (n_rows,) or None, default=None
            Item id that follows each row. An item outside the catalogue is a miss.
        sample_weight : array-like of shape (n_rows,) or None, default=None
            Weight of each row; None weighs all the same.

        Returns
        -------
        score : float
            Between 0 and 1.
        """
        ranks = self._target_ranks(X, y)
        kept = ~np.isnan(ranks)
        weights = None if sample_weight is None else np.asarray(sample_weight)[kept]
        return float(np.average(ndcg_at_ranks(ranks[kept], k=10), weights=weights))

    # ------------------------------------------------------------------ for siblings
    def _as_sequences(self, X):
        return as_sequences(X, self.vocabulary_, type(self).__name__)

    def _check_k(self, k, name, method):
        k = check_int(name, k, owner=f"{type(self).__name__}.{method}")
        if k > self.n_items_:
            raise ValueError(
                f"{name}={k} is more than the {self.n_items_} items of the catalogue. "
                f"Ask for at most {self.n_items_}."
            )
        return k

    def _score_blocks(self, sequences):
        """Yield (slice of rows, scores (b, n_items)) in blocks of bounded memory."""
        return score_blocks(self._score_rows, sequences)

    def _best_codes(self, sequences, k, *, exclude_seen, allowed=None):
        """Return the best items of each row.

        Parameters
        ----------
        sequences : Sequences
            Histories in the codes of the catalogue.
        k : int
            How many items a row.
        exclude_seen : bool
            Leave history items out of the ranking.
        allowed : ndarray of shape (n_items,), dtype=bool, or None
            Items to choose among.

        Returns
        -------
        codes : ndarray of shape (n_rows, k)
            Item codes, best first, ties by lower code; 0 where no item is left.
        scores : ndarray of shape (n_rows, k)
            Their scores.
        """
        codes = np.zeros((len(sequences), k), dtype=np.int64)
        best = np.zeros((len(sequences), k))
        for rows, scores in self._score_blocks(sequences):
            out = seen_mask(sequences[rows], self.n_items_, exclude_seen)
            if allowed is not None:
                out = ~allowed | (False if out is None else out)
                out = np.broadcast_to(out, scores.shape)
            codes[rows], best[rows] = best_codes(scores, k, excluded=out)
        return codes, best

    def _score_rows(self, block):
        empty = block.lengths == 0
        if not empty.any():
            return self._score_items(block)
        fallback = np.log1p(self.item_counts_)  # no history: the most popular items
        scores = np.tile(fallback, (len(block), 1))
        if not empty.all():
            scores[~empty] = self._score_items(block[~empty])
        return scores

    def _target_ranks(self, X, y=None):
        """Return the rank of each row's target, shape (n_rows,); NaN without one.

        Half of the items with its score stand before it; otherwise as
        `_target_bounds`.
        """
        best, worst = self._target_bounds(X, y)
        return (best + worst) / 2

    def _target_bounds(self, X, y=None):
        """Return the best and the worst rank that ties leave each row's target.

        With ``y=None`` the last event of each row is its target, and a row that has
        no event before it has none: NaN.
        """
        check_is_fitted(self)
        sequences, codes = self._histories_and_targets(X, y)
        ranked = codes != 0
        if not ranked.any():
            raise ValueError(
                f"No row has a target to rank: {sequences!r}. With y=None a row needs "
                f"two events or more, the last of which is held out."
            )
        bounds = np.full((2, len(sequences)), np.nan)
        bounds[:, ranked] = self._rank_bounds(sequences[ranked], codes[ranked])
        return tuple(bounds)

    def _histories_and_targets(self, X, y=None):
        """Return the histories, and the code of each target.

        -1 is a target that is not in the catalogue; 0 a row that has none: with
        ``y=None`` the last event of a row is its target if an event is before it.
        """
        if y is None:
            sequences, codes = self._as_sequences(X).split_last()
            return sequences, np.where(sequences.lengths > 0, codes, 0)
        warn_of_leak(self, X)
        sequences = self._as_sequences(X)
        codes = self.vocabulary_.encode(check_targets(y, sequences))
        return sequences, np.where(codes == 0, -1, codes)

    def _rank_bounds(self, sequences, codes):
        """Return best and worst rank of one item a row; see `rank_bounds`."""
        seen = self.exclude_seen_
        return code_rank_bounds(self._score_rows, sequences, codes, seen)
