"""One step of learning: frames to loss, frames to counts.

Legend: N batch, C classes, H rows, W columns. Networks take normalised float pictures; the
frames that come in are uint8 RGB and are changed, normalised and counted on the device.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer

from roadfcn.input_format import InputFormat
from roadfcn.label_sets import REST, VOID, LabelSet
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.models.fcn import FCN
from roadfcn.training.frames.feature_frames import FeatureBatch
from roadfcn.training.frames.frames import FILLER, Batch
from roadfcn.training.optimizers.optimization import make_schedule
from roadfcn.training.processes.collectives import (
    gathered,
    process_count,
    summed,
    take_first_buffers,
)
from roadfcn.training.steps.augmentation import OUTSIDE, Augmentation, augment, draw
from roadfcn.training.steps.checkpoint_fit import check_fit
from roadfcn.training.steps.deep_supervision import DeepSupervision, with_scores
from roadfcn.training.steps.distillation import Distillation
from roadfcn.training.steps.finiteness import check_loss, check_validation, check_weights
from roadfcn.training.steps.losses import PixelCrossEntropy
from roadfcn.training.steps.normalisation import Normalisation

MONITOR = "val/iou"
"""What the best model is chosen by: the class's IoU where there is one besides the background,
else the mean IoU."""


class RoadModule(LightningModule):
    """A network with its loss, its pictures' changes and its scores.

    Args:
        model: N,3,H,W normalised pictures to N,C,H,W logits of the same size.
        loss: (logits N,C,H,W, target N,H,W int64 with void) to a scalar, by its two sums.
        label_set: The classes of the logits.
        input_format: How pictures are normalised.
        augmentation: How training frames may change.
        optimizer: Builds the optimizer from the network.
        lr_factor: Builds the factor on the rates, by step, from the number of steps.
        seed: Of the changes.
        frozen: Names of parameters that do not learn; norms among them keep their statistics.
        frame_names: Of the training frames, for messages; their numbers if there are none.
        supervision: Further scores to learn from; `model` is an `FCN` then.
        distillation: A teacher to learn from.
    """

    _counts: Tensor

    def __init__(
        self,
        model: nn.Module,
        *,
        loss: PixelCrossEntropy,
        label_set: LabelSet,
        input_format: InputFormat,
        augmentation: Augmentation,
        optimizer: Callable[[nn.Module], Optimizer],
        lr_factor: Callable[[int], Callable[[int], float]],
        seed: int = 0,
        frozen: list[str] | None = None,
        frame_names: Sequence[str] = (),
        supervision: DeepSupervision | None = None,
        distillation: Distillation | None = None,
    ) -> None:
        super().__init__()
        self.model, self.loss = model, loss
        self.supervision, self.distillation = supervision, distillation
        self.label_set, self.input_format = label_set, input_format
        self.augmentation, self.seed = augmentation, seed
        self._make_optimizer, self._make_lr_factor = optimizer, lr_factor
        self._frozen = set(frozen or ())
        self._frame_names = frame_names
        self._frames_of_update: list[str] = []
        self._validation_losses: list[Tensor] = []
        self._normalise = Normalisation(input_format)
        count = len(label_set)
        self.register_buffer(
            "_counts", torch.zeros(count, count, dtype=torch.int64), persistent=False
        )
        self.validation = ConfusionMatrix(label_set)

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's own union of forms
        """Build the optimizer, and the schedule over all steps of the run."""
        optimizer = self._make_optimizer(with_scores(self.model, self.supervision))
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = make_schedule(optimizer, self._make_lr_factor(steps))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_fit_start(self) -> None:
        """Bring the teacher, which is no part of this module, to where it is."""
        if self.distillation is not None:
            self.distillation.move(self.device, self._normalise.dtype)

    def on_fit_end(self) -> None:
        """Bring it back: the run is scored next, and wants the room."""
        if self.distillation is not None:
            self.distillation.move(torch.device("cpu"), torch.float32)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse what is of another network; raises a TrainingError before it loads."""
        check_fit(checkpoint, self.state_dict())

    def on_train_epoch_start(self) -> None:
        """Keep the statistics of frozen norms: frozen means unchanged."""
        for name, part in self.model.named_modules():
            if (
                isinstance(part, nn.modules.batchnorm._BatchNorm)
                and f"{name}.weight" in self._frozen
            ):
                part.eval()

    def training_step(self, batch: Batch | FeatureBatch, step: int) -> Tensor:
        """Give the loss of one batch of changed frames, or of what the encoder said of such.

        Raises:
            TrainingError: The loss is not finite.
        """
        if isinstance(batch, FeatureBatch):
            total, count = self.loss.sums(self._head(batch), batch.masks.long())
        else:
            frames, masks = self._changed_frames(batch, self.current_epoch)
            areas = (self.augmentation.crop or size for size in batch.sizes.tolist())
            pixels = sum(height * width for height, width in areas)
            total, count = self._sums(frames, masks.long(), pixels)
        return self._share_of_loss(total, count, batch.indices.tolist(), step)

    def _sums(self, frames: Tensor, masks: Tensor, pixels: int) -> tuple[Tensor, Tensor]:
        """Give the loss's sum over the pixels, and its divisor."""
        inputs = self._normalise(frames)
        # Before the network is asked: what that keeps for the backward pass is not there yet.
        opinion = None if self.distillation is None else self.distillation.opinion(frames)
        if self.supervision is None:
            logits = self.model(inputs)
            total, count = self.loss.sums(logits, masks, pixels)
        else:
            all_logits = self.supervision(self.model, inputs)
            logits = all_logits[0]
            total, count = self.supervision.sums(all_logits, masks, self.loss, pixels)
        if self.distillation is not None and opinion is not None:
            total = total + self.distillation.sum(logits, opinion, masks, self.loss)
        return total, count

    def changed(self, batch: Batch, epoch: int) -> tuple[Tensor, Tensor]:
        """Change frames as in an epoch: N,3,h,w for the network, and masks N,h,w uint8."""
        frames, masks = self._changed_frames(batch, epoch)
        return self._normalise(frames), masks

    def _changed_frames(self, batch: Batch, epoch: int) -> tuple[Tensor, Tensor]:
        """Change frames, and give them as RGB in 0..1."""
        sizes = [(h, w) for h, w in batch.sizes.tolist()]
        draws = [
            draw(self.augmentation, seed=self.seed, epoch=epoch, frame=index)
            for index in batch.indices.tolist()
        ]
        # Pictures are not changed in bf16, as autocast would have some filters do it: that has not
        # enough digits for colours. (TF32, in which GPUs may run them, has as many as 8 bits need.)
        with torch.autocast(self.device.type, enabled=False):
            frames = self._floats(batch.images)
            for row, (height, width) in enumerate(sizes):
                frames[row, :, height:] = OUTSIDE
                frames[row, :, :, width:] = OUTSIDE
            return augment(self.augmentation, draws, frames, batch.masks, sizes)

    def unchanged(self, batch: Batch) -> Tensor:
        """Give frames as they are, N,3,H,W for the network."""
        fed: Tensor = self._normalise(self._floats(batch.images))
        return fed

    def _head(self, batch: FeatureBatch) -> Tensor:
        """Give logits of what the encoder has said."""
        assert isinstance(self.model, FCN)
        height, width = batch.masks.shape[-2:]
        return self.model.decode(batch.features, (height, width))

    def _share_of_loss(self, total: Tensor, count: Tensor, indices: list[int], step: int) -> Tensor:
        """Give what this process has to derive, so that the gradient is that of the whole update.

        Processes average their gradients. So each one's sum is divided by the count of all and
        multiplied by the number of processes.
        """
        real = [index for index in indices if index != FILLER]
        if not real:
            total, count = total * 0, count * 0
        sums = summed(torch.stack([total.detach(), count]))
        everywhere = sums[1].clamp(min=1e-12)
        mean = sums[0] / everywhere
        names = [self._name(index) for index in real]
        self._frames_of_update += names
        check_loss(mean, total, names, self._place(step))
        self.log("train/step_loss", mean)
        return total * (process_count() / everywhere)

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Lightning's own
        """Move the weights.

        Raises:
            TrainingError: They are not finite then.
        """
        super().optimizer_step(*args, **kwargs)
        step = kwargs.get("batch_idx", args[1] if len(args) > 1 else 0)
        learning = (weights for weights in self.parameters() if weights.requires_grad)
        check_weights(learning, self._frames_of_update, self._place(step))
        self._frames_of_update.clear()

    def _name(self, index: int) -> str:
        # Numbers beyond the last name are of frames that come again in the same epoch.
        names = self._frame_names
        return names[index % len(names)] if names else str(index)

    def _place(self, step: int) -> str:
        """Say where in the run a step is, both counted from 1 as in the progress bar."""
        return f"epoch {self.current_epoch + 1}, step {step + 1}"

    def validation_step(self, batch: Batch | FeatureBatch, step: int) -> Tensor:
        """Count truth against prediction; gives the predicted labels, N,H,W uint8.

        Frames come one by one (see `data`): padding would change their scores.
        """
        logits: Tensor = (
            self._head(batch)
            if isinstance(batch, FeatureBatch)
            else self.model(self.unchanged(batch))
        )
        self._validation_losses.append(torch.stack(self.loss.sums(logits, batch.masks.long())))
        labels = logits.argmax(1)
        valid = batch.masks != VOID
        pairs = batch.masks[valid].long() * len(self.label_set) + labels[valid]
        self._counts += torch.bincount(pairs, minlength=self._counts.numel()).view_as(self._counts)
        return labels.to(torch.uint8)

    def on_validation_epoch_start(self) -> None:
        """Start counting anew, with the weights that are saved: those of the first process.

        The others' weights are the same, but their norms have seen other frames since the last
        step.
        """
        self._counts.zero_()
        self._validation_losses.clear()
        take_first_buffers(self.model)

    def on_validation_epoch_end(self) -> None:
        """Sum the counts of all processes and log the scores that follow from them.

        Raises:
            TrainingError: The loss is not finite.
        """
        # Exactly rounded sums of all frames' losses: the same for any number of processes.
        own = torch.stack(self._validation_losses).tolist()
        losses = [pair for share in gathered(own) for pair in share]
        total, count = (math.fsum(column) for column in zip(*losses, strict=True))
        loss = total / max(count, 1e-12)
        check_validation(loss, f"epoch {self.current_epoch + 1}")
        counts = summed(self._counts)
        matrix = ConfusionMatrix(self.label_set, counts.cpu().numpy())
        self.validation = matrix
        scores = {
            "val/loss": loss,
            "val/mean_iou": matrix.mean_iou,
            "val/pixel_accuracy": matrix.pixel_accuracy,
            MONITOR: self._score(matrix),
        }
        for name, iou in zip(self.label_set.classes, matrix.iou, strict=True):
            scores[f"val/iou_{name}"] = float(iou)
        self.log_dict(scores)

    def _score(self, matrix: ConfusionMatrix) -> float:
        if len(self.label_set) == 2 and self.label_set.classes[0] == REST:
            return float(matrix.iou[1])
        return matrix.mean_iou

    def _floats(self, images: Tensor) -> Tensor:
        return images.to(self._normalise.dtype) / 255
