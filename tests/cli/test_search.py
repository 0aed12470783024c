import json

import pytest

from seqrec.persistence import load_model


def test_the_grid_is_searched_and_the_best_saved(shell, parquet, tmp_path):
    path = tmp_path / "best.joblib"
    done = shell(
        "search", parquet, "--heads", "1,2", "--hidden-units", "4,8",
        "--max-epochs", 2, "-o", path, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    results = json.loads(done.stdout)["results"]
    pairs = {(row["heads"], row["hidden_units"]) for row in results}
    assert pairs == {(1, 4), (1, 8), (2, 4), (2, 8)}
    values = [row["ndcg@10"] for row in results]
    assert values == sorted(values, reverse=True)
    network = load_model(path).steps[-1][1]
    best = results[0]
    assert (network.n_heads, network.hidden_units) == (
        best["heads"],
        best["hidden_units"],
    )


def test_the_table_has_a_line_for_each_pair(shell, parquet):
    done = shell(
        "search", parquet, "--heads", "1", "--hidden-units", "4,16",
        "--max-epochs", 1, "--metric", "hit_rate@5",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "hit rate@5" in done.stdout
    assert " 16 " in done.stdout


def test_heads_that_do_not_divide_are_named_before_anything_is_read(shell):
    message = shell.fail("search", "no.csv", "--heads", "3", "--hidden-units", "64")
    assert "3 of 64" in message


def test_a_wrong_setting_is_explained_without_a_traceback(shell, parquet):
    message = shell.fail("search", parquet, "--encoder", "lstmm", "--max-epochs", 1)
    assert "encoder" in message


@pytest.mark.parametrize("heads", ["one", "1,,2", "0", ""])
def test_a_list_that_is_none_is_wrong_usage(shell, parquet, heads):
    message = shell.fail("search", parquet, "--heads", heads, code=2)
    assert "--heads takes whole numbers" in message
