import narwhals as nw
import numpy as np
import pytest

from seqrec.datasets import _backends
from seqrec.datasets._backends import FRAMES, choose_frame, make_frame


@pytest.mark.parametrize("frame", FRAMES)
def test_make_frame_returns_the_library_asked_for(frame):
    pytest.importorskip(frame)
    table = make_frame({"a": np.array([1, 2]), "b": ["x", "y"]}, frame)
    assert type(table).__module__.split(".")[0] == frame
    assert nw.from_native(table).to_dict(as_series=False) == {
        "a": [1, 2],
        "b": ["x", "y"],
    }


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [
        ({"pandas", "polars", "pyarrow"}, "pandas"),
        ({"polars", "pyarrow"}, "polars"),
        ({"pyarrow"}, "pyarrow"),
    ],
)
def test_none_is_the_first_installed_library(monkeypatch, installed, chosen):
    monkeypatch.setattr(_backends, "is_installed", installed.__contains__)
    assert choose_frame(None, owner="load") == chosen


def test_no_library_at_all_names_an_install_line(monkeypatch):
    monkeypatch.setattr(_backends, "is_installed", lambda name: False)
    with pytest.raises(ImportError, match=r"load .* pandas, polars or .* pip install"):
        choose_frame(None, owner="load")


def test_missing_library_names_its_install_line(monkeypatch):
    monkeypatch.setattr(_backends, "is_installed", lambda name: False)
    message = r"load\(frame='polars'\) needs polars, .* pip install polars"
    with pytest.raises(ImportError, match=message):
        choose_frame("polars", owner="load")


def test_unknown_library_lists_the_options():
    message = r"'pandas', 'polars', 'pyarrow'}. Got 'polar' .* mean 'polars'\?"
    with pytest.raises(ValueError, match=message):
        choose_frame("polar", owner="load")


def test_frame_must_be_text():
    with pytest.raises(TypeError, match="'frame' parameter of load must be a str"):
        choose_frame(3, owner="load")
