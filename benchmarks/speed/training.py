"""Training: CPU-seconds an epoch, learning curves, memory; seqrec beside its peers.

Each model is trained in a process of its own on one thread, one after the other, for at
most ``--cap`` CPU-seconds, set-up such as the SVD start included, preparation of the
data and validation not. Validation is NDCG@10 of each user's last event but one, over
the whole catalogue, seen items left out, by one and the same code for every model. An
epoch that the cap cuts is extrapolated from the steps done, and the table says so. An
epoch is not the same everywhere: RecTools learns the latest ``max_length`` targets of
each user alone, so the cost of a target is there beside that of an epoch. Then
each peer and the configuration of seqrec nearest to it train in turn, a window of
``--window`` CPU-seconds each, ``--repeats`` times; ratios are medians of these pairs::

    python benchmarks/run.py training --data beauty --cap 300

Writes training.md, training.json, and a picture of the curves for each data set. seqrec
trains with the schedule of all its epochs, so a curve that the cap ends is one whose
learning rate had not yet fallen; ``--epochs`` gives it a shorter schedule.
"""

import sys

from _data import Log
from _meter import OthersLoad, follow, make_watch, read_spec
from _models import SEQREC, chosen, peer_settings, seqrec_settings
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

SCRIPT = "training.py"
NO_CAP_EPOCHS = 1000  # of peers: they train until the cap
HEADER = [
    "model",
    "s/epoch CPU",
    "s/epoch wall",
    "targets/epoch",
    "CPU us/target",
    "set-up CPU s",
    "epochs",
    "best NDCG@10",
    "CPU s to target",
    "peak RSS MB",
    "others' cores",
    "note",
]


def train_here():
    """Train a configuration of seqrec in this process, as its spec says."""
    from _seqrec import fit_followed, make_model, sequences_of, validation_of

    spec = read_spec()
    log = Log.read(spec["log"])
    sequences = sequences_of(log)[1].drop_last(2)
    epochs = {} if spec["epochs"] is None else {"max_epochs": spec["epochs"]}
    model = make_model(spec["settings"], **epochs)
    users = log.some_users(spec["validation_users"])
    spec["max_epochs"] = model.max_epochs
    watch = make_watch(spec, validation_of(model, sequences, log, users))
    if spec["mode"] == "turns":  # until it is told to stop
        model.set_params(max_epochs=NO_CAP_EPOCHS)
    follow(watch, lambda: fit_followed(model, sequences, watch))


def make_spec(args, path, settings, mode):
    """Return what a child needs to know."""
    return {
        "mode": mode,
        "log": path,
        "settings": settings,
        "cap": args.cap,
        "epochs": args.epochs,
        "max_epochs": NO_CAP_EPOCHS,
        "window": args.window,
        "validation_users": args.validation_users,
    }


def time_to(target, points):
    """Return the CPU-seconds at the first point that reaches a score, or None."""
    return next((one["cpu"] for one in points if one["ndcg"] >= target), None)


def run_curves(args, data, path, names, peers):
    """Train every model once; return what each child told, by name."""
    jobs = [
        (f"seqrec {name}", SCRIPT, seqrec_settings(name, data), sys.executable)
        for name in names
    ]
    jobs += [
        (peer.name, f"peer_{peer.library}.py", peer_settings(peer, data), python)
        for peer, python in peers
    ]
    found = {}
    for name, script, settings, python in jobs:
        print(f"- {data}: {name}", flush=True)
        load = OthersLoad()
        told = run_child(script, make_spec(args, path, settings, "curve"), python)
        if told is not None:
            found[name] = {**told, "others": load.cores(), "settings": settings}
    return found


