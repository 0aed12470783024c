"""Runs GRU4Rec's official PyTorch port, wrapped from outside, as a spec says.

The source is no package: SEQREC_PEER_GRU4REC names the folder of its
``gru4rec_pytorch.py`` (hidasib/GRU4Rec_PyTorch_Official). Published settings:
cross-entropy, 2,048 sampled negatives, logQ correction, width 100, Adagrad with
momentum, constrained embedding. It has no batched answers for many users at once: these
are our own loop over its network, the longest histories first. Modes: "curve", "turns"
and "answer". Needs torch, numpy and pandas.
"""

import os
import sys
import warnings

warnings.filterwarnings("ignore")
sys.path.insert(0, os.environ["SEQREC_PEER_GRU4REC"])

import gru4rec_pytorch as source  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import torch  # noqa: E402
from _data import K, Log, best_unseen, validate_scores  # noqa: E402
from _meter import (  # noqa: E402
    Enough,
    answer_turns,
    follow,
    make_watch,
    read_spec,
    timed,
)

CPU = torch.device("cpu")


def make_model(spec, n_epochs):
    return source.GRU4Rec(
        layers=[100],
        loss="cross-entropy",
        batch_size=spec["settings"]["batch_size"],
        dropout_p_embed=0.0,
        dropout_p_hidden=0.4,
        learning_rate=0.2,
        momentum=0.2,
        sample_alpha=0.5,
        n_sample=2048,
        constrained_embedding=True,
        logq=1.0,
        n_epochs=n_epochs,
        device=CPU,
    )


def sessions(log):
    """Return the training events of users with two or more, as the table it reads."""
    user, item, position = log.without_last(2).columns()
    table = pd.DataFrame({"SessionId": user, "ItemId": item, "Time": position})
    return table[table.groupby("SessionId")["ItemId"].transform("size") > 1]


def watch_batches(watch):
    """Have the iterator of its trainings call a watch."""

    class Watched(source.SessionDataIterator):
        def __iter__(self):
            n_targets = len(self.data) - (len(self.offset_sessions) - 1)
            watch.n_targets = n_targets
            watch.begin()
            for given in super().__iter__():
                yield given
                if len(given) == 2:
                    watch.step(len(given[0]) / n_targets)
            watch.epoch()

    source.SessionDataIterator = Watched


def scorer(model, n_items):
    """Return a function from users and histories to scores."""
    net = model.model
    codes = model.data_iterator.itemidmap
    known = codes.index.to_numpy()
    place = np.full(n_items, -1)
    place[known] = codes.to_numpy()

    @torch.no_grad()
    def score(users, histories):
        pasts = [place[history] for history in histories]
        pasts = [past[past >= 0] for past in pasts]
        order = np.argsort([-len(past) for past in pasts], kind="stable")
        lengths = np.array([len(pasts[row]) for row in order])
        padded = np.zeros((len(pasts), max(1, lengths.max())), dtype=np.int64)
        for row, number in enumerate(order):
            padded[row, : lengths[row]] = pasts[number]
        padded = torch.from_numpy(padded)
        states = torch.zeros(len(pasts), net.layers[-1])
        for step in range(lengths.max()):
            n_rows = int((lengths > step).sum())
            own = net.Wy(padded[:n_rows, step])
            states[:n_rows] = net.hidden_step(own, [states[:n_rows].clone()])
        found = net.score_items(states, net.Wy.weight, net.By.weight).numpy()
        scores = np.full((len(pasts), n_items), -np.inf, dtype=np.float32)
        scores[np.ix_(order, known)] = found[:, place[known]]
        return scores

    return score


def train(spec, log):
    users = log.some_users(spec["validation_users"])
    table = sessions(log)
    model = make_model(spec, spec["max_epochs"])
    watch = make_watch(
        spec, lambda: validate_scores(log, users, scorer(model, log.n_items))
    )
    watch_batches(watch)
    follow(watch, lambda: model.fit(table, compatibility_mode=False))


class Never:
    """A watch that ends the training as it begins."""

    def begin(self):
        raise Enough


def answer(spec, log):
    watch_batches(Never())
    model = make_model(spec, 1)
    try:
        model.fit(sessions(log), sample_cache_max_size=2048, compatibility_mode=False)
    except Enough:
        pass
    score, histories = scorer(model, log.n_items), log.without_last(1).histories()

    def raw():
        for start in range(0, len(histories), 256):
            past = histories[start : start + 256]
            best_unseen(score(None, past), past)[:, :K]

    answer_turns(lambda: {"raw": timed(raw)[0]})


def main():
    spec = read_spec()
    log = Log.read(spec["log"])
    if spec["mode"] == "answer":
        answer(spec, log)
    else:
        train(spec, log)


if __name__ == "__main__":
    main()
