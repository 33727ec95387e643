"""One row of numbers for each epoch, as `metrics.csv`."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from roadfcn.output_files import write_text
from roadfcn.training.frames.feature_frames import FeatureBatch
from roadfcn.training.frames.frames import FILLER, Batch
from roadfcn.training.processes.collectives import gathered
from roadfcn.training.reporting.curves import Curves
from roadfcn.training.run_folder import EPOCH_TABLE


class EpochTable(Callback):
    """Keeps the table, and the mean loss of the epoch at hand; goes on when resumed.

    The mean is over frames, from an exactly rounded sum: it does not depend on where in the epoch
    a run was interrupted, nor on how many processes shared the frames.

    Args:
        run: The run folder.
        curves: Get the loss too.
    """

    def __init__(self, run: Path, curves: Curves) -> None:
        self.path, self.curves = run / EPOCH_TABLE, curves
        self.rows: list[dict[str, float]] = []
        self._validated_epoch = -1
        self._before: list[float] = []
        self._frames_before = 0
        self._losses: list[Tensor] = []
        self._frames: list[Tensor] = []

    def on_train_batch_end(
        self,
        trainer: Trainer,
        module: LightningModule,
        outputs: Any,  # noqa: ANN401 - Lightning's type
        batch: Batch | FeatureBatch,
        batch_idx: int,
    ) -> None:
        """Take up the step's loss; on its device, as reading it would wait for the step's end."""
        del module, outputs, batch_idx
        self._losses.append(trainer.callback_metrics["train/step_loss"].detach().clone())
        self._frames.append((batch.indices != FILLER).sum())

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Remember that this epoch has scores; those of another one must not stand in its row."""
        del module
        self._validated_epoch = trainer.current_epoch

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Write the table anew with this epoch's row."""
        del module
        # Summing up, and reading metrics, asks all processes: each must do it, or one waits.
        losses, frames = self._sums()
        loss = math.fsum(losses) / max(1, frames)
        self._before, self._frames_before = [], 0
        measured = dict(trainer.callback_metrics)
        if not trainer.is_global_zero:
            return
        self.curves.log_metrics({"train/loss": loss}, trainer.global_step - 1)
        metrics = {"train/loss": loss}
        if self._validated_epoch == trainer.current_epoch:
            metrics |= {
                name: float(measured[name]) for name in sorted(measured) if name.startswith("val/")
            }
        head = {
            "epoch": trainer.current_epoch,
            "step": trainer.global_step,
            "lr": trainer.optimizers[0].param_groups[-1]["lr"],
        }
        self.rows.append(head | metrics)
        columns = list(dict.fromkeys(name for done in self.rows for name in done))
        table = io.StringIO()
        writer = csv.DictWriter(table, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.path, table.getvalue())

    def _sums(self) -> tuple[list[float], int]:
        """Give all processes' losses of this epoch, times their frames, and count the frames."""
        if self._losses:
            frames = torch.stack(self._frames).tolist()
            losses = torch.stack(self._losses).tolist()
            self._before += [loss * count for loss, count in zip(losses, frames, strict=True)]
            self._frames_before += sum(frames)
            self._losses, self._frames = [], []
        shares = gathered((self._before, self._frames_before))
        return [loss for share, _ in shares for loss in share], sum(count for _, count in shares)

    def on_save_checkpoint(
        self, trainer: Trainer, module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Give the rows so far and the losses of the epoch at hand. Called in all processes."""
        del trainer, module
        losses, frames = self._sums()
        checkpoint[type(self).__name__] = {
            "rows": self.rows,
            "losses": torch.tensor(losses, dtype=torch.float64),
            "frames": frames,
        }

    def on_load_checkpoint(
        self, trainer: Trainer, module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Take them up; the first process takes the losses of all."""
        del module
        state = checkpoint[type(self).__name__]
        self.rows = state["rows"]
        if trainer.is_global_zero:
            self._before, self._frames_before = state["losses"].tolist(), state["frames"]
