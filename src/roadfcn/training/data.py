"""From frames to batches: loaders for one or several processes."""

from __future__ import annotations

from typing import Any, Literal

import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader, Dataset, DistributedSampler, Subset

from roadfcn.training.frames import Batch, TrainingFrames, collate

_MAX_WORKERS = 8


class RoadData(LightningDataModule):
    """Training and validation loaders.

    In training every frame comes once per epoch, in an order that depends on (seed, epoch) only;
    with several processes each sees its own share of that order (the last batch is filled up with
    repeated frames so that all take equally many steps). In validation the frames are dealt out
    without repeats, because their counts are summed.

    Args:
        train: Frames to learn from.
        val: Frames to choose the best model by.
        batch_size: Frames in a batch, for each process.
        workers: Loader processes; "auto" is none for cached frames, else the cores up to 8.
        seed: Of the order.
    """

    def __init__(
        self,
        train: TrainingFrames,
        val: TrainingFrames,
        *,
        batch_size: int,
        workers: int | Literal["auto"] = "auto",
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.train, self.val = train, val
        self.batch_size, self.seed = batch_size, seed
        self._workers = workers

    def train_dataloader(self) -> DataLoader[Batch]:
        """Give the shuffled training batches of this process."""
        replicas, rank = self._place()
        sampler: DistributedSampler[Any] = DistributedSampler(
            self.train, num_replicas=replicas, rank=rank, shuffle=True, seed=self.seed
        )
        return self._loader(self.train, sampler, self.batch_size, cached=self.train.is_cached)

    def val_dataloader(self) -> DataLoader[Batch]:
        """Give the validation batches of this process; of one frame if sizes differ."""
        replicas, rank = self._place()
        share = Subset(self.val, range(rank, len(self.val), replicas))
        batch_size = self.batch_size if len(self.val.sizes()) == 1 else 1
        return self._loader(share, None, batch_size, cached=self.val.is_cached)

    def _place(self) -> tuple[int, int]:
        """Give (number of processes, which of them this is)."""
        if self.trainer is None:
            return 1, 0
        return self.trainer.world_size, self.trainer.global_rank

    def _loader(
        self,
        frames: Dataset[Any],
        sampler: DistributedSampler[Any] | None,
        batch_size: int,
        *,
        cached: bool,
    ) -> DataLoader[Batch]:
        if self._workers == "auto":
            workers = 0 if cached else min(_MAX_WORKERS, torch.get_num_threads())
        else:
            workers = self._workers
        return DataLoader(
            frames,
            batch_size=batch_size,
            sampler=sampler,
            num_workers=workers,
            collate_fn=collate,
            pin_memory=torch.cuda.is_available(),
            persistent_workers=workers > 0,
        )
