"""Every public docstring keeps numpydoc's rules, and none can opt out."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import ERROR_MSGS, validate

import seqrec

# Rules of numpydoc that the house does not have.
LEFT_OUT = {
    "ES01": "one sentence may say it all",
    "EX01": "an example where it is short, not everywhere",
    "GL01": "ruff's D rules place the summary",
    "GL02": "ruff's D rules place the closing quotes",
    "RT02": "a single return value may carry a name",
    "SA01": "not everything has a relative",
}


def public_modules():
    """Yield seqrec and its modules whose path has no underscored name."""
    yield seqrec
    for info in pkgutil.walk_packages(seqrec.__path__, "seqrec."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            yield importlib.import_module(info.name)


def own_members(cls):
    """Yield the names of public methods and properties that seqrec wrote."""
    for name, member in vars(cls).items():
        function = member.fget if isinstance(member, property) else member
        function = getattr(function, "__func__", function)
        own = getattr(function, "__module__", "").split(".")[0] == "seqrec"
        if own and not name.startswith("_") and callable(function):
            yield name


def public_objects():
    """Return the import path of everything public that has a docstring, once each."""
    paths = {}
    for module in public_modules():
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if not (inspect.isclass(thing) or inspect.isfunction(thing)):
                continue
            path = paths.setdefault(thing, f"{module.__name__}.{name}")
            if inspect.isclass(thing):
                for member in own_members(thing):
                    paths.setdefault((thing, member), f"{path}.{member}")
    return sorted(paths.values())


def documents_fields(thing):
    """Say whether a record class lists every field under Attributes."""
    if dataclasses.is_dataclass(thing):
        fields = {field.name for field in dataclasses.fields(thing)}
    else:
        fields = set(getattr(thing, "_fields", ()))
    return bool(fields) and fields <= {
        attribute.name for attribute in ClassDoc(thing)["Attributes"]
    }


@pytest.mark.parametrize("path", public_objects())
def test_docstring_keeps_the_rules(path):
    left_out = set(LEFT_OUT)
    if documents_fields(pkgutil.resolve_name(path)):
        left_out.add("PR01")  # the fields are the parameters: described once
    faults = [
        f"{code}: {text}"
        for code, text in validate(path)["errors"]
        if code not in left_out
    ]
    assert faults == []


def test_rules_left_out_exist():
    assert set(LEFT_OUT) <= set(ERROR_MSGS)


def test_no_source_switches_the_rules_off():
    switch = re.compile(r"#.*numpydoc\s+ignore")
    sources = sorted(Path(seqrec.__path__[0]).rglob("*.py"))
    assert sources
    assert [str(path) for path in sources if switch.search(path.read_text())] == []
