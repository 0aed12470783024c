"""What a fit costs, before and after (floor 3)."""

from seqrec.inspection._fit_profile import FitProfile
from seqrec.inspection._profile_fit import profile_fit

__all__ = ["FitProfile", "profile_fit"]
