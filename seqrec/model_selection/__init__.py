"""Splitters and scorers for scikit-learn's model selection (floor 3)."""

from seqrec.model_selection._leave_last_out import LeaveLastOut
from seqrec.model_selection._ranking_scorer import ranking_scorer
from seqrec.model_selection._temporal_split import TemporalSplit

__all__ = ["LeaveLastOut", "TemporalSplit", "ranking_scorer"]
