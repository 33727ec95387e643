"""Reads `per_image.npz` back, whoever wrote it.

The file is a zip archive of NumPy arrays. What each member claims to be is looked at before any
of it is unpacked, so no file asks for more memory than `MAX_BYTES`; nothing is ever unpickled.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from roadfcn.errors import DatasetError, RoadfcnError
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.kitti.distances import BANDS
from roadfcn.kitti.scores import THRESHOLDS
from roadfcn.label_sets import LABEL_SETS, LabelSet, distinct_colour

MAX_BYTES = 2**30
"""Arrays that unpack to more are refused; those of ten thousand pictures take a third of it."""

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
_LARGEST = 2**40  # pixels in one count: more than any picture has
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_counts(path: Path) -> PerImageCounts:
    """Read the counts of each picture.

    Of a file from before scores in bird's-eye view, no frame counts as calibrated.

    Raises:
        DatasetError: The file is missing, damaged, too large, or holds something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _counts(_arrays(archive))
    except RoadfcnError as problem:
        raise _unreadable(path, problem.found) from problem
    except FileNotFoundError as problem:
        raise _unreadable(path, "there is no such file") from problem
    except (
        *(OSError, EOFError, ValueError, TypeError, KeyError, OverflowError, RecursionError),
        *(SyntaxError, MemoryError, NotImplementedError, RuntimeError),
        *(zipfile.BadZipFile, zlib.error),
    ) as problem:
        raise _unreadable(path, str(problem) or type(problem).__name__) from problem


def _arrays(archive: zipfile.ZipFile) -> dict[str, NDArray[Any]]:
    members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
    missing = [name for name in _NEEDED if name not in members]
    if missing:
        raise ValueError(f"it has no {', '.join(missing)}")
    wanted = {name: members[name] for name in _KINDS if name in members}
    size = sum(entry.file_size for entry in wanted.values())
    if size > MAX_BYTES:
        raise ValueError(f"it unpacks to {size} bytes, more than {MAX_BYTES}")
    arrays = {}
    for name, entry in wanted.items():
        if entry.compress_type not in _PACKINGS:
            raise ValueError(f"{name} is packed in a way that NumPy does not use")
        with archive.open(entry) as file:
            arrays[name] = _array(file, name, entry.file_size)
    return arrays


def _array(file: IO[bytes], name: str, size: int) -> NDArray[Any]:
    """Read an array whose header is true to its size."""
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{name} is of a version that is not known")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_columns, kind = read(file)
    if kind.kind != _KINDS[name] or (by_columns and len(shape) > 1):
        raise ValueError(f"{name} holds values of type {kind}, or in another order")
    count = 1
    for length in shape:
        count *= int(length)
    if kind.itemsize * count > size:
        raise ValueError(f"{name} is shorter than it says")
    return np.frombuffer(file.read(kind.itemsize * count), kind, count).reshape(shape)


def _counts(arrays: Mapping[str, NDArray[Any]]) -> PerImageCounts:
    names, categories, classes = (_words(arrays[name]) for name in _NEEDED[:3])
    count, size = len(names), len(classes)
    if not names or len(set(names)) < count:
        raise ValueError("it has no pictures, or two of one name")
    _expect("categories", (len(categories),), (count,))
    has_road = "road" in arrays
    no_view = np.zeros((count, len(BANDS), 2, THRESHOLDS), np.int64) if has_road else None
    from_above = arrays.get("road_birds_eye_by_distance", no_view)
    calibrated = arrays.get("calibrated", np.zeros(count, np.bool_))
    shapes: dict[str, tuple[NDArray[Any] | None, tuple[int, ...]]] = {
        "confusion": (arrays["confusion"], (count, size, size)),
        "calibrated": (calibrated, (count,)),
        "road": (arrays.get("road"), (count, 2, THRESHOLDS)),
        "road_birds_eye_by_distance": (from_above, (count, len(BANDS), 2, THRESHOLDS)),
    }
    for name, (array, shape) in shapes.items():
        if array is None:
            continue
        _expect(name, array.shape, shape)
        if array.min() < 0 or array.max() > _LARGEST:
            raise ValueError(f"{name} holds numbers that count nothing")
    return PerImageCounts(
        names=names,
        categories=categories,
        label_set=_label_set(classes),
        confusion=arrays["confusion"].astype(np.int64),
        road=arrays["road"].astype(np.int64) if has_road else None,
        calibrated=calibrated,
        road_by_distance=from_above.astype(np.int64) if from_above is not None else None,
    )


def _words(array: NDArray[np.str_]) -> tuple[str, ...]:
    if array.ndim != 1:
        raise ValueError("its names are no list")
    words = tuple(str(word) for word in array)
    for word in words:
        word.encode("utf-8")  # halves of characters cannot be written again
    return words


def _expect(name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if found != expected:
        raise ValueError(f"{name} has the shape {found}, where {expected} belongs")


def _label_set(classes: tuple[str, ...]) -> LabelSet:
    """Give the known set of these classes, or one with colours that can be told apart."""
    for known in LABEL_SETS.values():
        if known.classes == classes:
            return known
    colours = tuple(distinct_colour(name, index) for index, name in enumerate(classes))
    return LabelSet("saved", classes, colours)


def _unreadable(path: Path, why: str) -> DatasetError:
    return DatasetError(
        f"{path} cannot be read: {why}",
        allowed="per_image.npz as roadfcn train and roadfcn evaluate --out write it",
        do="score the model again: roadfcn evaluate MODEL DATA --out OUT",
    )
