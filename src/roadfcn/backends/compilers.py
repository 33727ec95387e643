"""The compilers that PyTorch's compiler calls: whether they are here, and how to get them."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec


def has_compiler(device: str) -> bool:
    """Tell whether a device's compiler seems to be here; it is not called.

    Args:
        device: "cpu", "cuda:0", ...
    """
    if device.startswith("cuda"):
        return find_spec("triton") is not None
    if device != "cpu":
        return False  # PyTorch's compiler for other devices is untested here
    # As PyTorch looks for it.
    usual = {"win32": "cl", "darwin": "clang++"}.get(sys.platform, "g++")
    return shutil.which(os.environ.get("CXX", usual)) is not None


def how_to_get_compiler(device: str) -> str:
    """Say what to install for a device, "cpu" or "cuda:0"."""
    if device.startswith("cuda"):
        return "pip install triton"
    if sys.platform == "win32":
        return "install Visual Studio's Build Tools with C++, and call from their prompt"
    if sys.platform == "darwin":
        return "xcode-select --install"
    return "install g++: apt-get install g++ (or dnf install gcc-c++)"
