"""Caffe's weight files (.caffemodel): which files are such, and the layers in them.

A caffemodel is one protobuf message, a NetParameter: a row of layers, each with its settings and
its tensors ("blobs"). Layers come in two forms: LayerParameter, and V1LayerParameter until 2014,
which may hold a V0LayerParameter of 2013. Numbers of fields: https://github.com/BVLC/caffe,
src/caffe/proto/caffe.proto.

The file is mapped into memory and walked (`protobuf_wire`). A blob's numbers lie in it as they lie
in an array, so they are looked at where they are; what is left of layers and blobs, some bytes
each, is read through protobuf.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ModelFileError
from roadfcn.installation import how_to_install
from roadfcn.protobuf_wire import LENGTH, VARINT, Field, Walker, WireError, field_at

_MOST_FIELDS = 100_000
"""In all that is walked. FCN-8s has 900; residual networks of 152 layers have 10,000."""

_LONGEST_HEAD = 10_000
"""Bytes of a layer's name and settings, or of a blob's shape; they take tens."""

_NET_NAME = 1
_BEFORE_LAYERS = {(number, LENGTH) for number in (_NET_NAME, 3, 4, 6, 8)} | {
    (number, VARINT) for number in (4, 5, 7)
}
"""A net's name, input, input_dim, state, input_shape; input_dim, force_backward, debug_info."""

_SHAPE_FIELDS, _FLOATS, _DOUBLES = (1, 2, 3, 4, 7), 5, 8
"""In a blob; 6 and 9 are gradients, which some snapshots keep."""


class _Form(NamedTuple):
    """The numbers of fields in one form of layers: name, settings of a convolution, blobs."""

    message: str
    name: int
    convolution: int
    blobs: int
    first: frozenset[int]  # texts that a layer can begin with


_FORMS = {
    100: _Form("LayerParameter", 1, 106, 7, frozenset({1})),
    2: _Form("V1LayerParameter", 4, 10, 6, frozenset({2, 3, 4})),
}
"""By the number of the field of NetParameter that holds such layers."""

_V0_LAYER, _V0_FORM = 1, _Form("V0LayerParameter", 1, 0, 50, frozenset())
"""Where a V1LayerParameter holds a layer of the form of 2013, which has its settings elsewhere."""


@dataclass(frozen=True)
class CaffeLayer:
    """A layer that has weights.

    Args:
        name: As the network's definition gives it.
        blobs: Its tensors, float32 or float64, read-only views of the mapped file.
        padding: Of a convolution, on each side; None if the file does not tell.
        dilation: Of a convolution; 1 if its kernel's elements lie side by side.
    """

    name: str
    blobs: tuple[NDArray[Any], ...]
    padding: int | None
    dilation: int


def is_caffemodel(path: Path) -> bool:
    """Tell whether a file begins as a NetParameter with layers does, whole or cut short.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        head = memoryview(file.read(4096))
    try:
        field = field_at(head, 0)
        while field.number not in _FORMS and field.end < len(head):
            if (field.number, field.kind) not in _BEFORE_LAYERS:
                return False
            if field.number == _NET_NAME and not _is_text(head[field.begin : field.end]):
                return False
            field = field_at(head, field.end)
        if field.number not in _FORMS or field.kind != LENGTH or field.begin == field.end:
            return False
        first = field_at(head, field.begin)
    except WireError:
        return False
    if field.number == 2 and first.number == _V0_LAYER:
        return first.kind == LENGTH and first.end <= field.end
    known = first.number in _FORMS[field.number].first and first.kind == LENGTH
    return known and first.end <= field.end and _is_text(head[first.begin : first.end])


def _is_text(name: memoryview) -> bool:
    return all(byte >= 32 and byte != 127 for byte in name)


def map_caffemodel(path: Path) -> memoryview:
    """Give a file's content; it is in memory only as far as it is looked at.

    Raises:
        ModelFileError: The file is empty.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        try:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError as problem:
            raise damaged(path, "it is empty") from problem


