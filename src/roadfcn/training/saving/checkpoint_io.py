"""How a checkpoint is written and read: in one step, in plain words when it fails."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import torch

from roadfcn.errors import TrainingError
from roadfcn.output_files import atomic_output


def write_checkpoint(checkpoint: dict[str, Any], path: Path) -> None:
    """Write a checkpoint beside its final name, and rename it.

    Lightning's own way holds a second copy of the checkpoint in memory and a third in the
    system's temporary folder, which may be smaller than the disk of the runs.

    Raises:
        OutputError: It cannot be written; what was there before is still there.
    """
    size = tensor_bytes(checkpoint)
    with (
        atomic_output(path, durable=True, needed_bytes=size) as part,
        part.open("wb") as file,
    ):
        try:
            torch.save(checkpoint, file)
        except RuntimeError as problem:
            raise _as_os_error(problem) from problem


def read_checkpoint(
    path: Path,
    map_location: Any | None = None,  # noqa: ANN401 - torch's type
    *,
    lazily: bool = False,
) -> dict[str, Any]:
    """Read a checkpoint.

    Args:
        path: The file.
        map_location: Where tensors go, as torch has it; the CPU if None.
        lazily: Read tensors only when they are used. They keep the file open then, and fail
            where it is cut or its disk goes: for a quick look at plain values.

    Raises:
        TrainingError: The file is damaged, or holds more than tensors and plain values.
    """
    try:
        checkpoint: dict[str, Any] = torch.load(
            path, map_location=map_location or "cpu", weights_only=True, mmap=lazily
        )
        if not isinstance(checkpoint, dict):
            raise TypeError("a checkpoint is a dictionary")
    except Exception as problem:
        # torch.load raises whatever its zip and pickle readers stumble over.
        raise TrainingError(
            f"the checkpoint {path} is damaged, or no checkpoint ({type(problem).__name__})",
            allowed="a whole file as roadfcn wrote it",
            do="copy it again, or start a new run from the recipe",
        ) from problem
    return checkpoint


def tensor_bytes(values: object) -> int:
    """Give the size of all tensors in nested dictionaries and lists."""
    if isinstance(values, torch.Tensor):
        return values.nbytes
    if isinstance(values, dict):
        values = list(values.values())
    return sum(map(tensor_bytes, values)) if isinstance(values, list | tuple) else 0


def _as_os_error(problem: RuntimeError) -> OSError:
    """Give back the operating system's error, which torch's zip writer hides behind its own."""
    cause = problem.__context__
    return cause if isinstance(cause, OSError) else OSError(errno.EIO, str(problem))
