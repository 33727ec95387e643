"""environment.json: versions and hardware that a run was started with, and whether they are still.

Sums are added up in another order by other threads, processors and versions: a run that goes on
there ends as good, but with other last digits than without the interruption. That is no reason to
refuse it, and one to say so.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any

import torch

from roadfcn import __version__
from roadfcn.errors import shown
from roadfcn.machine import read_memory, read_processor
from roadfcn.output_files import write_text

_PLURAL = ("threads", "gpus")
_PACKAGES = ("torch", "lightning", "kornia", "numpy", "opencv-python-headless", "pillow")
_MOST_BYTES = 2**20  # some kB as written


def write_environment(path: Path, facts: dict[str, Any]) -> None:
    """Write versions and hardware, with `facts` (hashes of data and the like) added, as JSON.

    Raises:
        OutputError: The file cannot be written.
    """
    record = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **_what_computes(),
        "cores": read_processor().cores,
        "memory_bytes": read_memory().total,
        **facts,
    }
    write_text(path, json.dumps(record, indent=2) + "\n")


def changed_environment(path: Path) -> str:
    """Say in one line what computes otherwise than when the run was started; empty if nothing does.

    Args:
        path: As `write_environment` wrote it.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("nothing that write_environment wrote")
        then = _flat(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError, TypeError, KeyError):
        return (
            f"{shown(str(path))} is gone or damaged: nobody knows whether machine and versions "
            "are those that the run was started with"
        )
    changes = [
        f"{name} {'were' if name in _PLURAL else 'was'} {_worded(then.get(name))}, "
        f"{'are' if name in _PLURAL else 'is'} {_worded(value)}"
        for name, value in _flat(_what_computes()).items()
        if then.get(name) != value
    ]
    if not changes:
        return ""
    return f"{'; '.join(changes)}: the last digits may differ from those of an unbroken run"


def _what_computes() -> dict[str, Any]:
    """Give what the last digits of sums depend on."""
    return {
        "roadfcn": __version__,
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "processor": read_processor().name,
        "threads": torch.get_num_threads(),
        "gpus": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
    }


def _worded(value: object) -> str:
    """Give a value as messages show it, and a plain text without quotation marks."""
    return shown(value).strip("'") if isinstance(value, str) else shown(value)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Give the versions of packages beside the rest.

    Raises:
        KeyError, TypeError: The record is none.
    """
    if not isinstance(record, dict) or not isinstance(record["packages"], dict):
        raise TypeError("no record")
    rest = {name: value for name, value in record.items() if name != "packages"}
    return {**rest, **record["packages"]}
