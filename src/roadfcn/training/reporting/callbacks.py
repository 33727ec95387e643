"""What happens beside the steps: files that are kept, tables, pictures, and a report of progress.

Everything here runs on the first process only, except where all must take part.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch import Callback, LightningModule, Trainer
from numpy.typing import NDArray
from torch import Tensor

from roadfcn.checkpoints import save_model
from roadfcn.errors import TrainingError
from roadfcn.input_format import InputFormat
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import FCN
from roadfcn.overlays import blend, side_by_side
from roadfcn.training.frames.feature_frames import FeatureBatch
from roadfcn.training.frames.frames import Batch, TrainingFrames, resize_mask
from roadfcn.training.reporting.curves import Curves
from roadfcn.training.run_folder import BEST_MODEL
from roadfcn.training.steps.module import MONITOR, RoadModule

_OVERLAY_WIDTH_PX = 480
_OVERLAYS_PER_RUN = 10
_REPORT_EVERY_S = 0.2


@dataclass(frozen=True)
class TrainingProgress:
    """Where a run is. Loss is the last step's; scores are NaN until the first validation."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    iou: float


class BestModel(Callback):
    """Keeps the model with the best validation score as `model.safetensors`, with its card."""

    def __init__(self, run: Path, card: ModelCard) -> None:
        self.path = run / BEST_MODEL
        self.card = card
        self.best = float("-inf")
        self.best_epoch = -1

    def setup(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        """Tell all processes the place that the first one made."""
        del module, stage
        self.path = Path(trainer.strategy.broadcast(str(self.path)))

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Save if the score has risen."""
        assert isinstance(module, RoadModule)
        score = float(trainer.callback_metrics[MONITOR])
        if score > self.best:
            self.best, self.best_epoch = score, trainer.current_epoch
            matrix = module.validation
            scores = {
                "mean_iou": matrix.mean_iou,
                "pixel_accuracy": matrix.pixel_accuracy,
                "iou": score,
                "epoch": trainer.current_epoch,
            }
            self._save(trainer, module, {"validation": scores})

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Save the weights of a run that was not validated yet: no work is lost."""
        assert isinstance(module, RoadModule)
        if self.best_epoch < 0:
            self._save(trainer, module, {})

    def _save(self, trainer: Trainer, module: RoadModule, scores: dict[str, Any]) -> None:
        if trainer.is_global_zero:
            assert isinstance(module.model, FCN)
            save_model(self.path, module.model, replace(self.card, scores=scores))

    def state_dict(self) -> dict[str, Any]:
        """Give what a resumed run needs to know."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the best score so far.

        Raises:
            TrainingError: The model that has it is gone; no later one need be better.
        """
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]
        if self.best_epoch >= 0 and not self.path.is_file():
            raise TrainingError(
                f"{self.path}, the best model so far (epoch {self.best_epoch + 1}), is gone",
                allowed="the run folder with all files that the run wrote",
                do="put the file back, or start a new run",
            )


class SampleOverlays(Callback):
    """Shows the first validation frames in TensorBoard: truth left, prediction right.

    Args:
        curves: Where they are shown.
        count: How many frames.
        frames: To validate on; batches may hold no pictures, but features.
    """

    def __init__(self, curves: Curves, count: int, frames: TrainingFrames) -> None:
        self.curves, self.count, self.frames = curves, count, frames
        self._validations = 0
        self._panels: list[NDArray[np.uint8]] = []

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        module: LightningModule,
        outputs: Any,  # noqa: ANN401 - Lightning's type
        batch: Batch | FeatureBatch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Draw frames until there are enough."""
        del batch_idx, dataloader_idx
        validations = (trainer.max_epochs or 1) // (trainer.check_val_every_n_epoch or 1)
        every = max(1, validations // _OVERLAYS_PER_RUN)
        if not trainer.is_global_zero or self._validations % every:
            return
        assert isinstance(module, RoadModule)
        assert isinstance(outputs, Tensor)
        for row in range(min(len(outputs), self.count - len(self._panels))):
            _, image, truth = self.frames[int(batch.indices[row])]
            size = (round(image.shape[0] * _OVERLAY_WIDTH_PX / image.shape[1]), _OVERLAY_WIDTH_PX)
            image = InputFormat(size=size).resize(image)
            labels = outputs[row, : truth.shape[0], : truth.shape[1]].cpu().numpy()
            small = [resize_mask(mask, size) for mask in (truth, labels)]
            self._panels.append(
                side_by_side([blend(image, labels, module.label_set) for labels in small])
            )

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Write what was drawn."""
        del module
        for number, panel in enumerate(self._panels):
            self.curves.log_picture(f"truth and prediction/{number}", panel, trainer.global_step)
        self._panels.clear()
        self._validations += 1

    def state_dict(self) -> dict[str, Any]:
        """Give what a resumed run needs to know, to draw after the same validations."""
        return {"validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the count."""
        self._validations = state_dict["validations"]


class Report(Callback):
    """Tells a listener where the run is, a few times a second, and how it ended."""

    def __init__(self, listener: Callable[[TrainingProgress], None]) -> None:
        self.listener = listener
        self._epoch = 0
        self._loss: Tensor | float = float("nan")
        self._iou = float("nan")
        self._last = time.monotonic()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        module: LightningModule,
        outputs: Any,  # noqa: ANN401 - Lightning's type
        batch: Batch | FeatureBatch,
        batch_idx: int,
    ) -> None:
        """Report the first step of an epoch, and now and then others.

        Not each: on a GPU, reading the loss waits for the step to end. The last one of the run
        is left to `on_train_end`, which knows the score that follows from it.
        """
        del module, batch
        self._epoch = trainer.current_epoch + 1
        self._loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        due = not batch_idx or time.monotonic() - self._last >= _REPORT_EVERY_S
        if due and trainer.global_step < trainer.estimated_stepping_batches:
            self._tell(trainer)

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Report the new score."""
        del module
        self._iou = float(trainer.callback_metrics[MONITOR])
        if trainer.global_step < trainer.estimated_stepping_batches:
            self._tell(trainer)

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Report the last step with the last score."""
        del module
        self._tell(trainer)

    def _tell(self, trainer: Trainer) -> None:
        self._last = time.monotonic()
        self.listener(
            TrainingProgress(
                epoch=self._epoch,
                epochs=trainer.max_epochs or 0,
                step=trainer.global_step,
                steps=int(trainer.estimated_stepping_batches),
                loss=float(self._loss),
                iou=self._iou,
            )
        )
