"""The order in which a network's kernels lie in memory."""

from __future__ import annotations

import torch
from torch import nn

from roadfcn.training.recipes.config import TrainingConfig


def arrange(network: nn.Module, config: TrainingConfig) -> None:
    """Bring a network's kernels, in place, into the order that the recipe wants."""
    if config.trainer.channels_last:
        # torch declares no overload of Module.to() that takes memory_format alone.
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
