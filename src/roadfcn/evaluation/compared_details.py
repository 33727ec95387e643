"""What a comparison draws of the further counts: scores of outlines, of bands, of confidence.

For each group of scores there are the heads of its entries in `comparison`, the rows of a picture
that add up, and the vector of scores that follows from added rows, a number for each head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.details import Details
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.label_sets import LabelSet, drivable_class
from roadfcn.metrics.boundary_f1 import picture_f1, pooled_f1
from roadfcn.metrics.boundary_iou import boundary_iou
from roadfcn.metrics.calibration_error import ReliabilityDiagram, counts_of_histogram
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.metrics.fractions import divide, mean_of_known
from roadfcn.metrics.trimap import RADII_PX

ALL_CLASSES = "all classes"
_OUTLINES, _F1, _BF, _CALIBRATION = "boundary_iou", "boundary_f1", "bf_score", "calibration_error"
_TRIMAP_SCORES = {"trimap_pixel_accuracy": "pixel_accuracy", "trimap_mean_iou": "mean_iou"}
DETAIL_SCORES = (_OUTLINES, _F1, _BF, *_TRIMAP_SCORES, _CALIBRATION)
"""The names of all these scores."""


@dataclass(frozen=True)
class ScoreGroup:
    """Scores that follow from the same counts.

    Args:
        heads: Of each score, what its entry begins with.
        rows: Gives the counts of each picture, N,..., out of those of an evaluation.
        vector: Gives the scores, in the order of `heads`, out of added rows.
    """

    heads: tuple[dict[str, Any], ...]
    rows: Callable[[PerImageCounts, Details], NDArray[Any]]
    vector: Callable[[NDArray[Any]], NDArray[np.float64]]


def detail_groups(label_set: LabelSet, has_road: bool) -> list[ScoreGroup]:
    """Give all groups of scores.

    Args:
        label_set: The classes that were scored.
        has_road: Whether pixels were counted by their probability of road.
    """
    groups = [
        ScoreGroup(
            _heads_by_class(_OUTLINES, label_set),
            lambda _, details: details.boundary,
            lambda counts: _with_mean(boundary_iou(counts)),
        ),
        ScoreGroup(
            _heads_by_class(_F1, label_set),
            lambda _, details: details.outlines,
            lambda counts: _with_mean(pooled_f1(counts).f1),
        ),
        ScoreGroup(
            ({"score": _BF, "of": ALL_CLASSES},),
            lambda _, details: _bf_of_pictures(details.outlines),
            lambda sums: divide(sums[:1], sums[1:]),
        ),
        ScoreGroup(
            tuple(
                {"score": name, "of": ALL_CLASSES, "within_px": radius}
                for name in _TRIMAP_SCORES
                for radius in RADII_PX
            ),
            lambda _, details: details.trimaps,
            lambda counts: _trimap_vector(label_set, counts),
        ),
        _calibration(ALL_CLASSES, lambda _, details: details.reliability),
    ]
    road = drivable_class(label_set)
    if has_road and road is not None:
        groups.append(_calibration(road, lambda rows, _: counts_of_histogram(_road(rows))))
    return groups


def _heads_by_class(score: str, label_set: LabelSet) -> tuple[dict[str, Any], ...]:
    return tuple({"score": score, "of": of} for of in (ALL_CLASSES, *label_set.classes))


def _with_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([mean_of_known(values), *values])


def _bf_of_pictures(outlines: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give the BF score of each picture and 1, or zeros where it has none: N,2 float64.

    The published score is a mean over pictures; as sums, it can be drawn like all others.
    """
    scores = np.array([picture_f1(counts) for counts in outlines])
    return np.stack([np.nan_to_num(scores), ~np.isnan(scores)], axis=1).astype(np.float64)


def _trimap_vector(label_set: LabelSet, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    matrices = [ConfusionMatrix(label_set, band) for band in counts]
    return np.array(
        [getattr(matrix, name) for name in _TRIMAP_SCORES.values() for matrix in matrices]
    )


def _calibration(of: str, rows: Callable[[PerImageCounts, Details], NDArray[Any]]) -> ScoreGroup:
    return ScoreGroup(
        ({"score": _CALIBRATION, "of": of, "lower_is_better": True},),
        rows,
        lambda counts: np.array([ReliabilityDiagram(counts).expected_error]),
    )


def _road(rows: PerImageCounts) -> NDArray[np.int64]:
    assert rows.road is not None, "has_road was asked"
    return rows.road
