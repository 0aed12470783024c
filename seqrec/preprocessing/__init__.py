"""Transformers over event logs and sequences (floor 2)."""

from seqrec.preprocessing._k_core_filter import KCoreFilter
from seqrec.preprocessing._sequence_encoder import SequenceEncoder
from seqrec.preprocessing._sequence_imputer import SequenceImputer
from seqrec.preprocessing._sessionizer import Sessionizer

__all__ = ["KCoreFilter", "SequenceEncoder", "SequenceImputer", "Sessionizer"]
