"""How far a converted model may be from the one it came from, by what it computes in.

float32 engines differ by the order of their sums. Kernels kept in float16, and sums of bfloat16
products, move every score a little; eight bits move them more, so that for int8 the score is what
counts: half a point of IoU against truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BoundName = Literal["f32", "f16", "bf16", "int8"]


@dataclass(frozen=True)
class Bounds:
    """Limits for the figures of `parity.SizeFigures`, at every size.

    Args:
        logit_difference: Largest difference of two scores, as a share of the largest score that
            the reference gives; None for no limit.
        equal_labels: Smallest share of pixels with the same class.
        iou_lost: Of road's IoU, and of the mean over the classes, where there is no truth: most
            that may be lacking to an IoU of 1 when the reference's labels stand for it. Labels
            that turn over count here whether they were right or wrong before, so it is the larger
            number.
        truth_iou_lost: Where there is truth: most that either may sink against it.
    """

    logit_difference: float | None
    equal_labels: float
    iou_lost: float
    truth_iou_lost: float


BOUNDS: dict[BoundName, Bounds] = {
    "f32": Bounds(0.001, 0.9999, 0.001, 0.001),
    "f16": Bounds(0.01, 0.999, 0.005, 0.002),
    "bf16": Bounds(0.1, 0.999, 0.02, 0.005),
    "int8": Bounds(None, 0.99, 0.02, 0.005),
}
"""Kernels or arithmetic: float32, kernels kept in float16, bfloat16 arithmetic, 8-bit integers."""
