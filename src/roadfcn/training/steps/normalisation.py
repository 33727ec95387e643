"""From frames in 0..1 to what a network is fed, on the device.

Legend: N pictures, H rows, W columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from roadfcn.input_format import InputFormat


class Normalisation(nn.Module):
    """Puts channels into a network's order, scales and shifts them.

    Its numbers are no part of a checkpoint: the model's card has them.

    Args:
        input_format: What the network wants; size and `max_pixels` are for others to see to.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, input_format: InputFormat) -> None:
        super().__init__()
        weight, bias = input_format.affine()
        self._flips = input_format.channel_order != "rgb"
        self.register_buffer("weight", (torch.from_numpy(weight) * 255).view(-1, 1, 1), False)
        self.register_buffer("bias", torch.from_numpy(bias).view(-1, 1, 1), False)

    @property
    def dtype(self) -> torch.dtype:
        """What pictures are computed in."""
        return self.weight.dtype

    def forward(self, frames: Tensor) -> Tensor:
        """Normalise N,3,H,W RGB in 0..1, floating."""
        ordered = frames.flip(1) if self._flips else frames
        return ordered * self.weight + self.bias
