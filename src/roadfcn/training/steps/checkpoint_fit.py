"""Whether a checkpoint is of this network and this teacher, before any of it is taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from roadfcn.errors import TrainingError
from roadfcn.training.steps.distillation import Distillation

_TEACHER = "roadfcn teacher"
"""The entry of a checkpoint that has the digest of the teacher's weights."""


def note_teacher(checkpoint: dict[str, Any], distillation: Distillation | None) -> None:
    """Note down which teacher is learned from, if there is one."""
    if distillation is not None:
        checkpoint[_TEACHER] = distillation.digest


def check_fit(
    checkpoint: Mapping[str, Any], own: Mapping[str, Tensor], distillation: Distillation | None
) -> None:
    """Refuse the weights of another network, and another teacher.

    Args:
        checkpoint: Lightning's.
        own: The run's tensors by name.
        distillation: The run's teacher.

    Raises:
        TrainingError: Tensors are missing, unknown or of another shape, or the teacher is not the
            one that it was.
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
    if checkpoint.get(_TEACHER) != (None if distillation is None else distillation.digest):
        raise TrainingError(
            "the weights of distillation.teacher are not those that the run was started with",
            allowed="the same teacher until the run is done",
            do="put the teacher back as it was, or start a new run",
        )
