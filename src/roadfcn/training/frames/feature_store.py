"""Features of frames on disk: found by what they were computed of, made whole or not at all.

    CACHE/features/<hash>/features.bin

The hash is over all that decides about them: the encoder's weights, the frames' content, how
these are read, changed and fed, and the precision. So a run finds what an earlier one has left,
whatever both are called, and never takes what another encoder has said.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from roadfcn import __version__
from roadfcn.downloads.cache_folder import CACHE_VARIABLE, cache_folder
from roadfcn.downloads.cache_lock import alone
from roadfcn.errors import OutputError, TrainingError
from roadfcn.machine import free_disk_bytes
from roadfcn.output_files import atomic_folder, writing
from roadfcn.training.frames.feature_layout import FeatureLayout

_FORM = 1
"""Of the files; another number makes all be computed anew."""

_FILE = "features.bin"
_LEFT_FREE_BYTES = 2**28
"""For the run's own files."""


@dataclass(frozen=True)
class FeatureStore:
    """The features of a set of frames.

    Args:
        folder: Their place in the cache.
        layout: What lies where.
    """

    folder: Path
    layout: FeatureLayout

    @property
    def is_here(self) -> bool:
        """Whether they were computed before."""
        try:
            return (self.folder / _FILE).stat().st_size == self.layout.total_bytes
        except OSError:
            return False

    def make(self, write: Callable[[BinaryIO], None]) -> None:
        """Have them computed, unless another process just has.

        Args:
            write: Writes all records, in the layout's order.

        Raises:
            OutputError: The cache cannot be written, or its disk is full.
        """
        with alone(self.folder, "computing the features of the same frames"):
            if self.is_here:
                return
            shutil.rmtree(self.folder, ignore_errors=True)  # a part of it was removed, or cut off
            with (
                atomic_folder(self.folder) as part,
                writing(self.folder),
                (part / _FILE).open("wb") as file,
            ):
                write(file)

    def record(self, frame: int, view: int) -> NDArray[np.uint8]:
        """Read what there is of a view of a frame, as bytes.

        Raises:
            TrainingError: They are gone or damaged.
        """
        size = self.layout.record_bytes(self.layout.sizes[frame])
        path = self.folder / _FILE
        try:
            found = np.fromfile(path, np.uint8, size, offset=self.layout.offset(frame, view))
        except OSError as problem:
            raise self._lost(problem.strerror or str(problem)) from problem
        if len(found) != size:
            raise self._lost("the file has become shorter")
        return found

    def _lost(self, reason: str) -> TrainingError:
        return TrainingError(
            f"the encoder's features in {self.folder} cannot be read any more: {reason}",
            allowed="files of the cache, as long as a run needs them",
            do="go on with roadfcn train --resume RUN, which computes them again",
        )


def check_space(stores: Sequence[FeatureStore]) -> None:
    """See to it that the disk has room for features that are to be computed.

    Raises:
        OutputError: It has not.
    """
    cache = stores[0].folder.parent
    place = next(folder for folder in (cache, *cache.absolute().parents) if folder.exists())
    wanted = sum(store.layout.total_bytes for store in stores)
    free = free_disk_bytes(place)
    if wanted + _LEFT_FREE_BYTES > free:
        raise OutputError(
            f"the encoder's features take {gigabytes(wanted)}, and {gigabytes(free)} are free in "
            f"{place}",
            allowed=f"a disk with room for them, and {gigabytes(_LEFT_FREE_BYTES)} beside",
            do="set data.encoder_features lower; or remove those that earlier runs have left: "
            f"roadfcn cache clear features; or name a folder on another disk with {CACHE_VARIABLE}",
        )


def feature_store(layout: FeatureLayout, facts: dict[str, Any]) -> FeatureStore:
    """Give the place of features; nothing is made.

    Args:
        layout: What is to lie where.
        facts: All that decides about them beside versions and layout; JSON-ready.
    """
    made_of = {
        "form": _FORM,
        "roadfcn": __version__,
        "torch": torch.__version__,
        "features": layout.names,
        "type": str(layout.dtype),
        "sizes": layout.sizes,
        "views": layout.views,
        **facts,
    }
    text = json.dumps(made_of, sort_keys=True)
    name = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
    return FeatureStore(cache_folder() / "features" / name, layout)


@torch.no_grad()
def weights_digest(weights: Mapping[str, Tensor]) -> str:
    """Give the SHA-256, in hex, of tensors by name, in their order."""
    digest = hashlib.sha256()
    for name, tensor in weights.items():
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype} ".encode())
        # In pieces: what lies channels-last has to be copied for it.
        for piece in torch.split(tensor, 64) if tensor.ndim else (tensor,):
            digest.update(piece.cpu().numpy().tobytes())
    return digest.hexdigest()


def gigabytes(count: int) -> str:
    """Write a number of bytes in words."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
