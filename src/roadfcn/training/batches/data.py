"""From frames to batches: loaders for one or several processes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import torch
from lightning.pytorch import LightningDataModule

from roadfcn.training.batches.loading import FrameLoader
from roadfcn.training.batches.position import position
from roadfcn.training.frames.dealing import EpochBatches
from roadfcn.training.frames.feature_frames import FeatureFrames, Turn, TurnBatches
from roadfcn.training.frames.frames import TrainingFrames
from roadfcn.training.frames.mixture import Mixture

_MAX_WORKERS = 8


class RoadData(LightningDataModule):
    """Training and validation loaders.

    In training an epoch's frames come in an order that depends on (seed, epoch) only, each to one
    process; see `EpochOrder` and `EpochBatches`. In validation frames come one by one:
    what a network says of a picture depends in the last digits on the pictures beside it, and
    scores should not depend on batch size or number of processes.

    Args:
        train: Frames to learn from.
        val: Frames to choose the best model by.
        batch_size: Frames in a batch at most, for each process.
        workers: Loader processes; "auto" is none for cached frames, else the cores up to 8. Stored
            features need none: they are read as they are.
        seed: Of the order.
        features: What a frozen encoder has said of both, if that is what is learned from.
    """

    def __init__(
        self,
        train: Mixture,
        val: TrainingFrames,
        *,
        batch_size: int,
        workers: int | Literal["auto"] = "auto",
        seed: int = 0,
        features: tuple[FeatureFrames, FeatureFrames] | None = None,
    ) -> None:
        super().__init__()
        self._features = features
        self.train, self.val = train, val
        self.batch_size, self.seed = batch_size, seed
        self._workers = workers
        self._start = (0, 0)

    def state_dict(self) -> dict[str, Any]:
        """Give the place in the order of frames: finished epochs, and batches of the next."""
        assert self.trainer is not None
        epoch, batch = position(self.trainer)
        return {"epoch": epoch, "batch": batch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a place."""
        self._start = state_dict["epoch"], state_dict["batch"]

    def train_dataloader(self) -> FrameLoader:
        """Give the shuffled training batches of this process."""
        processes, rank = self._place()
        batches = EpochBatches(
            self.train.order(self.seed),
            batch_size=self.batch_size,
            processes=processes,
            rank=rank,
            start=self._start,
        )
        if self._features is not None:
            return FrameLoader(self._features[0], TurnBatches(batches), workers=0)
        return self._loader(self.train, batches, cached=self.train.is_cached)

    def val_dataloader(self) -> FrameLoader:
        """Give the validation frames of this process, one by one, without repeats."""
        processes, rank = self._place()
        share = [[index] for index in range(rank, len(self.val), processes)]
        if self._features is not None:
            turns = [[Turn(index, epoch=0)] for (index,) in share]
            return FrameLoader(self._features[1], turns, workers=0)
        return self._loader(self.val, share, cached=self.val.is_cached)

    def _place(self) -> tuple[int, int]:
        """Give (number of processes, which of them this is)."""
        if self.trainer is None:
            return 1, 0
        return self.trainer.world_size, self.trainer.global_rank

    def _loader(
        self, frames: Mixture | TrainingFrames, batches: Iterable[list[int]], *, cached: bool
    ) -> FrameLoader:
        workers = loader_workers(self._workers, cached=cached)
        return FrameLoader(frames, batches, workers=workers)


def loader_workers(setting: int | Literal["auto"], *, cached: bool) -> int:
    """Give how many processes read frames for one loader."""
    if setting != "auto":
        return setting
    return 0 if cached else min(_MAX_WORKERS, torch.get_num_threads())
