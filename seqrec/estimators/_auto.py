"""What "auto" stands for in `AttentionSequenceRecommender`: rules by the size of a log.

The study of accuracy under ``benchmarks/accuracy`` is where the numbers come from.
"""

import numpy as np

from seqrec.estimators._base import REPEATS_ALLOWED
from seqrec.estimators._inputs import merge_rows, repeat_share

__all__ = ["AUTO_PARAMS", "choose_memory", "choose_settings"]

AUTO_PARAMS = (
    "batch_size",
    "dropout",
    "embedding_dropout",
    "hidden_units",
    "lookahead",
    "loss",
    "lr",
    "n_negatives",
    "sampling_power",
    "temperature",
)

_FULL_SOFTMAX_ITEMS = 6000  # larger catalogues sample
_MIN_BATCH, _MAX_BATCH = 32, 512
_MIN_STEPS = 50  # of an epoch; smaller batches where it would have fewer
_MANY_TARGETS = 300_000
_TARGETS_AN_ITEM = 50
_MOST_REMEMBERED = 4_000_000  # events that pairs are counted of
_MOST_PAIRS = 8_000_000  # of items with a user in common


def choose_settings(n_targets, n_items):
    """Return what "auto" stands for.

    Parameters
    ----------
    n_targets : int
        Events that are learned as the next one of a history.
    n_items : int
        Size of the catalogue.

    Returns
    -------
    settings : dict
        A value for each of `AUTO_PARAMS`. A long log with many events of each item
        carries a wider network with less dropout, and is learned in large steps.
    """
    if n_targets >= max(_MANY_TARGETS, _TARGETS_AN_ITEM * n_items):
        return {
            "batch_size": 2048,
            "dropout": 0.2,
            "embedding_dropout": 0.2,
            "hidden_units": 128,
            "lookahead": 0.0,
            "loss": "sampled_softmax",
            "lr": 0.012,
            "n_negatives": 512,
            "sampling_power": 0.5,
            "temperature": None,
        }
    is_small = n_items <= _FULL_SOFTMAX_ITEMS
    return {
        "batch_size": int(np.clip(n_targets // _MIN_STEPS, _MIN_BATCH, _MAX_BATCH)),
        "dropout": 0.3,
        "embedding_dropout": 0.4,
        "hidden_units": 64,
        "lookahead": 0.3,
        "loss": "softmax" if is_small else "sampled_softmax",
        "lr": 0.004,
        "n_negatives": 1024 if is_small else 2048,
        "sampling_power": 0.0 if is_small else 0.5,
        "temperature": None if is_small else 0.07,
    }


def choose_memory(sequences, exclude_seen):
    """Return the kinds of memory that "auto" weighs, a list.

    Parameters
    ----------
    sequences : Sequences
        What is learned.
    exclude_seen : bool
        Whether seen items leave the ranking.
    """
    kinds = []
    positions, history = merge_rows(sequences)
    if len(positions) <= _MOST_REMEMBERED:
        kinds += ["rules", "markov_chain"]
        lengths = np.bincount(history).astype(np.float64)
        n_pairs = min((lengths**2).sum(), float(sequences.n_items) ** 2)
        if n_pairs <= _MOST_PAIRS:
            kinds.append("item_knn")
    if not exclude_seen and repeat_share(sequences) >= REPEATS_ALLOWED:
        kinds += ["repeats", "own_rules"]
    return kinds
