"""Weights that do not learn, kept once and not in every `last.ckpt`.

With a frozen VGG16 half a gigabyte would be written again in each epoch, which takes longer than a
head needs to learn from stored features. Both files hold a digest of these weights, so that a file
of another run is not taken for this one's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from roadfcn.errors import TrainingError
from roadfcn.training.frames.feature_store import weights_digest
from roadfcn.training.run_folder import FROZEN_WEIGHTS, LAST_CHECKPOINT
from roadfcn.training.saving.checkpoint_io import read_checkpoint, write_checkpoint

_ENTRY = "roadfcn frozen"
"""In `last.ckpt` the digest and the names of the weights left out, in `frozen.ckpt` the digest."""


class FrozenWeights:
    """Takes weights out of checkpoints that are saved, and keeps them in a file of their own.

    Args:
        run: The run folder.
    """

    def __init__(self, run: Path) -> None:
        self.path = run / FROZEN_WEIGHTS
        self._entry: dict[str, Any] | None = None

    def take_out(self, checkpoint: dict[str, Any], module: nn.Module) -> None:
        """Remove from a checkpoint what does not learn, and write that if it was not yet.

        Args:
            checkpoint: Lightning's, changed in place.
            module: Whose `state_dict` it has.

        Raises:
            OutputError: The file cannot be written.
        """
        names = [name for name, weights in module.named_parameters() if not weights.requires_grad]
        weights: dict[str, Tensor] = checkpoint["state_dict"]
        if self._entry is None:
            if not names:
                return
            frozen = {name: weights[name] for name in names}
            digest = weights_digest(frozen)
            write_checkpoint({_ENTRY: digest, "state_dict": frozen}, self.path)
            self._entry = {"digest": digest, "names": names}
        # A callback may freeze more or less than at first. Left out is what is in the file, and has
        # not learned since: what was set free once stays in `last.ckpt`.
        still = [name for name in self._entry["names"] if name in names]
        self._entry = self._entry | {"names": still}
        for name in still:
            del weights[name]
        checkpoint[_ENTRY] = self._entry

    def go_on(self, checkpoint: dict[str, Any]) -> None:
        """Know the file that a checkpoint belongs to, if it has one: it is not written again."""
        self._entry = checkpoint.get(_ENTRY)


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
    entry = checkpoint.get(_ENTRY)
    if entry is None:
        return checkpoint
    beside = path.with_name(FROZEN_WEIGHTS)
    if not beside.is_file():
        raise _not_of_this_run(f"{beside}, the weights that do not learn, is gone")
    held = read_checkpoint(beside, map_location, lazily=lazily)
    learned, frozen = checkpoint.get("state_dict"), held.get("state_dict")
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("names"), list)
        or not isinstance(learned, dict)
        or not isinstance(frozen, dict)
        or held.get(_ENTRY) != entry.get("digest")
    ):
        raise _not_of_this_run(f"{beside} does not belong to the {LAST_CHECKPOINT} beside it")
    return checkpoint | {"state_dict": frozen | learned}


def _not_of_this_run(found: str) -> TrainingError:
    return TrainingError(
        found,
        allowed="the run folder with all files that the run wrote",
        do="put the file back, or start a new run",
    )
