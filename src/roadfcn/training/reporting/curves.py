"""The run's TensorBoard file: scalars and pictures over the steps."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
from lightning.pytorch.loggers import TensorBoardLogger
from lightning_utilities.core.rank_zero import rank_zero_only
from numpy.typing import NDArray

from roadfcn.errors import OutputError
from roadfcn.output_files import writing

_EVENT_FILES = "events.out.tfevents.*"

_NO_TENSORFLOW = "tensorboard.compat.notf"
"""A module that TensorBoard looks for (compat/__init__.py): where it is, TensorBoard writes its
files without TensorFlow, as it does where that is not installed."""


class Curves(TensorBoardLogger):
    """Lightning's logger, with plain words where the file cannot be written.

    Args:
        folder: Gets the event files themselves, without folders for names and versions.
    """

    def __init__(self, folder: Path) -> None:
        # Who has installed TensorFlow to read old weights need not load it in each run, some
        # seconds long and with lines on the terminal.
        sys.modules.setdefault(_NO_TENSORFLOW, ModuleType(_NO_TENSORFLOW))
        super().__init__(folder, name="", version="")
        self.folder = folder

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add a point to each curve.

        Raises:
            OutputError: The file cannot be written.
        """
        with writing(self.folder):
            for name, value in metrics.items():
                self.experiment.add_scalar(name, value, step)

    @rank_zero_only
    def log_picture(self, name: str, image: NDArray[np.uint8], step: int) -> None:
        """Add H,W,3 uint8 RGB.

        Raises:
            OutputError: The file cannot be written.
        """
        with writing(self.folder):
            self.experiment.add_image(name, image, step, dataformats="HWC")

    def lengths(self) -> dict[str, int]:
        """Write what is still in memory; give the bytes that each event file has then.

        Raises:
            OutputError: A file cannot be written.
        """
        with writing(self.folder):
            self.experiment.flush()
            return {path.name: path.stat().st_size for path in self.folder.glob(_EVENT_FILES)}

    @rank_zero_only
    def save(self) -> None:
        """Write what is still in memory.

        Raises:
            OutputError: The file cannot be written.
        """
        with writing(self.folder):
            super().save()

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Close the file.

        Raises:
            OutputError: The file cannot be written, at the end of a run that went well; after
                another failure that one is what has to be told.
        """
        told = contextlib.nullcontext() if status == "success" else contextlib.suppress(OutputError)
        with told, writing(self.folder):
            super().finalize(status)


def cut_curves(folder: Path, lengths: Mapping[str, int]) -> None:
    """Cut event files back to an earlier state, so that a resumed run draws no point twice.

    Args:
        folder: Of the event files.
        lengths: As `Curves.lengths` gave them; files that were not there then are removed.

    Raises:
        OutputError: A file cannot be cut.
    """
    with writing(folder):
        for path in folder.glob(_EVENT_FILES):
            if path.name not in lengths:
                path.unlink()
            elif path.stat().st_size > lengths[path.name]:
                os.truncate(path, lengths[path.name])


@contextlib.contextmanager
def quiet_writer_thread() -> Iterator[None]:
    """Print no traceback for TensorBoard's writer thread: its next caller raises its error."""
    before = threading.excepthook

    def hook(arguments: threading.ExceptHookArgs) -> None:
        if not type(arguments.thread).__module__.startswith("tensorboard."):
            before(arguments)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before
