"""Enlarging score maps by transposed convolution ("deconvolution").

Shapes: scores are N,C,h,w; the weight is C,C,2s,2s (input channel first) for a stride of s.
Long, Shelhamer and Darrell, CVPR 2015, section 3.3.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from roadfcn.models.alignment import Window
from roadfcn.models.architecture import UpsamplingName
from roadfcn.models.initialisation import fill_bilinear, fill_normal


class Upsampling(nn.Module):
    """Transposed convolution of all channels with all channels.

    With padding (kernel - stride) / 2 the output is exactly stride times the input: TensorFlow's
    `conv2d_transpose(padding='same')`. Without, it is kernel - stride larger, as in Caffe.

    Args:
        channels: C of input and output.
        window: Kernel, stride and padding.
        kind: "fixed" keeps the bilinear kernel as a buffer, which no optimizer sees.
        bias: Whether a learned bias is added.
    """

    weight: torch.Tensor
    bias: nn.Parameter | None

    def __init__(self, channels: int, window: Window, kind: UpsamplingName, *, bias: bool) -> None:
        super().__init__()
        self.window = window
        weight = torch.empty(channels, channels, window.kernel, window.kernel)
        if kind == "random":
            fill_normal(weight)
        else:
            fill_bilinear(weight)
        if kind == "fixed":
            self.register_buffer("weight", weight)
        else:
            self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, scores: torch.Tensor) -> torch.Tensor:
        """Give scores on a grid `stride` times finer."""
        return functional.conv_transpose2d(
            scores, self.weight, self.bias, self.window.stride, self.window.padding
        )
