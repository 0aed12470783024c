"""Importing seqrec is cheap, and every public name is there when asked for."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import seqrec

SLOW = ["matplotlib", "pandas", "polars", "pyarrow", "skorch", "sklearn", "torch"]


def run_python(source):
    """Return what `source` prints in a fresh interpreter, read as JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("also", ["dir(seqrec)", "seqrec.__version__"])
def test_importing_seqrec_loads_no_slow_package(also):
    loaded = run_python(
        f"import json, sys, seqrec; {also}\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    assert "seqrec" in loaded
    assert [name for name in SLOW if name in loaded] == []


def test_dir_lists_the_public_names_before_any_is_loaded():
    names = run_python("import json, seqrec; print(json.dumps(dir(seqrec)))")
    assert seqrec.__all__
    assert set(seqrec.__all__) <= set(names)


def test_every_public_name_resolves():
    missing = [name for name in seqrec.__all__ if not hasattr(seqrec, name)]
    assert missing == []


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        seqrec.no_such_name  # noqa: B018


def test_stub_declares_exactly_the_public_names():
    stub = Path(seqrec.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    declared = {
        alias.asname or alias.name
        for node in ast.parse(stub).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert declared - {"__version__"} == set(seqrec.__all__) - {"__version__"}
