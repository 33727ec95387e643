"""The figures that a comparison of two engines gives, and which of them are out of bounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from roadfcn.export.bounds import Bounds


@dataclass(frozen=True)
class SizeFigures:
    """How far two engines are apart at one size. Shares are 0..1, unrounded.

    Args:
        height: Of the first picture, in px.
        width: Of the first picture, in px.
        pixels: Compared, of all pictures.
        largest_logit: Largest absolute score of the reference.
        largest_logit_difference: Between two scores; infinite if the candidate's are not finite.
        equal_labels: Share of pixels with the same class.
        iou_lost: 1 - IoU of the candidate's labels, the reference's taken for truth.
        reference_iou: Against truth; None where there is none.
        candidate_iou: Against truth; None where there is none.
    """

    height: int
    width: int
    pixels: int
    largest_logit: float
    largest_logit_difference: float
    equal_labels: float
    iou_lost: float
    reference_iou: float | None
    candidate_iou: float | None

    @property
    def truth_iou_lost(self) -> float | None:
        """IoU against truth that the candidate lacks; negative where it is the better one."""
        if self.reference_iou is None or self.candidate_iou is None:
            return None
        return self.reference_iou - self.candidate_iou


@dataclass(frozen=True)
class Parity:
    """What a comparison gave.

    Args:
        measured: Which IoU was taken, in words.
        pictures: Where the pictures are from, in words.
        count: How many they were.
        sizes: The figures, largest size first.
    """

    measured: str
    pictures: str
    count: int
    sizes: tuple[SizeFigures, ...]

    def failures(self, bounds: Bounds) -> list[str]:
        """Say which figures are out of bounds, at which size; empty if none is."""
        found = []
        for size in self.sizes:
            most = bounds.logit_difference
            where = f"at {size.height} x {size.width} pixels"
            if not np.isfinite(size.largest_logit_difference):
                found.append(f"{where} scores are not finite")
                continue
            allowed = np.inf if most is None else most * size.largest_logit
            if size.largest_logit_difference > allowed:
                found.append(
                    f"{where} scores differ by up to {size.largest_logit_difference:.3g} "
                    f"(allowed: {allowed:.3g})"
                )
            if size.equal_labels < bounds.equal_labels:
                found.append(
                    f"{where} {_percent(size.equal_labels)} of the labels are equal "
                    f"(allowed: from {_percent(bounds.equal_labels)})"
                )
            against, lost, limit = "truth", size.truth_iou_lost, bounds.truth_iou_lost
            if lost is None:
                against, lost, limit = "the first model's labels", size.iou_lost, bounds.iou_lost
            if lost > limit:
                found.append(
                    f"{where} the {self.measured} against {against} loses {100 * lost:.2f} points "
                    f"(allowed: {100 * limit:g})"
                )
        return found

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form, in which a difference that is not finite is None."""
        return {
            "measured": self.measured,
            "pictures": self.pictures,
            "count": self.count,
            "sizes": [
                {
                    **asdict(size),
                    "largest_logit_difference": _finite(size.largest_logit_difference),
                    "truth_iou_lost": size.truth_iou_lost,
                }
                for size in self.sizes
            ],
        }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _percent(share: float) -> str:
    """Write a share of 0..1 so that 99.996 % is not taken for all."""
    return f"{100 * share:.3f} %"
