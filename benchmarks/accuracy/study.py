"""Change one thing at a time and see what it does to the validation NDCG@10.

python benchmarks/accuracy/study.py [--data NAME ...] [--only CHANGE ...] [--seeds N]
    [--out FILE]

Every run is a line of JSON in FILE, and is not repeated when it is there already; where
there is a memory, the line has what its network reaches alone as well. Tests are not
looked at; ``table.py`` makes the table of the docs.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import torch
from _changes import CHANGES
from _protocol import LOGS, measure, read_log

from seqrec import AttentionSequenceRecommender

RESULTS = Path(__file__).parent / "study.jsonl"


def run(log, changes, seed):
    """Return what one training reaches on the validation targets."""
    model = AttentionSequenceRecommender(random_state=seed).set_params(**changes)
    start = time.process_time()
    model.fit(log.learned)
    cpu = time.process_time() - start
    losses = [round(float(x), 4) for x in model.net_.history[:, "train_loss"]]
    found = measure(model, log.validation)
    if model.memories_:
        found["weights"] = model.memory_weights_
        model.memories_ = {}
        found["network_ndcg"] = measure(model, log.validation)["ndcg"]
    return {**found, "fit_cpu_s": round(cpu, 1), "losses": losses[::4] + losses[-1:]}


def known_runs(path):
    """Return (data, change, seed) of the runs in a file."""
    if not path.is_file():
        return set()
    lines = map(json.loads, path.read_text().splitlines())
    return {(line["data"], line["change"], line["seed"]) for line in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=LOGS, choices=LOGS)
    parser.add_argument("--only", nargs="+", default=list(CHANGES), choices=CHANGES)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    for name in args.data:
        log = read_log(name)
        for change in args.only:
            for seed in range(args.seeds):
                if (name, change, seed) in known_runs(args.out):
                    continue
                found = run(log, CHANGES[change], seed)
                line = {"data": name, "change": change, "seed": seed, **found}
                with args.out.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
