import json

from seqrec.persistence import load_model

QUICK = ["--budget", "0.05", "--max-epochs", "2"]


def test_profile_tells_time_and_memory_beforehand(shell, parquet):
    done = shell("profile", parquet, *QUICK)
    assert done.exit_code == 0, done.output
    assert "A fit takes about" in done.stdout
    assert "estimated seconds" in done.stdout
    assert "measured" not in done.stdout
    assert "Next: the same command with --fit." in done.stdout


def test_fit_measures_and_saves_the_model_of_fit(
    shell, parquet, model, events, tmp_path
):
    path = tmp_path / "model.joblib"
    done = shell("profile", parquet, *QUICK, "--fit", "-o", path)
    assert done.exit_code == 0, done.output
    assert "measured seconds" in done.stdout
    assert (load_model(path).predict(events) == load_model(model).predict(events)).all()


def test_json_is_all_that_stdout_gets(shell, named_csv, events):
    done = shell(
        "profile", named_csv, *QUICK, "--user", "who", "--item", "what",
        "--time", "when", "--encoder", "gru", "--fit", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["n_events"] == len(events)
    assert report["n_epochs"] == report["fit_epochs"] == 2
    assert report["total_seconds"] == sum(report["seconds"].values())
    assert report["total_memory"] > report["memory"]["baseline"] > 0
    assert report["fit_seconds"]["backward"] > 0


def test_a_model_is_saved_only_if_one_is_trained(shell, parquet, tmp_path):
    path = tmp_path / "model.joblib"
    message = shell.fail("profile", parquet, "-o", path, code=2)
    assert "--output goes with --fit" in message


def test_a_wrong_setting_is_explained(shell, parquet):
    assert "encoder" in shell.fail("profile", parquet, "--encoder", "lstmm")
    assert "budget" in shell.fail("profile", parquet, "--budget", "0")
