"""How weights start.

Shapes: convolution weights are O,I,K,K; those of transposed convolutions I,O,K,K.

A network on the device "meta" has shapes and no numbers, so there is nothing to fill; torch would
load its compiler for the attempt, which takes longer than to label a picture.
"""

from __future__ import annotations

import torch
from torch import nn

DECODER_STD = 0.01
"""Deviation of "normal" and "random" starts, in common use for FCN decoders in TensorFlow."""


def bilinear_kernel(size: int) -> torch.Tensor:
    """Give the size,size float32 kernel with which a transposed convolution interpolates.

    w[i, j] = (1 - |i - c| / f) (1 - |j - c| / f) with f = (size + 1) // 2 and c the kernel's
    centre (the bilinear filler of Caffe, and of Long, Shelhamer and Darrell's code). For an even
    size, the sum is f**2: each output pixel gets weights that add up to 1.
    """
    factor = (size + 1) // 2
    centre = factor - 1 if size % 2 == 1 else factor - 0.5
    ramp = 1 - (torch.arange(size, dtype=torch.float64) - centre).abs() / factor
    return torch.outer(ramp, ramp).to(torch.float32)


@torch.no_grad()
def fill_bilinear(weight: torch.Tensor) -> None:
    """Make `weight` (C,C,K,K) interpolate every channel by itself: zero between channels."""
    if weight.is_meta:
        return
    weight.zero_()
    channels = torch.arange(weight.shape[0], device=weight.device)
    weight[channels, channels] = bilinear_kernel(weight.shape[-1]).to(weight)


def fill_he(weight: torch.Tensor, bias: torch.Tensor | None) -> None:
    """Start a convolution before a ReLU so that the forward variance stays the same.

    N(0, 2 / fan_in) and a bias of zero (He, Zhang, Ren and Sun, ICCV 2015). Sixteen layers
    without batch norm do not learn from PyTorch's default, whose signal shrinks layer by layer.
    """
    if weight.is_meta:
        return
    nn.init.kaiming_normal_(weight, mode="fan_in", nonlinearity="relu")
    if bias is not None:
        nn.init.zeros_(bias)


def fill_score(weight: torch.Tensor, bias: torch.Tensor, *, normal: bool) -> None:
    """Start a score convolution at zero, or at N(0, 0.01) with a bias of zero."""
    if normal:
        fill_normal(weight)
    else:
        nn.init.zeros_(weight)
    nn.init.zeros_(bias)


def fill_normal(weight: torch.Tensor) -> None:
    """Start a kernel of the decoder at N(0, 0.01)."""
    if not weight.is_meta:
        nn.init.normal_(weight, std=DECODER_STD)
