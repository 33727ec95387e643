"""What figures depend on besides the contenders: the machine, and which packages are there."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata
from importlib.util import find_spec
from typing import Any

PACKAGES = {"tensorflow": "tensorflow", "torch": "torch", "onnx": "onnxruntime"}
PACKAGES |= {"openvino": "openvino", "int8": "nncf"}
"""{engine, or "int8": the package}."""


def missing() -> dict[str, str]:
    """Give what is not installed, out of `PACKAGES`."""
    return {name: package for name, package in PACKAGES.items() if find_spec(package) is None}


def describe_machine(packages: Iterable[str]) -> dict[str, Any]:
    """Give the processor, and the versions of those packages that are installed."""
    from roadfcn.machine import read_processor

    processor = read_processor()
    installed = sorted(name for name in packages if find_spec(name) is not None)
    return {
        "processor": processor.name,
        "threads": processor.usable_threads,
        "instructions": processor.instructions,
        "versions": {name: metadata.version(name) for name in installed},
    }


def machine_lines(figures: dict[str, Any]) -> list[str]:
    """Put into words what `describe_machine` gave, and "peak_flops" of each precision."""
    versions = ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
    peaks = ", ".join(
        f"{flops / 1e9:.0f} GFLOP/s in {precision}"
        for precision, flops in figures["peak_flops"].items()
    )
    machine = f"{figures['processor']}, {figures['threads']} threads; {versions}"
    return [machine, f"Matrix product: {peaks}"] if peaks else [machine]
