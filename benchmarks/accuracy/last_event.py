"""What becomes of the last known event: left out, learned afterwards, or fitted anew.

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

SHARES = (1.0, 0.3, 0.1)  # of the learning rate, for what is learned afterwards


def run(log, seed):
    """Return NDCG@10 without the last event, learned afterwards, and fitted with it."""
    model = AttentionSequenceRecommender(random_state=seed)
    model.fit(log.learned.drop_last())
    found = [measure(model, log.validation)["ndcg"]]
    last = next_item_samples(log.learned, last=1)
    for share in SHARES:
        later = copy.deepcopy(model).set_params(lr=share * model.auto_params_["lr"])
        later.partial_fit(last.X, last.y)
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
        titles = ["left out", *(f"at {share} of the rate" for share in SHARES), "anew"]
        print(name, dict(zip(titles, found.round(4).tolist(), strict=True)), flush=True)


if __name__ == "__main__":
    main()
