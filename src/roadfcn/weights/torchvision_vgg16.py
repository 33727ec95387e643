"""torchvision's VGG16 under our names: with dense layers or without, with batch norm or without.

Source: `torchvision/models/vgg.py`. `features` is a row of convolution, (batch norm,) ReLU and
pooling; `classifier` a row of three dense layers with ReLU and dropout between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from roadfcn.errors import ModelFileError, shown
from roadfcn.input_format import IMAGENET_RGB, InputFormat
from roadfcn.weights.foreign import Arrays, ForeignWeights
from roadfcn.weights.layouts import Array, convolution, dense_chw, dense_pointwise, vector
from roadfcn.weights.name_table import Entry, assemble
from roadfcn.weights.state_dicts import StateDict
from roadfcn.weights.vgg16_shape import CONVOLUTIONS

_SIBLINGS = {
    "VGG11": (1, 1, 2, 2, 2),
    "VGG13": (2, 2, 2, 2, 2),
    "VGG16": (2, 2, 3, 3, 3),
    "VGG19": (2, 2, 4, 4, 4),
}
"""Convolutions of the five blocks: configurations A, B, D and E of Simonyan and Zisserman."""

_NORM_EPSILON = 1e-5  # of torch.nn.BatchNorm2d, where nobody says otherwise
_NORM_PARTS = ("weight", "bias", "running_mean", "running_var")


def torchvision_vgg16(
    file: StateDict, tensors: Mapping[str, Array], input_format: InputFormat | None
) -> ForeignWeights:
    """Give a VGG16 of torchvision our names; batch norm is folded into its convolutions.

    A convolution and the batch norm after it are one convolution, as far as prediction goes. So
    a VGG16 with batch norm becomes one without, which computes the same; its classifier never had
    any.

    Args:
        file: For its path and hash.
        tensors: `features.0.weight` and so on.
        input_format: None for torchvision's own. VGG16 from Caffe goes round under these names
            too, and wants BGR.

    Raises:
        ModelFileError: A sibling of VGG16, or tensors that do not fit.
    """
    has_norm = "features.1.running_mean" in tensors
    _refuse_siblings(file.path, tensors, 3 if has_norm else 2)
    kind = f"torchvision's VGG16{' with batch norm' if has_norm else ''}"
    left_out = [name for name in tensors if name.startswith("classifier.6.")]
    left_out += [name for name in tensors if name.endswith(".num_batches_tracked")]
    table = _table(tensors, has_norm=has_norm)
    ours = assemble(file.path, kind, tensors, table, left_out=left_out)
    return ForeignWeights(
        path=file.path,
        kind=f"{kind}, folded into its convolutions" if has_norm else kind,
        sha256=file.sha256,
        tensors=_folded(file.path, ours) if has_norm else ours,
        input_format=input_format or IMAGENET_RGB,
        left_out=(*left_out, *file.left_out),
    )


def _places(counts: Iterable[int], layers_each: int) -> list[int]:
    """Give where the convolutions stand in `features`."""
    places, at = [], 0
    for count in counts:
        places += [at + layers_each * number for number in range(count)]
        at += layers_each * count + 1  # a pooling ends each block
    return places


def _refuse_siblings(path: Path, tensors: Mapping[str, Array], layers_each: int) -> None:
    found = {name for name, array in tensors.items() if name.startswith("features.")}
    convolutions = {name for name in found if tensors[name].ndim == 4}
    for name, counts in _SIBLINGS.items():
        wanted = {f"features.{place}.weight" for place in _places(counts, layers_each)}
        if convolutions == wanted and name != "VGG16":
            raise ModelFileError(
                f"{path} is torchvision's {name}",
                allowed="torchvision's VGG16",
                do="fetch torchvision's VGG16: roadfcn weights list",
            )


def _table(tensors: Mapping[str, Array], *, has_norm: bool) -> list[Entry]:
    table = []
    places = _places(_SIBLINGS["VGG16"], 3 if has_norm else 2)
    for layer, place in zip(CONVOLUTIONS, places, strict=True):
        table.append(Entry(f"features.{place}.weight", f"encoder.{layer}.weight", convolution))
        table.append(Entry(f"features.{place}.bias", f"encoder.{layer}.bias", vector))
        table += [
            Entry(f"features.{place + 1}.{part}", f"encoder.{layer}.norm.{part}", vector)
            for part in _NORM_PARTS
            if has_norm
        ]
    if any(name.startswith("classifier.") for name in tensors):
        table.append(Entry("classifier.0.weight", "encoder.fc6.weight", dense_chw))
        table.append(Entry("classifier.0.bias", "encoder.fc6.bias", vector))
        table.append(Entry("classifier.3.weight", "encoder.fc7.weight", dense_pointwise))
        table.append(Entry("classifier.3.bias", "encoder.fc7.bias", vector))
    return table


def _folded(path: Path, tensors: Arrays) -> Arrays:
    """Turn norm(conv(x)) = g (w x + b - mean) / sqrt(var + eps) + shift into w' x + b'."""
    folded = {name: array for name, array in tensors.items() if ".norm." not in name}
    for layer in CONVOLUTIONS:
        weight, bias = (tensors[f"encoder.{layer}.{part}"] for part in ("weight", "bias"))
        parts = [tensors[f"encoder.{layer}.norm.{part}"].astype(np.float64) for part in _NORM_PARTS]
        gain, shift, mean, variance = parts
        if any(part.shape != bias.shape for part in parts) or variance.min() < 0:
            raise ModelFileError(
                f"the batch norm after {layer} of {path} is of sizes "
                f"{shown([part.size for part in parts])}, its smallest variance {variance.min():g}",
                allowed=f"{bias.size} numbers each, and variances from 0",
                do="fetch or save the file again",
            )
        factor = gain / np.sqrt(variance + _NORM_EPSILON)
        folded[f"encoder.{layer}.weight"] = np.asarray(
            weight * factor[:, None, None, None], np.float32, order="C"
        )
        folded[f"encoder.{layer}.bias"] = np.asarray((bias - mean) * factor + shift, np.float32)
    return folded
