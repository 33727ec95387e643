"""Models side by side, scored on the same pictures, with the significance of what differs.

    {"dataset": "camvid", "origin": "", "split": "val", "images": 101, "level": 0.95, "draws": 1000,
     "drawn": "stretches of a drive", "of": 10, "single_drive": true,
     "runs": [{"name": "first", "folder": "runs/first", "details": true}, ...],
     "scores": [{"score": "mean_iou", "of": "all classes",
                 "runs": [{"value": ..., "low": ..., "high": ...}, ...],
                 "differences": [{"value": ..., "low": ..., "high": ..., "p_value": ...}, ...]},
                {"score": "iou", "of": "road", ...},
                {"score": "MaxF", "of": "um_road", "view": "image", ...},
                {"score": "boundary_iou", "of": "road", ...},
                {"score": "trimap_mean_iou", "of": "all classes", "within_px": 5, ...},
                {"score": "calibration_error", "lower_is_better": true, "of": "road", ...}, ...]}

Differences are those of the second run and all that follow, each less the first; fractions, null
where undefined; "low", "high" and "p_value" also where fewer than six of what is drawn
(`intervals.FEWEST`) speak of a score. Both models are scored on the same draws
(`metrics.intervals.difference`).

Outlines and confidence (from "boundary_iou" on) are compared where both sides have their counts:
"details" says which runs do. If the first and one other have, they stand there, with null for runs
that have not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import DatasetError
from roadfcn.evaluation.compared_details import ALL_CLASSES, detail_groups
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
from roadfcn.metrics.intervals import Interval, difference, interval

_Vector = Callable[[NDArray[Any]], NDArray[np.float64]]


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
        "runs": [
            {"name": run.name, "folder": str(run.folder), "details": run.details is not None}
            for run in runs
        ],
        "scores": [
            *_class_scores(runs, drawn),
            *_road_scores(runs, drawn),
            *_detail_scores(runs, drawn),
        ],
    }


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


def _detail_scores(runs: Sequence[SavedEvaluation], drawn: Drawn) -> list[dict[str, Any]]:
    """Compare scores of outlines and confidence, if the first run and another have them."""
    if runs[0].details is None or all(run.details is None for run in runs[1:]):
        return []
    has_road = all(run.rows.road is not None for run in runs)
    found = []
    for group in detail_groups(runs[0].rows.label_set, has_road):
        rows = [None if run.details is None else group.rows(run.rows, run.details) for run in runs]
        found += _compared(group.heads, rows, group.vector, drawn.groups)
    return found


def _compared(
    heads: Sequence[dict[str, Any]],
    rows: Sequence[NDArray[Any] | None],
    vector: _Vector,
    groups: Sequence[str] | None,
) -> list[dict[str, Any]]:
    """Compare a vector of scores, one for each head; only runs but the first may have no rows."""
    first = rows[0]
    assert first is not None
    alone = [
        None
        if counts is None
        else interval(counts, vector, groups=groups, level=LEVEL, resamples=DRAWS)
        for counts in rows
    ]
    against = [
        None
        if counts is None
        else difference(counts, first, vector, groups=groups, level=LEVEL, resamples=DRAWS)
        for counts in rows[1:]
    ]
    return [
        {
            **head,
            "runs": [_ends(found, i) for found in alone],
            "differences": [
                _ends(found, i)
                | {"p_value": None if found is None else known_number(found.p_value[i])}
                for found in against
            ],
        }
        for i, head in enumerate(heads)
    ]


def _ends(found: Interval | None, index: int) -> dict[str, float | None]:
    """Give one score of a vector with its interval."""
    if found is None:
        return {"value": None, "low": None, "high": None}
    return {
        "value": known_number(found.estimate[index]),
        "low": known_number(found.low[index]),
        "high": known_number(found.high[index]),
    }
