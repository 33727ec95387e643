"""NumPy's archives taken apart and put together again, so that damage gets past their checksums."""

import functools
import io
import struct
import tokenize
import zipfile
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from fuzzing.mutations import LONG, damaged, edges, odd_texts

_TYPES = ["<i4", "<u8", ">i8", "<f8", "<f2", "<c16", "|S9", "|b1", "<M8[s]", "|O"]
_DESCRIPTIONS = [*_TYPES, "<i8", "<U9", "<U0", f"<U{2**29}", "|V8", "<i3", "", "[('a', '<i8')]"]
_NUMBERS = [-1, 0, 1, 2**31, 2**40, 2**40 + 1, 2**62, -(2**63)]
_PACKINGS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


class _Trap:
    """Leaves a file where it is unpickled."""

    def __reduce__(self):
        return Path("PWNED").touch, ()


@st.composite
def other_arrays(draw, contents):
    """Give one of `contents`, bytes of `.npz` files, with arrays changed, gone or new."""
    with np.load(io.BytesIO(draw(contents))) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(sorted(arrays)))
        what = draw(st.sampled_from(["value", "value", "value", "type", "shape", "drop", "trap"]))
        if what == "value":
            arrays[name] = _with_other_value(draw, arrays[name])
        elif what == "type":
            arrays[name] = _of_type(arrays[name], draw(st.sampled_from(_TYPES)))
        elif what == "shape":
            arrays[name] = _reshaped(arrays[name], draw(st.integers(0, 5)))
        elif what == "drop" and len(arrays) > 1:
            del arrays[name]
        elif what == "trap":
            arrays[name] = np.array([_Trap(), _Trap()], object)
    file = io.BytesIO()
    draw(st.sampled_from([np.savez, np.savez_compressed]))(file, **arrays)
    return file.getvalue()


def _with_other_value(draw, array):
    values = array.ravel().tolist()
    if not values:
        return array
    at = draw(st.integers(0, LONG)) % len(values)
    if array.dtype.kind == "U":
        others = st.sampled_from(["<script>", "</td>", values[-1], "um", "road", "\x1b[2J"])
        values[at] = draw(st.one_of(odd_texts, others))
        return np.array(values).reshape(array.shape)
    changed = array.copy()
    if array.dtype.kind == "f":
        changed.flat[at] = draw(st.sampled_from([np.nan, np.inf, -1.0, 1e300, 0.5]))
    elif array.dtype.kind in "ib":
        limits = np.iinfo(array.dtype) if array.dtype.kind == "i" else np.iinfo(np.uint8)
        changed.flat[at] = np.clip(draw(st.sampled_from(_NUMBERS)), limits.min, limits.max)
    return changed


def _of_type(array, kind):
    try:
        return array.astype(kind)
    except (ValueError, TypeError):  # words that are no numbers
        return np.zeros(array.shape, kind)


def _reshaped(array, way):
    shapes = [array.ravel(), array[..., None], array[:1], array[:0], array.T]
    return shapes[way] if way < len(shapes) else np.repeat(array, 2, axis=0)


@st.composite
def other_members(draw, contents):
    """Give one of `contents` with headers, names and packing of its members changed."""
    members = _members(draw(contents))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(members) - 1))
        name, data = members[at]
        what = draw(st.sampled_from(["header", "header", "length", "bytes", "rename", "twice"]))
        if what == "header":
            sizes = st.sampled_from([0, 1, 2, 3, -1, 2**20, 2**31, 2**62, 10**30, True, 2.0])
            shape = draw(st.one_of(st.none(), st.lists(sizes, max_size=5).map(tuple)))
            described = draw(st.one_of(st.none(), st.sampled_from(_DESCRIPTIONS)))
            data = _with_header(data, shape, described, draw(st.booleans()))
        elif what == "length":
            form = draw(st.sampled_from(["<H", "<I"]))
            value = draw(edges) % 2 ** (8 * struct.calcsize(form))
            data = (
                data[:6]
                + bytes([draw(st.integers(0, 3)), 0])
                + struct.pack(form, value)
                + data[10:]
            )
        elif what == "bytes":
            data = draw(damaged(st.just(data), most=3))
        elif what == "rename":
            name = draw(st.sampled_from([name.removesuffix(".npy"), f"../{name}", "road.npy"]))
        else:
            members.append((name, members[0][1]))
        members[at] = (name, data)
    return _archive(members, draw(st.sampled_from([*_PACKINGS[:2] * 3, *_PACKINGS])))


def _members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]


def _archive(members, packing=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def _with_header(data, shape, described, by_columns):
    """Put another header before an array's values, with some entries as they were."""
    try:
        file = io.BytesIO(data)
        np.lib.format.read_magic(file)
        old_shape, _, kind = np.lib.format.read_array_header_1_0(file)
    except (ValueError, SyntaxError, tokenize.TokenError):  # damaged before
        return data
    header = {
        "descr": kind.str if described is None else described,
        "fortran_order": by_columns,
        "shape": old_shape if shape is None else shape,
    }
    text = repr(header).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + file.read()


@functools.cache
def bombs(content):
    """List small files, made of a whole one, whose members unpack to hundreds of megabytes."""
    whole = dict(_members(content))
    zeros = bytes(2**27)
    of_numbers = _with_header(whole["confusion.npy"][:128], (2**24,), "<i8", False) + zeros
    far = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + zeros
    many = _with_header(whole["names.npy"][:128], (2**25,), "<U1", False) + zeros
    long = _with_header(whole["names.npy"][:128], (1,), f"<U{2**25}", False) + b"\1" * 2**27
    changes = [
        {"confusion.npy": of_numbers},
        {"road.npy": of_numbers},
        {"names.npy": far},
        {"classes.npy": many},
        {"names.npy": many, "categories.npy": many},
        {"names.npy": long},
    ]
    return [_archive(list((whole | change).items())) for change in changes]
