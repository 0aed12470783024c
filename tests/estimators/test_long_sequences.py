"""Sequences of thousands of events: trained on whole, or in pieces, all of them."""

import numpy as np
import pytest
from skorch.callbacks import Callback

from seqrec import AttentionSequenceClassifier, Sequences
from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.encoders import ENCODERS
from tests.histories import small_recommender

N_STEPS = 2000
ROWS = np.random.default_rng(0).integers(1, 31, size=(2, N_STEPS)).tolist()
PARTS = [(encoder, "multihead") for encoder in ENCODERS]
PARTS += [("lstm", attention) for attention in ATTENTIONS if attention != "multihead"]


class Batches(Callback):
    """Notes how long the rows of training are, and how many targets were learned."""

    def on_train_begin(self, net, **kwargs):
        self.n_steps, self.n_targets = 0, 0

    def on_batch_begin(self, net, batch, training, **kwargs):
        self.n_steps = max(self.n_steps, batch[0].events.mask.shape[1])
        self.n_targets += len(batch[1]["items"])


def sessions_of(rows):
    """Return sequences whose sessions have ten events."""
    sequences = Sequences.from_lists(rows)
    number = np.arange(len(sequences.codes)) % N_STEPS // 10 + 1
    return Sequences(
        sequences.codes, sequences.starts, sequences.stops,
        vocabulary=sequences.vocabulary,
        context={"session": number.astype(np.int32)},
    )  # fmt: skip


@pytest.mark.parametrize(("encoder", "attention"), PARTS)
def test_two_thousand_events_are_one_row_of_training(encoder, attention):
    batches = Batches()
    model = small_recommender(
        encoder=encoder, attention=attention, max_length=N_STEPS, max_epochs=1,
        positions="learned", callbacks=[batches], batch_size="auto",
    ).fit(sessions_of(ROWS))  # fmt: skip
    assert batches.n_steps == N_STEPS - 1
    assert batches.n_targets == 2 * (N_STEPS - 1)
    assert np.isfinite(model.decision_function(sessions_of(ROWS))).all()


@pytest.mark.parametrize("stride", [None, 30])
def test_pieces_of_a_long_history_leave_no_event_unlearned(stride):
    batches = Batches()
    small_recommender(
        max_length=100, stride=stride, max_epochs=1, callbacks=[batches]
    ).fit(ROWS)
    assert batches.n_steps == 100
    assert batches.n_targets == 2 * (N_STEPS - 1)


def test_a_classifier_reads_two_thousand_steps():
    X = np.random.default_rng(0).normal(size=(8, N_STEPS))
    X[::2, 1500] += 50.0
    model = AttentionSequenceClassifier(
        hidden_units=8, embedding_dim=8, max_epochs=30, lr=0.02, random_state=0
    )
    assert model.fit(X, np.arange(8) % 2).score(X, np.arange(8) % 2) == 1.0
