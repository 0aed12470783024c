import json

import pytest

from seqrec.persistence import load_model


def test_fit_writes_a_model_that_answers(shell, parquet, events, tmp_path):
    path = tmp_path / "model.joblib"
    done = shell(
        "fit", parquet, "-o", path, "--max-epochs", 2, "--hidden-units", 8,
        "--heads", 4, "--encoder", "gru",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "Learned from" in done.stdout
    network = load_model(path).steps[-1][1]
    assert (network.hidden_units, network.n_heads, network.encoder) == (8, 4, "gru")
    assert load_model(path).predict(events).shape == (events["user_id"].n_unique(), 10)


def test_json_is_all_that_stdout_gets(shell, named_csv, events, tmp_path):
    path = tmp_path / "model.joblib"
    done = shell(
        "fit", named_csv, "-o", path, "--user", "who", "--item", "what",
        "--time", "when", "--max-epochs", 2, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["events"] == len(events)
    assert report["users"] == events["user_id"].n_unique()
    assert report["epochs"] == 2
    assert report["bytes"] == path.stat().st_size


def test_an_empty_time_takes_the_rows_as_ordered(shell, named_csv, tmp_path):
    path = tmp_path / "model.joblib"
    done = shell(
        "fit", named_csv, "-o", path, "--user", "who", "--item", "what",
        "--time", "", "--max-epochs", 1,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert load_model(path).steps[0][1].time is None


def test_the_same_seed_gives_the_same_answers(shell, parquet, model, tmp_path, events):
    again = tmp_path / "again.joblib"
    shell("fit", parquet, "-o", again, "--max-epochs", 2, "--seed", 0)
    first, second = load_model(model), load_model(again)
    assert (first.predict(events) == second.predict(events)).all()


def test_a_missing_file_is_one_sentence_with_a_suggestion(shell, parquet, tmp_path):
    wrong = parquet.with_name("event.parquet")
    message = shell.fail("fit", wrong, "-o", tmp_path / "m.joblib")
    assert message.startswith("Error: ")
    assert "does not exist. Did you mean 'events.parquet'?" in message


def test_a_missing_column_is_named(shell, parquet, tmp_path):
    message = shell.fail("fit", parquet, "-o", tmp_path / "m.joblib", "--user", "who")
    assert "'who'" in message
    assert "user_id" in message


def test_a_missing_folder_is_found_before_anything_is_read(shell, tmp_path):
    message = shell.fail("fit", "no.parquet", "-o", tmp_path / "absent" / "m.joblib")
    assert "absent' does not exist" in message


@pytest.mark.parametrize(
    ("option", "value", "part"),
    [
        ("--encoder", "lstmm", "encoder"),
        ("--heads", 3, "n_heads"),
        ("--device", "cuda:99", "device"),
    ],
)
def test_a_wrong_setting_is_explained(shell, parquet, tmp_path, option, value, part):
    path = tmp_path / "m.joblib"
    message = shell.fail("fit", parquet, "-o", path, option, value)
    assert part in message
    assert not path.exists()


def test_debug_lets_the_traceback_through(shell, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.parquet"):
        shell("fit", "no.parquet", "-o", tmp_path / "m.joblib", "--debug")


@pytest.mark.parametrize(
    "words",
    [["fit"], ["fit", "a.csv"], ["fit", "a.csv", "-o", "m", "--time-unit", "h"]],
)
def test_wrong_usage_has_its_own_exit_code(shell, words):
    shell.fail(*words, code=2)


def test_a_warning_is_a_note_on_stderr(shell, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("user_id,item_id,timestamp\n1,a,1\n1,b,2\n2,a,1\n")
    words = ["-o", tmp_path / "m.joblib", "--max-epochs", 1, "--json"]
    done = shell("fit", path, *words)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["users"] == 2
    assert done.stderr.startswith("Note: 1 of 2 rows")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_watched_fit_shows_epochs_and_saves_none_of_the_bar(
    shell, parquet, tmp_path, monkeypatch
):
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, as rich sees it
    path = tmp_path / "m.joblib"
    done = shell("fit", parquet, "-o", path, "--max-epochs", 2)
    assert done.exit_code == 0, done.output
    assert "Fitting" in done.stderr
    assert load_model(path).steps[-1][1].callbacks is None
    assert "Fitting" not in shell("fit", parquet, "-o", path, "--quiet").stderr
