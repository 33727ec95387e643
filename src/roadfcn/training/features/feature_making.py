"""Computes what a frozen encoder says of frames, before the first epoch.

The features are those of prediction: norms use their statistics, and nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Literal

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from roadfcn.models.fcn import FCN
from roadfcn.training.batches.data import loader_workers
from roadfcn.training.batches.loading import FrameLoader, explaining_dead_loaders
from roadfcn.training.features.encoder_features import EncoderFeatures
from roadfcn.training.frames.feature_store import FeatureStore, check_space
from roadfcn.training.frames.frames import Batch, TrainingFrames
from roadfcn.training.frames.mixture import Mixture
from roadfcn.training.steps.module import RoadModule

_Prepare = Callable[[Batch, int], tuple[Tensor, Tensor]]
"""From frames and the number of a view to normalised pictures N,3,h,w and masks N,h,w."""


class FeatureMaker:
    """Runs a network's encoder over frames, on the device and in the precision of a run.

    Args:
        module: The network, and how it changes frames; is brought to the device.
        trainer: Knows device and precision.
        batch_size: Frames to learn from that are computed together.
        workers: Loader processes, as a recipe has them.
        progress: Called with (views of frames so far, their number in all).
    """

    def __init__(
        self,
        module: RoadModule,
        trainer: Trainer,
        *,
        batch_size: int,
        workers: int | Literal["auto"],
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.module, self.trainer = module, trainer
        self.batch_size, self.workers, self.progress = batch_size, workers, progress
        self._done = self._total = 0

    def make(self, features: EncoderFeatures, train: Mixture, val: TrainingFrames) -> None:
        """Compute what is not stored yet.

        Raises:
            ImageFileError, MaskError: A frame cannot be read.
            OutputError: The disk is too full, or the cache cannot be written.
            TrainingError: A process that reads frames has died.
        """
        missing = features.missing
        if not missing:
            return
        check_space(missing)
        self._done, self._total = 0, sum(store.layout.records for store in missing)
        self.trainer.precision_plugin.convert_module(self.module)
        self.module.to(self.trainer.strategy.root_device)
        encoder = self._model.encoder
        mode = encoder.training
        try:
            encoder.eval()
            if features.train in missing:
                self._make(features.train, train, self.batch_size, self.module.changed)
            if features.val in missing:
                # One by one, as in validation: no picture depends on another beside it.
                self._make(features.val, val, 1, self._unchanged)
        finally:
            encoder.train(mode)

    @property
    def _model(self) -> FCN:
        assert isinstance(self.module.model, FCN)
        return self.module.model

    def _unchanged(self, batch: Batch, view: int) -> tuple[Tensor, Tensor]:
        del view
        return self.module.unchanged(batch), batch.masks

    def _make(
        self,
        store: FeatureStore,
        frames: Mixture | TrainingFrames,
        together: int,
        prepare: _Prepare,
    ) -> None:
        numbers = list(range(len(frames)))
        loader = FrameLoader(
            frames,
            [numbers[first : first + together] for first in range(0, len(numbers), together)],
            workers=loader_workers(self.workers, cached=frames.is_cached),
        )

        def write(file: BinaryIO) -> None:
            for view in range(store.layout.views):
                for batch in loader:
                    file.write(self._records(store, batch, view, prepare))
                    self._done += len(batch.indices)
                    if self.progress is not None:
                        self.progress(self._done, self._total)

        with explaining_dead_loaders(lambda: None):
            store.make(write)

    @torch.no_grad()
    def _records(self, store: FeatureStore, batch: Batch, view: int, prepare: _Prepare) -> bytes:
        on_device = Batch(*(part.to(self.module.device) for part in batch))
        # Changes are drawn in it as well: with 64 bits, random numbers are others.
        with self.trainer.precision_plugin.forward_context():
            inputs, masks = prepare(on_device, view)
            features = self._model.encode(inputs)
        return store.layout.pack(features, masks).tobytes()
