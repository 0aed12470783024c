"""What the classifier and the regressor share: one target a row."""

from itertools import pairwise
from numbers import Integral
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted
from skorch.callbacks import Callback

from seqrec._compat import Interval, StrOptions, check_sample_weight
from seqrec._validation.arrays import ragged_positions
from seqrec._validation.warn import warn_caller
from seqrec.estimators._event_reader import ArrayReader, SequenceReader
from seqrec.estimators._inputs import covered_positions
from seqrec.estimators._net import (
    build_net,
    choose_device,
    encode_rows,
    one_thread,
    training_callbacks,
)
from seqrec.estimators._row_batching import RowBatches, RowSet, cut_rows, row_keys
from seqrec.estimators._row_inputs import Rows, check_rows
from seqrec.estimators._sequence_model import (
    NETWORK_CONSTRAINTS,
    TRAINING_CONSTRAINTS,
    SequenceModel,
)
from seqrec.exceptions import DataWarning
from seqrec.nn.network import SequenceNet

__all__ = ["RowModel", "weighted_scale"]

_MAX_BATCH = 256  # batch_size="auto": rows of a batch, ...
_MIN_BATCH = 16
_MIN_STEPS = 30  # ... fewer where an epoch would have fewer batches than this


class RowModel(SequenceModel):
    """Base of the estimators that read a row and give it one answer.

    A subclass gives `_check_y`, `_decide_targets`, `_code_targets`, `_shape` and
    `_n_outputs`.

    Equal rows with equal targets are joined and their weights added before training,
    in an order that depends on what they hold alone. So neither the order of rows
    matters, nor whether a row is there twice or weighs double.
    """

    _parameter_constraints: dict = {
        **NETWORK_CONSTRAINTS,
        **TRAINING_CONSTRAINTS,
        "max_length": [Interval(Integral, 1, None, closed="left"), None],
        "missing": [StrOptions({"error", "mask"})],
    }
    channels_: Any
    # In double precision a row gets the same answer, to the last digits, whatever rows
    # are asked with it.
    _answers_in = torch.float64

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "mask"
        return tags

    # ------------------------------------------------------------------ learning
    def _check_fit(self, X, y, sample_weight):
        """Return rows, targets as an array, and weights of shape (n_rows,)."""
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but "
                f"the target y is None."
            )
        rows = check_rows(self, X, reset=True, allow_nan=self.missing == "mask")
        self._check_options(rows)
        y = self._check_y(y)
        check_consistent_length(rows.starts, y)
        weights = check_sample_weight(sample_weight, np.empty(len(rows.starts)))
        if not (weights > 0).any():
            raise ValueError(
                "sample_weight is zero for every row, so there is nothing to "
                "learn. Give some row a positive weight."
            )
        return rows, y, weights

    def _check_options(self, rows):
        """Raise where options about sequences meet rows of numbers."""
        if not isinstance(rows, Rows):
            return
        named = None if isinstance(self.context, str) else self.context
        for name, given in (("context", named), ("time_features", self.time_features)):
            if given:
                raise ValueError(
                    f"{name}={given!r} names channels of Sequences. Got rows of "
                    f"numbers, whose channels are all read; leave {name} out."
                )
        if self._needs_sessions():
            warn_caller(
                "Rows of numbers have no sessions, so attention takes each row as one "
                "session.",
                DataWarning,
            )

    def _learn(self, rows, targets, weights):
        """Train on rows, targets (n_rows, ...) and weights (n_rows,)."""
        device = choose_device(self.device)
        rng = check_random_state(self.random_state)
        rows, targets, weights = self._join(rows, targets, weights)
        start = getattr(self, "net_", None) if self.warm_start else None
        if start is None:
            self._decide(rows, weights)
            self._decide_targets(targets, weights)
            self._learned_shape = self._shape(targets)
        elif self._learned_shape != self._shape(targets) or not self._reads_on(rows):
            raise ValueError(
                "warm_start=True needs channels, items and targets of the kind of the "
                "last fit. Got others; set warm_start=False to start anew."
            )
        self._check_missing(rows)
        reader, starts, lengths = self._read(rows, np.float32)
        coded = self._code_targets(targets)
        data = RowSet(reader, starts, lengths, coded, weights)
        validation = None
        if self.early_stopping:
            data, held = self._hold_out(data, rng)
            validation = ValidationLoss(held)
        net = build_net(
            self,
            self._rows_a_batch(len(data)),
            device,
            training_callbacks(self, validation, monitor="valid_loss"),
        )
        self._train_net(net, data, start, rng.randint(2**31 - 1))
        net.module_.to(self._answers_in)

    def _join(self, rows, targets, weights):
        """Return the rows that weigh something, equal ones joined, in their own order.

        Weights have a mean of 1 afterwards.
        """
        if self.max_length is not None:
            rows = _last(rows, self.max_length)
        kept = np.flatnonzero(weights > 0)
        starts, lengths = rows.starts[kept], rows.lengths[kept]
        keys = row_keys(_flat_columns(rows), starts, lengths, targets[kept])
        order = np.lexsort(keys)
        is_new = np.append(True, (np.diff(keys[:, order], axis=1) != 0).any(axis=0))
        first = np.flatnonzero(is_new)
        joined = np.add.reduceat(weights[kept][order], first)
        some = kept[order[first]]
        joined = (joined / joined.mean()).astype(np.float32)
        return _take(rows, some), targets[some], joined

    def _decide(self, rows, weights):
        """Settle how events are read: scales of numbers, or channels of sequences."""
        self._longest = max(1, int(rows.lengths.max(initial=1)))
        if isinstance(rows, Rows):
            self.channels_ = None
            self.scales_ = weighted_scale(
                rows.values[ragged_positions(rows.starts, rows.lengths)],
                np.repeat(weights, rows.lengths),
            )
            return
        self.vocabulary_ = rows.vocabulary
        self.channels_ = self._chosen_channels(rows)

    def _reads_on(self, rows):
        """Tell whether rows can be read as those of the last fit were."""
        if isinstance(rows, Rows):
            return self.channels_ is None
        return (
            self.channels_ is not None
            and rows.vocabulary == self.vocabulary_
            and self.channels_.reads_the_same(self._chosen_channels(rows))
        )

    def _check_missing(self, rows):
        """Raise where a number of a context channel is NaN and may not be."""
        if isinstance(rows, Rows) or self.missing == "mask":
            return
        positions = covered_positions(rows)
        for name in self.channels_.numbers:
            n_missing = int(np.isnan(rows.context[name][positions]).sum())
            if n_missing:
                raise ValueError(
                    f"Input X contains NaN: the context channel {name!r} has "
                    f"{n_missing} of them. Fill them with SequenceImputer, or set "
                    f"missing='mask'."
                )

    def _hold_out(self, data, rng):
        count = round(self.validation_fraction * len(data))
        if not 0 < count < len(data):
            raise ValueError(
                f"early_stopping=True holds out {self.validation_fraction:.0%} of "
                f"{len(data)} different rows, which is {count}, and learns from the "
                f"others. Give more rows, or set early_stopping=False."
            )
        order = rng.permutation(len(data))
        return data.take(np.sort(order[count:])), data.take(np.sort(order[:count]))

    def _rows_a_batch(self, n_rows):
        if self.batch_size != "auto":
            return self.batch_size
        return int(np.clip(n_rows // _MIN_STEPS, _MIN_BATCH, _MAX_BATCH))

    def _net_parts(self):
        """Return module, criterion and iterator as settings of a skorch net."""
        if self.channels_ is None:
            inputs = {"module__n_items": None, "module__n_numbers": self.n_channels_in_}
        else:
            inputs = {
                "module__n_items": len(self.vocabulary_),
                "module__n_numbers": self.channels_.n_numbers,
                "module__n_categories": self.channels_.n_categories,
            }
        return {
            **self._network_settings(),
            **inputs,
            "module": SequenceNet,
            "module__max_length": self.max_length or self._longest,
            "module__head": None,
            "module__n_outputs": self._n_outputs(),
            "iterator_train": RowBatches,
        }

    # ------------------------------------------------------------------ answers
    def _read(self, rows, dtype):
        """Return a reader, and start and length of each row."""
        if isinstance(rows, Rows):
            mean, deviation = self.scales_
            values = ((rows.values - mean) / deviation).astype(dtype)
            return ArrayReader(values), rows.starts, rows.lengths
        return SequenceReader(rows, self.channels_), rows.starts, rows.lengths

    def _windows(self, X):
        rows = check_rows(self, X, reset=False, allow_nan=self.missing == "mask")
        if not isinstance(rows, Rows):
            rows = rows.with_vocabulary(self.vocabulary_)
            self.channels_.check(rows, type(self).__name__)
            self._check_missing(rows)
        if self.max_length is not None:
            rows = _last(rows, self.max_length)
        return self._read(rows, np.float64)

    def _outputs(self, X):
        """Return the linear outputs of the network, (n_rows, n_outputs)."""
        check_is_fitted(self)
        reader, starts, lengths = self._windows(X)
        module = self.net_.module_
        with one_thread(), torch.no_grad():
            states = encode_rows(module, reader, starts, lengths)
            return module.output(states).cpu().numpy()


class ValidationLoss(Callback):
    """After each epoch, record the mean loss of held-out rows as "valid_loss".

    Parameters
    ----------
    data : RowSet
        The rows.
    """

    def __init__(self, data):
        self.data = data

    def on_epoch_end(self, net, **kwargs):
        """Compute the loss without dropout."""
        total = 0.0
        order = np.argsort(-self.data.lengths, kind="stable")
        for start, stop in pairwise(cut_rows(self.data.lengths[order], net.batch_size)):
            loss = net.validation_step(self.data.batch(order[start:stop]))["loss"]
            total += float(loss) * (stop - start)
        net.history.record("valid_loss", total / len(self.data))


def weighted_scale(values, weights):
    """Return mean and deviation of each column over the values that are known."""
    known = ~np.isnan(values)
    shares = np.where(known, weights[:, None].astype(np.float64), 0.0)
    total = np.maximum(shares.sum(axis=0), np.finfo(np.float64).tiny)
    mean = (shares * np.where(known, values, 0.0)).sum(axis=0) / total
    squares = np.where(known, values - mean, 0.0) ** 2
    deviation = np.sqrt((shares * squares).sum(axis=0) / total)
    return mean, np.where(deviation > 0, deviation, 1.0)


def _last(rows, n):
    """Return rows with their last events alone."""
    if not isinstance(rows, Rows):
        return rows.last(n)
    starts = rows.starts + np.maximum(rows.lengths - n, 0)
    return Rows(rows.values, starts, np.minimum(rows.lengths, n))


def _take(rows, some):
    if not isinstance(rows, Rows):
        return rows[some]
    return Rows(rows.values, rows.starts[some], rows.lengths[some])


def _flat_columns(rows):
    """Return the columns that tell events apart."""
    if isinstance(rows, Rows):
        return list(rows.values.T)
    times = [] if rows.times is None else [rows.times]
    return [rows.codes, *times, *rows.context.values()]
