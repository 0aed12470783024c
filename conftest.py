"""Settings that tests and docstring examples share."""

import os

# Read when numpy and torch load: tests run two at a time, each on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def _doctest_numpy(doctest_namespace):
    doctest_namespace["np"] = np
