import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from seqrec.data.series import make_windows

small = st.integers(1, 4)


@given(n=st.integers(2, 20), length=small, horizon=small, stride=small, d=small)
def test_windows_equal_a_loop_over_times(n, length, horizon, stride, d):
    series = np.arange(n * d).reshape(n, d)
    target = d - 1
    starts = range(0, n - length - horizon + 1, stride)
    if not len(starts):
        with pytest.raises(ValueError, match=f"= {length + horizon} times. Got {n}"):
            make_windows(series, length, horizon)
        return
    X, y, first = make_windows(series, length, horizon, stride=stride, target=target)
    assert X.tolist() == [series[t : t + length].tolist() for t in starts]
    expected = [series[t + length : t + length + horizon, target] for t in starts]
    assert y.reshape(len(starts), -1).tolist() == np.array(expected).tolist()
    assert first.tolist() == [t + length for t in starts]
    assert y.ndim == (1 if horizon == 1 else 2)


@given(length=small, horizon=small, stride=small)
def test_no_window_holds_a_time_at_or_after_its_targets(length, horizon, stride):
    windows = make_windows(np.arange(20), length, horizon, stride=stride)
    assert (windows.X < windows.first[:, None]).all()
    assert (windows.X[:, -1] == windows.first - 1).all()
    assert (windows.y.reshape(len(windows.X), -1)[:, 0] == windows.first).all()


def test_one_axis_in_gives_two_axes_out():
    X, y, first = make_windows([1.0, np.nan, 3.0, 4.0], 2)
    np.testing.assert_array_equal(X, [[1, np.nan], [np.nan, 3]])
    assert y.tolist() == [3.0, 4.0]
    assert first.dtype == np.int64


def test_windows_are_read_only_views():
    series = np.arange(6.0)
    X, y, _ = make_windows(series, 3)
    for part in (X, y, make_windows(series, 2, 2).y):
        assert np.shares_memory(part, series)
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 7
    assert series.flags.writeable
    assert series.tolist() == list(range(6))


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_tables_count_as_their_values(library):
    table = library.DataFrame({"a": [1, 2, 3, 4], "b": [0.5, 1.5, None, 3.5]})
    X, y, _ = make_windows(table, 2, target=1)
    np.testing.assert_array_equal(X[0], [[1, 0.5], [2, 1.5]])
    np.testing.assert_array_equal(y, [np.nan, 3.5])
    series = make_windows(table["b"], 2).X
    np.testing.assert_array_equal(series, [[0.5, 1.5], [1.5, np.nan]])


def test_nulls_of_pandas_become_nan():
    series = pd.Series([1, None, 3], dtype="Int64")
    np.testing.assert_array_equal(make_windows(series, 2).X, [[1, np.nan]])


@given(horizon=small, stride=small, cut=st.integers(8, 16))
def test_the_rule_of_the_docstring_keeps_targets_apart(horizon, stride, cut):
    _, y, first = make_windows(np.arange(24), 3, horizon, stride=stride)
    y = y.reshape(len(first), -1)
    assert (y[first + horizon <= cut] < cut).all()
    assert (y[first >= cut] >= cut).all()
    gap = (horizon - 1) // stride
    between = (first + horizon > cut) & (first < cut)
    assert between.sum() in ({gap} if stride == 1 else {gap, gap + 1})


@given(horizon=small, stride=small)
def test_the_gap_of_the_docstring_is_the_least_that_keeps_targets_apart(
    horizon, stride
):
    X, y, _ = make_windows(np.arange(60), 2, horizon, stride=stride)
    y = y.reshape(len(X), -1)
    gap = (horizon - 1) // stride
    for train, test in TimeSeriesSplit(2, gap=gap, test_size=2).split(X):
        assert y[train].max() < y[test].min()
        if gap:
            assert y[train + 1].max() >= y[test].min()


def test_windows_go_through_scikit_learn():
    series = np.sin(np.arange(60) / 3)
    X, y, _ = make_windows(series, 4)
    scores = cross_val_score(LinearRegression(), X, y, cv=TimeSeriesSplit(3))
    assert (scores > 0.99).all()


@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({"stride": 0}, ValueError, "'stride' parameter of make_windows .* Got 0"),
        ({"length": 0}, ValueError, "'length' parameter of make_windows .* Got 0"),
        ({"horizon": -1}, ValueError, "'horizon' parameter of make_windows .* Got -1"),
        ({"horizon": 1.0}, TypeError, "'horizon' parameter of make_windows .* Got 1.0"),
        ({"target": 1}, ValueError, r"'target' .* range \[0, 0\]. Got 1"),
        ({"target": -1}, ValueError, r"'target' .* range \[0, 0\]. Got -1"),
        ({"length": 5}, ValueError, r"5 \+ 1 = 6 times. Got 5; give a longer"),
        ({"series": 3.0}, ValueError, r"shape \(n_times,\) .* Got \(\)"),
        ({"series": np.ones((2, 2, 2))}, ValueError, r"Got \(2, 2, 2\)"),
        ({"series": np.ones((9, 0))}, ValueError, r"Got \(9, 0\)"),
        ({"series": ["a", "b"]}, TypeError, "must hold numbers. Got dtype <U1"),
        ({"series": [1, "b", None]}, TypeError, "must hold numbers"),
        ({"series": [1.0, object()]}, TypeError, r"Got objects \("),
    ],
)
def test_what_cannot_be_cut_is_a_clear_error(params, error, match):
    params = {"series": np.arange(5.0), "length": 2, **params}
    with pytest.raises(error, match=match):
        make_windows(**params)


def test_masked_values_are_missing():
    series = np.ma.masked_equal([1, 2, 99, 4, 5], 99)
    X, y, _ = make_windows(series, 3, 1)
    np.testing.assert_array_equal(X, [[1, 2, np.nan], [2, np.nan, 4]])
    np.testing.assert_array_equal(y, [4, 5])
