import json
import sys

import pytest
from sklearn.utils import Bunch

from seqrec import datasets

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def small_films(events, monkeypatch):
    import polars as pl

    items = sorted(set(events["item_id"].to_list()))
    titles = [f"Film [{item}] costs $5 and $6" for item in items]
    films = pl.DataFrame({"item_id": items, "title": titles})
    data = Bunch(events=events, item_features=films)
    monkeypatch.setattr(datasets, "load_movietweetings", lambda frame: data)


@pytest.mark.usefixtures("small_films")
def test_the_demo_shows_every_model_and_draws_two_pictures(shell, tmp_path):
    folder = tmp_path / "new" / "demo"
    done = shell("demo", "-o", folder, "--max-epochs", 2)
    assert done.exit_code == 0, done.output
    for name in ("popularity", "Markov", "rules", "kNN", "attention network"):
        assert name in done.stdout
    assert "Film [" in done.stdout
    for name in ("learning_curve.png", "attention.png"):
        assert (folder / name).read_bytes().startswith(PNG)


@pytest.mark.usefixtures("small_films")
def test_json_has_the_same_for_programs(shell, tmp_path):
    done = shell("demo", "-o", tmp_path, "--max-epochs", 1, "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert len(report["models"]) == 5
    assert len(report["recommendations"]) == 3
    assert all(len(one["items"]) == 5 for one in report["recommendations"])


def test_without_matplotlib_the_install_line_is_shown(shell, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = shell.fail("demo", "-o", tmp_path)
    assert 'pip install "seqrec[cli,plot]"' in message


def test_a_folder_that_is_a_file_is_explained(shell, tmp_path):
    path = tmp_path / "taken"
    path.touch()
    assert "taken" in shell.fail("demo", "-o", path)


@pytest.mark.slow
def test_the_network_is_the_best_on_the_embedded_films(shell, tmp_path):
    done = shell("demo", "-o", tmp_path, "--json")
    best = json.loads(done.stdout)["models"][0]
    assert best["model"] == "attention network"
