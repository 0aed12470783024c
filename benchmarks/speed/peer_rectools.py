"""Runs SASRec of RecTools in its own environment, as a spec on the command line says.

The spec's mode is "curve" or "turns" (training), "answer" (top-10 for all users) or
"prepare" (from a data frame to training sequences). Needs ``rectools[torch]==0.19.0``.
"""

import logging
import warnings

warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pytorch_lightning as pl  # noqa: E402
import torch  # noqa: E402
from _data import K, Log, best_unseen, validate_scores  # noqa: E402
from _meter import (  # noqa: E402
    answer_turns,
    follow,
    make_watch,
    peak_memory,
    read_spec,
    tell,
    timed,
)
from rectools import Columns  # noqa: E402
from rectools.dataset import Dataset  # noqa: E402
from rectools.models import SASRecModel  # noqa: E402

logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)


def interactions(user, item, when):
    """Return events as the table that RecTools reads."""
    return pd.DataFrame(
        {
            Columns.User: user,
            Columns.Item: item,
            Columns.Weight: 1.0,
            Columns.Datetime: pd.Timestamp("2020-01-01") + pd.to_timedelta(when, "s"),
        }
    )


class Watched(pl.Callback):
    """Calls the watch of a training."""

    def __init__(self, watch):
        self.watch = watch

    def __deepcopy__(self, memo):
        return self

    def on_train_epoch_start(self, trainer, module):
        self.n_batches = trainer.num_training_batches
        self.watch.begin()

    def on_train_batch_end(self, trainer, module, *args):
        self.watch.step(1 / self.n_batches)

    def on_train_epoch_end(self, trainer, module):
        loss = trainer.callback_metrics.get("train_loss")
        self.watch.epoch(None if loss is None else float(loss))


def make_trainer(callbacks, max_epochs, **options):
    return pl.Trainer(
        max_epochs=max_epochs,
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=callbacks,
        **options,
    )


def make_model(settings, max_epochs, get_trainer):
    more = {}
    if settings["loss"] != "softmax":
        more["n_negatives"] = settings["n_negatives"]
    return SASRecModel(
        n_factors=settings["dim"],
        n_blocks=settings["n_blocks"],
        n_heads=settings["n_heads"],
        dropout_rate=settings["dropout"],
        session_max_len=settings["max_length"],
        batch_size=settings["batch_size"],
        loss=settings["loss"],
        lr=settings.get("lr", 1e-3),
        epochs=max_epochs,
        get_trainer_func=get_trainer,
        recommend_torch_device="cpu",
        verbose=0,
        **more,
    )


def scorer(model, n_items):
    """Return a function from users and histories to scores, by the network alone."""
    preparator, net = model.data_preparator, model.lightning_model.torch_model
    known = np.asarray(preparator.get_known_item_ids(), dtype=np.int64)
    first = preparator.n_item_extra_tokens
    place = np.full(n_items, -1)
    place[known] = first + np.arange(len(known))
    length = preparator.session_max_len

    @torch.no_grad()
    def score(users, histories):
        was_training = net.training
        net.eval()
        x = np.zeros((len(histories), length), dtype=np.int64)
        for row, history in enumerate(histories):
            places = place[history]
            places = places[places >= 0][-length:]
            if len(places):
                x[row, -len(places) :] = places
        items = net.item_model.get_all_embeddings()
        x[(x == 0).all(axis=1), -1] = first  # no item that it knows: any will do
        states = net.encode_sessions({"x": torch.from_numpy(x)}, items)[:, -1]
        scores = np.full((len(histories), n_items), -np.inf, dtype=np.float32)
        scores[:, known] = (states @ items.T).numpy()[:, first:]
        net.train(was_training)
        return scores

    return score


def train(spec, log):
    train_log = log.without_last(2)
    dataset = Dataset.construct(interactions(*train_log.columns()))
    users = log.some_users(spec["validation_users"])
    watch = make_watch(
        spec, lambda: validate_scores(log, users, scorer(model, log.n_items))
    )
    most = spec["settings"]["max_length"]  # of the latest targets; others are cut off
    targets = np.maximum(np.diff(train_log.offsets) - 1, 0)
    watch.n_targets = int(np.minimum(targets, most).sum())

    def get_trainer():
        return make_trainer([Watched(watch)], spec["max_epochs"])

    model = make_model(spec["settings"], spec["max_epochs"], get_trainer)
    prepare = model.data_preparator.process_dataset_train

    def prepare_off_the_clock(dataset):
        if hasattr(watch, "clock"):
            watch.clock.stop()
        prepare(dataset)
        if hasattr(watch, "clock"):
            watch.clock.start()

    model.data_preparator.process_dataset_train = prepare_off_the_clock
    follow(watch, lambda: model.fit(dataset))


def answer(spec, log):
    def get_trainer():
        return make_trainer([], 1, limit_train_batches=2)

    model = make_model(spec["settings"], 1, get_trainer)
    model.fit(Dataset.construct(interactions(*log.without_last(2).columns())))
    known = log.without_last(1)
    dataset = Dataset.construct(interactions(*known.columns()))
    users = np.arange(log.n_users)
    score, histories = scorer(model, log.n_items), known.histories()

    def public():
        model.recommend(
            users=users,
            dataset=dataset,
            k=K,
            filter_viewed=True,
            on_unsupported_targets="ignore",
        )

    def raw():
        for start in range(0, len(users), 256):
            past = histories[start : start + 256]
            best_unseen(score(None, past), past)

    answer_turns(lambda: {"public": timed(public)[0], "raw": timed(raw)[0]})


def prepare(spec):
    with np.load(spec["events"]) as arrays:
        table = interactions(arrays["user"], arrays["item"], arrays["time"])

    def construct(table):
        dataset = Dataset.construct(table)
        model = make_model(spec["settings"], 1, None)
        model.data_preparator.process_dataset_train(dataset)
        return model.data_preparator.get_dataloader_train()

    few = table[table[Columns.User] < 100]
    construct(few)  # loads what is loaded once
    tell(**timed(lambda: construct(table))[0], peak=peak_memory())


def main():
    spec = read_spec()
    pl.seed_everything(0, verbose=False)
    if spec["mode"] == "prepare":
        prepare(spec)
    elif spec["mode"] == "answer":
        answer(spec, Log.read(spec["log"]))
    else:
        train(spec, Log.read(spec["log"]))


if __name__ == "__main__":
    main()
