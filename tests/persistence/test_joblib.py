import errno
import os

import joblib
import numpy as np
import pytest

from seqrec.estimators import MarkovChainRecommender, PopularityRecommender
from seqrec.exceptions import ModelFileError
from seqrec.persistence import load_model, save_model

HISTORIES = [["a", "b", "c"], ["b", "c"], ["a", "b", "d"]]


@pytest.fixture
def model():
    return MarkovChainRecommender().fit(HISTORIES)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.joblib"


def test_a_loaded_model_gives_the_same_scores(path, model):
    save_model(path, model)
    expected = model.decision_function(HISTORIES)
    np.testing.assert_array_equal(
        load_model(path).decision_function(HISTORIES), expected
    )


def test_saving_replaces_the_file_and_leaves_nothing_else(path, model):
    save_model(path, PopularityRecommender())
    save_model(str(path), model)
    assert isinstance(load_model(path), MarkovChainRecommender)
    assert os.listdir(path.parent) == ["model.joblib"]


def test_saving_through_a_link_writes_what_it_points_to(tmp_path, path, model):
    link = tmp_path / "latest.joblib"
    link.symlink_to(path)
    save_model(link, model)
    assert link.is_symlink()
    assert isinstance(load_model(path), MarkovChainRecommender)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_no_complete_model(path, model, share):
    save_model(path, model)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ModelFileError, match=r"model\.joblib' is not a complete model"):
        load_model(path)


@pytest.mark.parametrize(
    "content", [b"user_id,item_id\n1,2\n", b"hello", b"\x00" * 100, b"PK\x03\x04"]
)
def test_a_file_of_something_else_is_no_complete_model(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="not written by seqrec"):
        load_model(path)


def test_an_empty_file_is_named_so(path):
    path.touch()
    with pytest.raises(ModelFileError, match="is empty"):
        load_model(path)


def test_another_object_is_no_model(path):
    joblib.dump({"a": 1}, path)
    with pytest.raises(ModelFileError, match="no model but an object of type 'dict'"):
        load_model(path)


def test_a_module_that_is_not_installed_is_named(path):
    path.write_bytes(b"cno_such_module\nModel\n.")
    with pytest.raises(ModelFileError, match="no_such_module"):
        load_model(path)


def test_a_missing_file_comes_with_a_suggestion(path, model):
    save_model(path, model)
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'model\.joblib'"):
        load_model(path.with_name("modle.joblib"))


def test_a_folder_is_no_model_file(tmp_path, model):
    with pytest.raises(FileNotFoundError, match="is a folder"):
        load_model(tmp_path)
    with pytest.raises(IsADirectoryError, match="Name a file in it"):
        save_model(tmp_path, model)


def test_a_missing_folder_is_named(tmp_path, model):
    with pytest.raises(FileNotFoundError, match=r"absent' does not exist. Make it"):
        save_model(tmp_path / "absent" / "model.joblib", model)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_model(tmp_path / "absent" / "model.joblib")


def test_a_full_disk_leaves_the_old_file_as_it_was(path, model, monkeypatch):
    save_model(path, model)
    before = path.read_bytes()

    def fill_disk(value, file):
        file.write(b"half a model")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(joblib, "dump", fill_disk)
    with pytest.raises(OSError, match=r"No space left on device.*as before") as caught:
        save_model(path, PopularityRecommender())
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["model.joblib"]


def test_an_interrupt_leaves_the_old_file_as_it_was(path, model, monkeypatch):
    save_model(path, model)
    before = path.read_bytes()

    def interrupt(value, file):
        file.write(b"half a model")
        raise KeyboardInterrupt

    monkeypatch.setattr(joblib, "dump", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_model(path, PopularityRecommender())
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["model.joblib"]


def test_a_model_that_does_not_pickle_is_said_so(path):
    model = PopularityRecommender(window=lambda: None)
    with pytest.raises(TypeError, match="cannot be saved"):
        save_model(path, model)
    assert os.listdir(path.parent) == []


def test_only_estimators_are_saved(path, model):
    with pytest.raises(TypeError, match="Got str"):
        save_model(path, "model")


def test_a_table_in_place_of_a_model_is_not_taken_for_a_missing_module(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("customer,sku,bought_at\n1,2,3\n")
    with pytest.raises(ModelFileError, match="was not written by seqrec"):
        load_model(path)
