"""What the parts do with seqrec: sequences, models, trainings that can be followed."""

import contextlib
import copy

import numpy as np
import torch._dynamo  # noqa: F401 - for the first optimiser; imports are off the clock
from _data import K, ndcg
from _meter import Clock, Enough
from skorch.callbacks import Callback

import seqrec


def sequences_of(log):
    """Return a fitted encoder and the sequences of a `Log`."""
    encoder = seqrec.SequenceEncoder()
    return encoder, encoder.fit_transform(log.frame())


def make_model(settings, **more):
    """Return a recommender with settings, some of them replaced."""
    return seqrec.AttentionSequenceRecommender(**{**settings, **more})


class Follow(Callback):
    """Call the watch of a training: `begin`, `step` and `epoch`.

    Parameters
    ----------
    watch : object
        With these methods.
    n_targets : int
        Targets of an epoch.
    """

    def __init__(self, watch, n_targets):
        self.watch = watch
        self.n_targets = n_targets
        self.share = 0.0

    def on_train_begin(self, net, **kwargs):
        self.net = net
        self.watch.begin()

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        if training:
            share = len(batch[0]) / self.n_targets  # a batch is as long as its targets
            self.share += share
            self.watch.step(share)

    def on_epoch_end(self, net, **kwargs):
        if abs(self.share - 1) > 0.01:
            raise SystemExit(f"An epoch had {self.share:.3f} of its {self.n_targets}.")
        self.share = 0.0
        self.watch.epoch(float(net.history[-1]["train_loss"]))


class EpochClock:
    """A watch that times each epoch, and gives up inside one at a cap.

    Attributes
    ----------
    set_up : dict
        Wall and CPU seconds before the first epoch, the SVD start among them.
    epochs : list of dict
        Wall and CPU seconds, loss and share of each epoch; the share is 1 where it
        was whole.
    """

    def __init__(self, cap=np.inf):
        self.cap = cap
        self.epochs, self.set_up = [], None
        self.clock = Clock().start()
        self.share = 0.0

    def begin(self):
        self.clock.stop()
        self.set_up = self.clock.as_dict()
        self._start()

    def _start(self):
        self.share, self.clock = 0.0, Clock().start()

    def step(self, share):
        self.share += share
        if self.clock.read()[1] > self.cap and self.share < 1 - 1e-6:
            self.epoch(None)
            raise Enough

    def epoch(self, loss=None):
        self.clock.stop()
        whole = loss is not None
        share = 1.0 if whole else self.share
        self.epochs.append({**self.clock.as_dict(), "share": share, "loss": loss})
        self._start()

    def best(self):
        """Return CPU-seconds, wall seconds and share of the cheapest whole epoch.

        The first one holds what is done once; it counts where there is no other.
        """
        later = [one for one in self.epochs[1:] if one["share"] == 1.0]
        return min(later or self.epochs, key=lambda one: one["cpu"] / one["share"])


def fit_followed(model, sequences, watch):
    """Fit a model on sequences with a watch, which may raise `Enough`."""
    n_targets = int(np.maximum(sequences.lengths - 1, 0).sum())
    watch.n_targets = n_targets
    follow = Follow(watch, n_targets)
    model.set_params(callbacks=[*(model.callbacks or []), follow])
    model.fit(sequences)


def time_epochs(model, sequences, cap=np.inf):
    """Return the `EpochClock` of a training; the model is fitted if no cap cut it."""
    watch = EpochClock(cap)
    with contextlib.suppress(Enough):
        fit_followed(model, sequences, watch)
    return watch


def validation_of(model, sequences, log, users):
    """Return a function that gives NDCG@10 of a model in the middle of its training.

    Parameters
    ----------
    model : AttentionSequenceRecommender
        With a `Follow` among its callbacks.
    sequences : Sequences
        Training events, one row a user of the log.
    log : Log
        All events.
    users : ndarray of int
        Who is ranked for.
    """
    histories, targets = sequences[users], log.validation_targets()[users]

    def validate():
        (follow,) = (one for one in model.callbacks if isinstance(one, Follow))
        answering = copy.copy(model)
        answering.net_ = follow.net
        return ndcg(answering.predict(histories, top_k=K), targets)

    return validate


def fitted_on_few(settings, sequences, n_rows=200):
    """Return a model of the whole catalogue, trained as little as can be.

    How long an answer takes does not depend on what the weights are.
    """
    more = {"max_epochs": 1, "batch_size": 8192, "embedding_init": "normal"}
    rows = np.flatnonzero(sequences.lengths > 1)[:n_rows]
    return make_model(settings, **more).fit(sequences[rows])
