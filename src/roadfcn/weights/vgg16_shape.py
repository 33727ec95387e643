"""The sizes of a VGG16, or of an FCN on one, read off its tensors, and whether they fit together.

Names and memory layouts are ours (`foreign.ForeignWeights`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONVOLUTIONS = (
    "conv1_1",
    "conv1_2",
    "conv2_1",
    "conv2_2",
    "conv3_1",
    "conv3_2",
    "conv3_3",
    "conv4_1",
    "conv4_2",
    "conv4_3",
    "conv5_1",
    "conv5_2",
    "conv5_3",
)
"""The 3x3 convolutions of VGG16 in order, as the Caffe networks call them."""

_LAST_OF_BLOCKS = ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3")

DENSE = ("fc6", "fc7")
"""Its first two dense layers, which become convolutions."""

FULL_WIDTHS = (64, 128, 256, 512, 512)
"""Channels of the five blocks (Simonyan and Zisserman, ICLR 2015, configuration D)."""

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class VGG16Shape:
    """Sizes as `models.architecture.FCNArchitecture` has them; None where there is no fc6."""

    width: float
    fc_channels: int | None
    fc_kernel: int | None


def shapes_of(tensors: Mapping[str, NDArray[np.float32]]) -> dict[str, tuple[int, ...]]:
    """Give the shape of each tensor."""
    return {name: tensor.shape for name, tensor in tensors.items()}


def vgg16_shape(shapes: Shapes) -> VGG16Shape:
    """Read the sizes off tensors in which `misfits` finds nothing."""
    has_fc = "encoder.fc6.weight" in shapes
    fc6 = shapes["encoder.fc6.weight"] if has_fc else (None, 0, None)
    return VGG16Shape(width_of(shapes), fc6[0], fc6[2])


def misfits(shapes: Shapes) -> Iterator[tuple[str, str]]:
    """Give (our name, what its shape is and should be) of each tensor that does not fit.

    All of `CONVOLUTIONS` must be there; fc6, fc7 and heads are looked at where they are there.
    """
    wanted = dict(_wanted(shapes, width_of(shapes)))
    for name, shape in wanted.items():
        if name in shapes and shapes[name] != shape:
            yield name, f"is {_shown(shapes[name])} and not {_shown(shape)}"


def _wanted(shapes: Shapes, width: float) -> Iterator[tuple[str, tuple[int, ...]]]:
    channels, widths = 3, []
    for name in CONVOLUTIONS:
        block = int(name[4]) - 1
        # As the encoder rounds: each layer has at least one channel.
        channels_out = max(1, round(FULL_WIDTHS[block] * width))
        yield f"encoder.{name}.weight", (channels_out, channels, 3, 3)
        yield f"encoder.{name}.bias", (channels_out,)
        channels = channels_out
        widths.append(channels)
    fc6 = shapes.get("encoder.fc6.weight", ())
    inputs = {"pool4": widths[9], "pool3": widths[6]}
    if len(fc6) == 4:  # without it, nothing says how wide fc6 and fc7 should be
        fc_channels, kernel = fc6[0], _odd_kernel(fc6[-1])
        yield "encoder.fc6.weight", (fc_channels, channels, kernel, kernel)
        yield "encoder.fc6.bias", (fc_channels,)
        yield "encoder.fc7.weight", (fc_channels, fc_channels, 1, 1)
        yield "encoder.fc7.bias", (fc_channels,)
        inputs["fr"] = fc_channels
    yield from _wanted_of_head(shapes, inputs)


def _wanted_of_head(
    shapes: Shapes, inputs: Mapping[str, int]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    score_fr = shapes.get("head.score_fr.weight", ())
    classes = score_fr[0] if score_fr else 1
    for score, channels in inputs.items():
        yield f"head.score_{score}.weight", (classes, channels, 1, 1)
        yield f"head.score_{score}.bias", (classes,)
    for upsampling, stride in UPSAMPLING_STRIDES.items():
        yield f"head.{upsampling}.weight", (classes, classes, 2 * stride, 2 * stride)
        yield f"head.{upsampling}.bias", (classes,)


UPSAMPLING_STRIDES = {
    "upscore": 32,
    "upscore16": 16,
    "upscore8": 8,
    "upscore2": 2,
    "upscore_pool4": 2,
}
"""Of the transposed convolutions of all heads; their kernels are twice as large."""


def width_of(shapes: Shapes) -> float:
    """Give the width that makes blocks of these channels; of the last block alone if none does.

    Channels are rounded from it, so that many widths make the same: of these, the last block's
    share of VGG16's if it is one of them, as it is the roundest number.
    """
    channels = [shapes[f"encoder.{name}.weight"][:1] for name in _LAST_OF_BLOCKS]
    pairs = [(c[0], full) for c, full in zip(channels, FULL_WIDTHS, strict=True) if c]
    plain = pairs[-1][0] / pairs[-1][1] if pairs else 1.0
    if all(max(1, round(full * plain)) == count for count, full in pairs):
        return plain
    least = max((count - 0.5) / full for count, full in pairs if count > 1)
    most = min((count + 0.5) / full for count, full in pairs)
    return (least + most) / 2 if least < most else plain


def _odd_kernel(found: int) -> int:
    return found if found in (1, 3, 5, 7) else 7


def _shown(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) if shape else "a single number"
