"""What is tested as oldest is what pyproject.toml admits as oldest."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]

# Left at a newer version for its size; constraints-minimum.txt says how to try it.
NOT_AT_ITS_MINIMUM = {"torch"}


def read_pins(name):
    """Return the pinned version of every package of a constraints file."""
    lines = ROOT.joinpath(name).read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(package): version for package, version in pins}


def read_requirements():
    """Return the requirements of seqrec and of the tables it is tested with."""
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    tables = [line for line in extras["dev"] if line.startswith(("pandas", "pyarrow"))]
    lines = project["dependencies"] + extras["cli"] + extras["plot"]
    lines += extras["tune"] + tables
    return [Requirement(line) for line in lines]


def test_minimum_pins_are_the_lower_bounds():
    pins = read_pins("constraints-minimum.txt")
    expected = {
        requirement.name: str(requirement.specifier).removeprefix(">=")
        for requirement in read_requirements()
        if requirement.name not in NOT_AT_ITS_MINIMUM
    }
    assert "numpy" in expected
    differing = {
        name: (bound, pins.get(canonicalize_name(name)))
        for name, bound in expected.items()
        if pins.get(canonicalize_name(name)) not in (bound, f"{bound}.0")
    }
    assert differing == {}


def test_newest_pins_meet_the_requirements():
    pins = read_pins("constraints.txt")
    unmet = [
        str(requirement)
        for requirement in read_requirements()
        if pins[canonicalize_name(requirement.name)] not in requirement.specifier
    ]
    assert unmet == []
