"""Weights that do not learn, kept once and not in every `last.ckpt`.

With a frozen VGG16 half a gigabyte would be written again in each epoch, which takes longer than a
head needs to learn from stored features. Both files hold a digest of these weights, so that a file
of another run is not taken for this one's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from roadfcn.errors import TrainingError
from roadfcn.training.run_folder import FROZEN_WEIGHTS, LAST_CHECKPOINT
from roadfcn.training.saving.checkpoint_io import read_checkpoint, write_checkpoint

_DIGEST = "roadfcn frozen"
"""The entry of both files that says that they belong together."""


class FrozenWeights:
    """Takes weights out of checkpoints that are saved, and keeps them in a file of their own.

    Args:
        run: The run folder.
    """

    def __init__(self, run: Path) -> None:
        self.path = run / FROZEN_WEIGHTS
        self._digest: str | None = None

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
        if self._digest is None:
            self._digest = _digest(frozen)
            if writes:
                write_checkpoint({_DIGEST: self._digest, "state_dict": frozen}, self.path)
        checkpoint[_DIGEST] = self._digest

    def go_on(self, checkpoint: dict[str, Any]) -> None:
        """Know the file that a checkpoint belongs to, if it has one: it is not written again."""
        self._digest = checkpoint.get(_DIGEST)


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
    digest = checkpoint.get(_DIGEST)
    if digest is None:
        return checkpoint
    beside = path.with_name(FROZEN_WEIGHTS)
    if not beside.is_file():
        raise _not_of_this_run(f"{beside}, the weights that do not learn, is gone")
    held = read_checkpoint(beside, map_location, lazily=lazily)
    if held.get(_DIGEST) != digest:
        raise _not_of_this_run(f"{beside} does not belong to the {LAST_CHECKPOINT} beside it")
    return checkpoint | {"state_dict": checkpoint["state_dict"] | held["state_dict"]}


def _digest(weights: Mapping[str, Tensor]) -> str:
    content = hashlib.blake2b(digest_size=8)
    for name, weight in weights.items():
        content.update(name.encode())
        content.update(weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return content.hexdigest()


def _not_of_this_run(found: str) -> TrainingError:
    return TrainingError(
        found,
        allowed="the run folder with all files that the run wrote",
        do="put the file back, or start a new run",
    )
