"""What Lightning writes and reads checkpoints by: as this package does everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.fabric.plugins import TorchCheckpointIO

from roadfcn.training.saving.checkpoint_io import write_checkpoint
from roadfcn.training.saving.frozen_weights import read_whole_checkpoint


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes in one step, and reads weights that do not learn from the file that has them."""

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Any | None = None,  # noqa: ANN401 - Lightning's type
    ) -> None:
        """Write a checkpoint.

        Raises:
            OutputError: It cannot be written; what was there before is still there.
        """
        del storage_options  # of remote storages
        write_checkpoint(checkpoint, Path(path))

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Any | None = None,  # noqa: ANN401 - Lightning's type
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """Read a checkpoint.

        Raises:
            TrainingError: A file is damaged, or holds more than tensors and plain values.
        """
        del weights_only  # always: what a user brings is not unpickled
        return read_whole_checkpoint(Path(path), map_location)
