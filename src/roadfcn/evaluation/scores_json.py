"""The scores of one evaluation in the form they are stored and printed in.

    {"dataset": "kitti-road", "split": "val", "images": 58,
     "pixel_accuracy": ..., "mean_accuracy": ..., "mean_iou": ..., "frequency_weighted_iou": ...,
     "per_class": {"road": {"iou": ..., "accuracy": ..., "pixels": ...}, ...},
     "road": {"image": {"urban_road": {"MaxF": ..., "AP": ..., "PRE": ..., "REC": ..., "FPR": ...,
                                       "FNR": ..., "threshold": ...}, "um_road": ..., ...},
              "birds_eye": {"urban_road": ..., "um_road": ..., ...},
              "birds_eye_by_distance": {"urban_road": {"6-16 m": ..., "16-26 m": ..., ...}, ...}},
     "images_without_calibration": 0,
     "details": see `detail_scores`}

Fractions are 0..1 and unrounded. A score that is undefined (0/0: a class that never occurs) is
null, as JSON has no NaN. "road" is there where the classes name a road, and in bird's-eye view
what has frames with a calibration; "details" if they were asked for; and behind "images", if each
picture was looked at several times, "test_time_augmentation": {"flip": true, "scales": [1.0]}, and
if pixels were labelled road from a chosen probability on, "road_threshold": that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.kitti.distances import BANDS
from roadfcn.kitti.scores import RoadCounts, road_scores
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.output_files import write_text

POOLED = "urban_road"
"""All road frames together, whatever their category."""
LANE = "lane"
"""The target whose pictures are no part of it."""
AUGMENTED = "test_time_augmentation"
THRESHOLD = "road_threshold"
BIRDS_EYE, BY_DISTANCE = "birds_eye", "birds_eye_by_distance"


def class_scores(confusion: ConfusionMatrix) -> dict[str, Any]:
    """Give the four scores of the FCN paper and those of each class."""
    return {
        "pixel_accuracy": known_number(confusion.pixel_accuracy),
        "mean_accuracy": known_number(confusion.mean_accuracy),
        "mean_iou": known_number(confusion.mean_iou),
        "frequency_weighted_iou": known_number(confusion.frequency_weighted_iou),
        "per_class": {
            name: {
                "iou": known_number(iou),
                "accuracy": known_number(accuracy),
                "pixels": int(pixels),
            }
            for name, iou, accuracy, pixels in zip(
                confusion.label_set.classes,
                confusion.iou,
                confusion.accuracy,
                confusion.pixels,
                strict=True,
            )
        },
    }


def road_section(
    categories: Sequence[str],
    image: NDArray[np.int64],
    by_distance: NDArray[np.int64],
    calibrated: NDArray[np.bool_],
) -> dict[str, Any]:
    """Give the road scores in the picture and, of calibrated frames, in bird's-eye view.

    Args:
        categories: Of each picture: "um_road", "um_lane", ..., or "" where it has none.
        image: N,2,256 counts in the pictures; this and the others as in `per_image`.
        by_distance: N,4,2,256 counts in bird's-eye view.
        calibrated: N bool.
    """
    pools = road_pools(categories)
    from_above = {name: chosen & calibrated for name, chosen in pools.items()}
    bands = {
        name: by_distance[chosen].sum(axis=0) for name, chosen in from_above.items() if chosen.any()
    }
    section: dict[str, Any] = {
        "image": {
            name: road_numbers(RoadCounts(*image[chosen].sum(axis=0)))
            for name, chosen in pools.items()
        }
    }
    if bands:
        section[BIRDS_EYE] = {
            name: road_numbers(RoadCounts(*counts.sum(axis=0))) for name, counts in bands.items()
        }
        section[BY_DISTANCE] = {
            name: {
                band: road_numbers(RoadCounts(*row))
                for band, row in zip(BANDS, counts, strict=True)
            }
            for name, counts in bands.items()
        }
    return section


def pool_names(categories: Sequence[str], target: str) -> list[str]:
    """Name what each frame is pooled by: "um_road", "um_lane", ..., or "" without a category.

    Args:
        categories: Of the frames.
        target: "road" or "lane" for KITTI Road, else "".
    """
    kind = LANE if target == LANE else "road"
    return [f"{category}_{kind}" if category else "" for category in categories]


def road_pools(categories: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Tell which pictures are scored together: all of road, and those of each category.

    Args:
        categories: As `pool_names` gives them.
    """
    road = np.array([not name.endswith(f"_{LANE}") for name in categories])
    own = {
        name: np.array([name == other for other in categories])
        for name in dict.fromkeys(categories)
        if name
    }
    return {POOLED: road, **own} if road.any() else own


def road_numbers(counts: RoadCounts) -> dict[str, float | None]:
    """Give the road scores of one pool under the benchmark's names."""
    scores = road_scores(counts)
    return {
        "MaxF": known_number(scores.max_f),
        "AP": known_number(scores.average_precision),
        "PRE": known_number(scores.precision),
        "REC": known_number(scores.recall),
        "FPR": known_number(scores.false_positive_rate),
        "FNR": known_number(scores.false_negative_rate),
        "threshold": known_number(scores.threshold),
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


def known_number(value: float) -> float | None:
    """Give a number as JSON has it: None for NaN."""
    return None if math.isnan(value) else float(value)
