"""The encoder: VGG16 made convolutional (Simonyan and Zisserman, ICLR 2015, configuration D).

Shapes: pictures are N,3,H,W float; features N,C,h,w. N pictures, C channels, H,W pixels, h,w
cells. fc6 and fc7 are convolutions with the weights of VGG16's first two dense layers (Long,
Shelhamer and Darrell, CVPR 2015, section 3.1). Layers have the names of the Caffe networks.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from roadfcn.models.initialisation import fill_he

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""(channels, convolutions) of the five blocks; each ends in a pooling."""


class Features(NamedTuple):
    """What the head reads, each N,C,h,w: at strides 8, 16 and 32 px.

    pool2, at stride 4, is there where the encoder was asked to keep it: it is large.
    """

    pool3: torch.Tensor
    pool4: torch.Tensor
    fc7: torch.Tensor
    pool2: torch.Tensor | None = None


class ConvReLU(nn.Conv2d):
    """A convolution, then batch norm if asked for, then ReLU; all at stride 1.

    Args:
        channels_in: C of the input.
        channels_out: C of the output.
        kernel: Edge of the square kernel.
        padding: Zeros on every side.
        batch_norm: Normalise before the ReLU; the convolution then has no bias of its own.
        dilation: Cells from one element of the kernel to the next.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        padding: int,
        *,
        batch_norm: bool,
        dilation: int = 1,
    ) -> None:
        super().__init__(
            channels_in,
            channels_out,
            kernel,
            padding=padding,
            dilation=dilation,
            bias=not batch_norm,
        )
        self.norm = nn.BatchNorm2d(channels_out) if batch_norm else nn.Identity()

    def reset_parameters(self) -> None:
        """Start by He's rule; called by the base class."""
        fill_he(self.weight, self.bias)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Give N,C,h,w features >= 0."""
        return functional.relu(self.norm(super().forward(features)), inplace=True)


class VGG16(nn.Module):
    """conv1_1 to conv5_3 with five poolings, then fc6 and fc7 with dropout.

    Args:
        width: Channels relative to the original; each layer has at least one.
        batch_norm: Normalise after every convolution.
        fc_channels: Channels of fc6 and fc7.
        fc_kernel: Kernel of fc6.
        fc_dilation: Cells from one element of fc6's kernel to the next.
        fc_padding: Zeros around pool5 for fc6.
        dropout: Probability that an element is dropped after fc6 and after fc7.
        keep_pool2: Whether pool2 is among the features.
    """

    def __init__(
        self,
        *,
        width: float,
        batch_norm: bool,
        fc_channels: int,
        fc_kernel: int,
        fc_dilation: int,
        fc_padding: int,
        dropout: float,
        keep_pool2: bool = False,
    ) -> None:
        super().__init__()
        # Children run in the order they are added, under the names that weight files know.
        channels = 3
        widths = []
        for block, (full_width, convolutions) in enumerate(BLOCKS, start=1):
            channels_out = max(1, round(full_width * width))
            for number in range(1, convolutions + 1):
                layer = ConvReLU(channels, channels_out, 3, 1, batch_norm=batch_norm)
                self.add_module(f"conv{block}_{number}", layer)
                channels = channels_out
            self.add_module(f"pool{block}", nn.MaxPool2d(2, 2, ceil_mode=True))
            widths.append(channels)
        self.fc6 = ConvReLU(
            channels,
            fc_channels,
            fc_kernel,
            fc_padding,
            batch_norm=batch_norm,
            dilation=fc_dilation,
        )
        # Elements are dropped, as in Caffe, and not whole channels (Dropout2d).
        self.drop6 = nn.Dropout(dropout)
        self.fc7 = ConvReLU(fc_channels, fc_channels, 1, 0, batch_norm=batch_norm)
        self.drop7 = nn.Dropout(dropout)
        self.channels = (widths[2], widths[3], fc_channels)
        self.pool2_channels = widths[1]
        self._kept = ("pool2", "pool3", "pool4") if keep_pool2 else ("pool3", "pool4")

    def forward(self, images: torch.Tensor) -> Features:
        """Give the features of padded pictures N,3,H,W."""
        outputs = {}
        current = images
        for name, layer in self.named_children():
            current = layer(current)
            if name in self._kept:
                outputs[name] = current
        return Features(fc7=current, **outputs)
