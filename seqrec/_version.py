"""The version of seqrec, written here and nowhere else (floor 0)."""

__all__ = ["__version__"]

__version__ = "0.1.0.dev0"
