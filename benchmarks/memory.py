"""What a memory costs: a fit, the answers to all users, and the answer to one.

python benchmarks/memory.py [FOLDER] [--epochs N] [--calls N]

The default recommender on a log (beauty by default), with its memory and without, in
turn. Prints CPU seconds and their ratio.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from seqrec import AttentionSequenceRecommender, SequenceEncoder

DATA = Path(__file__).parents[2] / "shared" / "data" / "beauty"
ROUNDS = 5


def seconds(action):
    """Return the CPU seconds that a call takes."""
    start = time.process_time()
    action()
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--calls", type=int, default=100)
    args = parser.parse_args()
    events = pd.read_parquet(args.folder / "events.parquet")
    order = "timestamp" if "timestamp" in events.columns else "position"
    sequences = SequenceEncoder(time=order).fit_transform(events)
    models = {
        kind: AttentionSequenceRecommender(
            memory=kind, max_epochs=args.epochs, random_state=0
        )
        for kind in ("auto", None)
    }
    taken: dict = {part: [] for part in ("fit", "all users", "one user")}
    taken["fit"].append(
        [seconds(lambda m=m: m.fit(sequences)) for m in models.values()]
    )
    print("memory:", models["auto"].memory_weights_)
    for turn in range(ROUNDS):
        rows = range(turn * args.calls, (turn + 1) * args.calls)
        both, alone = [], []
        for model in models.values():
            both.append(seconds(lambda m=model: m.predict(sequences)))
            calls = [
                seconds(lambda m=model, row=row: m.predict(sequences[[row]]))
                for row in rows
            ]
            alone.append(float(np.median(calls)))
        taken["all users"].append(both)
        taken["one user"].append(alone)
    for part, pairs in taken.items():
        with_memory, without = np.median(np.array(pairs), axis=0)
        print(
            f"{part}: {with_memory:.4f} s with it, {without:.4f} s without, "
            f"ratio {with_memory / without:.2f}"
        )


if __name__ == "__main__":
    main()
