"""Generators of padded batches for the tests of the network."""

import torch
from hypothesis import strategies as st


@st.composite
def histories(draw, n_items, max_rows=4, max_length=6, min_length=0):
    """Draw histories: lists of item codes, some of them empty."""
    code = st.integers(1, n_items)
    row = st.lists(code, min_size=min_length, max_size=max_length)
    return draw(st.lists(row, min_size=1, max_size=max_rows))


def pad(rows, n_steps=None):
    """Return codes (B, T), padded on the right, and lengths (B,)."""
    lengths = [len(row) for row in rows]
    n_steps = max(lengths) if n_steps is None else n_steps
    codes = torch.zeros(len(rows), n_steps, dtype=torch.int64)
    for out, row in zip(codes, rows, strict=True):
        out[: len(row)] = torch.tensor(row)
    return codes, torch.tensor(lengths)
