"""Errors and warnings that are seqrec's own (floor 0: standard library and numpy)."""

__all__ = [
    "ConvergenceWarning",
    "DataWarning",
    "ModelFileError",
    "SeqrecError",
    "UnknownItemsError",
]


class SeqrecError(Exception):
    """Base of every error class that seqrec defines."""


class UnknownItemsError(SeqrecError, ValueError):
    """Items were met that are not in the fitted catalogue."""


class ModelFileError(SeqrecError, ValueError):
    """A file is not a complete model written by seqrec."""


class DataWarning(UserWarning):
    """The data can be used, but a person should know something about them."""


class ConvergenceWarning(UserWarning):
    """Training ended in a way that a person should know about."""
