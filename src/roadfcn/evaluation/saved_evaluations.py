"""Finds the scores that a run or `roadfcn evaluate --out` left in a folder, and opens them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadfcn.errors import DatasetError
from roadfcn.evaluation.details import Details
from roadfcn.evaluation.evaluate import PER_IMAGE_NAME, SCORES_NAME
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.saved_counts import read_counts
from roadfcn.evaluation.saved_details import read_details
from roadfcn.evaluation.scores_json import AUGMENTED, LANE, THRESHOLD

_FOLDER = "evaluation"  # of a run
_MOST_BYTES = 2**24


@dataclass(frozen=True, eq=False)
class SavedEvaluation:
    """One evaluation, read back.

    Args:
        name: Of the run, or of the folder; it tells of test-time augmentation.
        folder: Where it lies.
        dataset: Name of the data set's layout; "" if not known.
        split: As scored; "" if not known.
        target: "lane" for KITTI Road's own lane, else "road".
        rows: The counts of each picture.
        origin: What the pictures are, where not those that the layout was made for; else "".
        details: Further counts of the same pictures; None where they were not taken.
    """

    name: str
    folder: Path
    dataset: str
    split: str
    target: str
    rows: PerImageCounts
    origin: str = ""
    details: Details | None = None


def open_evaluation(path: Path) -> SavedEvaluation:
    """Open a run folder, or one that `roadfcn evaluate --out` filled.

    Raises:
        DatasetError: There are no scores of single pictures in it, or they are damaged.
    """
    path = Path(path)
    folder = next(
        (place for place in (path, path / _FOLDER) if (place / PER_IMAGE_NAME).is_file()), None
    )
    if folder is None:
        raise DatasetError(
            f"{path} holds no {PER_IMAGE_NAME}, nor does a folder {_FOLDER} in it"
            if path.is_dir()
            else f"there is no folder {path}",
            allowed="the folder of a run that was scored, or one given to roadfcn evaluate --out",
            do=f"score the model first: roadfcn evaluate MODEL DATA --out {path}",
        )
    scores = _scores(folder / SCORES_NAME)
    named = folder.absolute()
    rows = read_counts(folder / PER_IMAGE_NAME)
    road = scores.get("road")
    pools = road.get("image", {}) if isinstance(road, dict) else {}
    how = " (test-time augmentation)" if AUGMENTED in scores else ""
    if isinstance(scores.get(THRESHOLD), int | float):
        how += f" (road from {scores[THRESHOLD]:g} on)"
    is_lane = isinstance(pools, dict) and any(name.endswith(f"_{LANE}") for name in pools)
    return SavedEvaluation(
        name=(named.parent.name if named.name == _FOLDER else named.name) + how,
        folder=folder,
        dataset=_word(scores.get("dataset")),
        split=_word(scores.get("split")),
        target=LANE if is_lane else "road",
        rows=rows,
        origin=_word(scores.get("origin")),
        details=read_details(folder / PER_IMAGE_NAME, rows),
    )


def _scores(path: Path) -> dict[str, Any]:
    """Read what stands beside the counts; {} where nothing does."""
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        scores = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(scores, dict):
            raise TypeError("it is no mapping")
    except (OSError, ValueError, TypeError, RecursionError) as problem:
        raise DatasetError(
            f"{path} cannot be read: {problem}",
            allowed=f"{SCORES_NAME} as it was written beside {PER_IMAGE_NAME}",
            do="score the model again, or remove the damaged file",
        ) from problem
    return scores


def _word(value: object) -> str:
    """Give text that can be written again, whatever stands there."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""