def run_pairs(args, data, path, peers):
    """Train each peer and its rival in turn; return ratios of their epochs."""
    found = {}
    for peer, python in peers:
        if peer.rival not in SEQREC:
            raise SystemExit(f"{peer.name} has no rival {peer.rival!r} in SEQREC.")
        print(f"- {data}: {peer.name} in turn with seqrec {peer.rival}", flush=True)
        ours = make_spec(args, path, seqrec_settings(peer.rival, data), "turns")
        theirs = make_spec(args, path, peer_settings(peer, data), "turns")
        with (
            Turn(SCRIPT, ours) as first,
            Turn(f"peer_{peer.library}.py", theirs, python) as second,
        ):
            pairs = in_turn(first, second, args.repeats)
        found[peer.name] = compare(peer.rival, pairs)
    return found


def compare(rival, pairs):
    """Return what an epoch and a target cost in each turn, and the ratios."""
    epochs = [[one["cpu"] / one["share"] for one in pair] for pair in pairs]
    targets = [
        [cost / one["n_targets"] for cost, one in zip(costs, pair, strict=True)]
        for costs, pair in zip(epochs, pairs, strict=True)
    ]
    return {
        "rival": rival,
        "pairs": pairs,
        "ours": [our for our, _ in epochs],
        "theirs": [their for _, their in epochs],
        "ratios": [their / our for our, their in epochs],
        "target ratios": [their / our for our, their in targets],
    }


def curve_table(curves, target):
    """Return the Markdown table of all trainings on one data set."""
    rows = []
    for name, one in curves.items():
        note = ""
        if one["is_partial"]:
            note = f"partial epoch, extrapolated from {one['steps']} of "
            note += f"{one['of_steps']} steps"
        reached = time_to(target, one["points"])
        cells = [
            f"{one['epoch']['cpu']:.1f}",
            f"{one['epoch']['wall']:.1f}",
            one["n_targets"],
            f"{1e6 * one['epoch']['cpu'] / one['n_targets']:.0f}",
            f"{one['set_up']['cpu']:.1f}",
            f"{one['points'][-1]['epoch']:.2f}",
            f"{max(point['ndcg'] for point in one['points']):.4f}",
            "not reached" if reached is None else f"{reached:.1f}",
            f"{one['peak'] / 2**20:.0f}",
            f"{one['others']:.2f}",
        ]
        rows.append([name, *cells, note])
    return table(HEADER, rows)


def pair_table(pairs):
    """Return the Markdown table of what was trained in turn."""
    header = ["peer", "seqrec", "peer's s/epoch CPU", "seqrec's", "ratio"]
    header += ["ratio a target", "pairs"]
    rows = [
        [
            name,
            one["rival"],
            spread(one["theirs"], 1),
            spread(one["ours"], 1),
            spread(one["ratios"]),
            spread(one["target ratios"]),
            len(one["pairs"]),
        ]
        for name, one in pairs.items()
    ]
    return table(header, rows)


def main():
    args = read_options(__doc__)
    names, peers = chosen(args.only)
    found, text = {}, []
    for data, _, path in each_log(args):
        curves = run_curves(args, data, path, names, peers)
        if not curves:
            continue
        best = max(point["ndcg"] for one in curves.values() for point in one["points"])
        target = 0.9 * best if args.target is None else args.target
        pairs = run_pairs(args, data, path, peers)
        found[data] = {"target": target, "curves": curves, "pairs": pairs}
        text.append(f"## {data}: target NDCG@10 {target:.4f}")
        text.append(curve_table(curves, target))
        if pairs:
            text.append("In turn: median (least to most) of CPU-seconds an epoch.")
            text.append(pair_table(pairs))
        lines = {
            name: (
                [point["cpu"] for point in one["points"]],
                [point["ndcg"] for point in one["points"]],
            )
            for name, one in curves.items()
        }
        draw(
            args.out / f"training-{data}.png",
            lines,
            x="CPU-seconds of training, set-up included",
            y="validation NDCG@10, seen items left out",
            title=f"{data}, one thread",
        )
    write(args, "training", "\n\n".join(text), found, __doc__)


if __name__ == "__main__":
    if sys.argv[-1].startswith("{"):
        train_here()
    else:
        main()
