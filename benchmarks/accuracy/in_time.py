"""What times are worth where nothing later than the targets is learned.

python benchmarks/accuracy/in_time.py [--data NAME ...]

Leave-last-out lets other users' later events teach what is popular when; a split in
time does not. Prints NDCG@10 with and without `time_features` under `TemporalSplit`.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import torch
from _protocol import DATA

from seqrec import (
    AttentionSequenceRecommender,
    SequenceEncoder,
    SequentialRulesRecommender,
    TemporalSplit,
)
from seqrec.metrics import ndcg_at_ranks

MODELS = {
    "times": AttentionSequenceRecommender(random_state=0),
    "no times": AttentionSequenceRecommender(random_state=0, time_features=()),
    "rules": SequentialRulesRecommender(),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["movietweetings-5core"])
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for name in args.data:
        events = pd.read_parquet(DATA / name / "events.parquet")
        train, test = next(iter(TemporalSplit(n_splits=1).split(events)))
        encoder = SequenceEncoder().fit(events.iloc[train])
        learned = encoder.transform(events.iloc[train])
        asked = encoder.transform(events.iloc[test])
        for title, model in MODELS.items():
            start = time.process_time()
            ranks = model.fit(learned)._target_ranks(asked)
            ranks = ranks[~np.isnan(ranks)]
            print(
                f"{name}, {title}: NDCG@10 {ndcg_at_ranks(ranks, k=10).mean():.4f} of "
                f"{len(ranks)} targets, {time.process_time() - start:.0f} CPU-s",
                flush=True,
            )


if __name__ == "__main__":
    main()
