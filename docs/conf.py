"""Configuration of the documentation; `make docs` builds it without a network."""

import os
import sys
from pathlib import Path

import seqrec

os.environ.setdefault("MPLBACKEND", "Agg")
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "seqrec"
author = "seqrec developers"
copyright = "2026, seqrec developers"
version = release = seqrec.__version__

extensions = [
    "api_page",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_ext"]
default_role = "py:obj"
python_maximum_signature_line_length = 88

html_theme = "pydata_sphinx_theme"
html_title = f"seqrec {release}"
html_theme_options = {
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
    "show_prev_next": False,
}
html_sidebars = {"index": []}
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]
toc_object_entries_show_parents = "hide"

autosummary_generate = True
autosummary_generate_overwrite = True
numpydoc_class_members_toctree = False
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

copybutton_exclude = ".linenos, .gp, .go"

sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["auto_examples"],
    "filename_pattern": r"plot_\d\d_",
    "backreferences_dir": "auto_examples/backreferences",
    "doc_module": ("seqrec",),
    "reference_url": {"seqrec": None},
    "remove_config_comments": True,
    "show_memory": False,
    "min_reported_time": 60,
}


def skip_inherited(app, what, name, member, skip, options):
    """Leave out methods that another package gave to a class of ours."""
    home = getattr(member, "__module__", None) or "seqrec"
    return True if home.split(".")[0] != "seqrec" else None


def setup(app):
    """Connect what this file defines."""
    app.connect("autodoc-skip-member", skip_inherited)
