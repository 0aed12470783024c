"""The protocol of the study of accuracy: which logs, what is learned, what is ranked.

Leave-last-out: the last event of a user is the test target, the one before it the
validation target. Diginetica comes with a split of its own: every next event of a test
session is a target; the last tenth of the training sessions, in time, is for
validation. It has no times, but its training sessions stand in the order of theirs and
before those of the test, so its events are numbered and the number is their time. The
whole catalogue is ranked; seen items leave the ranking where the log practically never
repeats an item (``exclude_seen="auto"``).

`LOGS` are those that choices were made on. `OTHER_LOGS` are not: purchases of a shop,
all of MovieTweetings, and "diginetica-5core", sessions and items with five clicks or
more, leave-last-out over all weeks, which is how RecBole-GNN cut diginetica.
"""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from seqrec import KCoreFilter, SequenceEncoder, Sequences, next_item_samples
from seqrec.metrics import hit_rate_at_ranks, ndcg_at_ranks

__all__ = ["DATA", "LOGS", "OTHER_LOGS", "Log", "measure", "read_log"]

DATA = Path(__file__).parents[3] / "shared" / "data"
LOGS = (
    "ml-100k",
    "movietweetings-5core",
    "foursquare-nyc",
    "beauty",
    "diginetica",
    "ml-1m",
)
OTHER_LOGS = ("online-retail", "movietweetings", "diginetica-5core")
_MAX_RANKED = 20_000  # validation targets; a random part of more
K = 10


class Log(NamedTuple):
    """One event log, cut as the study does.

    Attributes
    ----------
    learned : Sequences
        Neither test nor validation targets: for choices, and as papers train.
    whole : Sequences
        Everything but the test targets: as a user would fit.
    validation, test : tuple of (Sequences, ndarray)
        Histories, and the id of the item that follows each.
    """

    learned: Sequences
    whole: Sequences
    validation: tuple
    test: tuple


def read_log(name, folder=DATA):
    """Return the `Log` of that name."""
    is_core = name == "diginetica-5core"
    source = "diginetica" if is_core else name
    events = pd.read_parquet(Path(folder) / source / "events.parquet")
    if is_core:
        events = KCoreFilter().fit_transform(events.drop(columns="split"))
    if "event_type" in events.columns:  # the others are cancellations
        events = events[events["event_type"] == "purchase"]
    encoder = SequenceEncoder(time=_time_column(events, source))
    if "split" in events.columns:
        return _read_split(events, encoder)
    sequences = encoder.fit_transform(events)
    whole = sequences.drop_last()
    return Log(whole.drop_last(), whole, _some(*_last(whole)), _last(sequences))


def _time_column(events, source):
    """Return the column of times, or of what stands for them; add it where needed."""
    if "timestamp" in events.columns:
        return "timestamp"
    if source == "diginetica":
        events["number"] = np.arange(len(events))
        return "number"
    return "position"


def _last(sequences):
    """Return histories and the items that follow, of rows that have both."""
    samples = next_item_samples(sequences, last=1)
    return samples.X, samples.y


def _read_split(events, encoder):
    is_test = (events["split"] == "test").to_numpy()
    whole = encoder.fit_transform(events[~is_test])
    cut = int(0.9 * len(whole))  # sessions are in the order of time
    test = next_item_samples(encoder.transform(events[is_test]))
    later = next_item_samples(whole[cut:])
    return Log(whole[:cut], whole, _some(later.X, later.y), (test.X, test.y))


def _some(histories, targets):
    if len(targets) <= _MAX_RANKED:
        return histories, targets
    rng = np.random.default_rng(0)
    kept = np.sort(rng.choice(len(targets), _MAX_RANKED, replace=False))
    return histories[kept], targets[kept]


def measure(model, part):
    """Return NDCG@10 and hit rate@10 of a fitted recommender on histories, targets."""
    start = time.process_time()
    ranks = model._target_ranks(*part)
    return {
        "ndcg": float(ndcg_at_ranks(ranks, k=K).mean()),
        "hit_rate": float(hit_rate_at_ranks(ranks, k=K).mean()),
        "n_targets": len(ranks),
        "rank_cpu_s": round(time.process_time() - start, 2),
    }
