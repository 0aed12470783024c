"""Run the benchmarks: all of them, or those named.

python benchmarks/run.py [encode] [baselines] [recommender] [traffic] [family]
"""

import pathlib
import subprocess
import sys

PARTS = ("encode", "baselines", "recommender", "traffic", "family")


def main():
    """Run each part in a process of its own, so that none inherits another's memory."""
    folder = pathlib.Path(__file__).parent
    wanted = sys.argv[1:] or PARTS
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        sys.exit(f"No benchmark {unknown[0]!r}. There are: {', '.join(PARTS)}.")
    for name in wanted:
        print(f"\n## {name}\n", flush=True)
        subprocess.run([sys.executable, folder / f"{name}.py"], check=True)


if __name__ == "__main__":
    main()
