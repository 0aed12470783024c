import csv

import numpy as np
import pytest
from typer.testing import CliRunner

from seqrec.cli._app import build_app
from seqrec.datasets import make_event_log


class Shell:
    """Runs ``seqrec`` with the words given."""

    def __init__(self):
        self.app = build_app()

    def __call__(self, *words):
        done = CliRunner().invoke(self.app, [str(word) for word in words])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def fail(self, *words, code=1):
        """Run, and return stderr as one line, free of tracebacks."""
        done = self(*words)
        assert done.exit_code == code, done.output
        assert done.stdout == ""
        assert "Traceback" not in done.output
        return " ".join(done.stderr.split())


@pytest.fixture(scope="session")
def shell():
    return Shell()


@pytest.fixture(scope="session")
def events():
    """A log of 40 users and up to 60 items, as a polars table."""
    return make_event_log(
        40, 60, n_events_per_user=6, repeats=False, random_state=0, frame="polars"
    )


@pytest.fixture(scope="session")
def parquet(events, tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "events.parquet"
    events.write_parquet(path)
    return path


@pytest.fixture(scope="session")
def named_csv(events, tmp_path_factory):
    """The same log with other column names and text ids, in a CSV file."""
    path = tmp_path_factory.mktemp("log") / "events.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["who", "what", "when"])
        for user, item, time in events.iter_rows():
            writer.writerow([f"u{user}", f"film [{item}]", time])
    return path


@pytest.fixture(scope="session")
def model(shell, parquet, tmp_path_factory):
    """A model file fitted on `parquet`."""
    path = tmp_path_factory.mktemp("model") / "model.joblib"
    done = shell("fit", parquet, "-o", path, "--max-epochs", 2)
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture(scope="session")
def a_user(events):
    return int(np.min(events["user_id"].to_numpy()))
