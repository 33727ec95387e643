"""Reads the further counts of `per_image.npz` back, see `details`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.details import Details
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.saved_arrays import (
    Shapes,
    check_counts,
    check_shapes,
    read_arrays,
    refusing_damage,
)
from roadfcn.metrics.calibration_error import BINS
from roadfcn.metrics.trimap import RADII_PX

_COUNTS = ("boundary", "outlines", "trimaps", "void")
_KINDS = {**dict.fromkeys(_COUNTS, "i"), "reliability": "f"}
_PARTS = (("boundary", 0, 1), ("outlines", 0, 1), ("outlines", 2, 3))
"""Columns of counts of which the first ones are a part of the second ones."""


def read_details(path: Path, rows: PerImageCounts) -> Details | None:
    """Read the further counts of each picture; None where none were taken.

    Args:
        path: The file.
        rows: The other counts of the same file.

    Raises:
        DatasetError: The file is missing, damaged, too large, or holds something else.
    """
    count, size = len(rows), len(rows.label_set)
    expected = {
        "boundary": (count, size, 2),
        "outlines": (count, size, 4),
        "trimaps": (count, len(RADII_PX), size, size),
        "reliability": (count, BINS, 3),
        "void": (count,),
    }
    with refusing_damage(path):
        arrays = read_arrays(path, _KINDS, lambda shapes: _check_shapes(shapes, expected))
        return _details(arrays) if arrays else None


def _check_shapes(shapes: Shapes, expected: Shapes) -> None:
    missing = [name for name in expected if name not in shapes]
    if shapes and missing:
        raise ValueError(f"it has {', '.join(shapes)}, but no {', '.join(missing)}")
    check_shapes(shapes, expected)


def _details(arrays: Mapping[str, NDArray[Any]]) -> Details:
    for name, array in arrays.items():
        check_counts(name, array)
    for name, part, whole in _PARTS:
        if (arrays[name][..., part] > arrays[name][..., whole]).any():
            raise ValueError(f"{name} counts more pixels than there are")
    pixels, confidence, right = np.moveaxis(arrays["reliability"], -1, 0)
    # Each float32 probability may lie above 1 by a rounding error.
    if (right > pixels).any() or (confidence > pixels * (1 + 1e-5)).any():
        raise ValueError("reliability counts more pixels than there are")
    counts = {name: arrays[name].astype(np.int64, copy=False) for name in _COUNTS}
    reliability = arrays["reliability"].astype(np.float64, copy=False)
    return Details(reliability=reliability, **counts)
