"""What a GPU and its settings are, and its figures as a table."""

from __future__ import annotations

import subprocess
import warnings
from typing import Any

import torch

from contenders.surroundings import describe_machine


def describe_device(device: torch.device) -> dict[str, Any]:
    """Give names, versions and the settings that speed depends on; "?" for what is not told."""
    is_cuda = device.type == "cuda"
    machine = describe_machine(["torch", "triton"])
    return {
        "device": torch.cuda.get_device_name(device) if is_cuda else machine["processor"],
        "versions": machine["versions"],
        "cuda": torch.version.cuda if is_cuda else None,
        "cudnn": torch.backends.cudnn.version() if is_cuda else None,  # type: ignore[no-untyped-call]
        "driver": _ask_driver() if is_cuda else None,
        "convolutions_in_tf32": _convolutions_in_tf32() if is_cuda else None,
    }


def _ask_driver() -> str:
    """Give the driver's version and the card's limit of power."""
    words = ["nvidia-smi", "--query-gpu=driver_version,power.limit", "--format=csv,noheader"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True)
        return done.stdout.splitlines()[0].strip()
    except (OSError, subprocess.SubprocessError, IndexError):
        return "?"


def _convolutions_in_tf32() -> bool | str:
    """Tell whether float32 convolutions may round to TF32, which is PyTorch's own setting."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(torch.backends.cudnn.allow_tf32)
    except RuntimeError:
        return "?"


def as_markdown(figures: dict[str, Any]) -> str:
    """Give the device and a table for each size."""
    versions = ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
    lines = [
        f"{figures['device']}; {versions}; CUDA {figures['cuda']}, cuDNN {figures['cudnn']}, "
        f"driver {figures['driver']}",
        f"Matrix product in bfloat16: {figures['peak_flops'] / 1e12:.3g} TFLOP/s"
        + (f" ({figures['peak_problem']})" if "peak_problem" in figures else ""),
        f"Convolutions in float32 may round to TF32: {figures['convolutions_in_tf32']}; "
        "% of peak is of bfloat16's in all rows",
    ]
    for size in dict.fromkeys(tuple(row["size"]) for row in figures["rows"]):
        lines += [
            f"\n{size[0]} x {size[1]} pixels\n",
            "| network | way | ms, batch 1 | frames/s | % of peak | best batch | ms a frame "
            "| frames/s | TFLOP/s | % of peak | GiB | scores apart | |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        rows = [row for row in figures["rows"] if tuple(row["size"]) == size]
        # A network's rows together: they are measured way by way.
        names = list(dict.fromkeys(row["network"] for row in rows))
        lines += [_line(row) for name in names for row in rows if row["network"] == name]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    problem = row["problem"] or ""
    cells = [row["network"], row["way"]]
    measured = row["batches"]
    if not measured:
        return "| " + " | ".join([*cells, *["-"] * 10, problem]) + " |"
    first, best = measured[0], max(measured, key=lambda one: float(one["per_second"]))
    cells += [f"{1000 * first['seconds']:.3f}", f"{first['per_second']:.1f}", _share(first)]
    cells += [
        str(best["batch"]),
        f"{1000 / best['per_second']:.4f}",
        f"{best['per_second']:.1f}",
        f"{best['flops'] / 1e12:.4g}",
        _share(best),
        "-" if best["memory"] is None else f"{best['memory'] / 2**30:.2f}",
        f"{max(one['apart'] for one in measured):.2g}",
        problem,
    ]
    return "| " + " | ".join(cells) + " |"


def _share(one: dict[str, Any]) -> str:
    return "-" if one["share_of_peak"] is None else f"{100 * one['share_of_peak']:.1f}"
