"""Reads the counts of `per_image.npz` back, see `per_image`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.saved_arrays import (
    Shapes,
    check_counts,
    check_shapes,
    read_arrays,
    refusing_damage,
)
from roadfcn.kitti.distances import BANDS
from roadfcn.kitti.scores import THRESHOLDS
from roadfcn.label_sets import LABEL_SETS, MAX_CLASSES, LabelSet, distinct_colour

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
_MOST_PICTURES = 2**20  # a million names take some hundred megabytes


def read_counts(path: Path) -> PerImageCounts:
    """Read the counts of each picture.

    Of a file from before scores in bird's-eye view, no frame counts as calibrated.

    Raises:
        DatasetError: The file is missing, damaged, too large, or holds something else.
    """
    with refusing_damage(path):
        return _counts(read_arrays(path, _KINDS, _check_shapes))


def _check_shapes(shapes: Shapes) -> None:
    missing = [name for name in _NEEDED if name not in shapes]
    if missing:
        raise ValueError(f"it has no {', '.join(missing)}")
    if any(len(shapes[name]) != 1 for name in ("names", "categories", "classes")):
        raise ValueError("its names are no list")
    (count,), (size,) = shapes["names"], shapes["classes"]
    if not 1 <= count <= _MOST_PICTURES:
        raise ValueError(f"it has {count or 'no'} pictures")
    if not 1 <= size <= MAX_CLASSES:
        raise ValueError(f"it has {size or 'no'} classes")
    expected = {
        "names": (count,),
        "categories": (count,),
        "classes": (size,),
        "confusion": (count, size, size),
        "road": (count, 2, THRESHOLDS),
        "calibrated": (count,),
        "road_birds_eye_by_distance": (count, len(BANDS), 2, THRESHOLDS),
    }
    check_shapes(shapes, expected)


def _counts(arrays: Mapping[str, NDArray[Any]]) -> PerImageCounts:
    names, categories, classes = (_words(arrays[name]) for name in _NEEDED[:3])
    count = len(names)
    if len(set(names)) < count:
        raise ValueError("it has two pictures of one name")
    for name in ("confusion", "road", "road_birds_eye_by_distance"):
        if name in arrays:
            check_counts(name, arrays[name])
    has_road = "road" in arrays
    no_view = np.zeros((count, len(BANDS), 2, THRESHOLDS), np.int64) if has_road else None
    from_above = arrays.get("road_birds_eye_by_distance", no_view)
    return PerImageCounts(
        names=names,
        categories=categories,
        label_set=_label_set(classes),
        confusion=arrays["confusion"].astype(np.int64, copy=False),
        road=arrays["road"].astype(np.int64, copy=False) if has_road else None,
        calibrated=arrays.get("calibrated", np.zeros(count, np.bool_)),
        road_by_distance=None if from_above is None else from_above.astype(np.int64, copy=False),
    )


def _words(array: NDArray[np.str_]) -> tuple[str, ...]:
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
