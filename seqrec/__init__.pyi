"""Types of the lazily loaded names."""

from seqrec._version import __version__ as __version__
from seqrec.data.sequences import Sequences as Sequences
from seqrec.data.series import make_windows as make_windows
from seqrec.data.windows import next_item_samples as next_item_samples
from seqrec.estimators import AttentionSequenceClassifier as AttentionSequenceClassifier
from seqrec.estimators import (
    AttentionSequenceRecommender as AttentionSequenceRecommender,
)
from seqrec.estimators import AttentionSequenceRegressor as AttentionSequenceRegressor
from seqrec.estimators import ItemKNNRecommender as ItemKNNRecommender
from seqrec.estimators import MarkovChainRecommender as MarkovChainRecommender
from seqrec.estimators import PopularityRecommender as PopularityRecommender
from seqrec.estimators import SequentialRulesRecommender as SequentialRulesRecommender
from seqrec.estimators import STANRecommender as STANRecommender
from seqrec.estimators import VotingRecommender as VotingRecommender
from seqrec.estimators import VSKNNRecommender as VSKNNRecommender
from seqrec.estimators import recommend as recommend
from seqrec.inspection import SearchComparisonDisplay as SearchComparisonDisplay
from seqrec.inspection import SearchCurveDisplay as SearchCurveDisplay
from seqrec.inspection import TrainingCurveDisplay as TrainingCurveDisplay
from seqrec.inspection import profile_fit as profile_fit
from seqrec.model_selection import EvaluationReport as EvaluationReport
from seqrec.model_selection import LeaveLastOut as LeaveLastOut
from seqrec.model_selection import NewUserSplit as NewUserSplit
from seqrec.model_selection import RollingWindow as RollingWindow
from seqrec.model_selection import TemporalSplit as TemporalSplit
from seqrec.model_selection import audit_split as audit_split
from seqrec.model_selection import evaluate as evaluate
from seqrec.model_selection import ranking_scorer as ranking_scorer
from seqrec.preprocessing import KCoreFilter as KCoreFilter
from seqrec.preprocessing import SequenceEncoder as SequenceEncoder
from seqrec.preprocessing import SequenceImputer as SequenceImputer
from seqrec.preprocessing import Sessionizer as Sessionizer
