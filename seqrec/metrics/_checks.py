"""Checks and row blocks shared by the metrics (floor 1: numpy alone)."""

import numpy as np

NOT_IN_CATALOGUE = -1
BLOCK_ENTRIES = 1 << 18


def check_targets(targets, *, n_items=None):
    """Return `targets` as integer codes of shape (n,) or (n, m), checked."""
    codes = _as_codes("targets", targets)
    if codes.ndim not in (1, 2):
        raise ValueError(
            f"targets has shape {codes.shape}. Pass codes of shape (n,) or (n, m)."
        )
    high = np.inf if n_items is None else n_items
    _raise_for_codes("targets", codes, low=NOT_IN_CATALOGUE, high=high)
    if codes.ndim == 2:
        hint = "Keep each target once in its row."
        _raise_for_repeats("targets", codes, hint=hint)
    return codes


def check_rankings(rankings):
    """Return `rankings` as integer codes of shape (n, K), checked."""
    codes = _as_codes("rankings", rankings)
    if codes.ndim != 2:
        raise ValueError(
            f"rankings has shape {codes.shape}. Pass item codes of shape (n, K), "
            "best first."
        )
    _raise_for_codes("rankings", codes, low=0, high=np.inf)
    hint = "Rank each item once and fill empty slots with 0."
    _raise_for_repeats("rankings", codes, hint=hint)
    return codes


def check_scores(scores):
    """Return `scores` as a numeric array of shape (n, n_items) without NaN."""
    scores = np.asarray(scores)
    if scores.dtype.kind not in "fiub":
        raise TypeError(
            f"scores has dtype {scores.dtype}. Pass real numbers, one column an item."
        )
    if scores.ndim != 2:
        raise ValueError(
            f"scores has shape {scores.shape}. Pass an array of shape (n, n_items); "
            "column c - 1 holds the scores of item code c."
        )
    if scores.dtype.kind == "f":
        # The minimum carries NaN along and, unlike isnan, makes no copy of the scores.
        with np.errstate(invalid="ignore"):
            smallest = scores.min(axis=1, initial=np.inf)
        rows = np.flatnonzero(np.isnan(smallest))
        if rows.size:
            raise ValueError(
                f"scores has NaN in {_rows(rows)}. Give every item a number; -inf "
                "leaves an item out of the ranking."
            )
    return scores


def check_excluded(excluded, shape):
    """Return `excluded` as a bool array of `shape`, or None for None."""
    if excluded is None:
        return None
    excluded = np.asarray(excluded)
    if excluded.dtype != bool:
        raise TypeError(
            f"excluded has dtype {excluded.dtype}. Pass a bool mask, True where an "
            "item is left out of the ranking."
        )
    if excluded.shape != shape:
        raise ValueError(
            f"excluded has shape {excluded.shape} and scores has shape {shape}. "
            "Pass two arrays of one shape."
        )
    return excluded


def check_same_rows(targets, other, *, name):
    """Raise unless `targets` and the array called `name` have one row per target."""
    if len(targets) != len(other):
        raise ValueError(
            f"targets has shape {targets.shape} and {name} has shape {other.shape}. "
            "Pass two arrays with the same number of rows."
        )


def check_ranks(ranks):
    """Return `ranks` as float64 of shape (n, m), each row in rising order, NaN last.

    Whatever a metric counts, the order of the targets within a row does not matter, so
    each row comes back sorted. Rows that no ranking can give are refused: the i-th
    best target of a row stands in place i or below it.
    """
    ranks = np.asarray(ranks)
    if ranks.dtype.kind not in "fiu":
        raise TypeError(
            f"ranks has dtype {ranks.dtype}. Pass numbers from 1, inf for a target "
            "that is not ranked, NaN for padding."
        )
    if ranks.ndim not in (1, 2):
        raise ValueError(
            f"ranks has shape {ranks.shape}. Pass ranks of shape (n,) or (n, m)."
        )
    table = ranks.astype(np.float64)
    if table.ndim == 1:
        table = table[:, None]
    if table.shape[1] == 0:
        return np.full((len(table), 1), np.nan)
    table.sort(axis=1)
    rows = np.flatnonzero((table < np.arange(1, table.shape[1] + 1)).any(axis=1))
    if rows.size:
        raise ValueError(
            f"ranks has a rank below 1, or targets that share a place, in "
            f"{_rows(rows)}. Ranks start at 1 and the targets of one row stand in "
            "different places."
        )
    return table


def count_targets(ordered):
    """Count the targets of each row of ranks: float64, NaN where there is none."""
    n_targets = np.count_nonzero(~np.isnan(ordered), axis=1)
    return np.where(n_targets == 0, np.nan, n_targets)


def row_blocks(n_rows, row_size):
    """Yield (start, stop) of blocks of `BLOCK_ENTRIES` entries, or of one row."""
    step = max(1, BLOCK_ENTRIES // max(1, row_size))
    for start in range(0, n_rows, step):
        yield start, min(start + step, n_rows)


def _as_codes(name, codes):
    codes = np.asarray(codes)
    if codes.size == 0:
        codes = codes.astype(np.int64)
    if codes.dtype.kind not in "iu":
        raise TypeError(
            f"{name} has dtype {codes.dtype}. Pass integer item codes: 1 to n_items, "
            "and 0 for padding."
        )
    return codes


def _raise_for_codes(name, codes, *, low, high):
    outside = (codes < low) | (codes > high)
    if outside.any():
        shown = ", ".join(str(code) for code in np.unique(codes[outside])[:5])
        bounds = f"[{low}, inf)" if high == np.inf else f"[{low}, {high}]"
        raise ValueError(
            f"{name} has {np.count_nonzero(outside)} codes outside {bounds}, among "
            f"them {shown}. Item codes run from 1 to n_items, and 0 is padding."
        )


def _raise_for_repeats(name, codes, *, hint):
    for start, stop in row_blocks(*codes.shape):
        ordered = np.sort(codes[start:stop], axis=1)
        repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)
        rows = np.flatnonzero(repeated.any(axis=1))
        if rows.size:
            code = ordered[rows[0], 1:][repeated[rows[0]]][0]
            raise ValueError(
                f"{name} has item code {code} more than once in row "
                f"{start + rows[0]}. {hint}"
            )


def _rows(rows):
    if rows.size == 1:
        return f"row {rows[0]}"
    return f"{rows.size} rows, first in row {rows[0]}"
