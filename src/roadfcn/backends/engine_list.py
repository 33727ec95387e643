"""The engines of this installation, for people to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import metadata
from importlib.util import find_spec

from roadfcn.backends.compilers import has_compiler, how_to_get_compiler
from roadfcn.backends.onnx_engine import list_onnx_devices
from roadfcn.backends.openvino_engine import list_openvino_devices
from roadfcn.installation import install_command, version_of


@dataclass(frozen=True)
class Engine:
    """One engine.

    Args:
        name: As `--engine` takes it.
        title: As its makers call it.
        runs: Which models it runs.
        version: None if it is not installed.
        devices: As `--device` takes them.
        trouble: Why it cannot be used although it is installed; empty if it can.
        to_install: The command that brings it, called in the checkout of roadfcn.
    """

    name: str
    title: str
    runs: str
    version: str | None
    devices: tuple[str, ...]
    trouble: str
    to_install: str

    @property
    def works(self) -> bool:
        """Whether it can run models."""
        return self.version is not None and not self.trouble


def list_engines() -> list[Engine]:
    """List all engines, those that are not installed too; each that is gets loaded."""
    torch = _look_at(
        "torch", "PyTorch", ".safetensors", "torch", _torch_devices, "pip install torch"
    )
    return [
        torch,
        _compiled(torch),
        _look_at(
            *("onnx", "ONNX Runtime", ".onnx", "onnxruntime", list_onnx_devices),
            install_command("onnx"),
        ),
        _look_at(
            *("openvino", "OpenVINO", ".xml with .bin", "openvino", list_openvino_devices),
            install_command("openvino"),
        ),
    ]


def _look_at(
    name: str,
    title: str,
    runs: str,
    package: str,
    devices: Callable[[], list[str]],
    command: str,
) -> Engine:
    if find_spec(package) is None:
        return Engine(name, title, runs, None, (), "", command)
    try:
        found = tuple(devices())
    except (ImportError, OSError, RuntimeError) as problem:  # a shared library that does not fit
        return Engine(name, title, runs, _told(package), (), str(problem), command)
    return Engine(name, title, runs, version_of(package), found, "", command)


def _told(package: str) -> str:
    """Give the version of a package that cannot be imported, as far as pip tells it."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def _compiled(torch: Engine) -> Engine:
    """PyTorch again, on those of its devices that it has a compiler for."""
    devices = tuple(device for device in torch.devices if has_compiler(device))
    is_here = torch.works and bool(devices)
    command = how_to_get_compiler(torch.devices[0]) if torch.devices else torch.to_install
    return replace(
        torch,
        name="torch-compiled",
        title="PyTorch, compiled",
        version=torch.version if is_here else None,
        devices=devices,
        trouble="",
        to_install=command,
    )


def _torch_devices() -> list[str]:
    from roadfcn.backends.torch_device_list import list_devices

    return [device.name for device in list_devices()]
