"""What comes before the network as a part of it, for programs that know nothing of cards.

Such a model takes pictures as any decoder gives them. roadfcn's own engines do without: they
take what the card describes, so that the same numbers go into every engine.
"""

from __future__ import annotations

import torch
from torch import nn

from roadfcn.input_format import InputFormat


class Preprocessed(nn.Module):
    """A network that takes N,H,W,3 uint8 RGB pictures, of the size that it is to see them in.

    Args:
        network: N,3,H,W float32 normalised to N,C,H,W logits.
        input_format: What it wants to be fed. Its size, or limit on size, stays with whoever
            feeds it: resizing differs from engine to engine.
    """

    weight: torch.Tensor
    bias: torch.Tensor

    def __init__(self, network: nn.Module, input_format: InputFormat) -> None:
        super().__init__()
        self.network = network
        self._is_bgr = input_format.channel_order == "bgr"
        for name, values in zip(("weight", "bias"), input_format.affine(), strict=True):
            self.register_buffer(name, torch.from_numpy(values).reshape(1, 3, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give logits N,C,H,W float32 of pictures N,H,W,3 uint8 RGB."""
        channels = images.permute(0, 3, 1, 2).to(torch.float32)
        if self._is_bgr:
            channels = channels.flip(1)
        logits: torch.Tensor = self.network(channels * self.weight + self.bias)
        return logits
