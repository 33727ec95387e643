"""Fractions of counts, where 0/0 is no number and no mean takes it in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def divide(over: ArrayLike, under: ArrayLike) -> NDArray[np.float64]:
    """Divide element by element; 0/0 is NaN without a warning.

    Args:
        over: Counts, of any shape.
        under: Counts of that shape; 0 only where `over` is 0 as well.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(np.true_divide(over, under))


def mean_of_known(values: NDArray[np.float64]) -> float:
    """Give the mean of the values that are not NaN; NaN if there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
