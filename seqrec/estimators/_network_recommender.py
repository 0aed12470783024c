"""NetworkRecommender: what a recommender that holds a sequence network answers."""

from numbers import Integral
from typing import Any

import numpy as np
import torch
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from seqrec._compat import Interval, StrOptions, validate_parameters
from seqrec.estimators._base import BaseRecommender
from seqrec.estimators._event_reader import SequenceReader
from seqrec.estimators._hold_out import encode_histories, score_histories
from seqrec.estimators._item_index import ItemIndex, measured_recall
from seqrec.estimators._item_search import ItemSearch
from seqrec.estimators._memory import merge_voted
from seqrec.estimators._net import one_thread
from seqrec.estimators._remembers_items import RemembersItems
from seqrec.estimators._sequence_model import SequenceModel

__all__ = ["NetworkRecommender"]

_MOST_SEEN = 500  # seen items that an index is asked for beyond the best
_INDEXED_ROWS = 1024  # rows whose seen items are asked for together


class NetworkRecommender(RemembersItems, SequenceModel, BaseRecommender):
    """Base of recommenders that hold a sequence network; a subclass trains it."""

    _parameter_constraints = {
        **BaseRecommender._parameter_constraints,
        "retrieval": [StrOptions({"exact", "approximate"})],
        "n_probes": [Interval(Integral, 1, None, closed="left"), None],
    }

    channels_: Any
    tasks_: Any
    max_length: Any
    retrieval: Any
    n_probes: Any

    # ------------------------------------------------------------------ answers
    def predict_proba(self, X):
        """Return the probability of every item to come next.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories.

        Returns
        -------
        probabilities : ndarray of shape (n_rows, n_items)
            In the order of `items_`; each row sums to 1. Seen items keep theirs.
        """
        scores = self.decision_function(X)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def fit_transform(self, X, y=None):
        """Train the network and return the representation of each history.

        The histories alone are learned from, so that `y` can be whatever a model
        further on in a `Pipeline` predicts.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories, one row a user or session.
        y : object
            Ignored.

        Returns
        -------
        states : ndarray of shape (n_rows, embedding_dim)
            As `transform` returns them.
        """
        return self.fit(X).transform(X)

    def transform(self, X):
        """Return the representation of each history.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories.

        Returns
        -------
        states : ndarray of shape (n_rows, embedding_dim)
            The state after the last event, for any model that takes numbers; zeros
            with the biases alone for an empty history.
        """
        check_is_fitted(self)
        return self._states(self._as_sequences(X)).cpu().numpy()

    def predict_auxiliary(self, X):
        """Return what is foreseen of the next event's further targets.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories.

        Returns
        -------
        answers : dict of str to ndarray
            For each of `auxiliary_targets`: with "regression" a number a row, shape
            (n_rows,), in the unit of the channel (which `SequenceEncoder` has
            standardised); with "classification" the probability of each category,
            shape (n_rows, n_categories), in code order.
        """
        check_is_fitted(self)
        sequences = self._as_sequences(X)
        if not self.tasks_:
            return {}
        states = self._states(sequences)
        with torch.no_grad(), one_thread():
            values = self.net_.module_.output(states).float()
        values = values.split([task.width for task in self.tasks_], dim=1)
        return {
            task.name: task.answer(part).cpu().numpy()
            for task, part in zip(self.tasks_, values, strict=True)
        }

    def _states(self, sequences):
        self.channels_.check(sequences, type(self).__name__)
        with one_thread():
            return encode_histories(
                self.net_.module_, sequences, self.max_length, self.channels_
            )

    def _item_search(self):
        """Return the search over the trained item vectors, made on first use."""
        module = self.net_.module_
        parts = [*module.item_embedding.parameters(), *module.head.parameters()]
        state = [(part.data_ptr(), part._version) for part in parts]
        search = self.__dict__.get("_search")
        if search is None or search.head is not module.head or search.state != state:
            search = ItemSearch(module.head)
            search.state = state  # so that weights changed in place are noticed
            self._search = search
        return search

    def _item_index(self):
        """Return the index over the trained item vectors, made on first use."""
        search = self._item_search()
        if search.index is None:
            weight, bias = search.arrays()
            search.index = ItemIndex(weight, bias)
        return search.index

    def _best_codes(self, sequences, k, *, exclude_seen, allowed=None):
        options = {"exclude_seen": exclude_seen, "allowed": allowed}
        empty = sequences.lengths == 0
        if empty.any():  # these are ranked by popularity
            codes = np.zeros((len(sequences), k), dtype=np.int64)
            scores = np.zeros((len(sequences), k))
            found = super()._best_codes(sequences[empty], k, **options)
            codes[empty], scores[empty] = found
            if not empty.all():
                found = self._best_codes(sequences[~empty], k, **options)
                codes[~empty], scores[~empty] = found
            return codes, scores
        if self.retrieval == "exact" or allowed is not None:
            return self._exact_codes(sequences, k, **options)
        validate_parameters(self)  # it may have been set after fit
        codes, scores = self._indexed_codes(sequences, k, exclude_seen)
        short = np.flatnonzero(codes[:, -1] == 0)  # too few were found, or asked for
        if len(short):
            found = self._exact_codes(sequences[short], k, **options)
            codes[short], scores[short] = found
        return codes, scores

    def _exact_codes(self, sequences, k, **options):
        codes, scores, is_close = self._search_rows(sequences, k, **options)
        if len(sequences) > 1:
            # A rounding that depends on the batch must not decide: alone, always alike.
            for row in np.flatnonzero(is_close):
                found = self._search_rows(sequences[[row]], k, **options)
                codes[row], scores[row] = found[0][0], found[1][0]
        return codes, scores

    def _indexed_codes(self, sequences, k, exclude_seen):
        codes = np.zeros((len(sequences), k), dtype=np.int64)
        scores = np.full((len(sequences), k), -np.inf, dtype=np.float32)
        offsets = self._offsets(sequences)
        for start in range(0, len(sequences), _INDEXED_ROWS):
            rows = slice(start, min(start + _INDEXED_ROWS, len(sequences)))
            part = sequences[rows]
            n_seen = min(int(part.lengths.max()), _MOST_SEEN) if exclude_seen else 0
            queries = self._queries(part)
            found, values = self._item_index().search(
                queries,
                min(k + n_seen, self.n_items_),
                n_probes=self.n_probes,
            )
            if offsets is not None:
                found, values = self._with_voted(queries, found, values, offsets(rows))
            if exclude_seen:
                windows = zip(part.starts, part.stops, strict=True)
                for row, (first, stop) in enumerate(windows):
                    found[row, np.isin(found[row], part.codes[first:stop])] = 0
            order = np.argsort(found == 0, axis=1, kind="stable")[:, :k]
            codes[rows] = np.take_along_axis(found, order, axis=1)
            scores[rows] = np.take_along_axis(values, order, axis=1)
        return codes, scores

    def _with_voted(self, queries, found, values, offsets):
        """Add to the items found those that a memory votes for; all in new order."""
        weight, bias = self._item_search().arrays()
        return merge_voted(queries, weight, bias, found, values, offsets)

    def _queries(self, sequences):
        """Return states as the item vectors are multiplied with them, (n_rows, D)."""
        states = self._states(sequences)
        with one_thread(), torch.no_grad():
            return self.net_.module_.head.project(states).cpu().numpy()

    def retrieval_recall(self, X, top_k=None):
        """Return the share of the best items that approximate retrieval finds.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories of the kind that will be asked; a thousand tell enough.
        top_k : int or None, default=None
            How many items; None takes the estimator's `top_k`.

        Returns
        -------
        recall : float
            Mean share of the `top_k` items of exact search, between 0 and 1, with seen
            items left in.
        """
        check_is_fitted(self)
        k = self.top_k if top_k is None else top_k
        k = self._check_k(k, "top_k", "retrieval_recall")
        if self.memories_:
            return self._recall_with_memory(self._as_sequences(X), k)
        queries = self._queries(self._as_sequences(X))
        weight, bias = self._item_search().arrays()
        return measured_recall(
            self._item_index(), weight, bias, queries, k, n_probes=self.n_probes
        )

    def _recall_with_memory(self, sequences, k):
        sequences = sequences[sequences.lengths > 0]
        if not len(sequences):
            return 1.0
        found, _ = self._indexed_codes(sequences, k, False)
        best, _ = self._exact_codes(sequences, k, exclude_seen=False, allowed=None)
        is_found = (best[:, :, None] == found[:, None, :]).any(axis=2)
        return float(is_found.mean())

    def _rank_bounds(self, sequences, codes):
        empty = sequences.lengths == 0
        if empty.any():  # these are ranked by popularity
            bounds = np.empty((2, len(sequences)))
            bounds[:, empty] = super()._rank_bounds(sequences[empty], codes[empty])
            if not empty.all():
                bounds[:, ~empty] = self._rank_bounds(sequences[~empty], codes[~empty])
            return tuple(bounds)
        seen = sequences if self.exclude_seen_ else None
        states = self._states(sequences)
        offsets = self._offsets(sequences)
        with one_thread():
            return self._item_search().rank_bounds(states, codes, seen, offsets)

    def _search_rows(self, sequences, k, *, exclude_seen, allowed):
        states = self._states(sequences)
        seen = sequences if exclude_seen else None
        offsets = self._offsets(sequences)
        with one_thread():
            return self._item_search().best(states, k, seen, allowed, offsets)

    def _windows(self, X):
        recent = self._as_sequences(X).last(self.max_length)
        self.channels_.check(recent, type(self).__name__)
        return SequenceReader(recent, self.channels_), recent.starts, recent.lengths

    def _score_items(self, sequences):
        self.channels_.check(sequences, type(self).__name__)
        with one_thread():
            scores = score_histories(
                self.net_.module_, sequences, self.max_length, self.channels_
            )
        offsets = self._offsets(sequences)
        if offsets is None:
            return scores
        found = offsets(slice(None))
        return scores + (found.toarray() if sparse.issparse(found) else found)
