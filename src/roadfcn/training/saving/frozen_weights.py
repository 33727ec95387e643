"""Weights that do not learn, kept once and not in every `last.ckpt`.

With a frozen VGG16 half a gigabyte would be written again in each epoch, which takes longer than a
head needs to learn from stored features. Both files hold the same random token, so that a file of
another run is not taken for this one's.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch import Tensor

from roadfcn.errors import TrainingError
from roadfcn.training.run_folder import FROZEN_WEIGHTS, LAST_CHECKPOINT
from roadfcn.training.saving.checkpoint_io import read_checkpoint, write_checkpoint

_TOKEN = "roadfcn frozen"
"""The entry of `last.ckpt` that says which `frozen.ckpt` belongs to it."""


class FrozenWeights:
    """Takes weights out of checkpoints that are saved, and keeps them in a file of their own.

    Args:
        run: The run folder.
    """

    def __init__(self, run: Path) -> None:
        self.path = run / FROZEN_WEIGHTS
        self._token: str | None = None

    def take_out(self, checkpoint: dict[str, Any], names: Iterable[str], *, writes: bool) -> None:
        """Remove the weights called `names` from a checkpoint, and write them if that is to do.

        Args:
            checkpoint: Lightning's, changed in place.
            names: As its `state_dict` calls them.
            writes: Whether this is the process that writes files.

        Raises:
            OutputError: The file cannot be written.
        """
        weights: dict[str, Tensor] = checkpoint["state_dict"]
        frozen = {name: weights.pop(name) for name in names}
        if not frozen:
            return
        if self._token is None:
            self._token = secrets.token_hex(8)
            if writes:
                write_checkpoint({_TOKEN: self._token, "state_dict": frozen}, self.path)
        checkpoint[_TOKEN] = self._token

    def go_on(self, checkpoint: dict[str, Any]) -> None:
        """Know the file that a checkpoint belongs to, if it has one: it is not written again."""
        self._token = checkpoint.get(_TOKEN)


def read_whole_checkpoint(
    path: Path,
    map_location: Any | None = None,  # noqa: ANN401 - torch's type
    *,
    lazily: bool = False,
) -> dict[str, Any]:
    """Read a checkpoint with its frozen weights put back; arguments as for `read_checkpoint`.

    Raises:
        TrainingError: A file is damaged, or that of the frozen weights is gone or another run's.
    """
    checkpoint = read_checkpoint(path, map_location, lazily=lazily)
    token = checkpoint.get(_TOKEN)
    if token is None:
        return checkpoint
    beside = path.with_name(FROZEN_WEIGHTS)
    if not beside.is_file():
        raise _not_of_this_run(f"{beside}, the weights that do not learn, is gone")
    held = read_checkpoint(beside, map_location, lazily=lazily)
    if held.get(_TOKEN) != token:
        raise _not_of_this_run(f"{beside} does not belong to the {LAST_CHECKPOINT} beside it")
    return checkpoint | {"state_dict": checkpoint["state_dict"] | held["state_dict"]}


def _not_of_this_run(found: str) -> TrainingError:
    return TrainingError(
        found,
        allowed="the run folder with all files that the run wrote",
        do="put the file back, or start a new run",
    )
