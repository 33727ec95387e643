"""Arrays out of an `.npz` file, whoever wrote it.

The file is a zip archive of NumPy arrays. What all of them claim to be is looked at before any is
unpacked, so no file asks for more memory than `MAX_BYTES`, and one whose arrays do not belong
together for none; nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import io
import math
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from roadfcn.errors import DatasetError, RoadfcnError

MAX_BYTES = 2**30
"""Arrays that unpack to more are refused; those of ten thousand pictures take a third of it."""

Shapes = Mapping[str, tuple[int, ...]]
"""Shapes of arrays by name."""

_LONGEST_HEADER = 2**14  # bytes; of 10,000 and less NumPy makes sense
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


def read_arrays(
    path: Path, kinds: Mapping[str, str], check: Callable[[Shapes], None]
) -> dict[str, NDArray[Any]]:
    """Read some arrays of a file, those of them that are there.

    Args:
        path: The file.
        kinds: Names, and of what kind the values must be, as `numpy.dtype.kind` has it.
        check: Is given the shapes before anything is unpacked, to refuse those that make no sense.

    Raises:
        ValueError: An array is not what it says, or too large; other errors of a damaged file are
            those that `refusing_damage` catches.
    """
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        wanted = {name: entries[name] for name in kinds if name in entries}
        size = sum(entry.file_size for entry in wanted.values())
        if size > MAX_BYTES:
            raise ValueError(f"it unpacks to {size} bytes, more than {MAX_BYTES}")
        members = {
            name: _member(archive, name, entry, kinds[name]) for name, entry in wanted.items()
        }
        check({name: member.shape for name, member in members.items()})
        return {name: _array(archive, member) for name, member in members.items()}


def check_shapes(found: Shapes, expected: Shapes) -> None:
    """Refuse arrays of other shapes.

    Raises:
        ValueError: One is not of the shape expected.
    """
    for name, shape in found.items():
        if shape != expected[name]:
            raise ValueError(f"{name} has the shape {shape}, where {expected[name]} belongs")


def check_counts(name: str, array: NDArray[Any]) -> None:
    """Refuse an array that cannot hold counts of pixels.

    Raises:
        ValueError: A value is below 0, no number, or beyond all measure.
    """
    if not (array.min() >= 0 and array.max() <= _LARGEST):  # with a NaN both are NaN
        raise ValueError(f"{name} holds numbers that count nothing")


class _Member(NamedTuple):
    """An array in the archive, by what its header says."""

    entry: zipfile.ZipInfo
    start: int  # of the values, in bytes
    shape: tuple[int, ...]
    kind: np.dtype[Any]


def _member(archive: zipfile.ZipFile, name: str, entry: zipfile.ZipInfo, wanted: str) -> _Member:
    """Read the header of an array, which must be true to its size."""
    if entry.compress_type not in _PACKINGS:
        raise ValueError(f"{name} is packed in a way that NumPy does not use")
    with archive.open(entry) as file:
        head = io.BytesIO(file.read(_LONGEST_HEADER))
    version = npy.read_magic(head)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{name} is of a version that is not known")
    shape, by_columns, kind = _header(head, name, version)
    is_narrow = wanted in "if" and kind.itemsize != _NUMBER_BYTES
    if kind.kind != wanted or is_narrow or (by_columns and len(shape) > 1):
        raise ValueError(f"{name} holds values of type {kind}, or in another order")
    # The archive's checksum is looked at where a member is read to its end.
    if head.tell() + kind.itemsize * math.prod(shape) != entry.file_size:
        raise ValueError(f"{name} is shorter or longer than it says")
    return _Member(entry, head.tell(), shape, kind)


def _header(
    head: IO[bytes], name: str, version: tuple[int, int]
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        # NumPy takes what it cannot parse for a header of Python 2, mends it, and warns.
        with warnings.catch_warnings(action="error"):
            return read(head)
    except (tokenize.TokenError, Warning) as problem:
        raise ValueError(f"the header of {name} makes no sense") from problem


def _array(archive: zipfile.ZipFile, member: _Member) -> NDArray[Any]:
    with archive.open(member.entry) as file:
        file.read(member.start)
        return np.frombuffer(file.read(), member.kind).reshape(member.shape)


def _unreadable(path: Path, why: str) -> DatasetError:
    return DatasetError(
        f"{path} cannot be read: {why}",
        allowed="per_image.npz as roadfcn train and roadfcn evaluate --out write it",
        do="score the model again: roadfcn evaluate MODEL DATA --out OUT",
    )
