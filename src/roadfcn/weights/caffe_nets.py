"""Reads VGG16, and FCN-32s, 16s and 8s on it, from Caffe's weight files.

The encoder alone is VGG_ILSVRC_16_layers, the release of Simonyan and Zisserman, with fc6 and fc7
as dense layers or made convolutional. Whole networks are those of Long, Shelhamer and Darrell,
staged or at once; `caffe_heads` knows their heads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from roadfcn.errors import ModelFileError
from roadfcn.input_format import CAFFE_BGR, VGG_BGR
from roadfcn.label_sets import MAX_CLASSES
from roadfcn.weights.caffe_files import CaffeLayer, damaged, map_caffemodel, read_layers
from roadfcn.weights.caffe_heads import (
    CaffeHead,
    complete_upsampling,
    find_head,
    head_table,
    scale_names,
    skip_scales,
)
from roadfcn.weights.foreign import Arrays, ForeignWeights
from roadfcn.weights.layouts import Array, convolution, dense_chw, dense_pointwise, vector
from roadfcn.weights.name_table import Entry, assemble
from roadfcn.weights.vgg16_shape import CONVOLUTIONS, DENSE

_PARTS = ("weight", "bias")
"""What a layer's first two blobs are."""

_PADDING = 100
"""Zeros that the FCNs' first convolution adds on every side."""

_READ = "Caffe's VGG16 (VGG_ILSVRC_16_layers) and FCN-32s, 16s and 8s on it, for colour pictures"


def read_caffe_weights(path: Path) -> ForeignWeights:
    """Read a caffemodel.

    Weights stay in the channel order they were trained in, BGR; `channel_order.to_rgb` turns
    them round.

    Raises:
        ModelFileError: Cut short, damaged, of another network, or its tensors do not fit.
        OSError: It cannot be read.
    """
    content = map_caffemodel(path)
    layers = read_layers(path, content)
    found = _by_name(path, layers)
    head = find_head({layer.name for layer in layers})
    _check_network(path, layers, head)
    sha256 = hashlib.sha256(content).hexdigest()
    if head is not None:
        return _read_fcn(path, found, head, sha256)
    left_out = [name for name in found if name.startswith("fc8.")]
    kind = "Caffe's VGG16"
    tensors = _assemble(path, kind, found, _encoder_table(found, fc=_has_fc(found)), left_out)
    return ForeignWeights(path, kind, sha256, tensors, VGG_BGR, left_out=tuple(left_out))


def _read_fcn(
    path: Path, found: Mapping[str, Array], head: CaffeHead, sha256: str
) -> ForeignWeights:
    scaled = scale_names(head, found)
    try:
        scales = skip_scales({name: found[name] for name in scaled})
    except ValueError as problem:
        raise ModelFileError(
            f"{path} scales a skip by something else than a constant: {problem}",
            allowed="one factor above 0 for all channels of pool4, and one for those of pool3",
            do="fold the factors into the weights of score_pool4 and score_pool3",
        ) from problem
    kind = f"Caffe's FCN-{head.name}{' at once' if scaled else ''}"
    other_head = [name for name in found if name.partition(".")[0].endswith("_geo")]
    table = _encoder_table(found, fc=True) + head_table(head, found)
    tensors = _assemble(path, kind, found, table, [*scaled, *other_head])
    classes = tensors["head.score_fr.bias"].size
    if classes > MAX_CLASSES:
        raise ModelFileError(
            f"{path} has {classes} classes",
            allowed=f"up to {MAX_CLASSES} classes",
            do="give a network of fewer classes",
        )
    network: dict[str, Any] = {
        "head": head.name,
        "alignment": "pad-100",
        "skip_scales": scales,
        "dropout": 0.5,
        **complete_upsampling(head, tensors),
    }
    return ForeignWeights(path, kind, sha256, tensors, CAFFE_BGR, network, tuple(other_head))


def _by_name(path: Path, layers: Sequence[CaffeLayer]) -> dict[str, Array]:
    """Give all blobs as `layer.weight`, `layer.bias`, and `layer.blob2` and so on."""
    found: dict[str, Array] = {}
    for layer in layers:
        if f"{layer.name}.weight" in found:
            raise damaged(path, f"it has two layers '{layer.name}' with weights")
        for place, blob in enumerate(layer.blobs):
            part = _PARTS[place] if place < len(_PARTS) else f"blob{place}"
            found[f"{layer.name}.{part}"] = blob
    return found


def _check_network(path: Path, layers: Sequence[CaffeLayer], head: CaffeHead | None) -> None:
    """Refuse other networks, and those that differ in what their tensors do not show."""
    by_name = {layer.name: layer for layer in layers}
    if "conv1_1" not in by_name:
        names = ", ".join(by_name) or "none with weights"
        raise _other_network(path, f"its layers are {names}")
    for layer in layers:
        if layer.dilation != 1:
            raise _other_network(path, f"{layer.name} has a dilation of {layer.dilation}")
    padding = by_name["conv1_1"].padding
    if head is not None and padding not in (None, _PADDING):
        raise _other_network(path, f"its conv1_1 has a padding of {padding} and not {_PADDING}")
    kernel = _kernel(by_name["fc6"].blobs[0]) if "fc6" in by_name else 7
    if kernel in (1, 3):
        # In reduced VGG16s the elements of this kernel lie apart, which old files do not tell.
        raise _other_network(path, f"its fc6 has a kernel of {kernel}")


def _other_network(path: Path, reason: str) -> ModelFileError:
    return ModelFileError(
        f"{path} is a caffemodel of another network: {reason}",
        allowed=_READ,
        do="give the weights of one of these",
    )


def _encoder_table(found: Mapping[str, Array], *, fc: bool) -> list[Entry]:
    table = []
    for layer in CONVOLUTIONS + (DENSE if fc else ()):
        layout = convolution
        if layer in DENSE and _is_dense(found.get(f"{layer}.weight")):
            layout = dense_chw if layer == "fc6" else dense_pointwise
        table += [
            Entry(f"{layer}.weight", f"encoder.{layer}.weight", layout),
            Entry(f"{layer}.bias", f"encoder.{layer}.bias", vector),
        ]
    return table


def _has_fc(found: Mapping[str, Array]) -> bool:
    return any(name.partition(".")[0] in DENSE for name in found)


def _is_dense(weight: Array | None) -> bool:
    """Tell a dense layer, O,I or the older 1,1,O,I, from a convolution, O,I,H,W."""
    return weight is not None and (
        weight.ndim == 2 or (weight.ndim == 4 and weight.shape[:2] == (1, 1))
    )


def _kernel(fc6: Array) -> int:
    return 7 if fc6.ndim != 4 or _is_dense(fc6) else fc6.shape[-1]


def _assemble(
    path: Path,
    kind: str,
    found: Mapping[str, Array],
    table: Sequence[Entry],
    left_out: Sequence[str],
) -> Arrays:
    # What double precision holds and single precision does not becomes infinite, and is named.
    with np.errstate(over="ignore"):
        return assemble(path, kind, found, table, left_out=left_out)
