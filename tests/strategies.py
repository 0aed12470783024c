"""Generators of random inputs for property tests."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


@st.composite
def score_matrices(draw, max_rows=4, max_items=8):
    """Draw scores of shape (n, n_items): many ties, some -inf, float32 or float64."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    shape = draw(st.integers(1, max_rows)), draw(st.integers(1, max_items))
    values = st.sampled_from([-np.inf, -1.5, 0.0, 0.25, 1.0, 2.0])
    return draw(hnp.arrays(dtype, shape, elements=values))


@st.composite
def rankings(draw, max_rows=4, n_items=8):
    """Draw rankings of shape (n, K): distinct item codes, then empty slots."""
    shape = draw(st.integers(1, max_rows)), draw(st.integers(1, n_items))
    table = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, n_items)))
    for row in table:
        codes = [code for code in dict.fromkeys(row.tolist()) if code > 0]
        row[:] = codes + [0] * (len(row) - len(codes))
    return table


@st.composite
def target_codes(draw, n_rows, n_items=8, max_targets=4):
    """Draw targets of shape (n_rows, m): distinct codes, -1 unknown, 0 padding."""
    shape = n_rows, draw(st.integers(1, max_targets))
    table = draw(hnp.arrays(np.int64, shape, elements=st.integers(-1, n_items)))
    for row in table:
        for column in range(1, len(row)):
            if row[column] > 0 and row[column] in row[:column]:
                row[column] = 0
    return table


_INTEGER_IDS = st.sampled_from([-(2**40), -1, 0, 1, 2, 7, 2**62])
_STRING_IDS = st.sampled_from(["", "a", "B", "ab", "ä", "\U0001f409", "10", "9"])


@st.composite
def event_logs(draw, max_events=12, min_events=1):
    """Draw the columns of an event log as lists.

    Few users and items, integer or string ids, rows in any order, times that tie.
    """
    n = draw(st.integers(min_events, max_events))
    columns = {}
    for name in ("user_id", "item_id"):
        ids = draw(st.sampled_from([_INTEGER_IDS, _STRING_IDS]))
        columns[name] = draw(st.lists(ids, min_size=n, max_size=n))
    wide = draw(st.booleans())  # no room beside the user in a 64-bit sort key
    times = st.integers(-(2**62), 2**62) if wide else st.integers(-2, 3)
    columns["timestamp"] = draw(st.lists(times, min_size=n, max_size=n))
    return columns


@st.composite
def ragged_histories(draw, max_rows=5, max_length=5, min_length=0):
    """Draw histories of item ids, all integers or all strings; some are empty."""
    ids = draw(st.sampled_from([_INTEGER_IDS, _STRING_IDS]))
    row = st.lists(ids, min_size=min_length, max_size=max_length)
    return draw(st.lists(row, min_size=1, max_size=max_rows))
