"""`roadfcn doctor`: what this computer has, what works on it, and what to install for what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from roadfcn.installation import Package

_SCARCE_BYTES = 2 * 2**30  # less free memory or disk than this deserves a word


def doctor(
    json: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the result here, over an older file; - for standard output."
        ),
    ] = None,
) -> None:
    """Show processor, memory, devices, packages and extras, and what to install for what.

    The exit code is 1 if a package that is needed is missing, too old or cannot be loaded.
    """
    from roadfcn.cli.doctor_tables import show_diagnosis
    from roadfcn.cli.json_output import is_standard_output, write_json

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

    processor, memory, here = machine.read_processor(), machine.read_memory(), Path.cwd()
    packages = installation.required_packages()
    devices, trouble = _devices()
    disk_free = machine.free_disk_bytes(here)
    advice = [_how_to_mend(package) for package in packages if not package.fits]
    if trouble:
        advice.append(
            f"PyTorch cannot be loaded ({trouble}). Nothing can be trained or predicted until it "
            "is installed anew: docs/install.md"
        )
    elif machine.has_nvidia_driver() and not any(d["name"].startswith("cuda") for d in devices):
        advice.append(
            "There is an NVIDIA driver, but this build of PyTorch has no use for it. "
            "A build with CUDA is many times faster: docs/install.md, 'On a GPU'"
        )
    if memory.available < _SCARCE_BYTES:
        advice.append(
            "Less than 2 GiB of memory are free: close other programs, or use the small model"
            " 'slim' with small batches"
        )
    if disk_free < _SCARCE_BYTES:
        advice.append("Less than 2 GiB of disk are free: data and runs may not fit")
    return {
        "roadfcn": __version__,
        "works": not trouble and all(package.fits for package in packages),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": {
            **asdict(processor),
            "has_bfloat16": processor.has_bfloat16,
            "has_int8": processor.has_int8,
        },
        "memory": {"total_bytes": memory.total, "available_bytes": memory.available},
        "disk": {"folder": str(here), "free_bytes": disk_free},
        "devices": devices,
        "packages": [
            {**asdict(package), "purpose": installation.PURPOSES.get(package.name, "")}
            for package in packages
        ],
        "extras": [asdict(extra) for extra in installation.extras()],
        "advice": advice,
    }


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
