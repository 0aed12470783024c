"""Writes ``api.rst`` from the public names, so that no list has to be kept by hand.

A facade is seqrec itself and every package below it without an underscored name. A name
is listed once, in the section of the package that it comes from, and under its shortest
path: ``seqrec.Sequences``, not ``seqrec.data.Sequences``.
"""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import seqrec

HEAD = """\
API reference
=============

Every public name, made from the code of seqrec |release|. Names that stand directly
under ``seqrec`` load on first use; the rest is imported from its package.
"""

SECTION = """
{title}
{rule}

{summary}

.. autosummary::
   :toctree: generated
   :nosignatures:

{names}
"""


def facades():
    """Yield the public packages and top-level modules, in alphabetical order."""
    for info in pkgutil.walk_packages(seqrec.__path__, "seqrec."):
        parts = info.name.split(".")
        public = not any(part.startswith("_") for part in parts)
        if public and (info.ispkg or len(parts) == 2):
            yield importlib.import_module(info.name)


def is_documented(thing):
    """Say whether an object is a class or a function, which have pages."""
    return inspect.isclass(thing) or inspect.isroutine(thing)


def render_page():
    """Return the text of the page."""
    shortest = {}
    for name in seqrec.__all__:
        thing = getattr(seqrec, name)
        if is_documented(thing):
            shortest[thing] = f"seqrec.{name}"
    seen, sections = set(), []
    for facade in facades():
        rows = []
        for name in getattr(facade, "__all__", ()):
            thing = getattr(facade, name)
            if is_documented(thing) and thing not in seen:
                seen.add(thing)
                path = shortest.get(thing, f"{facade.__name__}.{name}")
                rows.append(f"   ~{path}")
        if rows:
            title = facade.__name__
            summary = inspect.getdoc(facade).partition("\n\n")[0]
            summary = re.sub(r" \(floor \d[^)]*\)", "", summary)  # a note to developers
            sections.append(
                SECTION.format(
                    title=title,
                    rule="-" * len(title),
                    summary=summary,
                    names="\n".join(rows),
                )
            )
    homeless = sorted(path for thing, path in shortest.items() if thing not in seen)
    if homeless:
        raise RuntimeError(f"Public names that no package lists: {homeless}.")
    return HEAD + "".join(sections)


def setup(app):
    """Write the page before Sphinx looks for its sources."""
    page = Path(app.srcdir, "api.rst")
    text = render_page()
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")
    return {"parallel_read_safe": True}
