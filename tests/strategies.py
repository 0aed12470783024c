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
