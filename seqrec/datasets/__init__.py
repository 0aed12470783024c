"""Data that ship with seqrec, synthetic logs, and readers of other logs."""

from seqrec.datasets._make_event_log import make_event_log
from seqrec.datasets._metro_traffic import load_metro_traffic
from seqrec.datasets._movielens import load_movielens
from seqrec.datasets._movietweetings import load_movietweetings
from seqrec.datasets._read_events import read_events

__all__ = [
    "load_metro_traffic",
    "load_movielens",
    "load_movietweetings",
    "make_event_log",
    "read_events",
]
