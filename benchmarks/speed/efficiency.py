"""Efficiency: how much of the machine's arithmetic an epoch of training uses.

Floating-point operations that the model needs, counted by formula over real events and
not padding, divided by the CPU-seconds of an epoch (set-up such as the SVD start apart,
and reported), over the rate of a 2048 x 2048 x 2048 float32 product of matrices in the
same process on the same thread, best and median, before and after. Counted are
products of matrices alone; gates, normalisation, softmax, dropout and the optimiser are
work that the count says nothing of. Backward is twice forward, so all is three times
forward; with E hidden units, D the width of an embedding, t events seen by the t-th:

=================  ==========================================================
LSTM, a layer      ``2 * 4 * E * (input + E)`` an event, input D or E
GRU, a layer       ``2 * 3 * E * (input + E)`` an event
Transformer layer  ``2 * (3 E^2 + E^2 + 8 E^2) + 2 * 2 * t * E`` an event,
                   and once ``2 * D * E`` if they differ
attention          ``2 * (3 E^2 + E^2) + 2 * 2 * t * E`` an event
final state        ``2 * 2 E * D`` a target
loss               ``2 * D * V`` a target; V is the catalogue, or the negatives
                   drawn and the target
=================  ==========================================================

Width 128, data set ml-1m (or what ``--data`` names), several sizes of batches, an epoch
cut at ``--cap`` CPU-seconds counted by its share of targets::

    python benchmarks/run.py efficiency --data ml-1m --cap 60

Writes efficiency.md and efficiency.json.
"""

import sys

import numpy as np
from _data import Log
from _meter import matrix_peak, peak_memory, read_spec, tell
from _models import ALWAYS
from _report import each_log, read_options, run_child, table, write

SCRIPT = "efficiency.py"
WIDTH = 128
BATCHES = ["auto", 2048, 8192]
ENCODERS = {
    "lstm": {"encoder": "lstm", "attention": "multihead"},
    "transformer": {"encoder": "transformer", "attention": "none", "n_layers": 2},
}


def piece_lengths(lengths, max_length, seed=0):
    """Return the lengths of the pieces that an epoch cuts rows into.

    A row longer than `max_length` has a first piece of random length, then full ones,
    then what is left.
    """
    lengths = lengths[lengths > 0]
    is_long = lengths > max_length
    first = np.random.default_rng(seed).integers(1, max_length + 1, is_long.sum())
    rest = lengths[is_long] - first
    full = np.full(int((rest // max_length).sum()), max_length)
    tails = rest % max_length
    return np.concatenate([lengths[~is_long], first, full, tails[tails > 0]])


def forward_flops(model, lengths, n_items):
    """Return the floating-point operations of a forward pass of an epoch, by part.

    Parameters
    ----------
    model : AttentionSequenceRecommender
        Gives the parameters.
    lengths : ndarray of int
        Targets of each row, one after each of its events.
    n_items : int
        Size of the catalogue.
    """
    pieces = piece_lengths(lengths, model.max_length).astype(np.float64)
    n_events = float(pieces.sum())
    n_seen = float((pieces * (pieces + 1) / 2).sum())  # t, summed over all events
    width, hidden = model.embedding_dim, model.hidden_units
    inputs = width + hidden * (model.n_layers - 1)  # of all layers together
    gates = {"lstm": 4, "gru": 3}.get(model.encoder)
    if gates:
        encoder = 2 * gates * hidden * (inputs + model.n_layers * hidden) * n_events
    elif model.encoder == "transformer":
        layer = 2 * 12 * hidden**2 * n_events + 2 * 2 * hidden * n_seen
        encoder = model.n_layers * layer
        encoder += 2 * width * hidden * n_events * (width != hidden)
    else:
        raise SystemExit(f"No formula for the encoder {model.encoder!r}.")
    attention = 0.0
    if model.attention == "multihead":
        attention = 2 * 4 * hidden**2 * n_events + 2 * 2 * hidden * n_seen
    elif model.attention != "none":
        raise SystemExit(f"No formula for the attention {model.attention!r}.")
    n_scored = n_items if model.loss == "softmax" else model.n_negatives + 1
    return {
        "encoder": encoder,
        "attention": attention,
        "final state": 2 * (hidden * 2) * width * n_events,
        "loss": 2 * width * n_scored * n_events,
    }


def measure_here():
    """Measure one model in this process."""
    from _seqrec import make_model, sequences_of, time_epochs

    spec = read_spec()
    log = Log.read(spec["log"])
    sequences = sequences_of(log)[1].drop_last(2)
    before = matrix_peak()
    model = make_model(spec["settings"], max_epochs=2)
    watch = time_epochs(model, sequences, spec["cap"])
    after = matrix_peak()
    lengths = np.maximum(sequences.lengths - 1, 0)
    parts = forward_flops(model, lengths, log.n_items)
    best = watch.best()
    rate = 3 * sum(parts.values()) * best["share"] / best["cpu"]
    peak = max(before["best"], after["best"])
    median = (before["median"] + after["median"]) / 2
    tell(
        epoch_cpu=best["cpu"] / best["share"],
        share=best["share"],
        set_up=watch.set_up["cpu"],
        flops=3 * sum(parts.values()),
        parts={name: part / sum(parts.values()) for name, part in parts.items()},
        rate=rate,
        matrix={"before": before, "after": after},
        of_best=rate / peak,
        of_median=rate / median,
        memory=peak_memory(),
    )


def result_table(found):
    header = ["model", "batch", "epoch CPU s", "set-up CPU s", "GFLOP an epoch"]
    header += [
        "GFLOP/s",
        "matrix product best",
        "median",
        "of best",
        "of median",
        "note",
    ]
    rows = []
    for (name, batch), one in found.items():
        ends = one["matrix"].values()
        share = one["share"]
        rows.append(
            [
                name,
                batch,
                f"{one['epoch_cpu']:.1f}",
                f"{one['set_up']:.1f}",
                f"{one['flops'] / 1e9:.0f}",
                f"{one['rate'] / 1e9:.1f}",
                f"{max(end['best'] for end in ends) / 1e9:.1f}",
                f"{np.mean([end['median'] for end in ends]) / 1e9:.1f}",
                f"{one['of_best']:.1%}",
                f"{one['of_median']:.1%}",
                "" if share == 1 else f"from {share:.1%} of an epoch",
            ]
        )
    return table(header, rows)


def main():
    args = read_options(__doc__, data=["ml-1m"])
    everything, text = {}, []
    for data, _, path in each_log(args):
        found = {}
        for name, settings in ENCODERS.items():
            if args.only and name not in args.only:
                continue
            for batch in BATCHES:
                print(f"- {data}: {name}, batch {batch}", flush=True)
                settings = {
                    **ALWAYS,
                    **settings,
                    "embedding_dim": WIDTH,
                    "hidden_units": WIDTH,
                    "loss": "softmax",
                    "batch_size": batch,
                }
                spec = {"log": path, "settings": settings, "cap": args.cap}
                told = run_child(SCRIPT, spec)
                if told is not None:
                    found[name, batch] = told
        text += [f"## {data}, width {WIDTH}, full softmax", result_table(found)]
        everything[data] = {f"{name}, {batch}": v for (name, batch), v in found.items()}
    write(args, "efficiency", "\n\n".join(text), everything, __doc__)


if __name__ == "__main__":
    if sys.argv[-1].startswith("{"):
        measure_here()
    else:
        main()