def read_layers(path: Path, content: memoryview) -> list[CaffeLayer]:
    """Give the layers of a caffemodel that have blobs, in the file's order.

    Args:
        path: Named in errors.
        content: What `map_caffemodel` gives.

    Raises:
        ModelFileError: The content is cut short or damaged, or protobuf is not installed.
    """
    walker = Walker(_MOST_FIELDS)
    try:
        layers = [
            _layer(walker, content[field.begin : field.end], _FORMS[field.number])
            for field in walker.fields(content)
            if field.number in _FORMS and field.kind == LENGTH
        ]
    except WireError as problem:
        raise damaged(path, str(problem)) from problem
    except ModuleNotFoundError as problem:
        raise ModelFileError(
            f"{path} is a caffemodel, and the package protobuf is not installed",
            allowed="caffemodels where the extra 'caffe' is installed",
            do=how_to_install("caffe"),
        ) from problem
    return [layer for layer in layers if layer.blobs]


def damaged(path: Path, reason: str) -> ModelFileError:
    """Make the error for a file that Caffe did not write so."""
    return ModelFileError(
        f"the caffemodel {path} is damaged: {reason}",
        allowed="a file as Caffe wrote it",
        do="copy or download it again",
    )


def _layer(walker: Walker, message: memoryview, form: _Form) -> CaffeLayer:
    fields = list(walker.fields(message))
    if form is _FORMS[2]:
        for field in fields:
            if field.number == _V0_LAYER and field.kind == LENGTH:
                return _layer(walker, message[field.begin : field.end], _V0_FORM)
    settings = _parse(form.message, message, fields, {form.name, form.convolution})
    name = settings.name.decode("utf-8", "replace")
    tells = form is not _V0_FORM and settings.HasField("convolution_param")
    convolution = settings.convolution_param if tells else None
    places = [field for field in fields if field.number == form.blobs and field.kind == LENGTH]
    blobs = [
        _blob(walker, message[field.begin : field.end], f"blob {count} of '{name}'")
        for count, field in enumerate(places)
    ]
    return CaffeLayer(
        name,
        tuple(blobs),
        max(convolution.pad, default=0) if convolution is not None else None,
        max(convolution.dilation, default=1) if convolution is not None else 1,
    )


def _blob(walker: Walker, message: memoryview, whose: str) -> NDArray[Any]:
    fields = list(walker.fields(message))
    shape = _shape(_parse("BlobProto", message, fields, _SHAPE_FIELDS), whose)
    pieces = list(_numbers(message, fields, whose))
    if len({piece.dtype for piece in pieces}) > 1:
        raise WireError(f"{whose} has numbers of both single and double precision")
    count = sum(piece.size for piece in pieces)
    if math.prod(shape) != count:
        wanted = " x ".join(map(str, shape)) or "1"
        raise WireError(f"{whose} has {count} numbers for a shape of {wanted}")
    # One piece, if Caffe wrote it; protobuf allows several.
    whole = pieces[0] if len(pieces) == 1 else np.concatenate(pieces or [np.empty(0, np.float32)])
    return whole.reshape(shape)


def _shape(blob: Any, whose: str) -> tuple[int, ...]:  # noqa: ANN401 - a protobuf message
    older = ("num", "channels", "height", "width")
    if blob.HasField("shape"):
        shape = tuple(blob.shape.dim)
    elif any(blob.HasField(axis) for axis in older):
        shape = tuple(getattr(blob, axis) for axis in older)
    else:
        raise WireError(f"{whose} has no shape")
    if len(shape) > 8 or min(shape, default=0) < 0:
        raise WireError(f"{whose} has an impossible shape")
    return shape


def _numbers(message: memoryview, fields: list[Field], whose: str) -> Iterator[NDArray[Any]]:
    for field in fields:
        if field.number not in (_FLOATS, _DOUBLES):
            continue
        dtype = np.dtype("<f4" if field.number == _FLOATS else "<f8")
        if field.kind != LENGTH or (field.end - field.begin) % dtype.itemsize:
            raise WireError(f"{whose} has numbers that do not lie side by side")
        yield np.frombuffer(message[field.begin : field.end], dtype)


def _parse(name: str, message: memoryview, fields: list[Field], wanted: Collection[int]) -> Any:  # noqa: ANN401 - a protobuf message
    """Read the `wanted` fields of a message through protobuf, all others left out."""
    # Loaded here, so that telling files apart does not need protobuf.
    from google.protobuf.message import DecodeError

    from roadfcn.weights import caffe_messages

    parts = [message[field.start : field.end] for field in fields if field.number in wanted]
    if sum(map(len, parts)) > _LONGEST_HEAD:
        raise WireError(f"a {name} has settings of more than {_LONGEST_HEAD} bytes")
    try:
        return getattr(caffe_messages, name).FromString(b"".join(parts))
    except DecodeError as problem:
        raise WireError(f"a {name} cannot be read ({problem})") from problem
