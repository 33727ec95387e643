"""Which frames come in an epoch, and in which order: a function of (seed, epoch) alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class EpochOrder:
    """The order of frames of one data set, or of several that are mixed.

    Every frame of the main set comes once in every epoch. Of a further set a fixed number comes:
    its frames are gone through from epoch to epoch, in a random order, and none comes again
    before all have come; then in another order.

    Frames are numbered through, those of the main set first. A frame of a small set that comes
    several times in one epoch has a number of its own each time, larger by the number of all
    frames, so that it is changed otherwise each time (`augmentation.draw`).

    Args:
        frames: How many the main set has.
        further: Of each further set how many frames it has, and how many of them an epoch has.
        seed: Of the order.
    """

    frames: int
    further: tuple[tuple[int, int], ...] = ()
    seed: int = 0

    def __len__(self) -> int:
        """Give the frames of an epoch."""
        return self.frames + sum(wanted for _, wanted in self.further)

    def of(self, epoch: int) -> list[int]:
        """Give the numbers of an epoch's frames in their order."""
        mixed = list(range(self.frames))
        for number in range(len(self.further)):
            mixed += self._drawn(number, epoch)
        generator = torch.Generator().manual_seed(self.seed + epoch)
        return [mixed[place] for place in torch.randperm(len(mixed), generator=generator).tolist()]

    def _drawn(self, number: int, epoch: int) -> list[int]:
        """Give the frames that a further set gives to an epoch: the next ones of its rounds."""
        frames, wanted = self.further[number]
        first = self.frames + sum(count for count, _ in self.further[:number])
        total = self.frames + sum(count for count, _ in self.further)
        start, stop = epoch * wanted, (epoch + 1) * wanted
        drawn: list[int] = []
        for repeat, round_ in enumerate(range(start // frames, (stop - 1) // frames + 1)):
            order = self._round(number, round_)
            here = order[max(0, start - round_ * frames) : stop - round_ * frames]
            drawn += [first + frame + repeat * total for frame in here]
        return drawn

    def _round(self, number: int, round_: int) -> list[int]:
        """Give all frames of a further set in the order of one round, from 0."""
        # Hashed, because sums of three small numbers would meet.
        text = f"{self.seed} {number} {round_}".encode()
        seed = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) >> 1
        generator = torch.Generator().manual_seed(seed)
        return torch.randperm(self.further[number][0], generator=generator).tolist()
