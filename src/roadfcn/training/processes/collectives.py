"""What the processes of a run tell each other; with one process, nothing."""

from __future__ import annotations

import os
from typing import TypeVar

import torch
from lightning_utilities.core.rank_zero import rank_zero_only
from torch import Tensor, distributed, nn

_T = TypeVar("_T")


def is_first_process() -> bool:
    """Whether this process is the one that writes and reports; known before any trainer is.

    Launchers number the processes; where Lightning launches those of each machine itself, the
    first process of a machine has no number yet, but its machine has.
    """
    machine = os.environ.get("NODE_RANK", "0") if "RANK" not in os.environ else "0"
    return getattr(rank_zero_only, "rank", 0) == 0 and machine == "0"


def process_count() -> int:
    """Give how many processes train together."""
    return distributed.get_world_size() if _together() else 1


def summed(values: Tensor) -> Tensor:
    """Give the sum over all processes; each must ask."""
    if _together():
        values = values.clone()
        distributed.all_reduce(values)
    return values


def gathered(value: _T) -> list[_T]:
    """Give every process's value, in the order of their numbers; each must ask."""
    if not _together():
        return [value]
    values: list[_T] = [value] * distributed.get_world_size()
    distributed.all_gather_object(values, value)
    return values


@torch.no_grad()
def take_first_buffers(model: nn.Module) -> None:
    """Give all processes the first one's buffers: running statistics of norms."""
    if _together():
        for buffer in model.buffers():
            distributed.broadcast(buffer, 0)


def _together() -> bool:
    return distributed.is_available() and distributed.is_initialized()
