"""The folder of a run: its name, and what is written down about how it was made."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import itertools
import json
import platform
from pathlib import Path
from typing import Any

import torch

from roadfcn import __version__
from roadfcn.errors import ConfigError
from roadfcn.machine import read_memory, read_processor
from roadfcn.output_files import write_text, writing
from roadfcn.training.callbacks import LAST_CHECKPOINT

CONFIG_FILE = "config.yaml"
ENVIRONMENT_FILE = "environment.json"
_PACKAGES = ("torch", "lightning", "kornia", "numpy", "opencv-python-headless", "pillow")


def new_run_folder(runs: Path, name: str) -> Path:
    """Make `runs/<yyyymmdd-hhmmss>-<name>`; a second run in the same second gets a number.

    Raises:
        OutputError: The folder cannot be made.
    """
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in itertools.count(1):
        folder = runs / (f"{stamp}-{name}" if number == 1 else f"{stamp}-{name}-{number}")
        with writing(folder):
            runs.mkdir(parents=True, exist_ok=True)
            # Of several processes the system lets one make it; the others take the next number.
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                break
    return folder


def check_resumable(run: Path, split_hashes: dict[str, str] | None = None) -> Path:
    """Give the path of a run's checkpoint.

    Args:
        run: The run folder.
        split_hashes: What the data's splits hash to now, to be compared with what they did.

    Raises:
        ConfigError: The folder is no run, or has not finished an epoch, or its splits have other
            frames now: frames learned from could then be validated on.
    """
    for name in (CONFIG_FILE, LAST_CHECKPOINT):
        if not (run / name).is_file():
            raise ConfigError(
                f"{run} cannot be resumed: it has no {name}",
                allowed="a run folder with config.yaml and last.ckpt",
                do="give the folder of a run that finished at least one epoch, or start anew",
            )
    if split_hashes is not None:
        _check_splits(run, split_hashes)
    return run / LAST_CHECKPOINT


def _check_splits(run: Path, split_hashes: dict[str, str]) -> None:
    try:
        then = json.loads((run / ENVIRONMENT_FILE).read_text(encoding="utf-8"))["data"]
        changed = [name for name, now in split_hashes.items() if then[name]["split_sha256"] != now]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ConfigError(
            f"{run / ENVIRONMENT_FILE} does not say what the run was trained on: {problem}",
            allowed="the file as the run wrote it",
            do="put the file back, or start a new run",
        ) from problem
    if changed:
        raise ConfigError(
            f"the data of {run} have changed: the split {' and '.join(changed)} has other frames "
            "than when the run was started",
            allowed="the same frames in the same splits",
            do="put the data back as they were, or start a new run",
        )


def write_environment(path: Path, facts: dict[str, Any]) -> None:
    """Write versions and hardware, with `facts` (hashes of data and the like) added, as JSON.

    Raises:
        OutputError: The file cannot be written.
    """
    processor = read_processor()
    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    record = {
        "roadfcn": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "processor": processor.name,
        "cores": processor.cores,
        "threads": torch.get_num_threads(),
        "memory_bytes": read_memory().total,
        "gpus": gpus,
        **facts,
    }
    write_text(path, json.dumps(record, indent=2) + "\n")
