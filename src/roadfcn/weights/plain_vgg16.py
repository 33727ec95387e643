"""A VGG16 whose layers have the names of the Caffe networks, as ours have: a plain state dict."""

from __future__ import annotations

from collections.abc import Mapping

from roadfcn.errors import ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.weights.foreign import ForeignWeights
from roadfcn.weights.layouts import (
    Array,
    convolution,
    dense_chw,
    dense_pointwise,
    vector,
)
from roadfcn.weights.name_table import Entry, assemble
from roadfcn.weights.state_dicts import StateDict
from roadfcn.weights.vgg16_shape import CONVOLUTIONS, DENSE


def plain_vgg16(
    file: StateDict, tensors: Mapping[str, Array], input_format: InputFormat | None
) -> ForeignWeights:
    """Take over `conv1_1.weight` and so on; a head of ours, and fc8, are left out.

    Args:
        file: For its path and hash.
        tensors: `conv1_1.weight` and so on; fc6 and fc7 as convolutions or dense layers.
        input_format: What the network was trained on, which the file does not say.

    Raises:
        ModelFileError: The input format is missing, or tensors do not fit.
    """
    left_out = [name for name in tensors if name.startswith(("head.", "fc8."))]
    has_fc = any(name.startswith(DENSE) for name in tensors)
    table = encoder_table(tensors, has_fc=has_fc)
    ours = assemble(file.path, "a plain VGG16", tensors, table, left_out=left_out)
    if input_format is None:
        raise ModelFileError(
            f"{file.path} is a plain VGG16, which does not say what it wants to be fed",
            allowed="imagenet-rgb: RGB 0..1 with ImageNet's mean and deviation; vgg-bgr: BGR "
            "0..255 minus the mean 103.939, 116.779, 123.68; caffe-bgr: BGR 0..255 minus "
            "104.00698793, 116.66876762, 122.67891434",
            do="say which one it was trained on: --input-format, or input_format in Python",
        )
    return ForeignWeights(
        path=file.path,
        kind="a plain VGG16",
        sha256=file.sha256,
        tensors=ours,
        input_format=input_format,
        left_out=(*left_out, *file.left_out),
    )


def encoder_table(tensors: Mapping[str, Array], *, has_fc: bool) -> list[Entry]:
    """Give the lines for the convolutions, and with `has_fc` for fc6 and fc7 as they are kept."""
    table = []
    for layer in CONVOLUTIONS:
        table.append(Entry(f"{layer}.weight", f"encoder.{layer}.weight", convolution))
        table.append(Entry(f"{layer}.bias", f"encoder.{layer}.bias", vector))
    if has_fc:
        for layer, dense in zip(DENSE, (dense_chw, dense_pointwise), strict=True):
            weight = tensors.get(f"{layer}.weight")
            is_dense = weight is not None and weight.ndim == 2
            layout = dense if is_dense else convolution
            table.append(Entry(f"{layer}.weight", f"encoder.{layer}.weight", layout))
            table.append(Entry(f"{layer}.bias", f"encoder.{layer}.bias", vector))
    return table
