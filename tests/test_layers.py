"""Imports point downwards: the floors of CONTRIBUTING.md, checked on the source."""

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "seqrec"

# The first name under seqrec -> its floor. A module imports from lower floors, and
# from its own part.
FLOORS = {
    "_drawing": 0,
    "_process": 0,
    "_types": 0,
    "_validation": 0,
    "_version": 0,
    "exceptions": 0,
    "recipes": 0,
    "data": 1,
    "metrics": 1,
    "nn": 1,
    "_compat": 2,
    "datasets": 2,
    "estimators": 2,
    "preprocessing": 2,
    "inspection": 3,
    "model_selection": 3,
    "persistence": 3,
    "cli": 4,
    "serving": 4,
}

# Parts that the others of their floor may import.
FOUNDATIONS = {
    "_compat",
    "_drawing",
    "_process",
    "_types",
    "_validation",
    "_version",
    "exceptions",
}

# What a part brings in beyond the standard library and numpy. Floors above a part may
# use it too, except for what is brought in by an extra.
BRINGS = {
    "data": {"narwhals"},
    "nn": {"torch"},
    "_compat": {"joblib", "scipy", "skorch", "sklearn"},
    "datasets": {"joblib", "scipy", "skorch", "sklearn"},
    "estimators": {"joblib", "scipy", "skorch", "sklearn"},
    "preprocessing": {"joblib", "scipy", "skorch", "sklearn"},
}
EXTRAS = {
    "estimators": {"faiss"},
    "preprocessing": {"statsmodels"},
    "inspection": {"matplotlib"},
    "_drawing": {"matplotlib"},
    "cli": {"matplotlib", "polars", "rich", "typer"},
    "serving": {"fastapi", "uvicorn"},
}
# Installed only with an extra, so these wait inside the function that needs them.
LATE = {"faiss", "matplotlib", "statsmodels"}


def module_name(path):
    """Return ``seqrec.nn`` for ``seqrec/nn/__init__.py``."""
    parts = path.removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module):
    """Return ``nn`` for ``seqrec.nn.masks`` and an empty string for ``seqrec``."""
    return module.partition(".")[2].partition(".")[0]


def imports_of(tree, modules):
    """Yield (line, module, is_at_top) for every import of a parsed file."""
    late = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
    }
    for node in ast.walk(tree):
        at_top = id(node) not in late
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, at_top
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "." * node.level + (node.module or ""), at_top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                own = node.module.split(".")[0] == "seqrec"
                # `from package import module` means the module; of another package
                # the last name counts too, since it may be private.
                name = full if full in modules or not own else node.module
                yield node.lineno, name, at_top


def allowed_packages(part):
    """Return the third-party packages that a part may import."""
    if part == "":
        return {"lazy_loader"}
    below = [
        names
        for other, names in BRINGS.items()
        if other == part or FLOORS[other] < FLOORS[part]
    ]
    return {"numpy"}.union(*below, EXTRAS.get(part, ()))


def own_import_fault(module, target):
    """Say what is wrong with an import of seqrec's own, or return None."""
    part, other = part_of(module), part_of(target)
    if module == target or module.startswith(f"{target}."):
        return f"imports the facade above it, {target}"
    if other not in FLOORS:
        return f"imports {target}, which has no floor"
    if part in ("", other) or FLOORS[other] < FLOORS[part]:
        return None
    if FLOORS[other] > FLOORS[part]:
        return f"imports upwards, {target}"
    return None if other in FOUNDATIONS else f"imports sideways, {target}"


def foreign_import_fault(module, target, at_top):
    """Say what is wrong with an import of another package, or return None."""
    part = part_of(module)
    root, *rest = target.split(".")
    private = [name for name in rest if name[:1] == "_" and name[:2] != "__"]
    if private and part != "_compat":
        return f"imports the private name {target} outside _compat.py"
    if root in sys.stdlib_module_names:
        return None
    if root not in allowed_packages(part):
        return f"imports {root}, which its floor does not have"
    if at_top and root in LATE:
        return f"imports {root}, of an extra, outside a function"
    return None


def find_faults(sources):
    """Return the sentences on every import of `sources` that breaks a rule.

    `sources` maps paths such as ``seqrec/nn/masks.py`` to Python source.
    """
    modules = {module_name(path) for path in sources}
    graph = {module: set() for module in modules}
    faults = []
    for path, source in sorted(sources.items()):
        module = module_name(path)
        if module != "seqrec" and part_of(module) not in FLOORS:
            faults.append(f"{path}: has no floor")
            continue
        for line, target, at_top in imports_of(ast.parse(source), modules):
            if target.startswith("."):
                fault = f"imports relatively, {target}"
            elif target.split(".")[0] == "seqrec":
                fault = own_import_fault(module, target)
                graph[module].add(target)
            else:
                fault = foreign_import_fault(module, target, at_top)
            if fault:
                faults.append(f"{path}:{line}: {fault}")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        faults.append(f"import cycle: {' -> '.join(reversed(error.args[1]))}")
    return faults


