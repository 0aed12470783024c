"""Mistakes of the user: one paragraph on stderr and exit code 1."""

import functools
import re
import warnings

import typer
from rich.console import Console

from seqrec.exceptions import ConvergenceWarning, DataWarning

__all__ = ["explain_errors"]

# What seqrec and the libraries raise for wrong input. Anything else is a defect of
# seqrec, and its traceback is what a report needs.
_MISTAKES = (ImportError, OSError, TypeError, ValueError)
_ARGUMENT = re.compile(r"\b(user|item|time)=(?=[.\s])")  # as the library names it
_EXTRAS = ("matplotlib", "polars", "rich", "typer")


def explain_errors(command):
    """Return the command with its errors and warnings shown as sentences.

    Parameters
    ----------
    command : callable
        A command with a `debug` parameter; True lets the traceback through.

    Returns
    -------
    command : callable
        The same signature.
    """

    @functools.wraps(command)
    def run(*args, **kwargs):
        if kwargs.get("debug"):
            return command(*args, **kwargs)
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            for category in (ConvergenceWarning, DataWarning):
                warnings.simplefilter("default", category)
            try:
                return command(*args, **kwargs)
            except _MISTAKES as exc:
                if _is_defect(exc):
                    raise
                _say("Error", "bold red", _sentence(exc))
        raise typer.Exit(1)

    return run


def _missing_package(exc):
    return str(exc.name).partition(".")[0] if isinstance(exc, ImportError) else ""


def _is_defect(exc):
    """Tell whether an import failed that has nothing to do with an extra."""
    named = isinstance(exc, ImportError) and exc.name is not None
    return named and _missing_package(exc) not in _EXTRAS


def _sentence(exc):
    missing = _missing_package(exc)
    if missing in _EXTRAS:
        return (
            f"This command needs {missing}, which is not installed. Install it: "
            f'pip install "seqrec[cli,plot]"'
        )
    text = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    if isinstance(exc, OSError) and exc.filename is not None:
        text = f"{text}: {str(exc.filename)!r}"
    text = _ARGUMENT.sub(r"--\1", " ".join(text.split()))
    return text or f"{type(exc).__name__}. Run again with --debug to see where."


def _show_warning(message, category, filename, lineno, file=None, line=None):
    if issubclass(category, UserWarning):  # the rest is for developers
        _say("Note", "yellow", " ".join(str(message).split()))


def _say(word, style, text):
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[{style}]{word}:[/]", end=" ")
    console.print(text, markup=False)
