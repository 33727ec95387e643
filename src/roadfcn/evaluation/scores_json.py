"""The scores of one evaluation in the form they are stored and printed in.

    {"dataset": "kitti-road", "split": "val", "images": 58,
     "pixel_accuracy": ..., "mean_accuracy": ..., "mean_iou": ..., "frequency_weighted_iou": ...,
     "per_class": {"road": {"iou": ..., "accuracy": ..., "pixels": ...}, ...},
     "road": {"image": {"urban_road": {"MaxF": ..., "AP": ..., "PRE": ..., "REC": ..., "FPR": ...,
                                       "FNR": ..., "threshold": ...}, "um_road": ..., ...}}}

Fractions are 0..1 and unrounded. A score that is undefined (0/0: a class that never occurs) is
null, as JSON has no NaN. "road" is there where the classes name a road.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.kitti.scores import RoadCounts, road_scores
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.output_files import write_text

POOLED = "urban_road"
"""All road frames together, whatever their category."""


def class_scores(confusion: ConfusionMatrix) -> dict[str, Any]:
    """Give the four scores of the FCN paper and those of each class."""
    return {
        "pixel_accuracy": _number(confusion.pixel_accuracy),
        "mean_accuracy": _number(confusion.mean_accuracy),
        "mean_iou": _number(confusion.mean_iou),
        "frequency_weighted_iou": _number(confusion.frequency_weighted_iou),
        "per_class": {
            name: {"iou": _number(iou), "accuracy": _number(accuracy), "pixels": int(pixels)}
            for name, iou, accuracy, pixels in zip(
                confusion.label_set.classes,
                confusion.iou,
                confusion.accuracy,
                confusion.pixels,
                strict=True,
            )
        },
    }


def road_scores_by_category(per_image: PerImageCounts, target: str) -> dict[str, Any]:
    """Give the road scores by category; empty where no class is road.

    Args:
        per_image: The counts.
        target: "lane" for KITTI Road's own-lane truth, whose pictures are no part of `POOLED`.
    """
    categories = {
        f"{category}_{'lane' if target == 'lane' else 'road'}": category
        for category in dict.fromkeys(per_image.categories)
        if category
    }
    pools = categories if target == "lane" else {POOLED: None, **categories}
    counts = {name: per_image.pooled_road(category) for name, category in pools.items()}
    return {name: road_numbers(counted) for name, counted in counts.items() if counted is not None}


def road_numbers(counts: RoadCounts) -> dict[str, float | None]:
    """Give the road scores of one pool under the benchmark's names."""
    scores = road_scores(counts)
    return {
        "MaxF": _number(scores.max_f),
        "AP": _number(scores.average_precision),
        "PRE": _number(scores.precision),
        "REC": _number(scores.recall),
        "FPR": _number(scores.false_positive_rate),
        "FNR": _number(scores.false_negative_rate),
        "threshold": _number(scores.threshold),
    }


def scores_text(scores: dict[str, Any]) -> str:
    """Give scores as JSON text, ending in a line break."""
    return json.dumps(scores, indent=2, allow_nan=False) + "\n"


def write_scores(path: Path, scores: dict[str, Any]) -> None:
    """Write scores as JSON, over an older file.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(path, scores_text(scores))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
