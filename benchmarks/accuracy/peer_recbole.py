"""Train models of RecBole on diginetica's own cut, for longer than seqrec takes.

python benchmarks/accuracy/peer_recbole.py FOLDER [--models GRU4Rec NARM SASRec]
    [--cpu_s 1200] [--out FILE]

Needs an environment of its own: ``recbole==1.2.1 'setuptools<81' 'numpy<2' 'pandas<3'
'pyarrow<22'``. As in the literature, every next click of a training session is a sample
with its prefix (719,470 of them), every next click of a test session is ranked among
all 43,097 items (60,858), and cross-entropy goes over the whole catalogue. Batches are
of 256 samples, not the usual 2,048, for more steps in the same time. Importing its
models switches the anomaly detection of autograd on, which costs about half of
training; it is switched off here, in favour of the peer. FOLDER takes its files.
"""

import argparse
import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
_arguments, sys.argv = sys.argv, sys.argv[:1]  # RecBole parses the command line itself

import pandas as pd  # noqa: E402
import torch  # noqa: E402
from recbole.config import Config  # noqa: E402
from recbole.data import create_dataset, data_preparation  # noqa: E402
from recbole.utils import get_model, get_trainer, init_seed  # noqa: E402

EVENTS = Path(__file__).parents[3] / "shared" / "data" / "diginetica" / "events.parquet"
NAME = "own-cut"
HEADER = "session_id:token\titem_id_list:token_seq\titem_id:token\n"
LENGTH = 20  # latest clicks of a prefix
PARTS = ("train", "valid", "test")


def write_prefixes(folder):
    """Write every prefix of a session with the click that follows, a file a part."""
    path = Path(folder) / NAME
    path.mkdir(parents=True, exist_ok=True)
    events = pd.read_parquet(EVENTS)
    is_test = events["split"] == "test"
    for part, some in (
        ("train", events[~is_test]),
        ("valid", events[is_test]),  # RecBole wants one; it is never looked at
        ("test", events[is_test]),
    ):
        with (path / f"{NAME}.{part}.inter").open("w") as file:
            file.write(HEADER)
            for session, clicks in some.groupby("user_id", sort=False)["item_id"]:
                items = clicks.astype(str).tolist()
                for stop in range(1, len(items)):
                    prefix = " ".join(items[max(0, stop - LENGTH) : stop])
                    file.write(f"{session}\t{prefix}\t{items[stop]}\n")


def make_config(model, folder):
    options = {
        "data_path": str(folder),
        "checkpoint_dir": str(folder),
        "benchmark_filename": list(PARTS),
        "alias_of_item_id": ["item_id_list"],
        "USER_ID_FIELD": "session_id",
        "ITEM_ID_FIELD": "item_id",
        "load_col": {"inter": ["session_id", "item_id_list", "item_id"]},
        "use_gpu": False,
        "seed": 0,
        "state": "ERROR",
        "train_neg_sample_args": None,
        "loss_type": "CE",
        "MAX_ITEM_LIST_LENGTH": LENGTH,
        "train_batch_size": 256,
        "eval_batch_size": 512,
        "learning_rate": 1e-3,
        "metrics": ["NDCG", "Hit", "MRR"],
        "topk": [10, 20],
        "valid_metric": "NDCG@10",
        "show_progress": False,
        "reproducibility": True,
    }
    config = Config(model=model, dataset=NAME, config_dict=options)
    init_seed(0, True)
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    return config


class UntilDeadline:
    """The batches of training, as long as there is CPU time left."""

    def __init__(self, loader, deadline):
        self.loader = loader
        self.deadline = deadline
        self.n_seen = 0

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def __len__(self):
        return len(self.loader)

    @property
    def is_over(self):
        return time.process_time() >= self.deadline

    def __iter__(self):
        for batch in self.loader:
            if self.is_over:
                return
            yield batch
            self.n_seen += 1


def train_and_test(name, folder, cpu_s):
    """Return a line of figures on the test targets."""
    config = make_config(name, folder)
    train, _, test = data_preparation(config, create_dataset(config))
    model = get_model(config["model"])(config, train._dataset)
    torch.autograd.set_detect_anomaly(False)
    trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, model)
    start = time.process_time()
    batches = UntilDeadline(train, start + cpu_s)
    epoch = 0
    while not batches.is_over:
        trainer._train_epoch(batches, epoch)
        epoch += 1
    used = time.process_time() - start
    found = trainer.evaluate(test, load_best_model=False, show_progress=False)
    return {
        "model": f"RecBole {name}",
        "epochs": round(batches.n_seen / len(train), 2),
        "fit_cpu_s": round(used, 1),
        "n_train": len(train._dataset),
        "n_test": len(test._dataset),
        **{metric: float(value) for metric, value in found.items()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    models = ["GRU4Rec", "NARM", "SASRec"]
    parser.add_argument("--models", nargs="+", default=models)
    parser.add_argument("--cpu_s", type=float, default=1200)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(_arguments[1:])
    folder, out = args.folder.resolve(), args.out and args.out.resolve()
    write_prefixes(folder)
    os.chdir(folder)  # RecBole leaves logs where it is called from
    for name in args.models:
        line = json.dumps(train_and_test(name, folder, args.cpu_s))
        print(line, flush=True)
        if out:
            with out.open("a") as file:
                file.write(line + "\n")


if __name__ == "__main__":
    main()
