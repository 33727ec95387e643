"""What to tell when a whole checkpoint does not fit its run, and when a disk is full."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from roadfcn.errors import OutputError, RoadfcnError, TrainingError


class Restoring(Callback):
    """Watches over a run until the first step after its checkpoint was read is done.

    Optimizers look at the state they were given in their first step only.

    Args:
        checkpoint: Where the run goes on from; None for a new run.
    """

    def __init__(self, checkpoint: Path | None) -> None:
        self._checkpoint = checkpoint

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:  # noqa: ANN401 - Lightning's signature
        """Take the checkpoint for sound."""
        self._checkpoint = None

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Take what fails inside, while the checkpoint is not known to be sound, for its fault.

        Raises:
            TrainingError: The checkpoint has other entries, types or shapes than the run.
        """
        try:
            yield
        except (RoadfcnError, torch.OutOfMemoryError, OSError):
            raise
        except Exception as problem:
            # Lightning and the optimizers raise whatever they stumble over.
            if self._checkpoint is None:
                raise
            raise TrainingError(
                f"the checkpoint {self._checkpoint} does not fit its run: "
                f"{type(problem).__name__}: {problem}",
                allowed="the file as roadfcn wrote it, in the folder of its run",
                do="copy it again, or start a new run from the recipe",
            ) from problem


@contextlib.contextmanager
def telling_how_to_go_on(run: Path) -> Iterator[None]:
    """Say in errors of the disk that the run can go on, and where."""
    try:
        yield
    except OutputError as problem:
        raise OutputError(
            problem.found,
            allowed=problem.allowed,
            do="make room, or correct what is named above; what was saved before is whole, so go "
            f"on with: roadfcn train --resume {shlex.quote(str(run))}",
        ) from problem
