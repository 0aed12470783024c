"""Growth: how time and memory of seqrec grow with events, users, items and length.

One size grows tenfold and more while the others stay; each point is a process of its
own, so that its peak memory is right. Of each: CPU-seconds of an epoch (without
set-up), of the ten best items for 1,000 users, of preparation (a frame to sequences),
and the peak resident size over that of the interpreter with its packages. The exponent
is the slope of a line through the logarithms: 1 is in proportion. The factor for a
doubling is that between two neighbouring points, brought to a doubling::

    python benchmarks/run.py growth --scale 0.1

Writes growth.md, growth.json and a picture for each axis. The largest catalogue and the
longest rows are cut at ``--cap`` CPU-seconds an epoch and extrapolated by the share
of targets done. Batches have 512 events everywhere. Where a log has fewer events than
items, one more user, who has them all, is prepared, and not trained on.
"""

import sys

import numpy as np
from _data import K, make_log
from _meter import peak_memory, read_spec, tell, timed
from _models import ALWAYS
from _report import draw, read_options, run_child, table, write

SCRIPT = "growth.py"
USERS_A_BATCH = 1000
LONG = 10  # CPU-seconds; answers that take longer are not timed again
BATCH = 512  # events: the estimator's choice for logs that are not small
# Axis: sizes, then users, items, events a user and parameters for a size.
AXES = {
    "events": [50_000, 100_000, 200_000, 500_000],
    "users": [2_000, 4_000, 8_000, 20_000],
    "items": [1_000, 10_000, 100_000, 1_000_000],
    "items, full softmax": [1_000, 2_000, 4_000, 10_000],
    "length": [50, 100, 200, 500, 1000, 2000],
}
MEASURES = {
    "epoch": "epoch CPU s",
    "set_up": "set-up CPU s",
    "top_k": "top-10 CPU s",
    "prepare": "preparation CPU s",
    "memory": "peak MB",
}


def shape(axis, size, scale):
    """Return users, items, events a user and parameters of a point."""
    sampled = {"loss": "sampled_softmax"}
    made = {
        "events": (5_000, 5_000, size // 5_000, sampled),
        "users": (size, 5_000, 20, sampled),
        "items": (5_000, size, 20, sampled),
        "items, full softmax": (5_000, size, 20, {"loss": "softmax"}),
        "length": (200_000 // size, 5_000, size, {**sampled, "max_length": size}),
    }[axis]
    n_users, n_items, length, settings = made
    n_users = max(10, int(n_users * scale))
    if axis.startswith("items"):
        n_items = max(100, int(n_items * scale))
    return n_users, n_items, length, settings


def measure_here():
    """Measure one point in this process."""
    from _seqrec import fitted_on_few, make_model, sequences_of, time_epochs

    spec = read_spec()
    sequences_of(make_log(10, 10, 5))  # loads what is loaded once
    before = peak_memory()
    n_users, n_items, length, settings = spec["shape"]
    log = make_log(n_users, n_items, length)
    if log.n_items > len(log.values):  # items that nobody had stay in the catalogue
        extra = np.arange(log.n_items)
        offsets = np.append(log.offsets, log.offsets[-1] + len(extra))
        log = type(log)(np.append(log.values, extra), offsets, log.n_items)
    prepare, (_, sequences) = timed(lambda: sequences_of(log))
    sequences = sequences[:n_users]
    settings = {**ALWAYS, "batch_size": BATCH, **settings}
    watch = time_epochs(make_model(settings, max_epochs=3), sequences, spec["cap"])
    best = watch.best()
    memory = peak_memory() - before
    model = fitted_on_few(settings, sequences)
    some = sequences[:USERS_A_BATCH]
    top_k = [timed(lambda: model.predict(some, top_k=K))[0]]
    while len(top_k) < 3 and top_k[0]["cpu"] < LONG:
        top_k.append(timed(lambda: model.predict(some, top_k=K))[0])
    tell(
        epoch=best["cpu"] / best["share"],
        share=best["share"],
        set_up=watch.set_up["cpu"],
        top_k=min(one["cpu"] for one in top_k) * USERS_A_BATCH / len(some),
        prepare=prepare["cpu"],
        memory=memory / 2**20,
    )


def slope(sizes, values):
    """Return the exponent with which values grow."""
    if len(sizes) < 2 or min(values) <= 0:
        return float("nan")
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def doublings(sizes, values):
    """Return the factor for a doubling between each point and the next."""
    x, y = np.diff(np.log2(sizes)), np.diff(np.log2(np.maximum(values, 1e-9)))
    return (2.0 ** (y / x)).tolist()


def axis_tables(axis, points):
    """Return the Markdown tables of an axis: the points, and how they grow."""
    sizes = [point["size"] for point in points]
    rows = [
        [
            f"{point['size']:,}",
            *(f"{point[name]:.3g}" for name in MEASURES),
            "" if point["share"] == 1 else f"epoch from {point['share']:.1%} of it",
        ]
        for point in points
    ]
    growth = []
    for name, label in MEASURES.items():
        values = [point[name] for point in points]
        factors = " · ".join(f"{factor:.2f}" for factor in doublings(sizes, values))
        growth.append([label, f"{slope(sizes, values):.2f}", factors or "-"])
    return [
        f"## {axis}",
        table([axis, *MEASURES.values(), "note"], rows),
        table(["measure", "exponent", "factor for a doubling, point to point"], growth),
    ]


def run_axis(args, axis, sizes):
    points, before = [], None
    for size in sizes:
        where = shape(axis, size, args.scale)
        if where == before:  # a small scale makes small points the same
            continue
        before = where
        print(f"- {axis} {size}: {where}", flush=True)
        told = run_child(SCRIPT, {"shape": where, "cap": args.cap})
        if told is None:
            continue
        grown = {"users": where[0], "length": where[2]}.get(axis, where[1])
        grown = where[0] * where[2] if axis == "events" else grown
        points.append({"size": grown, **told})
    return points


def main():
    args = read_options(__doc__)
    found, text = {}, []
    for axis, sizes in AXES.items():
        if args.only and not any(word in axis for word in args.only):
            continue
        points = found[axis] = run_axis(args, axis, sizes)
        if not points:
            continue
        text += axis_tables(axis, points)
        sizes = [point["size"] for point in points]
        draw(
            args.out / f"growth-{axis.replace(', ', '-').replace(' ', '-')}.png",
            {
                label: (sizes, [max(point[name], 1e-3) for point in points])
                for name, label in MEASURES.items()
            },
            x=axis,
            y="CPU-seconds, or MB",
            title=f"seqrec as {axis} grow",
            logarithmic=True,
        )
    write(args, "growth", "\n\n".join(text), found, __doc__)


if __name__ == "__main__":
    if sys.argv[-1].startswith("{"):
        measure_here()
    else:
        main()
