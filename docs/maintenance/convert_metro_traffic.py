"""Write seqrec/datasets/data/metro_traffic/ from a Parquet file.

Usage: python docs/maintenance/convert_metro_traffic.py SERIES.parquet

The file has a row for every hour, with `timestamp` (seconds) and `value` (null where
the hour is missing), as described in seqrec/datasets/data/README.md. Needs pyarrow. The
same input gives the same file.
"""

import sys
from pathlib import Path

import pyarrow.parquet as pq
from convert_movietweetings import write_csv

TARGET = Path(__file__).parents[2] / "seqrec" / "datasets" / "data" / "metro_traffic"
COLUMNS = ("timestamp", "value")


def main(source):
    """Convert the file `source`."""
    TARGET.mkdir(parents=True, exist_ok=True)
    table = pq.read_table(source, columns=list(COLUMNS)).to_pydict()
    rows = [
        (timestamp, "" if value is None or value != value else int(value))
        for timestamp, value in zip(*table.values(), strict=True)
    ]
    write_csv(TARGET / "series.csv.gz", COLUMNS, rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