def test_imports_of_seqrec_follow_the_floors():
    sources = {
        path.relative_to(PACKAGE.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
    }
    assert "seqrec/exceptions.py" in sources
    assert find_faults(sources) == []


CLEAN = {
    "seqrec/__init__.py": "import lazy_loader\nfrom seqrec._version import __version__",
    "seqrec/_version.py": "__version__ = '1'",
    "seqrec/_compat.py": "from sklearn.utils._tags import Tags",
    "seqrec/exceptions.py": "from __future__ import annotations\nimport os.path",
    "seqrec/_validation/params.py": "from seqrec.exceptions import SeqrecError",
    "seqrec/data/sequences.py": "import narwhals as nw\nimport numpy as np",
    "seqrec/metrics/__init__.py": "from seqrec.metrics.ndcg import ndcg",
    "seqrec/metrics/ndcg.py": "from seqrec._validation.params import check_int",
    "seqrec/nn/__init__.py": "from seqrec.nn.masks import causal_mask",
    "seqrec/nn/masks.py": "import torch",
    "seqrec/nn/encoders/__init__.py": "from seqrec.nn.encoders.lstm import LSTM",
    "seqrec/nn/encoders/lstm.py": "from torch import nn\nfrom seqrec.nn import masks",
    "seqrec/estimators/_net.py": (
        "import skorch, torch\nfrom seqrec._compat import Tags\n"
        "from seqrec.nn.encoders import ENCODERS"
    ),
    "seqrec/inspection/_plots.py": "def plot():\n    import matplotlib.pyplot as plt",
    "seqrec/cli/fit.py": "import typer\nfrom seqrec.estimators._net import build",
}


def test_imports_that_keep_the_rules_pass():
    assert find_faults(CLEAN) == []


@pytest.mark.parametrize(
    ("path", "line", "fault"),
    [
        ("data/windows.py", "import seqrec.estimators._net", "upwards"),
        ("exceptions.py", "from seqrec.metrics.ndcg import ndcg", "upwards"),
        ("nn/losses/bpr.py", "from seqrec._compat import Tags", "upwards"),
        ("nn/heads/tied.py", "from seqrec.data import sequences", "sideways"),
        ("estimators/_knn.py", "import seqrec.preprocessing._x", "sideways"),
        ("data/windows.py", "def f():\n import seqrec.nn.masks", "sideways"),
        ("metrics/mrr.py", "from seqrec.metrics import ndcg_at", "facade above"),
        ("metrics/mrr.py", "from seqrec import ndcg", "facade above"),
        ("metrics/mrr.py", "import seqrec", "facade above"),
        ("metrics/mrr.py", "import seqrec.elsewhere", "no floor"),
        ("metrics/mrr.py", "from .ndcg import ndcg", "relatively, .ndcg"),
        ("metrics/mrr.py", "from . import ndcg", "relatively"),
        ("cli/fit.py", "from ..nn import masks", "relatively"),
        ("elsewhere.py", "", "has no floor"),
        ("_types.py", "import narwhals", "narwhals"),
        ("metrics/mrr.py", "import scipy.stats", "scipy"),
        ("metrics/mrr.py", "import torch.nn as nn", "torch"),
        ("nn/masks.py", "import narwhals", "narwhals"),
        ("nn/masks.py", "from sklearn.base import BaseEstimator", "sklearn"),
        ("data/windows.py", "import pandas", "pandas"),
        ("estimators/_knn.py", "import polars", "polars"),
        ("estimators/_knn.py", "import typer", "typer"),
        ("persistence/_load.py", "def f():\n import matplotlib", "matplotlib"),
        ("inspection/_heat.py", "import matplotlib.pyplot", "outside a function"),
        ("preprocessing/_sarima.py", "import statsmodels.api", "outside a function"),
        ("estimators/_search.py", "import faiss", "outside a function"),
        ("preprocessing/_knn.py", "def f():\n import faiss", "faiss"),
        ("estimators/_sarima.py", "def f():\n import statsmodels", "statsmodels"),
        ("__init__.py", "import numpy", "numpy"),
        ("estimators/_knn.py", "from sklearn.utils import _tags", "private"),
        ("estimators/_knn.py", "from sklearn.utils._tags import Tags", "private"),
        ("estimators/_knn.py", "import torch._dynamo", "private"),
    ],
)
def test_a_forbidden_import_is_reported(path, line, fault):
    faults = find_faults({**CLEAN, f"seqrec/{path}": line})
    assert any(f"seqrec/{path}" in text and fault in text for text in faults), faults


def test_a_cycle_of_sibling_files_is_reported():
    sources = {
        "seqrec/data/a.py": "from seqrec.data.b import x",
        "seqrec/data/b.py": "def f():\n    from seqrec.data import c",
        "seqrec/data/c.py": "from seqrec.data.a import y",
    }
    (fault,) = find_faults(sources)
    assert fault.startswith("import cycle: seqrec.data.")
    assert all(f"seqrec.data.{name}" in fault for name in "abc")
