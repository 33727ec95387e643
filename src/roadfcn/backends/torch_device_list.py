"""The devices that PyTorch can run a network on here, for people to look at."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from roadfcn.backends.torch_device import bfloat16_is_fast, choose_device


@dataclass(frozen=True)
class TorchDevice:
    """One device.

    Args:
        name: As `--device` takes it, such as "cuda:0".
        title: As its maker calls it; empty where PyTorch does not know.
        memory_bytes: Its own memory, or None where it shares the computer's.
        bfloat16_is_fast: Whether precision `auto` means bfloat16 on it.
        is_default: Whether device `auto` means it.
    """

    name: str
    title: str
    memory_bytes: int | None
    bfloat16_is_fast: bool
    is_default: bool


def list_devices() -> list[TorchDevice]:
    """List GPUs first, the processor last."""
    names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    names += ["mps"] if torch.backends.mps.is_available() else []
    default = choose_device("auto")
    devices = []
    for name in [*names, "cpu"]:
        device = torch.device(name)
        title, memory_bytes = "", None
        if device.type == "cuda":
            properties = torch.cuda.get_device_properties(device)
            title, memory_bytes = properties.name, properties.total_memory
        devices.append(
            TorchDevice(
                name,
                title,
                memory_bytes,
                bfloat16_is_fast(device),
                is_default=device.type == default.type and (device.index or 0) == 0,
            )
        )
    return devices
