"""NDCG@10 and CPU-seconds of the default network beside the baselines.

Leave-last-out: `fit` gets every event but each user's last, which is the target; full
ranking. One row a recommender, mean of the seeds.

    python benchmarks/recommender.py [FOLDER ...] [--seeds 0 1 2]
"""

import argparse
import pathlib
import time

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

import seqrec

DATA = pathlib.Path(__file__).parents[2] / "shared" / "data"
SETS = ("ml-100k", "movietweetings-5core", "beauty")


def measure(model, events, train, test):
    """Return NDCG@10, HR@10 and CPU-seconds of `fit`."""
    scorer = seqrec.ranking_scorer(["ndcg@10", "hit_rate@10"])
    start = time.process_time()
    model.fit(events.iloc[train])
    seconds = time.process_time() - start
    found = scorer(model, events.iloc[test])
    return found["ndcg@10"], found["hit_rate@10"], seconds


def rows(folder, seeds):
    """Yield a Markdown row for each recommender."""
    events = pd.read_parquet(folder / "events.parquet")
    train, test = next(seqrec.LeaveLastOut().split(events))
    baselines = [
        seqrec.PopularityRecommender(),
        seqrec.MarkovChainRecommender(),
        seqrec.SequentialRulesRecommender(),
        seqrec.ItemKNNRecommender(),
    ]
    network = [seqrec.AttentionSequenceRecommender(random_state=s) for s in seeds]
    for group in [*([one] for one in baselines), network]:
        found = np.array(
            [
                measure(
                    make_pipeline(seqrec.SequenceEncoder(), one), events, train, test
                )
                for one in group
            ]
        )
        ndcg, hits, seconds = found.mean(axis=0)
        spread = f" ± {found[:, 0].std():.4f}" if len(group) > 1 else ""
        name = type(group[0]).__name__
        cells = (
            folder.name,
            name,
            f"{ndcg:.4f}{spread}",
            f"{hits:.4f}",
            f"{seconds:.1f}",
        )
        yield f"| {' | '.join(cells)} |"


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    args = parser.parse_args()
    print("| data | recommender | NDCG@10 | HR@10 | fit CPU s |")
    print("| --- | --- | --: | --: | --: |")
    for folder in args.folders or [DATA / name for name in SETS]:
        for row in rows(folder, args.seeds):
            print(row, flush=True)


if __name__ == "__main__":
    main()
