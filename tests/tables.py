"""The kinds of table that seqrec reads, for parametrised tests."""

import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa

KINDS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


def to_lists(table):
    """Return a table of any kind as a dict of lists."""
    frame = nw.from_native(table)
    return {name: frame[name].to_list() for name in frame.columns}
