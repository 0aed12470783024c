"""The one door for private names of scikit-learn, skorch and torch."""

import numpy as np
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.metaestimators import _BaseComposition as BaseComposition
from sklearn.utils.parallel import _threadpool_controller_decorator
from sklearn.utils.validation import _check_sample_weight

from seqrec._validation.params import suggest

__all__ = [
    "BaseComposition",
    "Interval",
    "StrOptions",
    "check_sample_weight",
    "on_one_blas_thread",
    "validate_parameters",
]

# Decorates a function whose matrix products must not depend on how many threads there
# are: the sum of a product depends on how threads divide it.
on_one_blas_thread = _threadpool_controller_decorator(limits=1, user_api="blas")


def check_sample_weight(sample_weight, X):
    """Return weights of shape (n_rows,), finite and 0 or more; None weighs all 1."""
    return _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )


def validate_parameters(estimator):
    """Check an estimator's parameters against its `_parameter_constraints`.

    Raises
    ------
    ValueError, TypeError
        scikit-learn's `InvalidParameterError` (both of these); for an unknown option
        the closest one is named.
    """
    constraints = estimator._parameter_constraints
    params = estimator.get_params(deep=False)
    name = type(estimator).__name__
    try:
        validate_parameter_constraints(constraints, params, caller_name=name)
    except InvalidParameterError as exc:
        hint = "".join(
            suggest(params[key], option.options)
            for key, allowed in constraints.items()
            if isinstance(params[key], str) and f"The {key!r} parameter" in str(exc)
            for option in allowed
            if isinstance(option, StrOptions)
        )
        raise InvalidParameterError(f"{exc}{hint}") from None
