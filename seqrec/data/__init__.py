"""Event logs, vocabularies and sequences (floor 1: numpy and narwhals)."""

from seqrec.data.event_log import EventLog, read_event_log
from seqrec.data.schema import EventSchema
from seqrec.data.sequences import Sequences
from seqrec.data.series import SeriesWindows, make_windows
from seqrec.data.vocabulary import PADDING_CODE, Vocabulary
from seqrec.data.windows import NextItemSamples, next_item_samples

__all__ = [
    "PADDING_CODE",
    "EventLog",
    "EventSchema",
    "NextItemSamples",
    "Sequences",
    "SeriesWindows",
    "Vocabulary",
    "make_windows",
    "next_item_samples",
    "read_event_log",
]
