"""The frames to learn from: those of one data set, or of several that are mixed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from roadfcn.training.frames.epoch_order import EpochOrder
from roadfcn.training.frames.frames import FILLER, Item, TrainingFrames


class Mixture(Dataset[Item]):
    """Frames of a main data set and, perhaps, of further ones, numbered through.

    An epoch has every frame of the main set, and of each further one as many frames as make up
    its share, to the nearest frame and at least one; see `EpochOrder`.

    Args:
        main: The set that decides how long an epoch is.
        further: Other sets with their shares of an epoch's frames, above 0; together below 1.
            Classes are those of `main`.
    """

    def __init__(
        self, main: TrainingFrames, further: Sequence[tuple[TrainingFrames, float]] = ()
    ) -> None:
        self.main = main
        self.parts = (main, *(frames for frames, _ in further))
        self.shares = tuple(share for _, share in further)
        self.label_set = main.label_set
        self._ends = list(accumulate(len(part) for part in self.parts))

    def __len__(self) -> int:
        """Give the number of all frames that there are; `order` tells how many an epoch has."""
        return self._ends[-1]

    def __getitem__(self, index: int) -> Item:
        """Give (index, image H,W,3 uint8 RGB, mask H,W uint8); indices are `EpochOrder`'s."""
        if index == FILLER:
            return self.main[FILLER]
        frame = index % len(self)
        part = bisect_right(self._ends, frame)
        start = self._ends[part] - len(self.parts[part])
        _, image, mask = self.parts[part][frame - start]
        return index, image, mask

    @cached_property
    def wanted(self) -> tuple[int, ...]:
        """How many frames of each further set an epoch has."""
        whole = len(self.main) / (1 - sum(self.shares))
        return tuple(max(1, round(share * whole)) for share in self.shares)

    def order(self, seed: int) -> EpochOrder:
        """Give the order of frames, by epoch."""
        counts = (len(part) for part in self.parts[1:])
        return EpochOrder(len(self.main), tuple(zip(counts, self.wanted, strict=True)), seed)

    @property
    def is_cached(self) -> bool:
        """Whether all frames of all sets are in memory."""
        return all(part.is_cached for part in self.parts)

    def sizes(self) -> set[tuple[int, int]]:
        """Give all (height, width) that frames have."""
        return set(self.frame_sizes())

    def frame_sizes(self) -> list[tuple[int, int]]:
        """Give the (height, width) of each frame, in the order of their numbers."""
        return [size for part in self.parts for size in part.frame_sizes()]

    @property
    def names(self) -> list[str]:
        """The name of every frame, for messages; of a further set with its folder."""
        names = [frame.name for frame in self.main.dataset.frames]
        for part in self.parts[1:]:
            names += [f"{frame.name} of {part.dataset.root}" for frame in part.dataset.frames]
        return names

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """How often each frame comes in an epoch, on average; one number for each frame."""
        often = (n / len(part) for n, part in zip(self.wanted, self.parts[1:], strict=True))
        return np.repeat([1.0, *often], [len(part) for part in self.parts])

    def describe_further(self) -> list[dict[str, Any]]:
        """Give what a model's card says of the further sets; JSON-ready."""
        return [
            {
                "data": part.dataset.name,
                "origin": part.dataset.origin,
                "split": part.dataset.split,
                "split_sha256": part.dataset.split_hash,
                "frames": len(part),
                "frames_in_an_epoch": wanted,
            }
            for part, wanted in zip(self.parts[1:], self.wanted, strict=True)
        ]
