"""What the counting recommenders reach on event logs, and how long they take.

The last event of every user is held out; fitted on all others, with all parameters at
their defaults; ranked among the whole catalogue. Prints a Markdown table::

    python benchmarks/baselines.py FOLDER...

A folder holds an ``events.parquet``, or folders that do.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from seqrec.datasets import read_events
from seqrec.estimators import (
    ItemKNNRecommender,
    MarkovChainRecommender,
    PopularityRecommender,
    SequentialRulesRecommender,
    STANRecommender,
    VSKNNRecommender,
)
from seqrec.metrics import hit_rate_at_ranks, ndcg_at_ranks
from seqrec.preprocessing import SequenceEncoder

RECOMMENDERS = [
    PopularityRecommender,
    MarkovChainRecommender,
    SequentialRulesRecommender,
    ItemKNNRecommender,
    VSKNNRecommender,
    STANRecommender,
]
DATA = Path(__file__).parents[2] / "shared" / "data"
K = 10
HEADER = (
    "| data | recommender | seen items | NDCG@10 | HR@10 | fit ms | predict users/s |\n"
    "| --- | --- | --- | --: | --: | --: | --: |"
)


def find_logs(folders):
    """Return the event logs in the folders and in the folders directly in them."""
    found = [
        path
        for folder in map(Path, folders)
        for path in (
            folder / "events.parquet",
            *sorted(folder.glob("*/events.parquet")),
        )
        if path.is_file()
    ]
    if not found:
        raise SystemExit(f"No events.parquet in {', '.join(map(str, folders))}.")
    return found


def fastest(function, n):
    """Return the shortest time of `n` calls in seconds, and the last result."""
    seconds = []
    for _ in range(n):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def measure(recommender, sequences, max_users, n_repeats):
    """Return the cells of one line of the table."""
    train = sequences.drop_last()
    fit_seconds, model = fastest(lambda: recommender.fit(train), n_repeats)
    rows = np.flatnonzero(train.lengths > 0)
    if len(rows) > max_users:
        rng = np.random.default_rng(0)
        rows = np.sort(rng.choice(rows, max_users, replace=False))
    histories = train[rows]
    predict_seconds, _ = fastest(lambda: model.predict(histories, top_k=K), 1)
    ranks = model._target_ranks(sequences[rows])
    return [
        "out" if model.exclude_seen_ else "in",
        f"{ndcg_at_ranks(ranks, k=K).mean():.4f}",
        f"{hit_rate_at_ranks(ranks, k=K).mean():.4f}",
        f"{1000 * fit_seconds:.0f}",
        f"{len(rows) / predict_seconds:.0f}",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", default=[DATA], metavar="FOLDER")
    parser.add_argument(
        "--max-users",
        type=int,
        default=20_000,
        help="rank at most so many (random) users",
    )
    parser.add_argument("--repeats", type=int, default=3, help="fits, the best counts")
    args = parser.parse_args()
    print(HEADER)
    for path in find_logs(args.folders):
        sequences = SequenceEncoder().fit_transform(read_events(path))
        for kind in RECOMMENDERS:
            cells = measure(kind(), sequences, args.max_users, args.repeats)
            line = [path.parent.name, kind.__name__.removesuffix("Recommender"), *cells]
            print(f"| {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main()
