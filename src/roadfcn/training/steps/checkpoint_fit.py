"""Whether a checkpoint is of this network, before any of it is taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from roadfcn.errors import TrainingError


def check_fit(checkpoint: Mapping[str, Any], own: Mapping[str, Tensor]) -> None:
    """Refuse the weights of another network.

    Args:
        checkpoint: Lightning's.
        own: The run's tensors by name.

    Raises:
        TrainingError: Tensors are missing, unknown or of another shape.
    """
    shapes = {name: tensor.shape for name, tensor in own.items()}
    stored = {name: tensor.shape for name, tensor in checkpoint["state_dict"].items()}
    odd = sorted(name for name in shapes | stored if shapes.get(name) != stored.get(name))
    if odd:
        raise TrainingError(
            f"the checkpoint is of another network: {len(odd)} tensors differ, first {odd[0]}",
            allowed="the network that the run was started with",
            do="put the run's config.yaml back as it was, or start a new run",
        )
