"""The tables of the user guide's page on speed, made of what the parts have written.

    python benchmarks/speed/summary.py RESULTS... --out docs/user_guide

RESULTS are folders with training.json, inference.json, retrieval.json and others; more
than one where parts were run with different options. Writes speed.csv (beside peers)
and speed_alone.csv. Of what was measured in turn, the median of the ratios is given.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np

PEERS = ["measured, one thread", "data", "peer", "peer's", "seqrec's", "ratio"]
ALONE = ["measured, one thread", "data", "seqrec"]


def read(folders, part):
    """Return what a part found, in each folder that has it."""
    paths = [Path(folder) / f"{part}.json" for folder in folders]
    return [json.loads(path.read_text())["found"] for path in paths if path.is_file()]


def time_to(target, curve):
    """Return CPU-seconds until a validation NDCG@10; None if never."""
    times = [point["cpu"] for point in curve["points"] if point["ndcg"] >= target]
    return min(times, default=None)


def until_target(found):
    """Yield a line for each data set: the fastest peer to the target beside seqrec."""
    for data, one in found.items():
        times = {n: time_to(one["target"], c) for n, c in one["curves"].items()}
        ours = {n: t for n, t in times.items() if n.startswith("seqrec") and t}
        theirs = {n: t for n, t in times.items() if not n.startswith("seqrec") and t}
        if ours and theirs:
            peer, rival = min(theirs, key=theirs.get), min(ours, key=ours.get)
            what = f"CPU s to validation NDCG\\@10 {one['target']:.4f}, {rival}"
            figures = theirs[peer], ours[rival]
            ratio = f"{figures[0] / figures[1]:.1f}"
            yield [what, data, peer, *(f"{x:.1f}" for x in figures), ratio]


def epochs(found):
    """Yield a line for each peer that was trained in turn with seqrec."""
    for data, one in found.items():
        for peer, pairs in one["pairs"].items():
            if pairs["ratios"]:
                figures = [np.median(pairs[key]) for key in ("theirs", "ours")]
                what = f"CPU s of an epoch, seqrec {pairs['rival']}"
                ratio = f"{np.median(pairs['ratios']):.1f}"
                yield [what, data, peer, *(f"{x:.1f}" for x in figures), ratio]


def answers(found):
    """Yield a line for each peer that answered in turn with seqrec."""
    for data, models in found["throughput"].items():
        for peer, one in models.items():
            if peer.startswith("seqrec"):
                continue
            rates = [np.median(one["rates"][f"{who} cpu"]) for who in ("own", "rival")]
            what = f"users a CPU s, ten best, seqrec {one['rival']}"
            ratio = f"{np.median(one['ratios']):.1f}"
            yield [what, data, peer, *(f"{x:,.0f}" for x in rates), ratio]


def latencies(found):
    """Yield a line for each catalogue whose single answers were timed."""
    for data, models in found["latency"].items():
        for name, one in models.items():
            low, high = (x / 1000 for x in one["wall_us"])
            what = f"one answer, seqrec {name}: p50, p99"
            yield [what, data, f"{low:.2f} ms, {high:.2f} ms"]


def retrievals(found):
    """Yield lines of single answers from a million items."""
    for dim, one in found.items():
        for kind in ("exact", "approximate"):
            low, high = one[kind]["wall"]
            recall = f", recall {one['recall']:.3f}" if kind == "approximate" else ""
            what = f"one answer, {kind}, width {dim}: p50, p99"
            yield [what, "1,000,000 items", f"{low:.1f} ms, {high:.1f} ms{recall}"]


def write(path, header, lines):
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *lines])
    print(f"{path}: {len(lines)} lines")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    training, inference = (read(args.results, p) for p in ("training", "inference"))
    beside = [line for found in training for line in until_target(found)]
    beside += [line for found in training for line in epochs(found)]
    beside += [line for found in inference for line in answers(found)]
    alone = [line for found in inference for line in latencies(found)]
    alone += [
        line for one in read(args.results, "retrieval") for line in retrievals(one)
    ]
    write(args.out / "speed.csv", PEERS, beside)
    write(args.out / "speed_alone.csv", ALONE, alone)


if __name__ == "__main__":
    main()
