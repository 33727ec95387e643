"""Reads the counts of `per_image.npz` back, see `per_image`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.saved_arrays import (
    check_counts,
    check_shape,
    read_arrays,
    refusing_damage,
)
from roadfcn.kitti.distances import BANDS
from roadfcn.kitti.scores import THRESHOLDS
from roadfcn.label_sets import LABEL_SETS, LabelSet, distinct_colour

_KINDS = {
    "names": "U",
    "categories": "U",
    "classes": "U",
    "confusion": "i",
    "road": "i",
    "calibrated": "b",
    "road_birds_eye_by_distance": "i",
}
_NEEDED = ("names", "categories", "classes", "confusion")


def read_counts(path: Path) -> PerImageCounts:
    """Read the counts of each picture.

    Of a file from before scores in bird's-eye view, no frame counts as calibrated.

    Raises:
        DatasetError: The file is missing, damaged, too large, or holds something else.
    """
    with refusing_damage(path):
        arrays = read_arrays(path, _KINDS)
        missing = [name for name in _NEEDED if name not in arrays]
        if missing:
            raise ValueError(f"it has no {', '.join(missing)}")
        return _counts(arrays)


def _counts(arrays: Mapping[str, NDArray[Any]]) -> PerImageCounts:
    names, categories, classes = (_words(arrays[name]) for name in _NEEDED[:3])
    count, size = len(names), len(classes)
    if not names or len(set(names)) < count:
        raise ValueError("it has no pictures, or two of one name")
    check_shape("categories", arrays["categories"], (count,))
    has_road = "road" in arrays
    no_view = np.zeros((count, len(BANDS), 2, THRESHOLDS), np.int64) if has_road else None
    from_above = arrays.get("road_birds_eye_by_distance", no_view)
    calibrated = arrays.get("calibrated", np.zeros(count, np.bool_))
    check_shape("calibrated", calibrated, (count,))
    shapes: dict[str, tuple[NDArray[Any] | None, tuple[int, ...]]] = {
        "confusion": (arrays["confusion"], (count, size, size)),
        "road": (arrays.get("road"), (count, 2, THRESHOLDS)),
        "road_birds_eye_by_distance": (from_above, (count, len(BANDS), 2, THRESHOLDS)),
    }
    for name, (array, shape) in shapes.items():
        if array is not None:
            check_counts(name, array, shape)
    return PerImageCounts(
        names=names,
        categories=categories,
        label_set=_label_set(classes),
        confusion=arrays["confusion"].astype(np.int64, copy=False),
        road=arrays["road"].astype(np.int64, copy=False) if has_road else None,
        calibrated=calibrated,
        road_by_distance=None if from_above is None else from_above.astype(np.int64, copy=False),
    )


def _words(array: NDArray[np.str_]) -> tuple[str, ...]:
    if array.ndim != 1:
        raise ValueError("its names are no list")
    words = tuple(str(word) for word in array)
    for word in words:
        word.encode("utf-8")  # halves of characters cannot be written again
    return words


def _label_set(classes: tuple[str, ...]) -> LabelSet:
    """Give the known set of these classes, or one with colours that can be told apart."""
    for known in LABEL_SETS.values():
        if known.classes == classes:
            return known
    colours = tuple(distinct_colour(name, index) for index, name in enumerate(classes))
    return LabelSet("saved", classes, colours)
