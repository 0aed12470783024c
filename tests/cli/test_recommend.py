import json

import polars as pl
import pytest

from seqrec.estimators import PopularityRecommender
from seqrec.persistence import load_model, save_model


def test_json_holds_what_the_library_answers(shell, model, parquet, events):
    done = shell("recommend", model, parquet, "-k", 3, "--json")
    assert done.exit_code == 0, done.output
    answers = json.loads(done.stdout)
    expected = load_model(model).predict(events, top_k=3).tolist()
    assert [[one["item"] for one in row["items"]] for row in answers] == expected
    assert [row["user"] for row in answers] == sorted(set(events["user_id"].to_list()))
    assert [one["rank"] for one in answers[0]["items"]] == [1, 2, 3]


def test_a_table_shows_some_users_and_says_how_many_more(shell, model, parquet, events):
    done = shell("recommend", model, parquet)
    assert done.exit_code == 0, done.output
    assert f"{events['user_id'].n_unique() - 10} more users" in done.stdout


def test_one_user_can_be_picked(shell, model, parquet, a_user):
    done = shell("recommend", model, parquet, "--for", a_user, "-k", 2, "--json")
    (answer,) = json.loads(done.stdout)
    assert answer["user"] == a_user
    assert len(answer["items"]) == 2


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_all_answers_go_to_a_file(shell, model, parquet, events, tmp_path, ending):
    path = tmp_path / f"answers.{ending}"
    done = shell("recommend", model, parquet, "-k", 2, "-o", path)
    assert done.exit_code == 0, done.output
    read = pl.read_csv if ending == "csv" else pl.read_parquet
    table = read(path)
    assert table.columns == ["user_id", "rank", "item_id", "score"]
    assert table["user_id"].n_unique() == events["user_id"].n_unique()


def test_columns_may_have_other_names_than_in_fit(
    shell, model, parquet, events, tmp_path
):
    renamed = tmp_path / "renamed.parquet"
    names = {"user_id": "who", "item_id": "what", "timestamp": "when"}
    events.rename(names).write_parquet(renamed)
    words = ["--user", "who", "--item", "what", "--time", "when", "--json"]
    done = shell("recommend", model, renamed, *words)
    assert done.exit_code == 0, done.output
    assert done.stdout == shell("recommend", model, parquet, "--json").stdout


def test_brackets_in_ids_are_printed_as_they_are(shell, named_csv, tmp_path):
    path = tmp_path / "model.joblib"
    words = ["--user", "who", "--item", "what", "--time", "when", "--max-epochs", 1]
    assert shell("fit", named_csv, "-o", path, *words).exit_code == 0
    done = shell("recommend", path, named_csv, "-k", 2)
    assert "  film [" in done.stdout
    assert "\\" not in done.stdout


def test_seen_items_can_be_let_in(shell, model, parquet, events, a_user):
    seen = set(events.filter(events["user_id"] == a_user)["item_id"].to_list())
    k = events["item_id"].n_unique()
    words = ["recommend", model, parquet, "--for", a_user, "-k", k, "--json"]
    (without,) = json.loads(shell(*words, "--without-seen").stdout)
    (with_seen,) = json.loads(shell(*words, "--with-seen").stdout)
    assert not seen & {one["item"] for one in without["items"]}
    assert seen <= {one["item"] for one in with_seen["items"]}


def test_an_unknown_user_is_named(shell, model, parquet):
    message = shell.fail("recommend", model, parquet, "--for", "nobody")
    assert "'nobody'" in message
    assert "at least one event" in message


def test_k_above_the_catalogue_is_explained(shell, model, parquet):
    message = shell.fail("recommend", model, parquet, "-k", 1000)
    assert "k=1000 is more than the" in message


def test_a_cut_model_file_is_explained(shell, model, parquet, tmp_path):
    cut = tmp_path / "cut.joblib"
    cut.write_bytes(model.read_bytes()[:500])
    message = shell.fail("recommend", cut, parquet)
    assert "is not a complete model" in message


def test_events_in_place_of_the_model_are_explained(shell, model, parquet):
    message = shell.fail("recommend", parquet, model)
    assert "not written by seqrec" in message


def test_a_model_that_takes_no_event_log_is_explained(shell, parquet, tmp_path):
    path = tmp_path / "bare.joblib"
    save_model(path, PopularityRecommender().fit([["a", "b"]]))
    assert "does not take an event log" in shell.fail("recommend", path, parquet)


def test_an_ending_that_cannot_be_written_is_explained(shell, model, parquet, tmp_path):
    message = shell.fail("recommend", model, parquet, "-o", tmp_path / "a.xlsx")
    assert "must end in .csv or .parquet" in message


def test_k_zero_is_wrong_usage(shell, model, parquet):
    shell.fail("recommend", model, parquet, "-k", 0, code=2)
