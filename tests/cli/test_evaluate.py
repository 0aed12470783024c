import json

import polars as pl
import pytest

BASELINES = {
    "popularity",
    "popularity, 7 days",
    "Markov chain",
    "sequential rules",
    "item kNN",
}


def test_json_has_every_model_best_first(shell, parquet, events):
    done = shell("evaluate", parquet, "--max-epochs", 2, "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert {one["model"] for one in report["models"]} == BASELINES | {
        "attention network"
    }
    values = [one["ndcg@10"] for one in report["models"]]
    assert values == sorted(values, reverse=True)
    counts = events.group_by("user_id").len()["len"]
    assert report["tested"] == int((counts > 1).sum())
    best = report["models"][0]
    assert best["ndcg@10 low"] <= best["ndcg@10"] <= best["ndcg@10 high"]
    assert report["protocol"]["split"].startswith("LeaveLastOut(")


def test_the_table_names_models_and_the_best_baseline(shell, parquet):
    done = shell("evaluate", parquet, "--max-epochs", 1, "--metrics", "mrr,ndcg@5")
    assert done.exit_code == 0, done.output
    assert all(name in done.stdout for name in BASELINES)
    assert "MRR of the attention network is" in " ".join(done.stdout.split())
    assert "NDCG@5" in done.stdout
    assert "[" not in done.stdout
    assert "users drawn anew 1,000 times" in " ".join(done.stdout.split())


def test_temporal_folds_take_days(shell, events, tmp_path):
    path = tmp_path / "mixed.parquet"
    four_a_day = pl.int_range(len(events)) * 21_600
    mixed = events.sample(fraction=1, shuffle=True, seed=0)
    mixed.with_columns(timestamp=four_a_day).write_parquet(path)
    done = shell(
        "evaluate", path, "--split", "temporal", "--folds", 2, "--test-days", 10,
        "--max-epochs", 1, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["split"], report["folds"]) == ("temporal", 2)
    assert all(0 <= one["ndcg@10"] <= 1 for one in report["models"])


def test_a_saved_model_lends_its_settings(shell, parquet, model):
    done = shell("evaluate", parquet, "--model", model, "--json")
    assert done.exit_code == 0, done.output
    names = {one["model"] for one in json.loads(done.stdout)["models"]}
    assert names == BASELINES | {"model.joblib"}


def test_an_unknown_metric_is_found_before_the_file(shell):
    message = shell.fail("evaluate", "no.parquet", "--metrics", "ndgc@10")
    assert "ndcg" in message


def test_the_temporal_split_without_times_is_explained(shell, parquet):
    message = shell.fail("evaluate", parquet, "--split", "temporal", "--time", "")
    assert "needs times" in message


@pytest.mark.parametrize(
    "words", [["--split", "random"], ["--folds", "0"], ["--test-days", "3"]]
)
def test_wrong_usage_has_its_own_exit_code(shell, parquet, words):
    shell.fail("evaluate", parquet, *words, code=2)
