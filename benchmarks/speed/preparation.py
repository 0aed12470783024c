"""Preparation: events a second from a data frame to what a training can start from.

Made-up logs of 1 and 10 million events (times ``--scale``), ten events a user and a
hundred an item, in time order with users interleaved. seqrec: `SequenceEncoder`, whose
sequences a recommender trains on as they are. RecTools: `Dataset.construct`, then what
its `fit` does before the network (`process_dataset_train`, the data loader). RecBole:
`create_dataset` and `data_preparation`, which begin with its text file (its writing is
not timed), and also split. Each measurement is a process of its own, libraries in turn,
``--repeats`` times or until one has used ``--cap`` CPU-seconds::

    python benchmarks/run.py preparation --scale 0.1

Writes preparation.md and preparation.json. Ratios are medians of pairs.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from _data import make_events
from _meter import peak_memory, read_spec, tell, timed
from _models import PEERS, interpreter
from _report import read_options, run_child, spread, table, write

SCRIPT = "preparation.py"
SIZES = (1_000_000, 10_000_000)  # events
OURS = "seqrec SequenceEncoder"


def prepare_here():
    """Encode the log of a spec in this process."""
    import seqrec

    spec = read_spec()
    with np.load(spec["events"]) as arrays:
        table = pd.DataFrame(
            {
                "user_id": arrays["user"],
                "item_id": arrays["item"],
                "timestamp": arrays["time"],
            }
        )
    seqrec.SequenceEncoder().fit_transform(table[:1000])  # loads what is loaded once
    used, sequences = timed(lambda: seqrec.SequenceEncoder().fit_transform(table))
    if len(sequences.codes) != len(table):
        raise SystemExit(f"Events were lost: {sequences!r}")
    tell(**used, peak=peak_memory())


def find_jobs():
    """Return name, script, settings and interpreter of each library."""
    jobs = [(OURS, SCRIPT, {}, sys.executable)]
    for library in ("rectools", "recbole"):
        python = interpreter(library)
        peer = next(one for one in PEERS if one.library == library)
        if python is not None:
            script = f"peer_{library}.py"
            jobs.append((library, script, peer.settings, python))
    return jobs


def run_size(args, jobs, n_events, path):
    """Return what each turn of each library found, by name."""
    found = {name: [] for name, *_ in jobs}
    left = dict.fromkeys(found, args.cap)
    for _ in range(args.repeats):
        for name, script, settings, python in jobs:
            if left[name] <= 0:
                continue
            print(f"- {n_events} events: {name}", flush=True)
            spec = {"mode": "prepare", "events": path, "settings": settings}
            told = run_child(script, spec, python)
            if told is None:
                left[name] = 0
                continue
            found[name].append(told)
            left[name] -= told["cpu"]
    return found


def rate_table(n_events, found):
    header = ["library", "events/s", "events/CPU s", "CPU time, times seqrec's"]
    header += ["peak RSS MB", "turns"]
    rows = []
    for name, turns in found.items():
        if not turns:
            rows.append([name, "failed", "-", "-", "-", 0])
            continue
        ratios = [
            turn["cpu"] / ours["cpu"]
            for ours, turn in zip(found[OURS], turns, strict=False)
        ]
        cells = [
            spread([n_events / turn["wall"] for turn in turns], 0),
            spread([n_events / turn["cpu"] for turn in turns], 0),
            spread(ratios),
            f"{max(turn['peak'] for turn in turns) / 2**20:.0f}",
        ]
        rows.append([name, *cells, len(turns)])
    return table(header, rows)


def main():
    args = read_options(__doc__)
    jobs = find_jobs()
    found, text = {}, []
    for size in SIZES:
        n_events = max(1000, int(size * args.scale))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "events.npz"
            np.savez(path, **make_events(n_events))
            found[n_events] = run_size(args, jobs, n_events, str(path))
        text += [f"## {n_events} events", rate_table(n_events, found[n_events])]
    write(args, "preparation", "\n\n".join(text), found, __doc__)


if __name__ == "__main__":
    if sys.argv[-1].startswith("{"):
        prepare_here()
    else:
        main()
