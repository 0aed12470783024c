"""Retrieval: the ten best of a million items, by all scores and by an index.

A made-up log with structure (two topics a user, 200 items a topic), an epoch of
training in large batches, and then `Pipeline.predict` on a pandas frame of the events
of one user, ``--calls`` calls with each kind of retrieval, seen items left out. Recall
is the share of the ten best of exact search that the index finds, over 500 users; it
depends on the vectors, so that of other data differs::

    python benchmarks/run.py retrieval

Writes retrieval.md and retrieval.json.
"""

import sys
import time

import numpy as np
from _data import Log, make_topics
from _meter import peak_memory, read_spec, tell, timed
from _models import ALWAYS
from _report import read_options, run_child, table, write

SCRIPT = "retrieval.py"
ITEMS = 1_000_000
LENGTH = 20
DIMS = (64, 128)
RECALL_USERS = 500
WARM_UP = 20


def measure_here():
    """Train and answer in this process, as its spec says."""
    from _seqrec import make_model, sequences_of
    from sklearn.pipeline import make_pipeline

    spec = read_spec()
    log = make_topics(spec["n_items"] // 5, spec["n_items"], LENGTH)
    encoder, sequences = sequences_of(log)
    settings = {"embedding_dim": spec["dim"], "max_epochs": 1, "batch_size": 8192}
    model = make_model(ALWAYS, **settings)
    training, _ = timed(lambda: model.fit(sequences))
    pipeline = make_pipeline(encoder, model)
    found = {"training": training}
    for kind in ("exact", "approximate"):
        model.set_params(retrieval=kind)
        if kind == "approximate":
            found["build"], _ = timed(lambda: model.predict(sequences[:1]))
            found["recall"] = model.retrieval_recall(sequences[:RECALL_USERS])
        found[kind] = latency(pipeline, log, spec["calls"])
    tell(**found, peak=peak_memory())


def latency(pipeline, log, calls):
    """Return p50 and p99 of wall and CPU milliseconds of single answers."""
    histories = [
        Log(log.values[start : start + LENGTH], np.array([0, LENGTH]), log.n_items)
        for start in log.offsets[:100]
    ]
    frames = [history.frame() for history in histories]
    wall, cpu = [], []
    for call in range(WARM_UP + calls):
        began = time.perf_counter(), time.process_time()
        pipeline.predict(frames[call % len(frames)])
        wall.append(time.perf_counter() - began[0])
        cpu.append(time.process_time() - began[1])
    return {
        name: (1000 * np.quantile(taken[WARM_UP:], [0.5, 0.99])).tolist()
        for name, taken in (("wall", wall), ("cpu", cpu))
    }


def main():
    args = read_options(__doc__)
    n_items = max(2000, int(ITEMS * args.scale))
    found, rows = {}, []
    for dim in DIMS:
        print(f"- {n_items} items, width {dim}", flush=True)
        spec = {"n_items": n_items, "dim": dim, "calls": args.calls}
        one = run_child(SCRIPT, spec)
        if one is None:
            continue
        found[dim] = one
        for kind in ("exact", "approximate"):
            figures = [f"{x:.2f}" for x in one[kind]["wall"] + one[kind]["cpu"]]
            recall, built = ("1", "-")
            if kind == "approximate":
                recall, built = f"{one['recall']:.3f}", f"{one['build']['cpu']:.0f}"
            rows.append([kind, dim, *figures, recall, built])
    header = ["retrieval", "width", "p50 ms", "p99 ms", "p50 CPU ms", "p99 CPU ms"]
    header += ["recall@10", "index CPU s"]
    title = f"## One user, {n_items} items, {args.calls} calls of Pipeline.predict"
    write(args, "retrieval", f"{title}\n\n{table(header, rows)}", found, __doc__)


if __name__ == "__main__":
    if sys.argv[-1].startswith("{"):
        measure_here()
    else:
        main()
