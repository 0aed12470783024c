"""Small logs for tests of recommenders: ordered ones, and the same ones shuffled."""

import numpy as np
import pandas as pd

from seqrec.estimators import AttentionSequenceRecommender
from seqrec.preprocessing import SequenceEncoder

SMALL = {
    "hidden_units": 8,
    "embedding_dim": 8,
    "batch_size": 128,
    "max_epochs": 2,
    "device": "cpu",
    "random_state": 0,
}


def small_recommender(**params):
    """Make an `AttentionSequenceRecommender` that fits in a moment."""
    return AttentionSequenceRecommender(**{**SMALL, **params})


def ordered_histories(n_users=60, n_items=15, length=6, *, shuffled=False):
    """Make lists of items 101, 102, ... where one or two up comes next, no repeats.

    Shuffled, the items of all users are dealt anew, which leaves no order.
    """
    rng = np.random.default_rng(0)
    steps = 1 + (rng.random((n_users, length)) < 0.2)
    items = (rng.integers(n_items, size=(n_users, 1)) + steps.cumsum(axis=1)) % n_items
    if shuffled:
        items = rng.permuted(items.ravel()).reshape(items.shape)
    return (items + 101).tolist()


def as_columns(histories):
    """Return the events of histories as columns, rows in an order of times."""
    lengths = [len(history) for history in histories]
    users = np.repeat(np.arange(len(histories)), lengths)
    times = np.concatenate([np.arange(length) for length in lengths])
    order = np.argsort(times, kind="stable")
    items = np.array([item for history in histories for item in history])
    return {
        "user_id": users[order] + 1,
        "item_id": items[order],
        "timestamp": 1_700_000_000 + times[order] * 60 + users[order] % 60,
    }


def rich_sequences(n_users=60, n_items=15, length=6):
    """Make sequences with times, sessions, a number (with holes) and a category.

    Of each event the rating is high where the item number is even, and the kind names
    the item's third of the catalogue.
    """
    columns = as_columns(ordered_histories(n_users, n_items, length))
    items = columns["item_id"]
    rating = np.where(items % 2 == 0, 8.0, 2.0)
    rating[::11] = np.nan
    frame = pd.DataFrame(columns)
    frame["rating"] = rating
    frame["kind"] = np.array(["a", "b", "c"])[(items - 101) * 3 // n_items]
    step = frame.groupby("user_id").cumcount()
    frame["timestamp"] = 1_700_000_000 + step * 3600 + (step > 2) * 7 * 86_400
    encoder = SequenceEncoder(context=("rating", "kind"), session_gap=86_400)
    return encoder.fit_transform(frame)
