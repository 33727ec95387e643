"""Which frames come in which batch of which process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import ceil

from torch.utils.data import Sampler

from roadfcn.errors import ConfigError
from roadfcn.training.frames.epoch_order import EpochOrder
from roadfcn.training.frames.frames import FILLER, TrainingFrames


class EpochBatches(Sampler[list[int]]):
    """Deals an epoch's frames out: each to one process, in evenly sized batches.

    All processes have the same order, by (seed, epoch), and cut it into updates of at most
    `batch_size` x `processes` frames; sizes differ by one at most. Each takes its part of every
    update. So the frames of an update depend on that product only, not on how many processes
    share it, and no frame is repeated or left out to make numbers even. Where an update has fewer
    frames than there are processes, which needs a batch size of 1, the last processes get a
    `FILLER`, from which nothing is learned: all must take equally many steps.

    Args:
        order: Which frames come in which epoch, and in which order.
        batch_size: Frames of a batch at most, for each process.
        processes: How many share the frames.
        rank: Which of them this is.
        start: The epoch to start in, and how many of its batches to leave out as done before.
    """

    def __init__(
        self,
        order: EpochOrder,
        *,
        batch_size: int,
        processes: int = 1,
        rank: int = 0,
        start: tuple[int, int] = (0, 0),
    ) -> None:
        self.order, self.batch_size = order, batch_size
        self.processes, self.rank = processes, rank
        self.start = start
        # Loader processes are given their first frames before Lightning says which epoch it is.
        self.epoch = start[0]
        self.sampler = self
        """Lightning looks here for `set_epoch`."""

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return ceil(len(self.order) / (self.batch_size * self.processes))

    def __iter__(self) -> Iterator[list[int]]:
        order = self.order.of(self.epoch)
        done = self.start[1] if self.epoch == self.start[0] else 0
        for start, stop in itertools.islice(_cut(len(order), len(self)), done, None):
            update = order[start:stop]
            yield update[self.rank :: self.processes] or [FILLER]


def check_shares(processes: int, *shared: TrainingFrames) -> None:
    """See to it that every process gets frames: one without would leave the others waiting.

    Raises:
        ConfigError: There are fewer frames than processes.
    """
    for frames in shared:
        if len(frames) < processes:
            raise ConfigError(
                f"the split '{frames.dataset.split}' has {len(frames)} frames for {processes} "
                "processes",
                allowed="at least one frame for each process",
                do=f"set trainer.devices to at most {len(frames)}, or take a larger split",
            )


def _cut(total: int, parts: int) -> Iterator[tuple[int, int]]:
    """Cut a range into parts whose lengths differ by one at most, longer ones first."""
    length, longer = divmod(total, parts)
    start = 0
    for part in range(parts):
        stop = start + length + (part < longer)
        yield start, stop
        start = stop
