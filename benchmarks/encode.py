"""How fast SequenceEncoder reads an event log, and how much memory it takes.

Made-up logs of random users, items and times, unsorted; each case in a process of its
own. Prints a Markdown table::

    python benchmarks/encode.py --events 10000000

Memory is the highest resident size while encoding, the table included and the
interpreter with its packages not, as a multiple of the table (Linux alone).
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

CASES = [
    ("pandas", "int", "s"),
    ("polars", "int", "s"),
    ("pyarrow", "int", "s"),
    ("pandas", "int", "datetime"),
    ("pandas", "str", "s"),
    ("polars", "str", "s"),
    ("pyarrow", "str", "s"),
]
HEADER = (
    "| table | item ids | times | MB | M events/s | M events/CPU s | peak, x table |\n"
    "| --- | --- | --- | --: | --: | --: | --: |"
)


def make_columns(n_events, item_kind, time_kind):
    """Draw the columns of a log: ten events a user, a hundred an item."""
    rng = np.random.default_rng(0)
    item = rng.integers(n_events // 100, size=n_events, dtype=np.int64)
    columns = {
        "user_id": rng.integers(n_events // 10, size=n_events, dtype=np.int64),
        "item_id": item,
        "timestamp": rng.integers(1_600_000_000, 1_700_000_000, size=n_events),
    }
    if item_kind == "str":
        import pyarrow as pa

        names = pa.array([f"item_{code:07d}" for code in range(n_events // 100)])
        columns["item_id"] = names.cast(pa.large_string()).take(pa.array(item))
    if time_kind == "datetime":
        columns["timestamp"] = columns["timestamp"].astype("datetime64[s]")
        columns["timestamp"] = columns["timestamp"].astype("datetime64[us]")
    return columns


def make_table(library, columns):
    """Return the columns as a table, and how many bytes it takes."""
    if library == "pyarrow":
        import pyarrow as pa

        table = pa.table(columns)
        return table, table.nbytes
    if library == "polars":
        import polars as pl

        table = pl.DataFrame(columns)
        return table, table.estimated_size()
    import pandas as pd

    columns = {
        name: column if isinstance(column, np.ndarray) else column.to_pandas()
        for name, column in columns.items()
    }
    table = pd.DataFrame(columns).astype({"item_id": columns["item_id"].dtype})
    return table, int(table.memory_usage(index=False, deep=True).sum())


def memory(key):
    """Return a line of this process's memory status in bytes; NaN where there is none.

    ``VmRSS`` is the resident size now, ``VmHWM`` the highest since it was reset.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return 1024 * int(lines[key].split()[0])


def reset_peak():
    """Let ``VmHWM`` start again from the size now."""
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text("5")


def measure(n_events, library, item_kind, time_kind, n_repeats):
    """Encode one log in this process and return what was measured."""
    from seqrec import SequenceEncoder

    small, _ = make_table(library, make_columns(1000, item_kind, time_kind))
    SequenceEncoder().fit_transform(small)  # loads what is loaded on first use
    before = memory("VmRSS")
    table, n_bytes = make_table(library, make_columns(n_events, item_kind, time_kind))
    best = {"wall": np.inf, "cpu": np.inf, "peak": np.inf}
    for _ in range(n_repeats):
        reset_peak()
        cpu, wall = time.process_time(), time.perf_counter()
        sequences = SequenceEncoder().fit_transform(table)
        best["wall"] = min(best["wall"], time.perf_counter() - wall)
        best["cpu"] = min(best["cpu"], time.process_time() - cpu)
        best["peak"] = min(best["peak"], memory("VmHWM") - before)
        if len(sequences.codes) != n_events:
            raise SystemExit(f"Events were lost: {sequences!r}")
        del sequences
    return {"bytes": n_bytes, **best}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=2, help="the best one counts")
    parser.add_argument("--case", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        print(json.dumps(measure(args.events, *args.case, args.repeats)))
        return
    print(HEADER)
    options = ["--events", str(args.events), "--repeats", str(args.repeats)]
    for case in CASES:
        command = [sys.executable, __file__, *options, "--case", *case]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(done.stdout)
        cells = [
            *case,
            f"{found['bytes'] / 1e6:.0f}",
            f"{args.events / found['wall'] / 1e6:.1f}",
            f"{args.events / found['cpu'] / 1e6:.1f}",
            f"{found['peak'] / found['bytes']:.1f}",
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
