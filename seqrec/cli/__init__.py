"""The command line ``seqrec`` (floor 4)."""

from seqrec.cli._main import main

__all__ = ["main"]
