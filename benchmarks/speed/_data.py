"""Event logs as arrays: read, split, ranked against, made up.

The runners of peers import this in their own environments, so it needs numpy and pandas
alone, and seqrec not at all.
"""

from pathlib import Path

import numpy as np
import pandas as pd

K = 10


class Log:
    """Items of each user in order.

    The last event of a user is left for tests and never shown here; the last but one
    is the validation target; all before are for training.

    Parameters
    ----------
    values : ndarray of shape (n_events,)
        Item codes from 0, user after user.
    offsets : ndarray of shape (n_users + 1,)
        Events of user `u` are ``values[offsets[u]:offsets[u + 1]]``.
    n_items : int
        Size of the catalogue.
    """

    def __init__(self, values, offsets, n_items):
        self.values = values
        self.offsets = offsets
        self.n_items = int(n_items)

    @classmethod
    def read(cls, path):
        with np.load(path) as arrays:
            return cls(arrays["values"], arrays["offsets"], arrays["n_items"])

    def write(self, path):
        np.savez(path, values=self.values, offsets=self.offsets, n_items=self.n_items)
        return str(path)

    @property
    def n_users(self):
        return len(self.offsets) - 1

    def without_last(self, n):
        """Return a log that lacks the last `n` events of every user."""
        lengths = np.diff(self.offsets) - n
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        where = np.repeat(self.offsets[:-1] - offsets[:-1], lengths)
        return Log(self.values[where + np.arange(offsets[-1])], offsets, self.n_items)

    def histories(self):
        """Return the items of every user, a list of arrays."""
        return np.split(self.values, self.offsets[1:-1])

    def validation_targets(self):
        return self.values[self.offsets[1:] - 2]

    def some_users(self, count):
        """Return `count` users, the same for everybody; 0 are all."""
        if not count or count >= self.n_users:
            return np.arange(self.n_users)
        rng = np.random.default_rng(0)
        return np.sort(rng.choice(self.n_users, count, replace=False))

    def columns(self):
        """Return user, item and position of every event."""
        lengths = np.diff(self.offsets)
        user = np.repeat(np.arange(self.n_users), lengths)
        position = np.arange(len(self.values)) - self.offsets[:-1][user]
        return user, self.values, position

    def frame(self):
        """Return the events as a table for seqrec; the position is the time."""
        user, item, position = self.columns()
        return pd.DataFrame({"user_id": user, "item_id": item, "timestamp": position})


def read_log(folder):
    """Return the `Log` of an ``events.parquet``; users of under three events leave."""
    path = Path(folder) / "events.parquet"
    if not path.is_file():
        raise FileNotFoundError(f"There is no {path}.")
    table = pd.read_parquet(path)
    order = "position" if "position" in table.columns else "timestamp"
    table = table.sort_values(["user_id", order], kind="stable")
    size = table.groupby("user_id")["item_id"].transform("size")
    table = table[size >= 3]
    items, values = np.unique(table["item_id"].to_numpy(), return_inverse=True)
    counts = np.unique(table["user_id"].to_numpy(), return_counts=True)[1]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return Log(values.astype(np.int64), offsets, len(items))


def make_log(n_users, n_items, length, seed=0):
    """Return a made-up log: `length` events a user, the r-th item with share ~ 1 / r.

    Every item occurs where there are as many events as items.
    """
    rng = np.random.default_rng(seed)
    n_events = n_users * length
    values = (n_items ** rng.random(n_events)).astype(np.int64)
    values = np.minimum(values, n_items) - 1
    if n_events >= n_items:
        values[rng.choice(n_events, n_items, replace=False)] = np.arange(n_items)
    return Log(values, np.arange(n_users + 1) * length, n_items)


def make_topics(n_users, n_items, length, seed=0):
    """Return a made-up log with structure: two topics a user, 200 items a topic.

    Within a topic, the r-th item has a share of ~ 1 / r; every item occurs where there
    are as many events as items.
    """
    rng = np.random.default_rng(seed)
    size = min(200, n_items)
    n_topics = n_items // size
    topics = rng.integers(n_topics, size=(n_users, 2))
    topic = topics[np.arange(n_users)[:, None], rng.integers(2, size=(n_users, length))]
    place = np.minimum(size ** rng.random((n_users, length)), size).astype(np.int64) - 1
    values = (topic * size + place).ravel()
    values[rng.choice(len(values), n_items, replace=False)] = np.arange(n_items)
    return Log(values, np.arange(n_users + 1) * length, n_items)


def make_events(n_events, seed=0):
    """Return user, item and time of a made-up log in time order, users interleaved.

    Ten events a user and a hundred an item on average; items are skewed as in
    `make_log`.
    """
    rng = np.random.default_rng(seed)
    n_items = max(2, n_events // 100)
    item = (n_items ** rng.random(n_events)).astype(np.int64)
    return {
        "user": rng.integers(max(1, n_events // 10), size=n_events),
        "item": rng.permutation(n_items)[np.minimum(item, n_items) - 1],
        "time": 1_600_000_000 + np.sort(rng.integers(10**8, size=n_events)),
    }


# ---------------------------------------------------------------------- rankings
def best_unseen(scores, histories):
    """Return the codes (b, K) of the best items that are not in the histories.

    Parameters
    ----------
    scores : ndarray of shape (b, n_items)
        Overwritten.
    histories : list of b arrays
        Item codes.
    """
    rows = np.repeat(np.arange(len(histories)), [len(one) for one in histories])
    scores[rows, np.concatenate(histories)] = -np.inf
    top = np.argpartition(scores, -K, axis=1)[:, -K:]
    order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
    return np.take_along_axis(top, order, 1)


def ndcg(top, targets):
    """Return the mean NDCG@10 of rankings (n, K) with one target each."""
    hit = top == np.asarray(targets)[:, None]
    gains = hit / np.log2(np.arange(hit.shape[1]) + 2.0)
    return float(gains.sum(axis=1).mean())


def validate_scores(log, users, score, n_rows=256):
    """Return NDCG@10 of validation, seen items left out, for a peer.

    Parameters
    ----------
    log : Log
        All events.
    users : ndarray of int
        Who is ranked for.
    score : callable
        Takes some users, and their training histories; returns the scores
        (b, n_items) in the codes of the log, ``-inf`` for items it does not know.
    """
    histories = log.without_last(2).histories()
    tops = []
    for start in range(0, len(users), n_rows):
        some = users[start : start + n_rows]
        past = [histories[user] for user in some]
        tops.append(best_unseen(score(some, past), past))
    return ndcg(np.concatenate(tops), log.validation_targets()[users])
