"""Run the benchmarks: all of them, or those named; "speed" is all from preparation on.

python benchmarks/run.py [encode] [baselines] [recommender] [traffic] [family]
    [preparation] [training] [inference] [retrieval] [growth] [efficiency] [overhead]
    [precision]

Options, as in ``python benchmarks/run.py training --data beauty --cap 60``, go to the
parts from preparation on, which write tables, JSON and pictures to benchmarks/results,
or where ``--out`` says; ``python benchmarks/run.py training --help`` lists them.
"""

import os
import pathlib
import subprocess
import sys

PARTS = ("encode", "baselines", "recommender", "traffic", "family")
SPEED = (
    "preparation",
    "training",
    "inference",
    "retrieval",
    "growth",
    "efficiency",
    "overhead",
    "precision",
)


def main():
    """Run each part in a process of its own, so that none inherits another's memory."""
    folder = pathlib.Path(__file__).parent
    given = sys.argv[1:]
    first = next(
        (i for i, word in enumerate(given) if word.startswith("-")), len(given)
    )
    wanted, options = given[:first] or [*PARTS, "speed"], given[first:]
    unknown = [name for name in wanted if name not in (*PARTS, *SPEED, "speed")]
    if unknown:
        known = ", ".join((*PARTS, *SPEED))
        sys.exit(f"No benchmark {unknown[0]!r}. There are: {known}; speed.")
    if "speed" in wanted:
        wanted = [name for name in wanted if name not in (*SPEED, "speed")] + [*SPEED]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    for name in wanted:
        print(f"\n## {name}\n", flush=True)
        if name in SPEED:
            command = [sys.executable, folder / "speed" / f"{name}.py", *options]
            subprocess.run(command, check=True, env=environment)
        else:
            subprocess.run([sys.executable, folder / f"{name}.py"], check=True)


if __name__ == "__main__":
    main()
