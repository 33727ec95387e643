"""The figures that a comparison of two engines gives, and which of them are out of bounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from roadfcn.export.bounds import Bounds


@dataclass(frozen=True)
class MeanIou:
    """The mean IoU over a model's classes, of two engines at one size; shares of 0..1.

    Args:
        lost: 1 - mean IoU of the candidate's labels, the reference's taken for truth.
        reference: Against truth in the model's own classes; None where there is none.
        candidate: The same.
    """

    lost: float
    reference: float | None
    candidate: float | None

    @property
    def truth_lost(self) -> float | None:
        """What is lost against truth; negative where the candidate is the better one."""
        return _lost(self.reference, self.candidate)

    @property
    def decisive(self) -> float:
        """What the gate bounds: what is lost against truth, or else against the reference."""
        return self.lost if self.truth_lost is None else self.truth_lost


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
        found: Whether the reference found any road; without road: more than one class.
        mean: Over the classes; None where the IoU above says all.
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
    found: bool = True
    mean: MeanIou | None = None

    @property
    def truth_iou_lost(self) -> float | None:
        """IoU against truth that the candidate lacks; negative where it is the better one."""
        return _lost(self.reference_iou, self.candidate_iou)


@dataclass(frozen=True)
class Parity:
    """What a comparison gave.

    Args:
        measured: Which IoU was taken, in words.
        pictures: Where the pictures are from, in words.
        count: How many they were.
        sizes: The figures, largest size first.
        sought: What has to be found for an IoU to say anything, in words.
    """

    measured: str
    pictures: str
    count: int
    sizes: tuple[SizeFigures, ...]
    sought: str = "road"

    @property
    def blind(self) -> str:
        """Say why IoU and equal labels tell nothing of these pictures; empty if they do."""
        if any(size.found for size in self.sizes):
            return ""
        return (
            f"the first model finds no {self.sought} in any of the pictures ({self.pictures}), "
            "so that equal labels and the IoU say nothing"
        )

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
            lost = _too_much(size.iou_lost, size.truth_iou_lost, bounds)
            found += [f"{where} the {self.measured} {words}" for words in lost]
            if size.mean is not None:
                lost = _too_much(size.mean.lost, size.mean.truth_lost, bounds)
                found += [f"{where} the mean IoU over the classes {words}" for words in lost]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form, in which a difference that is not finite is None."""
        return {
            "measured": self.measured,
            "pictures": self.pictures,
            "count": self.count,
            "blind": self.blind,
            "sizes": [
                {
                    **asdict(size),
                    "largest_logit_difference": _finite(size.largest_logit_difference),
                    "truth_iou_lost": size.truth_iou_lost,
                }
                for size in self.sizes
            ],
        }


def _lost(reference: float | None, candidate: float | None) -> float | None:
    return None if reference is None or candidate is None else reference - candidate


def _too_much(lost: float, truth_lost: float | None, bounds: Bounds) -> list[str]:
    """Say what is lost of an IoU, if it is more than allowed; where there is truth, it decides."""
    against, limit = "truth", bounds.truth_iou_lost
    if truth_lost is None:
        against, truth_lost, limit = "the first model's labels", lost, bounds.iou_lost
    if truth_lost <= limit:
        return []
    return [f"against {against} loses {100 * truth_lost:.2f} points (allowed: {100 * limit:g})"]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _percent(share: float) -> str:
    """Write a share of 0..1 so that 99.996 % is not taken for all."""
    return f"{100 * share:.3f} %"
