"""How far each score may be trusted: 95 % bootstrap intervals, as they are stored and printed.

    {"level": 0.95, "draws": 1000, "drawn": "pictures", "of": 58, "single_drive": false,
     "pixel_accuracy": [low, high], "mean_accuracy": ..., "mean_iou": ...,
     "frequency_weighted_iou": ..., "per_class": {"road": [low, high], ...},    (IoU)
     "boundary_iou": [low, high], "boundary_f1": ...,    (means; where they were counted)
     "road": {"image": {"urban_road": {"MaxF": [low, high], "AP": [low, high]}, ...},
              "birds_eye": ..., "birds_eye_by_distance": {"urban_road": {"6-16 m": ...}}}}

Whole drives are drawn where the data set's names tell them, or stretches of the only one
(`drives`). null stands where fewer than six of them (`intervals.FEWEST`) speak of a score, such as
of a class that is seen in two. By distance there is only the pool of all pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.details import Details
from roadfcn.evaluation.drives import Drawn
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.scores_json import BIRDS_EYE, BY_DISTANCE, pool_names, road_pools
from roadfcn.kitti.distances import BANDS
from roadfcn.kitti.scores import RoadCounts, road_scores
from roadfcn.label_sets import LabelSet
from roadfcn.metrics.boundary_f1 import pooled_f1
from roadfcn.metrics.boundary_iou import mean_boundary_iou
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.metrics.fractions import mean_of_known
from roadfcn.metrics.intervals import interval

LEVEL, DRAWS = 0.95, 1000
OVERALL = ("pixel_accuracy", "mean_accuracy", "mean_iou", "frequency_weighted_iou")
"""The scores of all classes together, in the order of `class_vector`."""
ROAD_SCORES = ("MaxF", "AP")
"""In the order of `road_vector`."""


def score_intervals(
    rows: PerImageCounts, target: str, drawn: Drawn, details: Details | None = None
) -> dict[str, Any]:
    """Give the intervals of all scores.

    Args:
        rows: The counts of each picture.
        target: As in `Evaluation`.
        drawn: What a draw is made of.
        details: The further counts of the same pictures, if they were taken.
    """
    label_set = rows.label_set
    ends = _ends(rows.confusion, lambda counts: class_vector(label_set, counts), drawn.groups)
    overall = len(OVERALL)
    intervals: dict[str, Any] = {
        "level": LEVEL,
        "draws": DRAWS,
        "drawn": drawn.unit,
        "of": drawn.count,
        "single_drive": drawn.single_drive,
        **dict(zip(OVERALL, ends, strict=False)),
        "per_class": dict(zip(label_set.classes, ends[overall:], strict=True)),
    }
    if details is not None:
        outlines = {
            "boundary_iou": (details.boundary, _mean_boundary_iou),
            "boundary_f1": (details.outlines, _mean_boundary_f1),
        }
        for name, (counts, score) in outlines.items():
            (intervals[name],) = _ends(counts, score, drawn.groups)
    if rows.road is not None and rows.road_by_distance is not None:
        intervals["road"] = _road(rows, rows.road, rows.road_by_distance, target, drawn)
    return intervals


def class_vector(label_set: LabelSet, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give the overall scores, then the IoU of each class: 4+C float64 from C,C counts."""
    matrix = ConfusionMatrix(label_set, counts)
    return np.array([*(getattr(matrix, name) for name in OVERALL), *matrix.iou])


def road_vector(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give MaxF and AP of 2,256 counts by probability."""
    scores = road_scores(RoadCounts(*counts))
    return np.array([scores.max_f, scores.average_precision])


def _road(
    rows: PerImageCounts,
    image: NDArray[np.int64],
    by_distance: NDArray[np.int64],
    target: str,
    drawn: Drawn,
) -> dict[str, Any]:
    def of(counts: NDArray[np.int64], chosen: NDArray[np.bool_]) -> dict[str, Any]:
        groups = drawn.of(np.flatnonzero(chosen).tolist())
        return dict(zip(ROAD_SCORES, _ends(counts[chosen], road_vector, groups), strict=True))

    pools = road_pools(pool_names(rows.categories, target))
    seen = {name: chosen & rows.calibrated for name, chosen in pools.items()}
    seen = {name: chosen for name, chosen in seen.items() if chosen.any()}
    section: dict[str, Any] = {"image": {name: of(image, pool) for name, pool in pools.items()}}
    if seen:
        from_above = by_distance.sum(axis=1)
        section[BIRDS_EYE] = {name: of(from_above, pool) for name, pool in seen.items()}
        first = next(iter(seen))
        bands = {band: of(by_distance[:, i], seen[first]) for i, band in enumerate(BANDS)}
        section[BY_DISTANCE] = {first: bands}
    return section


def _mean_boundary_iou(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([mean_boundary_iou(counts)])


def _mean_boundary_f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([mean_of_known(pooled_f1(counts).f1)])


def _ends(
    rows: NDArray[np.int64],
    vector: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    groups: Sequence[str] | None,
) -> list[list[float] | None]:
    """Give [low, high] of each score of a vector; None where either is undefined."""
    found = interval(rows, vector, groups=groups, level=LEVEL, resamples=DRAWS)
    return [
        None if np.isnan([low, high]).any() else [float(low), float(high)]
        for low, high in zip(found.low, found.high, strict=True)
    ]
