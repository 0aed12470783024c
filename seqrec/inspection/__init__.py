"""What a fit costs, and pictures of fits and searches (floor 3)."""

from seqrec.inspection._fit_profile import FitProfile
from seqrec.inspection._profile_fit import profile_fit
from seqrec.inspection._search_comparison_display import SearchComparisonDisplay
from seqrec.inspection._search_curve_display import SearchCurveDisplay
from seqrec.inspection._training_curve_display import TrainingCurveDisplay

__all__ = [
    "FitProfile",
    "SearchComparisonDisplay",
    "SearchCurveDisplay",
    "TrainingCurveDisplay",
    "profile_fit",
]
