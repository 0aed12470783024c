"""Precision: mixed precision and compilation beside plain float32, time and loss.

Variants of a configuration of seqrec: ``precision="bf16"`` and, where the estimator has
that parameter, ``compile=True``. Each trains in turn with the plain one, windows of
``--window`` CPU-seconds, ``--repeats`` times; ratios of the CPU-seconds of an epoch are
medians of these pairs, and below 1 where the variant is faster. The first window, in
which what is compiled is compiled, is thrown away, and its costs are in the set-up and
first epoch of the whole training of ``--epochs`` (2) epochs, from which come the last
loss and NDCG@10 of validation::

    python benchmarks/run.py precision --data beauty --only "seqrec default"

Writes precision.md and precision.json.
"""

from _models import chosen, seqrec_settings
from _report import (
    Turn,
    each_log,
    in_turn,
    read_options,
    run_child,
    spread,
    table,
    write,
)

PLAIN = "fp32"
EPOCHS = 2
NAMES = ["seqrec default", "seqrec transformer 64"]
TRAINING = "training.py"


def variants():
    """Return name and parameters of each variant that the estimator knows."""
    import seqrec

    found = {PLAIN: {}, "bf16": {"precision": "bf16"}}
    if "compile" in seqrec.AttentionSequenceRecommender().get_params():
        found["compile"] = {"compile": True}
        found["compile, bf16"] = {"compile": True, "precision": "bf16"}
    return found


def make_spec(args, path, settings, mode):
    return {
        "mode": mode,
        "log": path,
        "settings": settings,
        "cap": args.cap,
        "epochs": args.epochs or EPOCHS,
        "window": args.window,
        "validation_users": args.validation_users,
    }


def run_model(args, data, path, settings):
    """Return what each variant of a configuration took and reached."""
    found = {}
    for variant, more in variants().items():
        print(f"- {data}: {variant}", flush=True)
        spec = make_spec(args, path, {**settings, **more}, "curve")
        told = run_child(TRAINING, spec)
        if told is None:
            continue
        found[variant] = {**told, "pairs": []}
        if variant == PLAIN:
            continue
        plain = make_spec(args, path, settings, "turns")
        spec = make_spec(args, path, {**settings, **more}, "turns")
        with Turn(TRAINING, plain) as first, Turn(TRAINING, spec) as second:
            found[variant]["pairs"] = in_turn(first, second, args.repeats)
    return found


def ratios(pairs, kind):
    return [
        (second[kind] / second["share"]) / (first[kind] / first["share"])
        for first, second in pairs
    ]


def result_table(found):
    header = ["variant", "CPU time, times fp32's", "wall time", "s/epoch CPU"]
    header += ["first epoch CPU s", "epochs", "last loss", "NDCG@10", "peak RSS MB"]
    rows = []
    for name, one in found.items():
        last = one["points"][-1]
        first = one["epochs"][0]["cpu"] if one["epochs"] else float("nan")
        rows.append(
            [
                name,
                spread(ratios(one["pairs"], "cpu")),
                spread(ratios(one["pairs"], "wall")),
                f"{one['epoch']['cpu']:.1f}" + " (partial)" * one["is_partial"],
                f"{one['set_up']['cpu'] + first:.1f}",
                f"{last['epoch']:.2f}",
                "-" if last["loss"] is None else f"{last['loss']:.4f}",
                f"{last['ndcg']:.4f}",
                f"{one['peak'] / 2**20:.0f}",
            ]
        )
    return table(header, rows)


def main():
    args = read_options(__doc__)
    names, _ = chosen(args.only or NAMES, with_peers=False)
    everything, text = {}, []
    for data, _, path in each_log(args):
        everything[data] = {}
        for name in names:
            found = run_model(args, data, path, seqrec_settings(name, data))
            everything[data][name] = found
            text += [f"## {data}, seqrec {name}", result_table(found)]
    write(args, "precision", "\n\n".join(text), everything, __doc__)


if __name__ == "__main__":
    main()
