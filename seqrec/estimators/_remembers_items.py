"""RemembersItems: a recommender whose network has memories beside it."""

from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from seqrec.estimators._calibration import FEWEST_HELD, some_of, weigh_memories
from seqrec.estimators._hold_out import score_histories
from seqrec.estimators._inputs import check_targets
from seqrec.estimators._memory import (
    USUAL_WEIGHT,
    MemoryOffsets,
    make_memory,
    name_memories,
    remember,
    start_weight,
)
from seqrec.estimators._net import build_net, one_thread, seeded, step_callbacks
from seqrec.exceptions import UnknownItemsError

__all__ = ["RemembersItems"]

# To learn what was held out: share of the learning rate, passes.
_LAST_LR, _LAST_EPOCHS = 0.3, 3


class RemembersItems:
    """Mixin of recommenders that hold a network: what memories add to its scores."""

    memory: Any
    memories_: Any = MappingProxyType({})  # of a model from before there were any
    memory_weights_: Any = MappingProxyType({})
    n_epochs_: int
    net_: Any
    channels_: Any
    max_length: Any
    n_items_: Any
    exclude_seen_: Any
    vocabulary_: Any
    _as_sequences: Any
    _setting: Any
    _training_set: Any

    def memory_votes(self, X, items):
        """Return how much each event of a history votes for an item.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories.
        items : array-like of shape (n_rows,)
            Item id for each row, for example the first of `predict`.

        Returns
        -------
        votes : ndarray of shape (n_rows, n_steps)
            What each event adds to the item's score, 0 at padding. Step 0 is the oldest
            event in use. A row adds up to what all memories have in that score: what
            one adds, ``w log(1 + sum / c)``, is shared out in proportion to the votes
            in its sum.
        mask : ndarray of shape (n_rows, n_steps), dtype=bool
            True where an event is real.

        Raises
        ------
        ValueError
            If the recommender has no memory: none was asked for, or none was worth
            anything (`memory_weights_` tells).
        UnknownItemsError
            If an item is not in the catalogue.
        """
        check_is_fitted(self)
        if not self.memories_:
            raise ValueError(
                f"{type(self).__name__}.memory_votes needs a memory, and memory="
                f"{self.memory!r} in fit left none (memory_weights_: "
                f"{self.memory_weights_}). Fit with memory='rules', say."
            )
        recent = self._as_sequences(X).last(self.max_length)
        if np.ndim(items) != 1:
            raise ValueError(
                f"items must be one item id for each row. Got an array of shape "
                f"{np.shape(items)}; predict(X)[:, 0] has the first of each row."
            )
        codes = self.vocabulary_.encode(check_targets(items, recent))
        if (codes == 0).any():
            raise UnknownItemsError(
                f"memory_votes got {(codes == 0).sum()} items that are not in the "
                f"catalogue: {np.asarray(items)[codes == 0][:5].tolist()}. Ask for "
                f"items of items_."
            )
        n_steps = max(1, recent.lengths.max(initial=1))
        mask = np.arange(n_steps) < recent.lengths[:, None]
        votes = np.zeros(mask.shape, dtype=np.float32)
        for name, memory in zip(self.memories_, self._memories(), strict=True):
            cast = np.zeros(mask.shape, dtype=np.float32)
            cast[mask] = memory.event_votes(recent, codes - 1)
            total = cast.sum(axis=1, keepdims=True)
            worth = self.memory_weights_[name] * np.log1p(total / memory.floor)
            votes += cast * (worth / np.where(total > 0, total, 1.0))
        return votes, mask

    # ------------------------------------------------------------------ weights
    def _weigh_memories(self, held):
        """Settle what each memory is worth, and drop those that are worth nothing."""
        names = list(self.memories_)
        n_held = 0 if held.codes is None else len(held.codes)
        weights = np.full(len(names), USUAL_WEIGHT)
        if self.memory == "auto":
            weights = np.array([start_weight(name) for name in names])
        if names and n_held >= FEWEST_HELD:
            known = remember(self.memories_, held.learned, held.targets)
            some = some_of(n_held, self.n_items_)
            with one_thread():
                weights = weigh_memories(
                    self._network_scores,
                    [self._memory(name, known[name]) for name in names],
                    held.histories[some],
                    held.codes[some],
                    self.exclude_seen_,
                )
        self.memory_weights_ = dict(zip(names, weights.tolist(), strict=True))
        self.memories_ = {
            name: self.memories_[name] for name in names if self.memory_weights_[name]
        }

    def _learn_held_out(self, held, sequences, targets, seed):
        """Let the network learn what memories were weighed on, in a few passes.

        Whole sessions, of which nothing is known, are learned in half the passes of
        training and at its rate. These passes are no part of `net_.history`, and
        callbacks of the user see none; what they have frozen stays as it is.
        """
        rows, codes, whole = held.histories, None, held.is_whole
        if targets is None:
            rows = rows._with_windows(rows.starts, rows.stops + 1)
        else:  # all that end with those held out were left out
            ends_there = np.isin(sequences.stops, rows.stops) & (sequences.lengths > 0)
            rows, codes = sequences[ends_there], targets[ends_there]
        if whole:
            rows = rows[np.diff(rows.starts, append=-1) != 0]  # with all their events
        data = self._training_set(rows, codes)
        if whole:
            data.lookahead = self._setting("lookahead")
        else:
            data.keep_last_targets()
        net = build_net(self, self._setting("batch_size"), self.net_.device, [])
        rate = 1.0 if whole else _LAST_LR
        net.set_params(
            callbacks=step_callbacks(),
            lr=rate * net.lr * data.bearable_rate(net.batch_size),
            max_epochs=(self.n_epochs_ + 1) // 2 if whole else _LAST_EPOCHS,
            verbose=0,
        )
        net.compiles = False  # takes longer than this
        with one_thread(), seeded(seed, self.net_.device):
            net.initialize()
            _copy_weights(self.net_.module_, net.module_)
            net.partial_fit(data, None)
        self.net_.module_.load_state_dict(net.module_.state_dict())

    def _network_scores(self, sequences):
        return score_histories(
            self.net_.module_, sequences, self.max_length, self.channels_
        )

    def _renew_memories(self):
        """Take memories that have counted nothing yet, with the weights of before."""
        if self.memory == "auto":  # whatever was remembered before
            self.memories_ = {
                name: one and clone(one) for name, one in self.memories_.items()
            }
            return
        memories = name_memories(self.memory)
        unknown = [name for name in memories if name not in self.memory_weights_]
        if unknown:
            raise ValueError(
                f"memory has {unknown} now, which the last fit had not (it had "
                f"{list(self.memory_weights_)}), and what that is worth can only be "
                f"told on targets that the network has not learned. Leave it out, or "
                f"fit with warm_start=False."
            )
        self.memory_weights_ = {name: self.memory_weights_[name] for name in memories}
        self.memories_ = {
            name: one for name, one in memories.items() if self.memory_weights_[name]
        }

    # ------------------------------------------------------------------ offsets
    def _offsets(self, sequences):
        """Return what memories add to the scores of histories; None without any."""
        if not self.memories_:
            return None
        weights = [self.memory_weights_[name] for name in self.memories_]
        return MemoryOffsets(self._memories(), weights, sequences)

    def _memories(self):
        """Return the votes of `memories_` as of now, made on first use."""
        known, length, votes = self.__dict__.get("_votes", (None, None, None))
        if known is not self.memories_ or length != self.max_length:
            votes = [self._memory(name, one) for name, one in self.memories_.items()]
            self._votes = self.memories_, self.max_length, votes
        return votes

    def _memory(self, name, recommender):
        return make_memory(name, recommender, self.n_items_, self.max_length)


def _copy_weights(module, other):
    """Give another module of the same kind the weights, and what is frozen of them."""
    other.load_state_dict(module.state_dict())
    for mine, its in zip(module.parameters(), other.parameters(), strict=True):
        its.requires_grad_(mine.requires_grad)
