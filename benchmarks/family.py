"""Every encoder with every attention: NDCG@10 and CPU-seconds.

Leave-last-out: `fit` gets every event but each user's last, which is the target; full
ranking. All other parameters are the defaults. Sessions, for hierarchical attention,
end with a pause of a day. Each fit runs in a process of its own, on one thread.

    python benchmarks/family.py [FOLDER] [--seeds 0 1 2] [--jobs 2] [--csv FILE]

The table in the docs is what this prints for movietweetings-5core, which the package
ships; without FOLDER that is what is read.
"""

import argparse
import csv
import itertools
import pathlib
import time

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.pipeline import make_pipeline

import seqrec
from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.encoders import ENCODERS

SESSION_GAP = 86_400  # seconds
HEADER = ["encoder", "attention", "NDCG@10", "spread", "HR@10", "fit CPU s"]


def measure(events, encoder, attention, seed):
    """Return NDCG@10, HR@10 and CPU-seconds of `fit`."""
    train, test = next(seqrec.LeaveLastOut().split(events))
    model = make_pipeline(
        seqrec.SequenceEncoder(session_gap=SESSION_GAP),
        seqrec.AttentionSequenceRecommender(
            encoder=encoder, attention=attention, random_state=seed
        ),
    )
    start = time.process_time()
    model.fit(events.iloc[train])
    seconds = time.process_time() - start
    scorer = seqrec.ranking_scorer(["ndcg@10", "hit_rate@10"])
    found = scorer(model, events.iloc[test])
    print(
        f"{encoder} {attention} {seed} {found['ndcg@10']:.4f} {seconds:.0f}", flush=True
    )
    return found["ndcg@10"], found["hit_rate@10"], seconds


def table(events, seeds, n_jobs):
    """Return a row of text cells for each encoder and attention."""
    cells = list(itertools.product(ENCODERS, ATTENTIONS))
    runs = Parallel(n_jobs=n_jobs)(
        delayed(measure)(events, *cell, seed) for cell in cells for seed in seeds
    )
    found = np.array(runs).reshape(len(cells), len(seeds), 3)
    mean, spread = found.mean(axis=1), found.std(axis=1)
    return [
        [
            *cell,
            f"{mean[row, 0]:.4f}",
            f"{spread[row, 0]:.4f}",
            f"{mean[row, 1]:.4f}",
            f"{mean[row, 2]:.0f}",
        ]
        for row, cell in enumerate(cells)
    ]


def main():
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--csv", type=pathlib.Path)
    args = parser.parse_args()
    if args.folder is None:
        events = seqrec.datasets.load_movietweetings().events
    else:
        events = pd.read_parquet(args.folder / "events.parquet")
    rows = table(events, args.seeds, args.jobs)
    print(f"| {' | '.join(HEADER)} |\n| --- | --- | --: | --: | --: | --: |")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    if args.csv is not None:
        with args.csv.open("w", newline="") as file:
            header = [name.replace("@", "\\@") for name in HEADER]  # no mail address
            csv.writer(file, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    main()
