"""The training loss: cross-entropy over the pixels that have a truth.

N batch, C classes, H rows, W columns.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from roadfcn.label_sets import VOID


class PixelCrossEntropy(nn.Module):
    """Softmax cross-entropy, void pixels left out.

    With l_i the cross-entropy of pixel i, w_i the weight of its class, V the pixels that have a
    truth and A all pixels of the batch's N frames, void ones too, the loss is

        "mean"         sum_V w_i l_i / sum_V w_i   Long et al.'s normalised loss
        "all-pixels"   sum_V w_i l_i / |A|         KittiSeg's: mean over one-hot truth, void zeros
        "sum"          sum_V w_i l_i / N           Caffe's with `normalize: false`

    A batch without any truth gives 0, not NaN. Sources: Shelhamer, Long and Darrell, PAMI 2017,
    and their solvers ("sum", which wants a rate as many times smaller as there are pixels: see
    `rate_limits`); Teichmann et al., MultiNet, 2018, and kitti_multiloss.py of its program
    ("all-pixels", there with 1e-9 added to each probability).

    Args:
        class_weights: One weight for each class, or None for all equal.
        reduction: "mean", "all-pixels" or "sum".
        label_smoothing: Share of each pixel's target spread evenly over the classes, 0..1.
    """

    class_weights: Tensor | None

    def __init__(
        self,
        class_weights: Tensor | None = None,
        *,
        reduction: Literal["mean", "all-pixels", "sum"] = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.register_buffer("class_weights", class_weights, persistent=False)
        self.reduction = reduction
        self.label_smoothing = label_smoothing

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the scalar loss.

        Args:
            logits: N,C,H,W, any floating type; computed in float32 at least.
            target: N,H,W int64, class indices and `VOID`.
        """
        total, count = self.sums(logits, target)
        return total / count.clamp(min=1e-12)

    def sums(
        self, logits: Tensor, target: Tensor, pixels: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """Give the sum over the pixels, and the scalar that it has to be divided by.

        Batches that several processes share are one batch: their loss is the quotient of the
        sums of both, which no mean of quotients equals unless all have equally many pixels.

        Args:
            logits: As for `forward`.
            target: As for `forward`.
            pixels: Of all frames, for "all-pixels"; those of `target` if None. Where smaller frames
                are padded, padding is left out, or the loss would depend on who shares a batch.
        """
        logits = at_least_float32(logits)
        weights = None if self.class_weights is None else self.class_weights.to(logits.dtype)
        total = functional.cross_entropy(
            logits,
            target,
            weight=weights,
            ignore_index=VOID,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        if self.reduction == "sum":
            return total, total.new_tensor(len(logits))
        if self.reduction == "all-pixels":
            return total, total.new_tensor(target.numel() if pixels is None else pixels)
        return total, self.pixel_weights(target, logits.dtype).sum()

    def pixel_weights(self, target: Tensor, dtype: torch.dtype) -> Tensor:
        """Give the weight of each pixel's class, N,H,W of a floating type; 0 where it is void."""
        valid = target != VOID
        if self.class_weights is None:
            return valid.to(dtype)
        return self.class_weights.to(dtype)[target.where(valid, 0)] * valid


def at_least_float32(logits: Tensor) -> Tensor:
    """Give logits in a type that has digits enough for a loss."""
    return logits.float() if logits.dtype in (torch.bfloat16, torch.float16) else logits
