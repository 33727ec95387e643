"""Which device a network runs on, and in which precision: what `auto` means, in one place.

Training and inference ask here, so that both take the same decision on the same machine.
"""

from __future__ import annotations

import torch

from roadfcn.errors import ConfigError
from roadfcn.machine import usable_threads

PRECISIONS = ("auto", "float32", "bfloat16")


def choose_device(name: str = "auto") -> torch.device:
    """Turn a name into a device that is there; `auto` is CUDA before MPS before the CPU.

    Raises:
        ConfigError: No such kind of device, or this machine has none of it.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as problem:
        raise _no_such_device(name) from problem
    available = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }
    if (device.index or 0) >= available.get(device.type, 0):
        raise _no_such_device(name)
    return device


def keep_within_limits(device: torch.device) -> None:
    """Let PyTorch start no more threads than this process may use at once.

    By itself it takes one for each core of the machine, which in a container of two wait for each
    other. Who has set fewer keeps them.
    """
    if device.type == "cpu" and torch.get_num_threads() > usable_threads():
        torch.set_num_threads(usable_threads())


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Turn a precision's name into the type to compute in; `auto` is bfloat16 where it is fast.

    Raises:
        ConfigError: No such precision.
    """
    if name not in PRECISIONS:
        raise ConfigError(
            f"precision '{name}'", allowed=", ".join(PRECISIONS), do="use one of these"
        )
    if name == "auto":
        return torch.bfloat16 if bfloat16_is_fast(device) else torch.float32
    return torch.bfloat16 if name == "bfloat16" else torch.float32


def bfloat16_is_fast(device: torch.device) -> bool:
    """Say whether the device has instructions for bfloat16.

    Everything can compute in bfloat16; without such instructions it is emulated, and slower than
    float32. They came with NVIDIA's Ampere (compute capability 8.0), Intel's Cooper Lake and
    AMD's Zen 4 (AVX512-BF16), and Intel's Sapphire Rapids (AMX).
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        # torch.cpu.get_capabilities() is public but younger than the oldest torch we support.
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return False


def _no_such_device(name: str) -> ConfigError:
    found = ["auto", "cpu"]
    found += [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    found += ["mps"] if torch.backends.mps.is_available() else []
    return ConfigError(
        f"this machine has no device '{name}'",
        allowed=", ".join(found),
        do="use one of these, or install a build of PyTorch for your device",
    )


def peak_memory_bytes(device: str) -> int | None:
    """Give the most of a GPU's memory that this process's tensors have taken at once.

    What CUDA and its libraries take for themselves is not in it.

    Args:
        device: As `Running.device` has it, such as "cuda:0".

    Returns:
        Bytes; None of a device that keeps no count: the processor, MPS.
    """
    if torch.device(device).type != "cuda":
        return None
    return int(torch.cuda.max_memory_allocated(device))
