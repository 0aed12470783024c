"""What the study changes, one thing at a time: parameters by the name of the change.

Changes are made to the network alone, without a memory, unless they say so. On beauty
and diginetica they were made to what the defaults were then: 1,024 negatives drawn
alike.
"""

from _augmentation import MaskingLstm, MeanOfLastEpochs
from _schedules import Schedule
from _starts import BiasesAtPopularity

__all__ = ["CHANGES"]

_SMALL = {
    "hidden_units": 64,
    "n_negatives": 1024,
    "sampling_power": 0.0,
    "batch_size": 512,
    "lr": 0.004,
    "embedding_dropout": 0.4,
    "dropout": 0.3,
}
_LARGE = {
    "hidden_units": 128,
    "loss": "sampled_softmax",
    "n_negatives": 512,
    "sampling_power": 0.5,
    "batch_size": 2048,
    "lr": 0.012,
    "embedding_dropout": 0.2,
    "dropout": 0.2,
}

_NO_TIMES = {"time_features": ()}
_NEXT = {"lookahead": 0.0}
_DOT = {"temperature": None}
_AWARE = {"time_aware": True}
_LESS = {"dropout": 0.2, "embedding_dropout": 0.2}
_MORE = {"dropout": 0.5, "embedding_dropout": 0.5}
_NO_RESIDUAL = {"net_params": {"module__residual": False}}
_SHORT = {"max_epochs": 6}

_ALIKE = {"n_negatives": 1024, "sampling_power": 0.0}
_DRAWN = {"n_negatives": 2048, "sampling_power": 0.5}
_POPULAR = {"loss": "sampled_softmax", "sampling_power": 0.5}

_CHANGES = {
    "network alone": {},
    "defaults": {"memory": "auto"},
    "defaults, biases start at popularity": {
        "memory": "auto",
        "callbacks": [("start", BiasesAtPopularity())],
    },
    "memory of rules": {"memory": "rules"},
    "memory of a Markov chain": {"memory": "markov_chain"},
    "memory of item kNN": {"memory": "item_knn"},
    "memory of repeats": {"memory": "repeats"},
    "memory of own rules": {"memory": "own_rules"},
    "1,024 negatives, all alike": _ALIKE,
    "no lookahead": _NEXT,
    "lookahead 0.3": {"lookahead": 0.3},
    "lookahead 0.5": {"lookahead": 0.5},
    "no times, no lookahead": {**_NO_TIMES, **_NEXT},
    "elapsed time alone, no lookahead": {"time_features": ("elapsed",), **_NEXT},
    "period alone, no lookahead": {"time_features": ("period",), **_NEXT},
    "without period, no lookahead": {
        "time_features": ("elapsed", "hour_of_day", "day_of_week", "month"),
        **_NEXT,
    },
    "bias by time and distance, no lookahead": {**_AWARE, **_NEXT},
    "bias by time and distance, no times, no lookahead": {
        **_AWARE,
        **_NO_TIMES,
        **_NEXT,
    },
    "cosine over 0.07": {"temperature": 0.07},
    "dot product": _DOT,
    "dot product, no lookahead": {**_DOT, **_NEXT},
    "dot product, lookahead 0.5": {**_DOT, "lookahead": 0.5},
    "dot product, no times, no lookahead": {**_DOT, **_NO_TIMES, **_NEXT},
    "6 epochs": _SHORT,
    "6 epochs, no lookahead": {**_SHORT, **_NEXT},
    "6 epochs, lookahead 0.5": {**_SHORT, "lookahead": 0.5},
    "6 epochs, lookahead 0.7": {**_SHORT, "lookahead": 0.7},
    "6 epochs, more dropout": {**_SHORT, **_MORE},
    "6 epochs, less dropout": {**_SHORT, **_LESS},
    "6 epochs, 4,096 negatives": {**_SHORT, "n_negatives": 4096},
    "6 epochs, negatives by popularity": {**_SHORT, "sampling_power": 0.5},
    "6 epochs, GRU": {**_SHORT, "encoder": "gru"},
    "6 epochs, no attention": {**_SHORT, "attention": "none"},
    "6 epochs, no residual": {**_SHORT, **_NO_RESIDUAL},
    "6 epochs, random start": {**_SHORT, "embedding_init": "normal"},
    "6 epochs, cosine over 0.1": {**_SHORT, "temperature": 0.1},
    "6 epochs, cosine over 0.05": {**_SHORT, "temperature": 0.05},
    "6 epochs, half the learning rate": {**_SHORT, "lr": 0.002},
    "6 epochs, 2,048 negatives by popularity": {**_SHORT, **_DRAWN},
    "the same, less dropout": {**_SHORT, **_DRAWN, **_LESS},
    "the same, 128 hidden units": {**_SHORT, **_DRAWN, "hidden_units": 128},
    "as a small log": _SMALL,
    "as a large log": _LARGE,
    "as a large log, more dropout": {
        **_LARGE,
        "embedding_dropout": 0.4,
        "dropout": 0.3,
    },
    "softmax": {"loss": "softmax"},
    "sampled softmax": {"loss": "sampled_softmax"},
    "gBCE": {"loss": "gbce"},
    "256 negatives": {"loss": "sampled_softmax", "n_negatives": 256},
    "4,096 negatives": {"loss": "sampled_softmax", "n_negatives": 4096},
    "negatives by popularity": _POPULAR,
    "2,048 negatives by popularity": {**_POPULAR, "n_negatives": 2048},
    "128 hidden units": {"hidden_units": 128},
    "256 hidden units": {"hidden_units": 256},
    "embedding of 64": {"embedding_dim": 64},
    "embedding of 256": {"embedding_dim": 256},
    "two layers": {"n_layers": 2},
    "one head": {"n_heads": 1},
    "four heads": {"n_heads": 4},
    "no attention": {"attention": "none"},
    "GRU": {"encoder": "gru"},
    "RNN": {"encoder": "rnn"},
    "TCN": {"encoder": "tcn"},
    "mean": {"encoder": "mean"},
    "Transformer": {"encoder": "transformer", "attention": "none", "n_layers": 2},
    "gated Transformer": {"encoder": "ligr", "attention": "none", "n_layers": 2},
    "less dropout": _LESS,
    "more dropout": _MORE,
    "free output": {"head": "linear"},
    "no bias of items": {"head_bias": False},
    "no label smoothing": {"label_smoothing": 0.0},
    "no residual": _NO_RESIDUAL,
    "random start": {"embedding_init": "normal"},
    "length 50": {"max_length": 50},
    "length 200": {"max_length": 200},
    "pieces overlap by half": {"stride": 50},
    "half the learning rate": {"lr": 0.002},
    "twice the learning rate": {"lr": 0.008},
    "constant learning rate": {"callbacks": [("course", Schedule("constant"))]},
    "constant, half the rate": {
        "callbacks": [("course", Schedule("constant"))],
        "lr": 0.002,
    },
    "learning rate falls along a line": {
        "callbacks": [("course", Schedule("linear"))],
    },
    "learning rate does not rise": {
        "callbacks": [("course", Schedule("linear without a rise"))],
    },
    "weight decay 0.01": {"weight_decay": 0.01},
    "batches of 256": {"batch_size": 256},
    "batches of 1,024": {"batch_size": 1024},
    "events masked": {"encoder": MaskingLstm},
    "mean of the last epochs": {"callbacks": [("mean", MeanOfLastEpochs())]},
    "8 epochs": {"max_epochs": 8},
    "30 epochs": {"max_epochs": 30},
}

CHANGES = {change: {"memory": None, **params} for change, params in _CHANGES.items()}
