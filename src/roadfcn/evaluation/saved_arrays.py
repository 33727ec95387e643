"""Arrays out of an `.npz` file, whoever wrote it.

The file is a zip archive of NumPy arrays. What each member claims to be is looked at before any
of it is unpacked, so no file asks for more memory than `MAX_BYTES`; nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from roadfcn.errors import DatasetError, RoadfcnError

MAX_BYTES = 2**30
"""Arrays that unpack to more are refused; those of ten thousand pictures take a third of it."""

_LARGEST = 2**40  # pixels in one count: more than any picture has
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NUMBER_BYTES = 8  # of counts and sums: narrower ones would grow when they are read


@contextlib.contextmanager
def refusing_damage(path: Path) -> Iterator[None]:
    """Turn all that goes wrong with a file of counts into one error that says why.

    Raises:
        DatasetError: The file is missing, damaged, too large, or holds something else.
    """
    try:
        yield
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


def read_arrays(path: Path, kinds: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Read some arrays of a file, those of them that are there.

    Args:
        path: The file.
        kinds: Names, and of what kind the values must be, as `numpy.dtype.kind` has it.

    Raises:
        ValueError: An array is not what it says, or too large; other errors of a damaged file are
            those that `refusing_damage` catches.
    """
    with zipfile.ZipFile(path) as archive:
        members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        wanted = {name: members[name] for name in kinds if name in members}
        size = sum(entry.file_size for entry in wanted.values())
        if size > MAX_BYTES:
            raise ValueError(f"it unpacks to {size} bytes, more than {MAX_BYTES}")
        arrays = {}
        for name, entry in wanted.items():
            if entry.compress_type not in _PACKINGS:
                raise ValueError(f"{name} is packed in a way that NumPy does not use")
            with archive.open(entry) as file:
                arrays[name] = _array(file, name, kinds[name], entry.file_size)
    return arrays


def check_shape(name: str, array: NDArray[Any], expected: tuple[int, ...]) -> None:
    """Refuse an array of another shape.

    Raises:
        ValueError: It is not of the shape expected.
    """
    if array.shape != expected:
        raise ValueError(f"{name} has the shape {array.shape}, where {expected} belongs")


def check_counts(name: str, array: NDArray[Any], expected: tuple[int, ...]) -> None:
    """Refuse an array that cannot hold counts of pixels.

    Raises:
        ValueError: It is of another shape, or a value is below 0, no number, or beyond all measure.
    """
    check_shape(name, array, expected)
    if not ((array >= 0) & (array <= _LARGEST)).all():  # NaN is neither
        raise ValueError(f"{name} holds numbers that count nothing")


def _array(file: IO[bytes], name: str, wanted: str, size: int) -> NDArray[Any]:
    """Read an array whose header is true to its size."""
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{name} is of a version that is not known")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_columns, kind = read(file)
    is_narrow = wanted in "if" and kind.itemsize != _NUMBER_BYTES
    if kind.kind != wanted or is_narrow or (by_columns and len(shape) > 1):
        raise ValueError(f"{name} holds values of type {kind}, or in another order")
    count = 1
    for length in shape:
        count *= int(length)
    if kind.itemsize * count > size:
        raise ValueError(f"{name} is shorter than it says")
    return np.frombuffer(file.read(kind.itemsize * count), kind, count).reshape(shape)


def _unreadable(path: Path, why: str) -> DatasetError:
    return DatasetError(
        f"{path} cannot be read: {why}",
        allowed="per_image.npz as roadfcn train and roadfcn evaluate --out write it",
        do="score the model again: roadfcn evaluate MODEL DATA --out OUT",
    )
