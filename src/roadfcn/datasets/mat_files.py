"""Reads one matrix out of a structure in a MATLAB file of level 5, as `save -v6` and `-v7` write.

After a header of 128 bytes, a file is a row of elements: a tag of type and length, then the
content, filled up to 8 bytes. A variable is an element of elements: flags, sizes, name, values; a
structure holds another such element for each of its fields. A variable may be packed with zlib.
(MathWorks, "MAT-File Format", chapter 1.) Only what leads to the one field is read, all else is
stepped over by its length, and no file can ask for more memory than a few times `MAX_BYTES`.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ImageFileError

MAX_BYTES = 2**24
"""Files that are larger or unpack to more are refused; a truth picture takes some kilobytes."""

_HEADER_BYTES = 128
_LITTLE, _BIG = b"IM", b"MI"  # how the two bytes "MI" read back if the file's order is not ours
_MATRIX, _PACKED = 14, 15  # miMATRIX, miCOMPRESSED
_STRUCTURE, _MATRIX_CLASSES = 2, range(6, 16)  # mxSTRUCT_CLASS; mxDOUBLE_CLASS to mxUINT64_CLASS
# How numbers are stored, whatever their class is: miINT8, miUINT8, ..., miUINT64.
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4"}
_NUMBERS |= {7: "f4", 9: "f8", 12: "i8", 13: "u8"}


class _Element(NamedTuple):
    kind: int
    content: memoryview
    order: str  # "<" or ">"


class _Variable(NamedTuple):
    kind: int
    shape: tuple[int, ...]
    name: str
    parts: Iterator[_Element]  # what follows: the values, or a structure's fields


def read_matrix(path: Path, variable: str, field: str) -> NDArray[np.uint8]:
    """Read a field of a structure as H,W uint8.

    Args:
        path: The file.
        variable: The structure's name in it.
        field: The field: a matrix of whole numbers 0..255, in whatever type MATLAB put them.

    Raises:
        ImageFileError: The file is missing, damaged, too large, of another kind or version, or
            has no such matrix.
    """
    try:
        return _find(_read_file(path), variable, field)
    except (OSError, ValueError, OverflowError, struct.error, zlib.error) as problem:
        raise ImageFileError(
            f"{path} cannot be read as a MATLAB file: {problem}",
            allowed=f"a whole MATLAB file of level 5 that holds {variable}.{field}",
            do="copy or download the file again, or take its frame out of the list",
        ) from problem


def _read_file(path: Path) -> memoryview:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"it has {size} bytes, more than {MAX_BYTES}")
    data = path.read_bytes()
    if data.startswith(b"MATLAB 7.3"):
        raise ValueError("it is of version 7.3, another format (HDF5)")
    if len(data) < _HEADER_BYTES or data[126:128] not in (_LITTLE, _BIG):
        raise ValueError("it does not begin as one")
    return memoryview(data)


def _find(data: memoryview, variable: str, field: str) -> NDArray[np.uint8]:
    order = "<" if data[126:128] == _LITTLE else ">"
    for outer in _elements(data[_HEADER_BYTES:], order):
        packed = outer.kind == _PACKED
        element = _next(_elements(_unpacked(outer.content), order)) if packed else outer
        if element.kind != _MATRIX:
            continue
        found = _variable(element)
        if (found.name, found.kind, math.prod(found.shape)) == (variable, _STRUCTURE, 1):
            return _matrix(_field(found, field), field)
    raise ValueError(f"it has no structure {variable}")


def _elements(data: memoryview, order: str) -> Iterator[_Element]:
    """Walk through elements in a row; the content of the last may reach to the end, not beyond."""
    place = 0
    while place < len(data):
        kind, length = struct.unpack_from(f"{order}II", data, place)
        start = place + 8
        if kind >> 16:  # at most 4 bytes: they are in the tag, and their length beside the type
            kind, length, start = kind & 0xFFFF, kind >> 16, place + 4
        if start + length > min(len(data), place + 8 if start == place + 4 else len(data)):
            raise ValueError("it breaks off")
        yield _Element(kind, data[start : start + length], order)
        end = start + length
        place = end if kind == _PACKED else -(-end // 8) * 8  # packed ones are not filled up


def _next(elements: Iterator[_Element]) -> _Element:
    element = next(elements, None)
    if element is None:
        raise ValueError("it breaks off")
    return element


def _unpacked(content: memoryview) -> memoryview:
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(content, MAX_BYTES)
    if len(data) >= MAX_BYTES:
        raise ValueError(f"it unpacks to {MAX_BYTES} bytes or more")
    if not unpacker.eof:
        raise ValueError("it breaks off")
    return memoryview(data)


def _variable(element: _Element) -> _Variable:
    parts = _elements(element.content, element.order)
    flags, shape, name = _numbers(_next(parts)), _numbers(_next(parts)), _next(parts).content
    if not len(flags):
        raise ValueError("a variable in it has no flags")
    sizes = tuple(int(size) for size in shape)
    return _Variable(int(flags[0]) & 0xFF, sizes, bytes(name).decode("latin-1"), parts)


def _field(structure: _Variable, field: str) -> _Element:
    length = int(_numbers(_next(structure.parts))[:1].sum())
    names = bytes(_next(structure.parts).content)
    starts = range(0, len(names), length) if length > 0 else range(0)
    fields = [
        names[start : start + length].partition(b"\0")[0].decode("latin-1") for start in starts
    ]
    if field not in fields:
        raise ValueError(f"{structure.name} has the fields {', '.join(fields)} and no {field}")
    for _ in range(fields.index(field)):
        _next(structure.parts)
    return _next(structure.parts)


def _matrix(element: _Element, field: str) -> NDArray[np.uint8]:
    found = _variable(element)
    if element.kind != _MATRIX or found.kind not in _MATRIX_CLASSES or len(found.shape) != 2:
        raise ValueError(f"{field} is no matrix of numbers")
    values = _numbers(_next(found.parts))
    if len(values) != math.prod(found.shape):
        raise ValueError(
            f"{field} is {' x '.join(map(str, found.shape))} with {len(values)} values"
        )
    with np.errstate(invalid="ignore"):  # what is no number, or too large, differs afterwards
        bytewise = values.astype(np.uint8)
    if not np.array_equal(bytewise, values):
        raise ValueError(
            f"{field} holds {values.min()} to {values.max()}, not whole numbers 0..255"
        )
    return np.ascontiguousarray(bytewise.reshape(found.shape, order="F"))


def _numbers(element: _Element) -> NDArray[np.generic]:
    if element.kind not in _NUMBERS:
        raise ValueError(f"it has numbers of the unknown type {element.kind}")
    kind = np.dtype(element.order + _NUMBERS[element.kind])
    return np.frombuffer(element.content, kind, count=len(element.content) // kind.itemsize)
