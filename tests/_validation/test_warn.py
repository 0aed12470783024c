import inspect
import warnings

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from seqrec._validation.warn import warn_caller


def here(lines_up):
    """Return this file and the line so many lines above the call."""
    return __file__, inspect.currentframe().f_back.f_lineno - lines_up


def place_of_warning(call):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
    (warning,) = found
    return warning.filename, warning.lineno


def inside_seqrec():
    """Return a function that warns and belongs to a module of seqrec."""
    names = {"__name__": "seqrec.somewhere", "warn_caller": warn_caller}
    exec("def warn(X):\n warn_caller('look', UserWarning)\n return X", names)
    return names["warn"]


def test_warning_points_at_the_line_that_called():
    place = place_of_warning(lambda: warn_caller("look", UserWarning))
    assert place == here(1)


def test_warning_passes_over_seqrec():
    warn = inside_seqrec()
    place = place_of_warning(lambda: warn(None))
    assert place == here(1)


def test_warning_passes_over_scikit_learn_and_joblib():
    pipeline = make_pipeline(FunctionTransformer(inside_seqrec()), "passthrough")
    place = place_of_warning(lambda: pipeline.fit_transform([[1.0]]))
    assert place == here(1)
