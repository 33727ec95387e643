"""The KITTI Road benchmark's scores, to the last digit of its development kit.

A road probability is quantised to 0..255; the pixel is called road at threshold k if its value is
at least k. Counts at all 256 thresholds follow from two histograms, one over the road pixels and
one over the others; pixels that are not valid appear in neither. Histograms of pictures add up,
and scores are computed once for each category from the sum: there is no mean over pictures or
categories.

Source: Fritsch, Kuehnl, Geiger, "A new performance measure and evaluation benchmark for road
detection algorithms", ITSC 2013; sums, small constants and precisions as in the kit's
`evaluateRoad.py`. This module knows nothing of files or of bird's-eye maps: what is scored, and
in which space, is the caller's business.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import MaskError

THRESHOLDS = 256
"""Thresholds k/255 for k = 0..255."""

_TINY = 1e-10  # the kit's guard against 0/0; it changes the last digits, so it stays
_RECALL_STEPS = 11  # average precision of VOC 2007: recalls 0, 0.1, ..., 1


@dataclass(frozen=True, eq=False)
class RoadCounts:
    """Pixels by quantised probability; counts of several pictures are added with `+`.

    Args:
        road: 256 int64, valid pixels that are road, by value.
        rest: 256 int64, valid pixels that are not road, by value.
    """

    road: NDArray[np.int64]
    rest: NDArray[np.int64]

    @classmethod
    def none(cls) -> RoadCounts:
        """Give the counts of no picture, to start a sum from."""
        return cls(np.zeros(THRESHOLDS, np.int64), np.zeros(THRESHOLDS, np.int64))

    def __add__(self, other: RoadCounts) -> RoadCounts:
        return RoadCounts(self.road + other.road, self.rest + other.rest)

    @property
    def positives(self) -> int:
        """Valid road pixels, the benchmark's P."""
        return int(self.road.sum())

    @property
    def negatives(self) -> int:
        """Valid pixels that are not road, the benchmark's N."""
        return int(self.rest.sum())

    @property
    def false_negatives(self) -> NDArray[np.int64]:
        """FN at each threshold k: road pixels with a value below k. 256 int64."""
        return np.cumsum(self.road) - self.road

    @property
    def false_positives(self) -> NDArray[np.int64]:
        """FP at each threshold k: other pixels with a value of at least k. 256 int64."""
        return np.cumsum(self.rest[::-1])[::-1]


@dataclass(frozen=True)
class RoadScores:
    """The benchmark's six figures as fractions 0..1, and the threshold they were read at.

    All are NaN where there was no road pixel to find; the false positive rate alone is NaN where
    every valid pixel is road.

    Args:
        max_f: MaxF, the largest F1 over all thresholds.
        average_precision: AP, precision averaged at 11 recalls.
        precision: PRE at `threshold`.
        recall: REC at `threshold`.
        false_positive_rate: FPR at `threshold`.
        false_negative_rate: FNR at `threshold`.
        threshold: The lowest k/255 that reaches `max_f`.
    """

    max_f: float
    average_precision: float
    precision: float
    recall: float
    false_positive_rate: float
    false_negative_rate: float
    threshold: float


def count_thresholds(
    quantised: NDArray[np.uint8], road: NDArray[np.bool_], valid: NDArray[np.bool_]
) -> RoadCounts:
    """Count one picture at all thresholds.

    Args:
        quantised: H,W uint8 road probability, see `input_format.quantise_probability`.
        road: H,W bool, true where the truth is road; ignored where not valid.
        valid: H,W bool, true where the truth is known.

    Raises:
        MaskError: The sizes differ.
    """
    if not quantised.shape == road.shape == valid.shape:
        raise MaskError(
            f"a probability map of size {quantised.shape}, road truth of size {road.shape} and "
            f"valid area of size {valid.shape}",
            allowed="three maps of one size",
            do="predict at the picture's own size",
        )
    # One pass: values of road pixels are moved up by 256, those without truth by 512.
    moved = quantised.astype(np.intp)
    moved += np.where(valid, np.where(road, THRESHOLDS, 0), 2 * THRESHOLDS)
    rest, road_, _ = np.bincount(moved.ravel(), minlength=3 * THRESHOLDS).reshape(3, THRESHOLDS)
    return RoadCounts(road=road_.astype(np.int64), rest=rest.astype(np.int64))


def road_scores(counts: RoadCounts) -> RoadScores:
    """Compute the benchmark's figures.

    The kit divides by zero where there is no road pixel; here every figure is NaN then, as none
    of them says anything about a picture without road.
    """
    if counts.positives == 0:
        return RoadScores(*[float("nan")] * 7)
    false_negatives = counts.false_negatives.astype(np.float64)
    false_positives = counts.false_positives.astype(np.float64)
    true_positives = counts.positives - false_negatives
    recall = true_positives / counts.positives
    precision = true_positives / (true_positives + false_positives + _TINY)
    # From the threshold on that finds no road at all there is nothing to read.
    found = true_positives > 0
    recall, precision = recall[found], precision[found]

    f1 = 2 * (precision * recall) / (precision + recall + _TINY)
    best = int(np.argmax(f1))  # the first, that is the lowest threshold, wins a tie
    return RoadScores(
        float(f1[best]),
        _average_precision(precision, recall),
        *_rates(counts, best),
        threshold=best / 255,
    )


def _average_precision(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> float:
    """Mean over 11 recalls of the best precision with at least that recall (VOC 2007)."""
    total = 0.0
    for step in range(_RECALL_STEPS):
        # step * 0.1, not step / 10: 0.30000000000000004 is what the kit compares with.
        total += float(precision[recall >= step * 0.1].max())
    return total / _RECALL_STEPS


def _rates(counts: RoadCounts, k: int) -> tuple[float, float, float, float]:
    """Give (PRE, REC, FPR, FNR) at threshold k; in float32, as the kit does."""
    misses, alarms = counts.false_negatives[k], counts.false_positives[k]
    fn, fp, tp, tn = np.array(
        [misses, alarms, counts.positives - misses, counts.negatives - alarms], np.float32
    )
    false_positive_rate = fp / (tn + fp) if counts.negatives else np.float32("nan")
    return (
        float(tp / (tp + fp)),
        float(tp / (tp + fn)),
        float(false_positive_rate),
        float(fn / (tp + fn)),
    )
