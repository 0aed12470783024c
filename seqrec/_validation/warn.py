"""Warnings that point at the line of the person who called (floor 0)."""

import inspect
import warnings

__all__ = ["warn_caller"]

_INSIDE = {"joblib", "seqrec", "sklearn"}  # frames between the caller and the warning


def warn_caller(message, category):
    """Warn at the innermost line outside seqrec, scikit-learn and joblib."""
    frame, level = inspect.currentframe(), 1
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in _INSIDE:
            break
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
