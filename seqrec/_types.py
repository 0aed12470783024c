"""Aliases used in type hints (floor 0)."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Frame", "RandomState"]

Array: TypeAlias = npt.NDArray[Any]
Frame: TypeAlias = Any  # a pandas, polars or pyarrow table
RandomState: TypeAlias = int | np.random.RandomState | None
