"""What `evaluate` costs beyond the fits and predictions that it asks for.

python benchmarks/evaluate.py [FOLDER] [--epochs N] [--repeats N]

Three baselines and a fitted network on a log (ml-1m by default), six metrics, 1,000
resamples; the network is fitted before, on the same training part.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
from sklearn.pipeline import make_pipeline

from seqrec import (
    AttentionSequenceRecommender,
    ItemKNNRecommender,
    LeaveLastOut,
    PopularityRecommender,
    SequenceEncoder,
    SequentialRulesRecommender,
    evaluate,
)

DATA = Path(__file__).parents[2] / "shared" / "data" / "ml-1m"
METRICS = ["ndcg@10", "hit_rate@10", "mrr@10", "auc", "coverage@10", "novelty@10"]
BASELINES = {
    "popularity": PopularityRecommender(),
    "item kNN": ItemKNNRecommender(),
    "sequential rules": SequentialRulesRecommender(),
}


def encoded(events, recommender):
    """Return a pipeline from the events to a recommender."""
    order = "timestamp" if "timestamp" in events.columns else "position"
    return make_pipeline(SequenceEncoder(time=order), recommender)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    events = pd.read_parquet(args.folder / "events.parquet")
    splitter = LeaveLastOut()
    train, _ = next(splitter.split(events))
    network = AttentionSequenceRecommender(max_epochs=args.epochs, random_state=0)
    network = encoded(events, network).fit(events.iloc[train])
    baselines = {name: encoded(events, one) for name, one in BASELINES.items()}
    for _ in range(args.repeats):
        start = time.perf_counter()
        report = evaluate(
            {"network": network},
            events,
            split=splitter,
            metrics=METRICS,
            baselines=baselines,
            refit=False,
        )
        seconds = time.perf_counter() - start
        found = report.summary
        asked = found.fit_seconds.sum() + found.predict_seconds.sum()
        print(
            f"{seconds:.2f} s, of which fits and predictions {asked:.2f} s: "
            f"{seconds - asked:.2f} s beyond"
        )
    print(report)


if __name__ == "__main__":
    main()
