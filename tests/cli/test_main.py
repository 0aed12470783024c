import subprocess
import sys

import pytest

import seqrec
from seqrec.cli import main

WITHOUT = """
import sys
sys.modules[{name!r}] = None
from seqrec.cli import main
main(["demo"])
"""


def run_python(source):
    return subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["typer", "rich"])
def test_without_the_extra_the_install_line_is_shown(name):
    done = run_python(WITHOUT.format(name=name))
    assert done.returncode == 1
    assert 'pip install "seqrec[cli,plot]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_help_loads_nothing_slow():
    done = run_python(
        "import sys\nfrom seqrec.cli import main\n"
        "try:\n    main(['fit', '--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "slow = {'torch', 'sklearn', 'polars', 'pandas', 'matplotlib'}\n"
        "sys.exit(str(sorted(slow & set(sys.modules))))"
    )
    assert done.stderr.strip() == "[]"


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("seqrec ")


@pytest.mark.parametrize("words", [["no-such-command"], ["--no-such-option"]])
def test_wrong_usage_leaves_with_two(words):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2


def test_a_mistake_leaves_with_one(capsys):
    with pytest.raises(SystemExit) as end:
        main(["recommend", "no.joblib", "no.csv"])
    assert end.value.code == 1
    assert capsys.readouterr().err.startswith("Error: File 'no.joblib' does not")


def test_seqrec_is_importable_without_the_command_line():
    done = run_python("import seqrec, sys\nassert 'typer' not in sys.modules")
    assert done.returncode == 0
    assert seqrec.__doc__
