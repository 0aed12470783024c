"""Write seqrec/datasets/data/movietweetings/ from a folder of Parquet files.

Usage: python docs/maintenance/convert_movietweetings.py SOURCE_FOLDER

SOURCE_FOLDER holds `events.parquet`, `items.parquet` and `LICENSE`, as described in
seqrec/datasets/data/README.md. Needs pyarrow. The same input gives the same files.
"""

import csv
import gzip
import io
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq

TARGET = Path(__file__).parents[2] / "seqrec" / "datasets" / "data" / "movietweetings"
EVENT_COLUMNS = ("user_id", "item_id", "timestamp", "rating")
ITEM_COLUMNS = ("item_id", "title", "year", "genres")


def write_csv(path, header, rows):
    """Write rows as a gzipped UTF-8 CSV file without a time stamp or a name in it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as packed,
    ):
        packed.write(text.getvalue().encode())


def read_rows(path, columns):
    """Return the rows of a Parquet file as tuples, lists joined by ``|``."""
    table = pq.read_table(path, columns=list(columns)).to_pydict()
    if "genres" in table:
        table["genres"] = ["|".join(names) for names in table["genres"]]
    return list(zip(*(table[name] for name in columns), strict=True))


def main(source):
    """Convert the folder `source`."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, columns in (("events", EVENT_COLUMNS), ("items", ITEM_COLUMNS)):
        rows = read_rows(source / f"{name}.parquet", columns)
        write_csv(TARGET / f"{name}.csv.gz", columns, rows)
    shutil.copyfile(source / "LICENSE", TARGET / "LICENSE")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
