"""Inference: users a second, and the latency of one answer; seqrec beside its peers.

Throughput is that of the ten best items over the whole catalogue for every user of a
data set, one thread, each history all events but the last. Of a peer, its own API for
that (`recommend`, `full_sort_topk`) and its network's bare scores with a top-k are
timed, and the faster of the two counts. RecBole's leave seen items in, which favours
it. Models are hardly trained, as time does not depend on the weights. A peer and the
configuration of seqrec nearest to it answer in turn, ``--repeats`` times. Latency is
that of `predict` of a seqrec Pipeline on a pandas frame with the events of one user,
``--calls`` calls, also with a made-up catalogue of 1,000,000 items (times
``--scale``)::

    python benchmarks/run.py inference --data beauty

Writes inference.md, inference.json and a picture of the latencies.
"""

import sys
import time

import numpy as np
from _data import K, Log, make_log
from _meter import answer_turns, peak_memory, read_spec, tell, timed
from _models import chosen, peer_settings, seqrec_settings
from _report import (
    Turn,
    draw,
    each_log,
    in_turn,
    read_options,
    run_child,
    spread,
    table,
    write,
)

SCRIPT = "inference.py"
LARGE = 1_000_000  # items
WARM_UP = 50  # calls


def answer_here(spec):
    """Rank for all users whenever the parent says so."""
    from _seqrec import fitted_on_few, sequences_of

    log = Log.read(spec["log"])
    sequences = sequences_of(log)[1].drop_last()
    model = fitted_on_few(spec["settings"], sequences)
    answer_turns(
        lambda: {"public": timed(lambda: model.predict(sequences, top_k=K))[0]}
    )


def latency_here(spec):
    """Time single calls of a Pipeline's predict, in microseconds."""
    from _seqrec import fitted_on_few, sequences_of
    from sklearn.pipeline import make_pipeline

    log = make_log(*spec["made"]) if "made" in spec else Log.read(spec["log"])
    encoder, sequences = sequences_of(log)
    model = make_pipeline(encoder, fitted_on_few(spec["settings"], sequences))
    users = np.random.default_rng(0).choice(log.n_users, 100)
    histories = log.histories()
    frames = [
        Log(histories[user], np.array([0, len(histories[user])]), log.n_items).frame()
        for user in users
    ]
    for call in range(WARM_UP):
        model.predict(frames[call % len(frames)])
    wall, cpu = [], []
    for call in range(spec["calls"]):
        frame = frames[call % len(frames)]
        began = time.perf_counter(), time.process_time()
        model.predict(frame)
        wall.append(time.perf_counter() - began[0])
        cpu.append(time.process_time() - began[1])
    tell(
        n_items=log.n_items,
        calls=len(wall),
        wall_us=(1e6 * np.quantile(wall, [0.5, 0.99])).tolist(),
        cpu_us=(1e6 * np.quantile(cpu, [0.5, 0.99])).tolist(),
        sorted_wall_us=(1e6 * np.sort(wall)).round(1).tolist(),
        peak=peak_memory(),
    )


def fastest_way(turns):
    """Return the way of answering with the least median CPU time, and its turns."""
    ways = {way: [turn[way] for turn in turns] for way in turns[0]}
    way = min(ways, key=lambda one: np.median([turn["cpu"] for turn in ways[one]]))
    return way, ways[way]


