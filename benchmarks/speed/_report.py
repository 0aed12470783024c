"""Options, child processes, and what a part writes: Markdown, JSON and pictures."""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _data import read_log
from _meter import MARK

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def read_options(description, data=("beauty", "ml-1m")):
    """Return the options of a part; every part takes all of them."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    add = parser.add_argument
    add("--out", type=Path, default=HERE.parent / "results", help="folder to write to")
    add("--data", nargs="+", default=list(data), help="data sets")
    add("--data-folder", type=Path, default=ROOT.parent / "shared" / "data")
    add("--only", nargs="*", default=[], help="models whose name holds such a word")
    add("--cap", type=float, default=300.0, help="CPU-seconds of a training")
    add("--epochs", type=int, help="of seqrec, instead of its own; also its schedule")
    add("--target", type=float, help="NDCG@10 to reach; else 90 %% of the best seen")
    add("--window", type=float, default=10.0, help="CPU-seconds of a turn of training")
    add("--repeats", type=int, default=5, help="turns of each")
    add("--validation-users", type=int, default=0, help="so many at random; 0 is all")
    add("--scale", type=float, default=1.0, help="factor of the made-up logs' sizes")
    add("--calls", type=int, default=2000, help="calls of which latency is taken")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    return args


def each_log(args):
    """Yield name, `Log` and file of each data set; say which is absent."""
    with tempfile.TemporaryDirectory() as folder:
        for name in args.data:
            try:
                log = read_log(args.data_folder / name)
            except FileNotFoundError as exc:
                print(f"- {name} is left out: {exc} See --data-folder.", flush=True)
                continue
            yield name, log, log.write(Path(folder) / f"{name}.npz")


# ---------------------------------------------------------------------- children
def start_child(script, spec, python=sys.executable, **pipes):
    """Start a script on one thread with a spec as its last argument."""
    environment = {
        **os.environ,
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONWARNINGS": "ignore",
    }
    environment |= {
        f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")
    }
    folder = spec.setdefault("folder", tempfile.gettempdir())
    return subprocess.Popen(
        [python, HERE / script, json.dumps(spec)],
        env=environment,
        cwd=folder,  # some peers write where they are called from
        stdout=subprocess.PIPE,
        text=True,
        **pipes,
    )


def hear(child):
    """Return the next line that a child has for its parent; None at its end."""
    for line in child.stdout:
        if line.startswith(MARK):
            return json.loads(line.removeprefix(MARK))
    return None


def run_child(script, spec, python=sys.executable):
    """Return the last that a child tells; None, with a word, where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        child = start_child(script, {**spec, "folder": folder}, python)
        found = None
        while (line := hear(child)) is not None:
            found = line
        if child.wait() or found is None:
            print(f"- {script} failed with exit status {child.returncode}", flush=True)
            return None
    return found


class Turn:
    """A child that measures when it is told to."""

    def __init__(self, script, spec, python=sys.executable):
        self._folder = tempfile.TemporaryDirectory()
        spec = {**spec, "folder": self._folder.name}
        self._child = start_child(script, spec, python, stdin=subprocess.PIPE)

    def __enter__(self):
        self.is_alive = hear(self._child) is not None  # it is ready
        return self

    def __exit__(self, *exc):
        with contextlib.suppress(OSError):
            self._child.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=30)
        self._child.kill()
        self._child.stdout.close()
        self._folder.cleanup()

    def measure(self):
        """Return what one turn found; None where the child has failed."""
        if not self.is_alive:
            return None
        try:
            self._child.stdin.write("go\n")
            self._child.stdin.flush()
        except OSError:
            return None
        found = hear(self._child)
        self.is_alive = found is not None and hear(self._child) is not None
        return found


def in_turn(first, second, n_repeats):
    """Return pairs of what two `Turn` children find; a first pair is thrown away."""
    pairs = []
    for number in range(n_repeats + 1):
        pair = first.measure(), second.measure()
        if None in pair:
            print("- a turn failed; fewer pairs count", flush=True)
            break
        if number:
            pairs.append(pair)
    return pairs


# ---------------------------------------------------------------------- output
def machine():
    """Return what the numbers depend on."""
    import torch

    import seqrec

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "seqrec": seqrec.__version__,
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "load_at_end": os.getloadavg(),
    }


def spread(values, digits=2):
    """Return the text of a median with the least and the largest value."""
    if not len(values):
        return "-"
    low, mid, high = np.quantile(np.asarray(values, dtype=float), [0, 0.5, 1])
    return f"{mid:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def table(header, rows):
    """Return a Markdown table; the first column is text, the others are numbers."""
    lines = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def write(args, part, text, found, description):
    """Print a part's tables, and write them and what they are made of."""
    options = {name: str(value) for name, value in vars(args).items()}
    about = machine()
    title = description.partition("\n")[0]
    facts = ", ".join(f"{name} {value}" for name, value in about.items())
    (args.out / f"{part}.md").write_text(
        f"# {part}\n\n{title}\n\n{text}\n\nOptions: {options}\n\nMachine: {facts}\n"
    )
    record = {"machine": about, "options": options, "found": found}
    (args.out / f"{part}.json").write_text(json.dumps(record, indent=1) + "\n")
    print(f"\n{text}\n\nWritten to {args.out}: {part}.md, {part}.json", flush=True)


def draw(path, lines, *, x, y, title, logarithmic=False):
    """Draw a picture of lines.

    Parameters
    ----------
    path : Path
        PNG file.
    lines : dict of str to (list, list)
        Label to x and y values.
    x, y, title : str
        Names of the axes, and of the picture.
    logarithmic : bool, default=False
        Whether both axes are; else x alone.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        print("- no pictures: matplotlib is absent", flush=True)
        return
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for label, (horizontal, vertical) in lines.items():
        style = "-" if label.startswith("seqrec") or logarithmic else "--"
        axes.plot(horizontal, vertical, style, marker="o", markersize=3, label=label)
    axes.set(xlabel=x, ylabel=y, title=title, xscale="log")
    if logarithmic:
        axes.set_yscale("log")
    axes.grid(alpha=0.3)
    if lines:
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)
    plt.close(figure)
