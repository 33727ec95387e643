"""Looks at the clock between the steps of a training run."""

from __future__ import annotations

import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from roadfcn.machine import peak_memory_bytes


class StepClock(Callback):
    """Notes each step's loss and seconds, from the end of the step before: nothing is left out.

    Waiting for the batch, checks of loss and weights, logging and other callbacks are in them.
    """

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.seconds: list[float] = []
        self.peak_bytes = 0

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Start the clock."""
        del trainer, module
        self._last = time.perf_counter()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Note a step."""
        del module, outputs, batch, batch_idx
        self.losses.append(trainer.callback_metrics["train/step_loss"].item())
        now = time.perf_counter()
        self.seconds.append(now - self._last)
        self._last = now
        self.peak_bytes = peak_memory_bytes()
