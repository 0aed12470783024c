"""Splitters, scorers and reports for judging models (floor 3)."""

from seqrec.model_selection._audit_split import SplitAudit, audit_split
from seqrec.model_selection._evaluate import evaluate
from seqrec.model_selection._evaluation_report import EvaluationReport
from seqrec.model_selection._leave_last_out import LeaveLastOut
from seqrec.model_selection._new_user_split import NewUserSplit
from seqrec.model_selection._ranking_scorer import ranking_scorer
from seqrec.model_selection._rolling_window import RollingWindow
from seqrec.model_selection._temporal_split import TemporalSplit

__all__ = [
    "EvaluationReport",
    "LeaveLastOut",
    "NewUserSplit",
    "RollingWindow",
    "SplitAudit",
    "TemporalSplit",
    "audit_split",
    "evaluate",
    "ranking_scorer",
]
