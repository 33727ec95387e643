"""The same network in other operators: those that engines are fast at.

What is computed stays as it is, up to the rounding of sums. Three things are said otherwise than
in `models`:

- Padding and cropping are computed with a few operators on both sizes at once. PyTorch writes
  down dozens, and an engine that learns a picture's size only when it comes runs each of them.
- Padding sees planes, N*3,H,W. For what has four axes OpenVINO takes the memory format of the
  convolution that follows, in which it pads at a twentieth of the speed.
- A transposed convolution whose kernel is twice its stride reaches three cells of the coarse grid
  at most, on each axis. So it is a 3x3 convolution to a channel for each pixel of a cell, and a
  reordering (Shi et al., CVPR 2016, section 3.2).
"""

from __future__ import annotations

import copy
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional

from roadfcn.models.alignment import Window
from roadfcn.models.fcn import FCN
from roadfcn.models.heads import crop
from roadfcn.models.upsampling import Upsampling

_MOST_CHANNELS = 16
"""Up to here `Subpixel` is faster in bfloat16 and in float32 (measured with 2 and 11); with 19
channels at stride 8 it is slower in float32, as it computes with zeros too."""


class EngineForm(nn.Module):
    """A network for the exporter: N,3,H,W pictures to N,C,H,W logits.

    Args:
        network: Stays as it is. Its encoder is shared, of its head there is a copy.
    """

    def __init__(self, network: FCN) -> None:
        super().__init__()
        self.alignment = network.alignment
        self.encoder = network.encoder
        self.head = copy.deepcopy(network.head)
        for name, layer in list(self.head.named_modules()):
            if isinstance(layer, Upsampling) and Subpixel.suits(layer):
                self.head.set_submodule(name, Subpixel(layer))
        self.train(network.training)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give logits of normalised pictures."""
        alignment, pad, crop_to = self.alignment, cast(Any, _Pad.apply), cast(Any, _Crop.apply)
        padded = pad(images, alignment.border, alignment.multiple)
        scores = self.head(self.encoder(padded))
        logits: torch.Tensor = crop_to(scores, images, alignment.output_offset)
        return logits


class Subpixel(nn.Module):
    """An `Upsampling` as a convolution and a reordering.

    Args:
        upsampling: One that `suits`.
    """

    kernel: torch.Tensor
    bias: torch.Tensor | None

    def __init__(self, upsampling: Upsampling) -> None:
        super().__init__()
        window, bias = upsampling.window, upsampling.bias
        self.stride = window.stride
        self.register_buffer("kernel", _kernel(upsampling.weight.detach(), window))
        self.register_buffer(
            "bias", None if bias is None else bias.detach().repeat_interleave(window.stride**2)
        )

    @staticmethod
    def suits(upsampling: Upsampling) -> bool:
        """Tell whether maps become exactly `stride` times as large, and are few."""
        window = upsampling.window
        exact = window.kernel == 2 * window.stride and 2 * window.padding == window.stride
        return exact and len(upsampling.weight) <= _MOST_CHANNELS

    def forward(self, scores: torch.Tensor) -> torch.Tensor:
        """Give N,C,sh,sw scores of N,C,h,w ones."""
        cells = functional.conv2d(scores, self.kernel, self.bias, padding=1)
        return functional.pixel_shuffle(cells, self.stride)


def _kernel(weight: torch.Tensor, window: Window) -> torch.Tensor:
    """Turn C,D,2s,2s, input channel first, into Dss,C,3,3, output channel first.

    Pixel r of cell q gets from cell q + t - 1 what the kernel has at s(1 - t) + r + padding.
    """
    channels_in, channels_out = weight.shape[:2]
    stride = window.stride
    kernel = weight.new_zeros(channels_out, stride, stride, channels_in, 3, 3)
    places = [
        (pixel, tap, place)
        for pixel in range(stride)
        for tap in range(3)
        if 0 <= (place := stride * (1 - tap) + pixel + window.padding) < window.kernel
    ]
    for row, tap_y, y in places:
        for column, tap_x, x in places:
            kernel[:, row, column, :, tap_y, tap_x] = weight[:, :, y, x].T
    return kernel.reshape(channels_out * stride**2, channels_in, 3, 3)


# PyTorch's graphs have no types, and neither has `symbolic`, by which it lets a function be written
# in ONNX's words. Sizes are plain numbers in `forward`, for what is traced there is thrown away.
class _Pad(torch.autograd.Function):
    """`Alignment.input_padding`, with zeros."""

    @staticmethod
    def forward(ctx: Any, images: torch.Tensor, border: int, multiple: int) -> torch.Tensor:  # noqa: ANN401
        height, width = map(int, images.shape[-2:])
        right, bottom = (border + -side % multiple for side in (width, height))
        return functional.pad(images, (border, right, border, bottom))

    @staticmethod
    def symbolic(g: Any, images: Any, border: int, multiple: int) -> Any:  # noqa: ANN401
        sizes, begins = _sizes(g, images), _numbers(g, border, border)
        ends = g.op("Mod", g.op("Neg", sizes), _numbers(g, multiple, multiple))
        ends = g.op("Add", ends, begins) if border else ends
        none = _numbers(g, 0)
        padding = g.op("Concat", none, begins, none, ends, axis_i=0)
        planes = g.op("Reshape", images, g.op("Concat", _numbers(g, -1), sizes, axis_i=0))
        padded = g.op("Pad", planes, padding, mode_s="constant")
        sizes = g.op("Add", sizes, g.op("Add", ends, begins) if border else ends)
        return g.op("Reshape", padded, g.op("Concat", _numbers(g, -1, 3), sizes, axis_i=0))


class _Crop(torch.autograd.Function):
    """`heads.crop` to the size of the pictures."""

    @staticmethod
    def forward(ctx: Any, scores: torch.Tensor, images: torch.Tensor, offset: int) -> torch.Tensor:  # noqa: ANN401
        height, width = map(int, images.shape[-2:])
        return crop(scores, offset, (height, width)).clone()

    @staticmethod
    def symbolic(g: Any, scores: Any, images: Any, offset: int) -> Any:  # noqa: ANN401
        begins, ends = _numbers(g, offset, offset), _sizes(g, images)
        ends = g.op("Add", ends, begins) if offset else ends
        return g.op("Slice", scores, begins, ends, _numbers(g, 2, 3))


def _sizes(g: Any, images: Any) -> Any:  # noqa: ANN401
    """Give the last two of four sizes."""
    return g.op("Slice", g.op("Shape", images), _numbers(g, 2), _numbers(g, 4))


def _numbers(g: Any, *values: int) -> Any:  # noqa: ANN401
    return g.op("Constant", value_t=torch.tensor(values, dtype=torch.int64))
