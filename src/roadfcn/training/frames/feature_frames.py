"""Stored features as a training loop wants them: views taken in turn by epoch, batched.

View v of a frame is the frame changed as in epoch v, counted from 0. Epoch e takes view e modulo
their number: so a run with as many views as epochs learns from what it would have learned from
without the store, and `EpochOrder`'s order stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from roadfcn.label_sets import VOID
from roadfcn.models.vgg16 import Features
from roadfcn.training.frames.dealing import EpochBatches
from roadfcn.training.frames.feature_store import FeatureStore
from roadfcn.training.frames.frames import FILLER


class Turn(NamedTuple):
    """A frame, by `EpochOrder`'s number or `FILLER`, and the epoch in which it comes."""

    number: int
    epoch: int


class StoredItem(NamedTuple):
    """A record as bytes, with the number of its frame, and what the network saw of that, H,W."""

    number: int
    record: NDArray[np.uint8]
    size: tuple[int, int]


class FeatureBatch(NamedTuple):
    """What a frozen encoder says of N frames of one size.

    features: N,C,h,w each. masks: N,H,W uint8. sizes: N,2 int64, each (H, W). indices: N int64,
    as in `frames.Batch`.
    """

    features: Features
    masks: Tensor
    sizes: Tensor
    indices: Tensor


class FeatureFrames(Dataset[StoredItem]):
    """Frames of which the features are stored.

    Args:
        store: Made already.
    """

    def __init__(self, store: FeatureStore) -> None:
        self.store = store

    def __len__(self) -> int:
        """Give the number of all frames."""
        return len(self.store.layout.sizes)

    def __getitem__(self, turn: Turn) -> StoredItem:
        """Read a frame's features.

        A frame that comes several times in an epoch comes with other views.

        Raises:
            TrainingError: They are gone or damaged.
        """
        repeat, frame = (0, 0) if turn.number == FILLER else divmod(turn.number, len(self))
        view = (turn.epoch + repeat) % self.store.layout.views
        record = self.store.record(frame, view)
        return StoredItem(turn.number, record, self.store.layout.sizes[frame])

    def collate(self, items: list[StoredItem]) -> FeatureBatch:
        """Make a batch of frames of one size."""
        size = items[0].size
        features, masks = self.store.layout.unpack([item.record for item in items], size)
        for row, item in enumerate(items):
            if item.number == FILLER:
                masks[row] = VOID
        return FeatureBatch(
            features,
            masks,
            torch.tensor([size] * len(items)),
            torch.tensor([item.number for item in items]),
        )


class TurnBatches(Sampler[list[Turn]]):
    """The batches of `EpochBatches`, with the epoch in which they come."""

    def __init__(self, batches: EpochBatches) -> None:
        self.batches = batches
        self.sampler = self
        """Lightning looks here for `set_epoch`."""

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next."""
        self.batches.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[Turn]]:
        epoch = self.batches.epoch
        for batch in self.batches:
            yield [Turn(number, epoch) for number in batch]
