import subprocess
import sys
from pathlib import Path

import narwhals as nw
import numpy as np
import pytest

from seqrec.datasets import load_metro_traffic
from seqrec.datasets._backends import FRAMES

# Where a checkout has the file that the embedded one was made from.
ORIGINAL = Path(__file__).parents[3] / "shared" / "data" / "metro-traffic"


@pytest.fixture(scope="module")
def data():
    return load_metro_traffic()


def test_there_is_a_row_for_every_hour_and_holes_are_as_described(data):
    series = nw.from_native(data.series)
    assert series.columns == ["timestamp", "value"]
    time, value = (series[name].to_numpy() for name in series.columns)
    assert time.dtype == np.int64
    assert len(time) == 52_551
    assert (np.diff(time) == 3600).all()
    missing = np.isnan(value)
    assert missing.sum() == 11_976
    edges = np.flatnonzero(np.diff(np.concatenate([[0], missing, [0]])))
    assert (edges[1::2] - edges[::2]).max() == 7_386
    described = data.DESCR.replace("\n", " ")
    for text in ("52,551 hours", "11,976 are missing", "7,386 hours", data.citation):
        assert text in described
    assert "Creative Commons Attribution 4.0" in described


def test_a_road_is_busier_by_day_than_by_night(data):
    series = nw.from_native(data.series)
    hour = series["timestamp"].to_numpy() // 3600 % 24
    value = series["value"].to_numpy()
    assert np.nanmean(value[hour == 16]) > 5 * np.nanmean(value[hour == 3])


@pytest.mark.parametrize("frame", FRAMES)
def test_every_library_gets_the_same_values(data, frame):
    pytest.importorskip(frame)
    found = nw.from_native(load_metro_traffic(frame=frame).series)
    assert found.implementation.value == frame
    expected = nw.from_native(data.series)
    for name in expected.columns:
        np.testing.assert_array_equal(found[name].to_numpy(), expected[name].to_numpy())


def test_loading_needs_no_pandas_and_loads_no_torch():
    pytest.importorskip("polars")
    code = (
        "import sys\n"
        "sys.modules.update(pandas=None, pyarrow=None)  # as if not installed\n"
        "from seqrec.datasets import load_metro_traffic\n"
        "series = load_metro_traffic(frame='polars').series\n"
        "print(series.shape, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[0] == "(52551, 2) False", done.stderr


def test_an_unknown_library_is_named():
    with pytest.raises(ValueError, match=r"of load_metro_traffic .* Got 'dask'"):
        load_metro_traffic(frame="dask")


@pytest.mark.skipif(
    not ORIGINAL.exists(), reason="the original file is not beside this repository"
)
def test_the_embedded_series_is_the_original(data):
    pq = pytest.importorskip("pyarrow.parquet")
    original = pq.read_table(ORIGINAL / "series.parquet").select(["timestamp", "value"])
    found = nw.from_native(data.series)
    for name in found.columns:
        expected = original[name].to_numpy(zero_copy_only=False)
        np.testing.assert_array_equal(found[name].to_numpy(), expected)
