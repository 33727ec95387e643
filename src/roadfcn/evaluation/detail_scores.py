"""Scores out of the further counts, as they are stored and printed: the block "details".

    {"void_pixels": ...,
     "boundary_iou": {"mean": ..., "per_class": {"road": ..., ...}},
     "boundary_f1": {"mean": ..., "per_class": {...}, "per_picture": ...},
     "trimap": {"1 px": {"pixel_accuracy": ..., "mean_iou": ...}, ...},
     "calibration": {"likeliest_class": {"expected_error": ..., "maximum_error": ...,
                                         "overconfidence": ...}, "road": {...}},
     "intervals": see `score_intervals`}

What the scores mean stands in `docs/metrics.md`; null is an undefined one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.details import Details
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.scores_json import known_number
from roadfcn.label_sets import drivable_class
from roadfcn.metrics.boundary_f1 import picture_f1, pooled_f1
from roadfcn.metrics.boundary_iou import boundary_iou
from roadfcn.metrics.calibration_error import ReliabilityDiagram, counts_of_histogram
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.metrics.fractions import mean_of_known
from roadfcn.metrics.trimap import RADII_PX

LIKELIEST = "likeliest_class"


def detail_scores(rows: PerImageCounts, details: Details) -> dict[str, Any]:
    """Give all of the block but the intervals.

    Args:
        rows: The counts of each picture.
        details: The further counts of the same pictures.
    """
    return {
        "void_pixels": int(details.void.sum()),
        "boundary_iou": _by_class(rows, boundary_iou(details.boundary.sum(axis=0))),
        "boundary_f1": {
            **_by_class(rows, pooled_f1(details.outlines.sum(axis=0)).f1),
            "per_picture": known_number(
                mean_of_known(np.array([picture_f1(counts) for counts in details.outlines]))
            ),
        },
        "trimap": {
            f"{radius} px": {
                "pixel_accuracy": known_number(matrix.pixel_accuracy),
                "mean_iou": known_number(matrix.mean_iou),
            }
            for radius, matrix in zip(RADII_PX, trimap_matrices(rows, details), strict=True)
        },
        "calibration": {
            name: {
                "expected_error": known_number(diagram.expected_error),
                "maximum_error": known_number(diagram.maximum_error),
                "overconfidence": known_number(diagram.overconfidence),
            }
            for name, diagram in reliability(rows, details).items()
        },
    }


def reliability(rows: PerImageCounts, details: Details) -> dict[str, ReliabilityDiagram]:
    """Give the diagram of the likeliest class and, if a class is road, that of road."""
    diagrams = {LIKELIEST: ReliabilityDiagram(details.reliability.sum(axis=0))}
    name = drivable_class(rows.label_set)
    if rows.road is not None and name is not None:
        diagrams[name] = ReliabilityDiagram(counts_of_histogram(rows.road.sum(axis=0)))
    return diagrams


def trimap_matrices(rows: PerImageCounts, details: Details) -> list[ConfusionMatrix]:
    """Give the confusion matrix of each band along outlines, over all pictures."""
    return [ConfusionMatrix(rows.label_set, counts) for counts in details.trimaps.sum(axis=0)]


def _by_class(rows: PerImageCounts, values: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "mean": known_number(mean_of_known(values)),
        "per_class": {
            name: known_number(float(value))
            for name, value in zip(rows.label_set.classes, values, strict=True)
        },
    }
