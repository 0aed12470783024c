"""Checks of single parameters for functions (floor 0: standard library and numpy).

Estimators describe their parameters in `_parameter_constraints`; these checks give
plain functions the same sentence: what was expected, what was seen.
"""

import difflib
import math
from numbers import Integral, Real

__all__ = ["check_int", "check_option", "check_real", "suggest"]


def suggest(value, options):
    """Return a sentence that names the option closest to `value`, or nothing."""
    names = [str(option) for option in options]
    close = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""


def check_option(name, value, options, *, owner):
    """Raise unless `value` is one of the strings in `options`."""
    if isinstance(value, str) and value in options:
        return value
    listed = ", ".join(repr(option) for option in options)
    message = (
        f"The {name!r} parameter of {owner} must be a str among {{{listed}}}. "
        f"Got {value!r} instead.{suggest(value, options)}"
    )
    raise ValueError(message) if isinstance(value, str) else TypeError(message)


def check_int(name, value, *, owner, low=1, high=None):
    """Raise unless `value` is an integer (not a bool) in ``[low, high]``."""
    bounds = f"[{low}, {'inf)' if high is None else f'{high}]'}"
    message = (
        f"The {name!r} parameter of {owner} must be an int in the range {bounds}. "
        f"Got {value!r} instead."
    )
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(message)
    if value < low or (high is not None and value > high):
        raise ValueError(message)
    return int(value)


def check_real(name, value, *, owner, low=0.0, high=None, low_open=False, finite=False):
    """Raise unless `value` is a real number in a range, and finite if asked."""
    left = "(" if low_open else "["
    bounds = f"{left}{low}, {'inf)' if high is None else f'{high}]'}"
    message = (
        f"The {name!r} parameter of {owner} must be a float in the range {bounds}. "
        f"Got {value!r} instead."
    )
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(message)
    too_low = value <= low if low_open else value < low
    too_high = finite and value == math.inf
    if value != value or too_low or too_high or (high is not None and value > high):
        raise ValueError(message)
    return float(value)
