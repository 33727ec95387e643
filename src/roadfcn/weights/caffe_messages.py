"""The few fields of Caffe's messages that are read through protobuf.

Names and numbers are those of Caffe's definition (https://github.com/BVLC/caffe,
src/caffe/proto/caffe.proto). The definition is put together here, without the hundreds of fields
that no weight depends on: protobuf passes over what is not defined. Weights themselves do not
come this way, see `caffe_files`.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_ONE, _MANY = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED
_BYTES, _MESSAGE = FieldDescriptorProto.TYPE_BYTES, FieldDescriptorProto.TYPE_MESSAGE
_INT32, _INT64 = FieldDescriptorProto.TYPE_INT32, FieldDescriptorProto.TYPE_INT64
_UINT32 = FieldDescriptorProto.TYPE_UINT32

_PACKAGE = "roadfcn.caffe"

# Names are bytes here: a damaged file may hold no UTF-8.
_MESSAGES: dict[str, tuple[tuple[str, int, int, int, str], ...]] = {
    "ConvolutionParameter": (
        ("pad", 3, _MANY, _UINT32, ""),
        ("dilation", 18, _MANY, _UINT32, ""),
    ),
    "LayerParameter": (
        ("name", 1, _ONE, _BYTES, ""),
        ("convolution_param", 106, _ONE, _MESSAGE, "ConvolutionParameter"),
    ),
    "V1LayerParameter": (
        ("name", 4, _ONE, _BYTES, ""),
        ("convolution_param", 10, _ONE, _MESSAGE, "ConvolutionParameter"),
    ),
    "V0LayerParameter": (("name", 1, _ONE, _BYTES, ""),),
    "BlobShape": (("dim", 1, _MANY, _INT64, ""),),
    "BlobProto": (
        ("num", 1, _ONE, _INT32, ""),
        ("channels", 2, _ONE, _INT32, ""),
        ("height", 3, _ONE, _INT32, ""),
        ("width", 4, _ONE, _INT32, ""),
        ("shape", 7, _ONE, _MESSAGE, "BlobShape"),
    ),
}


def _definition() -> FileDescriptorProto:
    file = FileDescriptorProto(name="roadfcn_caffe.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, label, kind, of in fields:
            added = message.field.add(name=field, number=number, label=label, type=kind)
            if of:
                added.type_name = f".{_PACKAGE}.{of}"
    return file


# A pool of its own: others may have Caffe's whole definition in the shared one.
_POOL = DescriptorPool()
_POOL.Add(_definition())


def _message_class(name: str) -> Any:  # noqa: ANN401 - made while running
    return GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


LayerParameter = _message_class("LayerParameter")
"""A layer: name and convolution_param."""

V1LayerParameter = _message_class("V1LayerParameter")
"""A layer as Caffe wrote them until 2014."""

V0LayerParameter = _message_class("V0LayerParameter")
"""A layer as Caffe wrote them until 2013; name only."""

BlobProto = _message_class("BlobProto")
"""A tensor's shape: `shape.dim`, or the four older fields num, channels, height, width."""
