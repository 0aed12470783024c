"""Hypothesis settings of the test suite."""

import os

from hypothesis import HealthCheck, settings

# CI draws the same examples every time, so that a red run can be repeated; a
# developer's machine keeps looking for new ones. Time limits per example would only
# measure how busy the machine is.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
