"""`roadfcn doctor`: what this computer has, what works on it, and what to install for what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from roadfcn.cli.parts.options import Json

if TYPE_CHECKING:
    from roadfcn.backends.engine_list import Engine
    from roadfcn.installation import Package

_SCARCE_BYTES = 2 * 2**30  # less free memory or disk than this deserves a word


def doctor(
    json: Json = None,
) -> None:
    """Show processor, memory, engines, devices, packages and extras, and what to install for what.

    The exit code is 1 if a package that is needed is missing, too old or cannot be loaded.
    Without PyTorch, another engine is enough to predict with models that were exported for it.
    """
    from roadfcn.cli.machine.doctor_tables import show_diagnosis
    from roadfcn.cli.parts.json_output import is_standard_output, write_json

    diagnosis = diagnose()
    if not is_standard_output(json):
        show_diagnosis(diagnosis)
    write_json(json, diagnosis)
    if not diagnosis["works"]:
        raise typer.Exit(1)


def diagnose() -> dict[str, Any]:
    """Collect all that `doctor` shows, JSON-ready, with advice on what to mend."""
    import platform
    from dataclasses import asdict

    from roadfcn import __version__, installation, machine
    from roadfcn.backends.engine_list import list_engines

    processor, memory, here = machine.read_processor(), machine.read_memory(), Path.cwd()
    packages = installation.required_packages()
    engines = list_engines()
    only_predicts = _only_predicts(packages, engines)
    devices, trouble = ([], "") if only_predicts else _devices()
    wanting = [
        package
        for package in packages
        if not (package.fits or (only_predicts and package.name in installation.TO_TRAIN))
    ]
    disk_free = machine.free_disk_bytes(here)
    advice = [_how_to_mend(package) for package in wanting]
    advice += _engine_advice(engines, devices, trouble, machine.has_nvidia_driver())
    advice += _room_advice(memory.available, disk_free)
    return {
        "roadfcn": __version__,
        "works": not trouble and not wanting,
        "only_predicts": only_predicts,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": {
            **asdict(processor),
            "has_bfloat16": processor.has_bfloat16,
            "has_int8": processor.has_int8,
        },
        "memory": {"total_bytes": memory.total, "available_bytes": memory.available},
        "disk": {"folder": str(here), "free_bytes": disk_free},
        "engines": [{**asdict(engine), "works": engine.works} for engine in engines],
        "devices": devices,
        "packages": [
            {**asdict(package), "purpose": installation.PURPOSES.get(package.name, "")}
            for package in packages
        ],
        "extras": [asdict(extra) for extra in installation.extras()],
        "advice": advice,
    }


def _only_predicts(packages: list[Package], engines: list[Engine]) -> bool:
    """Tell whether PyTorch was left out on purpose: it is missing, and another engine works."""
    is_missing = any(package.name == "torch" and package.found is None for package in packages)
    return is_missing and any(engine.works for engine in engines if engine.name != "torch")


def _engine_advice(
    engines: list[Engine], devices: list[dict[str, Any]], trouble: str, has_gpu: bool
) -> list[str]:
    advice = []
    if trouble:
        advice.append(
            f"PyTorch cannot be loaded ({trouble}). Nothing can be trained, and only exported "
            "models can be predicted with, until it is installed anew: docs/install.md"
        )
    elif devices and has_gpu and not any(d["name"].startswith("cuda") for d in devices):
        advice.append(
            "There is an NVIDIA driver, but this build of PyTorch has no use for it. "
            "A build with CUDA is many times faster: docs/install.md, 'On a GPU'"
        )
    advice += [
        f"{engine.title} cannot be loaded ({engine.trouble}): {engine.to_install}"
        for engine in engines
        if engine.trouble and engine.name != "torch"
    ]
    return advice


def _room_advice(memory_bytes: int, disk_bytes: int) -> list[str]:
    advice = []
    if memory_bytes < _SCARCE_BYTES:
        advice.append(
            "Less than 2 GiB of memory are free: close other programs, or use the small model"
            " 'slim' with small batches"
        )
    if disk_bytes < _SCARCE_BYTES:
        advice.append("Less than 2 GiB of disk are free: data and runs may not fit")
    return advice


def _devices() -> tuple[list[dict[str, Any]], str]:
    """List the devices of PyTorch, or say why it cannot be loaded."""
    from dataclasses import asdict

    try:
        from roadfcn.backends.torch_device_list import list_devices
    except (ImportError, OSError) as problem:  # OSError: a shared library that does not fit
        return [], str(problem)
    return [asdict(device) for device in list_devices()], ""


def _how_to_mend(package: Package) -> str:
    state = f"is too old ({package.found})" if package.found else "is missing"
    return f"{package.name} {state}: pip install '{package.name}{package.wanted}'"
