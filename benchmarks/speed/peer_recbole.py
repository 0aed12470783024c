"""Runs a sequential model of RecBole in its own environment, as a spec says.

The modes are those of ``peer_rectools.py``; "prepare" begins with its ``.inter`` file,
whose writing is not timed. Importing RecBole's models switches the anomaly detection of
autograd on, which costs about half of training; it is switched off here, in favour of
the peer. Needs ``recbole==1.2.1 'setuptools<81' 'numpy<2' 'pandas<3'``.
"""

import logging
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
_arguments, sys.argv = sys.argv, sys.argv[:1]  # RecBole parses the command line itself

import numpy as np  # noqa: E402
import torch  # noqa: E402
from _data import K, Log, best_unseen, ndcg  # noqa: E402
from _meter import (  # noqa: E402
    answer_turns,
    follow,
    make_watch,
    peak_memory,
    read_spec,
    tell,
    timed,
)
from recbole.config import Config  # noqa: E402
from recbole.data import create_dataset, data_preparation  # noqa: E402
from recbole.utils import get_model, get_trainer, init_seed  # noqa: E402
from recbole.utils.case_study import full_sort_topk  # noqa: E402

NAME = "own-log"  # a log with the name of one that it ships with would be replaced
HEADER = "user_id:token\titem_id:token\ttimestamp:float\n"
USERS_A_BATCH = 512


def write_events(folder, user, item, when):
    """Write events as the file that RecBole reads."""
    path = Path(folder) / NAME
    path.mkdir(parents=True, exist_ok=True)
    columns = [column.tolist() for column in (user, item, when)]
    with (path / f"{NAME}.inter").open("w") as file:
        file.write(HEADER)
        file.writelines(
            "{}\t{}\t{}\n".format(*row) for row in zip(*columns, strict=True)
        )


def make_config(spec):
    settings = spec["settings"]
    options = {
        "data_path": spec["folder"],
        "checkpoint_dir": spec["folder"],
        "use_gpu": False,
        "seed": 0,
        "state": "ERROR",
        "USER_ID_FIELD": "user_id",
        "ITEM_ID_FIELD": "item_id",
        "TIME_FIELD": "timestamp",
        "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
        "eval_args": {
            "split": {"LS": "valid_and_test"},
            "order": "TO",
            "group_by": "user",
            "mode": "full",
        },
        "train_neg_sample_args": None,
        "loss_type": "CE",
        "MAX_ITEM_LIST_LENGTH": settings["max_length"],
        "train_batch_size": settings["batch_size"],
        "eval_batch_size": USERS_A_BATCH,
        "learning_rate": settings.get("lr", 1e-3),
        "metrics": ["NDCG"],
        "topk": [K],
        "valid_metric": f"NDCG@{K}",
        "show_progress": False,
        "reproducibility": True,
    }
    config = Config(model=settings["model"], dataset=NAME, config_dict=options)
    init_seed(0, True)
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    return config


def make_model(config, train):
    model = get_model(config["model"])(config, train._dataset)
    torch.autograd.set_detect_anomaly(False)
    return model


class Watched:
    """The batches of training, with a watch called after each."""

    def __init__(self, loader, watch):
        self.loader = loader
        self.watch = watch

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        for batch in self.loader:
            yield batch
            self.watch.step(1 / len(self.loader))


class Codes:
    """Codes of the log for RecBole's numbers of items and users."""

    def __init__(self, dataset, log):
        self.item, self.user = (
            np.array([-1, *map(int, dataset.id2token(f"{kind}_id", numbers))])
            for kind, numbers in (
                ("item", np.arange(1, dataset.item_num)),
                ("user", np.arange(1, dataset.user_num)),
            )
        )
        self.n_items = log.n_items


def validation(log, users, model, loader, codes):
    """Return a function that gives NDCG@10 of the model as it is."""
    dataset = loader._dataset
    row_user = codes.user[dataset.inter_feat["user_id"].numpy()]
    rows = np.flatnonzero(np.isin(row_user, users))
    histories, targets = log.without_last(2).histories(), log.validation_targets()
    given = codes.item[dataset.inter_feat["item_id"].numpy()]
    if not (given[rows] == targets[row_user[rows]]).all():
        raise SystemExit("RecBole has split the log differently.")

    @torch.no_grad()
    def validate():
        was_training = model.training
        model.eval()
        tops = []
        for start in range(0, len(rows), USERS_A_BATCH):
            some = rows[start : start + USERS_A_BATCH]
            found = model.full_sort_predict(dataset[torch.from_numpy(some)])
            scores = np.full((len(some), log.n_items), -np.inf, dtype=np.float32)
            scores[:, codes.item[1:]] = found.view(len(some), -1).numpy()[:, 1:]
            tops.append(best_unseen(scores, [histories[u] for u in row_user[some]]))
        model.train(was_training)
        return ndcg(np.concatenate(tops), targets[row_user[rows]])

    return validate


def train(spec, log):
    write_events(spec["folder"], *log.columns())
    config = make_config(spec)
    dataset = create_dataset(config)
    loader, valid, _ = data_preparation(config, dataset)
    users = log.some_users(spec["validation_users"])
    made = {}

    def validate():
        if "validate" not in made:
            codes = Codes(dataset, log)
            made["validate"] = validation(log, users, made["model"], valid, codes)
        return made["validate"]()

    watch = make_watch(spec, validate)
    watch.n_targets = len(loader._dataset)

    def run():
        made["model"] = model = make_model(config, loader)
        trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, model)
        watch.begin()
        for epoch in range(spec["max_epochs"]):
            loss = trainer._train_epoch(Watched(loader, watch), epoch)
            watch.epoch(float(loss) / len(loader))

    follow(watch, run)


def answer(spec, log):
    write_events(spec["folder"], *log.columns())
    config = make_config(spec)
    dataset = create_dataset(config)
    loader, _, test = data_preparation(config, dataset)
    model = make_model(config, loader).eval()
    users = np.arange(1, dataset.user_num)

    def public():
        for start in range(0, len(users), USERS_A_BATCH):
            full_sort_topk(users[start : start + USERS_A_BATCH], model, test, K)

    @torch.no_grad()
    def raw():
        for batch, *_ in test:
            scores = model.full_sort_predict(batch).view(len(batch), -1)
            scores[:, 0] = -np.inf
            torch.topk(scores, K)

    answer_turns(lambda: {"public": timed(public)[0], "raw": timed(raw)[0]})


def prepare(spec):
    with np.load(spec["events"]) as arrays:
        write_events(spec["folder"], arrays["user"], arrays["item"], arrays["time"])
    config = make_config(spec)
    used, _ = timed(lambda: data_preparation(config, create_dataset(config)))
    tell(**used, peak=peak_memory())


def main():
    sys.argv = _arguments
    spec = read_spec()
    sys.argv = sys.argv[:1]
    if spec["mode"] == "prepare":
        prepare(spec)
    elif spec["mode"] == "answer":
        answer(spec, Log.read(spec["log"]))
    else:
        train(spec, Log.read(spec["log"]))


if __name__ == "__main__":
    main()
