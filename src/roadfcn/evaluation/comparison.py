"""Models side by side, scored on the same pictures, with the significance of what differs.

    {"dataset": "camvid", "origin": "", "split": "val", "images": 101, "level": 0.95, "draws": 1000,
     "drawn": "stretches of a drive", "of": 10, "single_drive": true,
     "runs": [{"name": "first", "folder": "runs/first"}, ...],
     "scores": [{"score": "mean_iou", "of": "all classes",
                 "runs": [{"value": ..., "low": ..., "high": ...}, ...],
                 "differences": [{"value": ..., "low": ..., "high": ..., "p_value": ...}, ...]},
                {"score": "iou", "of": "road", ...},
                {"score": "MaxF", "of": "um_road", "view": "image", ...}, ...]}

Differences are those of the second run and all that follow, each less the first; fractions, null
where undefined. Both models are scored on the same draws (`metrics.intervals.difference`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import DatasetError
from roadfcn.evaluation.data_names import data_name, shown_names
from roadfcn.evaluation.drives import Drawn, drawn_by
from roadfcn.evaluation.same_pictures import same_pictures
from roadfcn.evaluation.saved_evaluations import SavedEvaluation
from roadfcn.evaluation.score_intervals import (
    DRAWS,
    LEVEL,
    OVERALL,
    ROAD_SCORES,
    class_vector,
    road_vector,
)
from roadfcn.evaluation.scores_json import BIRDS_EYE, known_number, pool_names, road_pools
from roadfcn.metrics.intervals import difference, interval

ALL_CLASSES = "all classes"
CHANCE = 0.05
"""A difference whose p-value is below is told as one."""
_NOTHING = 0.00005  # a difference below is written as 0.00 points

_NAMES = {
    "pixel_accuracy": "pixel accuracy",
    "mean_accuracy": "mean accuracy",
    "mean_iou": "mean IoU",
    "frequency_weighted_iou": "IoU by frequency",
    "iou": "IoU",
}
_Vector = Callable[[NDArray[np.int64]], NDArray[np.float64]]


def compare(evaluations: Sequence[SavedEvaluation]) -> dict[str, Any]:
    """Compare models on the same pictures; see above.

    Args:
        evaluations: At least two; the others are compared with the first.

    Raises:
        DatasetError: They are fewer, or of other pictures, classes or truth, or one is there twice.
    """
    _check_apart(evaluations)
    runs = same_pictures(evaluations)
    first = runs[0]
    drawn = drawn_by(first.dataset, first.rows.names)
    return {
        "dataset": first.dataset,
        "origin": first.origin,
        "split": first.split,
        "images": len(first.rows),
        "level": LEVEL,
        "draws": DRAWS,
        "drawn": drawn.unit,
        "of": drawn.count,
        "single_drive": drawn.single_drive,
        "runs": [{"name": run.name, "folder": str(run.folder)} for run in runs],
        "scores": [*_class_scores(runs, drawn), *_road_scores(runs, drawn)],
    }


def verdict(found: Mapping[str, Any]) -> str:
    """Call a difference "better" or "worse", or "" where it may be chance, or rounds to nothing.

    Args:
        found: Of "differences".
    """
    value, p_value = found["value"], found["p_value"]
    if value is None or p_value is None or p_value >= CHANCE or abs(value) < _NOTHING:
        return ""
    return "better" if value > 0 else "worse"


def count_differences(comparison: Mapping[str, Any]) -> int:
    """Count the differences in a comparison: of so many, chance alone makes some look certain."""
    return len(comparison["scores"]) * (len(comparison["runs"]) - 1)


def scored_on(comparison: Mapping[str, Any]) -> str:
    """Name the pictures: "camvid val"; "" if that is not known."""
    name = data_name(comparison["dataset"], comparison["origin"])
    return " ".join(filter(None, (name, comparison["split"])))


def score_name(entry: Mapping[str, Any], comparison: Mapping[str, Any]) -> str:
    """Name a score: "mean IoU", "IoU of road", "MaxF, um_road, from above".

    Args:
        entry: Of "scores".
        comparison: That it is of; KITTI's name for all its pictures is not used for others.
    """
    score, of = str(entry["score"]), str(entry["of"])
    name = _NAMES.get(score, score)
    if of == ALL_CLASSES:
        return name
    if "view" not in entry:
        return f"{name} of {of}"
    pool = shown_names(comparison["dataset"], comparison["origin"]).get(of, of)
    return f"{name}, {pool}{', from above' if entry['view'] == BIRDS_EYE else ''}"


def _check_apart(evaluations: Sequence[SavedEvaluation]) -> None:
    """Refuse to compare a run with itself: that is a slip, and its answer looks like a result."""
    seen: set[Path] = set()
    for run in evaluations:
        place = run.folder.resolve()
        if place in seen:
            raise DatasetError(
                f"{run.folder} is to be compared with itself",
                allowed="each evaluation once",
                do="give the folder of another run, or leave it out",
            )
        seen.add(place)


def _class_scores(runs: Sequence[SavedEvaluation], drawn: Drawn) -> list[dict[str, Any]]:
    label_set = runs[0].rows.label_set
    heads = [{"score": name, "of": ALL_CLASSES} for name in OVERALL]
    heads += [{"score": "iou", "of": name} for name in label_set.classes]
    rows = [run.rows.confusion for run in runs]
    return _compared(heads, rows, lambda counts: class_vector(label_set, counts), drawn.groups)


def _road_scores(runs: Sequence[SavedEvaluation], drawn: Drawn) -> list[dict[str, Any]]:
    """Compare road scores in the picture and, of frames with a calibration, from above."""
    first = runs[0]
    views: dict[str, list[NDArray[np.int64]]] = {
        "image": [run.rows.road for run in runs if run.rows.road is not None],
        BIRDS_EYE: [
            run.rows.road_by_distance.sum(axis=1)
            for run in runs
            if run.rows.road_by_distance is not None
        ],
    }
    calibrated = np.logical_and.reduce([run.rows.calibrated for run in runs])
    found = []
    for view, rows in views.items():
        if len(rows) < len(runs):
            continue
        for pool, chosen in road_pools(pool_names(first.rows.categories, first.target)).items():
            kept = np.flatnonzero(chosen & calibrated if view == BIRDS_EYE else chosen)
            if not len(kept):
                continue
            heads = [{"score": name, "of": pool, "view": view} for name in ROAD_SCORES]
            groups = drawn.of(kept.tolist())
            found += _compared(heads, [counts[kept] for counts in rows], road_vector, groups)
    return found


def _compared(
    heads: Sequence[dict[str, Any]],
    rows: Sequence[NDArray[np.int64]],
    vector: _Vector,
    groups: Sequence[str] | None,
) -> list[dict[str, Any]]:
    """Compare a vector of scores, one for each head."""
    alone = [
        interval(counts, vector, groups=groups, level=LEVEL, resamples=DRAWS) for counts in rows
    ]
    against = [
        difference(counts, rows[0], vector, groups=groups, level=LEVEL, resamples=DRAWS)
        for counts in rows[1:]
    ]
    return [
        {
            **head,
            "runs": [
                {
                    "value": known_number(found.estimate[i]),
                    "low": known_number(found.low[i]),
                    "high": known_number(found.high[i]),
                }
                for found in alone
            ],
            "differences": [
                {
                    "value": known_number(found.estimate[i]),
                    "low": known_number(found.low[i]),
                    "high": known_number(found.high[i]),
                    "p_value": known_number(found.p_value[i]),
                }
                for found in against
            ],
        }
        for i, head in enumerate(heads)
    ]
