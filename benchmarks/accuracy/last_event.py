"""What becomes of the last known event: left out, learned afterwards, or fitted anew.

Learned afterwards in one `partial_fit`, or in one for every ten users.

python benchmarks/accuracy/last_event.py [--data NAME ...] [--seeds N]

One event earlier than the study, so that no test is looked at: the validation event is
the target, and the one before it is in question. Prints the mean NDCG@10 over seeds.
"""

import argparse
import copy
import warnings

import numpy as np
import torch
from _protocol import LOGS, measure, read_log

from seqrec import AttentionSequenceRecommender, next_item_samples

TITLES = ("left out", "at once", "ten at a time", "anew")


def run(log, seed):
    """Return NDCG@10 without the last event, learned afterwards, and fitted with it."""
    model = AttentionSequenceRecommender(random_state=seed)
    model.fit(log.learned.drop_last())
    found = [measure(model, log.validation)["ndcg"]]
    last = next_item_samples(log.learned, last=1)
    for size in (len(last.y), 10):
        later = copy.deepcopy(model)
        for start in range(0, len(last.y), size):
            some = slice(start, start + size)
            later.partial_fit(last.X[some], last.y[some])
        found.append(measure(later, log.validation)["ndcg"])
    model.fit(log.learned)
    return [*found, measure(model, log.validation)["ndcg"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=LOGS[:2], choices=LOGS)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for name in args.data:
        log = read_log(name)
        found = np.mean([run(log, seed) for seed in range(args.seeds)], axis=0)
        print(name, dict(zip(TITLES, found.round(4).tolist(), strict=True)), flush=True)


if __name__ == "__main__":
    main()