def run_throughput(args, data, log, path, names, peers):
    """Return a row of rates for each model of a data set."""
    jobs = [
        (
            f"seqrec {name}",
            SCRIPT,
            seqrec_settings(name, data),
            sys.executable,
            "default",
        )
        for name in names
        if name != "default" or not peers
    ]
    jobs += [
        (
            peer.name,
            f"peer_{peer.library}.py",
            peer_settings(peer, data),
            python,
            peer.rival,
        )
        for peer, python in peers
    ]
    found = {}
    for name, script, settings, python, rival in jobs:
        print(f"- {data}: {name} in turn with seqrec {rival}", flush=True)
        ours = {
            "mode": "answer",
            "log": path,
            "settings": seqrec_settings(rival, data),
        }
        theirs = {"mode": "answer", "log": path, "settings": settings}
        with Turn(SCRIPT, ours) as first, Turn(script, theirs, python) as second:
            pairs = in_turn(first, second, args.repeats)
        if not pairs:
            continue
        _, our = fastest_way([pair[0] for pair in pairs])
        way, their = fastest_way([pair[1] for pair in pairs])
        found[name] = {
            "rival": rival,
            "way": way,
            "pairs": pairs,
            "users": log.n_users,
            "rates": {
                f"{whose} {kind}": [log.n_users / turn[kind] for turn in turns]
                for whose, turns in (("own", their), ("rival", our))
                for kind in ("wall", "cpu")
            },
            "ratios": [b["cpu"] / a["cpu"] for a, b in zip(our, their, strict=True)],
        }
    return found


def run_latency(args, data, names, where):
    """Return the latency of each configuration; `where` says which log."""
    found = {}
    for name in names:
        print(f"- {data}: latency of seqrec {name}", flush=True)
        settings = seqrec_settings(name, data)
        spec = {"mode": "latency", "settings": settings, "calls": args.calls}
        told = run_child(SCRIPT, spec | where)
        if told is not None:
            found[name] = told
    return found


def rate_table(found):
    header = ["model", "way", "users/s", "users/CPU s", "in turn with seqrec"]
    header += ["its users/CPU s", "CPU time, times seqrec's"]
    rows = [
        [
            name,
            one["way"],
            spread(one["rates"]["own wall"], 0),
            spread(one["rates"]["own cpu"], 0),
            one["rival"],
            spread(one["rates"]["rival cpu"], 0),
            spread(one["ratios"]),
        ]
        for name, one in found.items()
    ]
    return table(header, rows)


def latency_table(found):
    header = ["catalogue", "seqrec", "items", "p50 ms", "p99 ms", "p50 CPU ms"]
    header += ["p99 CPU ms", "calls", "peak RSS MB"]
    rows = [
        [
            data,
            name,
            one["n_items"],
            *(f"{value / 1000:.2f}" for value in one["wall_us"] + one["cpu_us"]),
            one["calls"],
            f"{one['peak'] / 2**20:.0f}",
        ]
        for data, models in found.items()
        for name, one in models.items()
    ]
    return table(header, rows)


def main():
    args = read_options(__doc__)
    names, peers = chosen(args.only)
    rates, latencies, text = {}, {}, []
    for data, log, path in each_log(args):
        rates[data] = run_throughput(args, data, log, path, names, peers)
        text += [f"## {data}: ten best of {log.n_items} items for {log.n_users} users"]
        text += [rate_table(rates[data])]
        latencies[data] = run_latency(args, data, names, {"log": path})
    n_items = max(100, int(LARGE * args.scale))
    made = {"made": [max(200, n_items // 10), n_items, 20]}
    data = f"made up, {n_items}"
    latencies[data] = run_latency(args, data, ["default"], made)
    text += ["## Latency of one call of Pipeline.predict", latency_table(latencies)]
    lines = {
        f"seqrec {name}, {data}": (
            [value / 1000 for value in one["sorted_wall_us"]],
            (np.arange(one["calls"]) / one["calls"]).tolist(),
        )
        for data, models in latencies.items()
        for name, one in models.items()
    }
    draw(
        args.out / "inference-latency.png",
        lines,
        x="milliseconds",
        y="share of calls that took no longer",
        title="Pipeline.predict, one user",
    )
    found = {"throughput": rates, "latency": latencies}
    write(args, "inference", "\n\n".join(text), found, __doc__)


if __name__ == "__main__":
    if sys.argv[-1].startswith("{"):
        spec = read_spec()
        {"answer": answer_here, "latency": latency_here}[spec["mode"]](spec)
    else:
        main()
