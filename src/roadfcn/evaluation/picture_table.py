"""Scores of each picture as a table (CSV), to sort, to plot, and to find what went wrong.

    name              frame name
    category          "um", "umm", "uu", or empty
    pixels            pixels with a truth
    pixel_accuracy    share of them that is right
    mean_iou          mean of those that follow
    iou_CLASS         IoU of each class in this picture
    CLASS_f1          of road, where a class is: F1 at the threshold that is best for all pictures
    CLASS_max_f       the largest F1 over all thresholds
    CLASS_threshold   the threshold that gives it

`CLASS_f1` is what the picture gets from one threshold for all, so the column tells good pictures
from bad ones; `CLASS_max_f` is how well its pixels are ranked. Where the two lie far apart, the
model is right about the shape and wrong about how sure it is. Fractions are 0..1 and unrounded,
an undefined one is left empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.kitti.scores import THRESHOLDS, RoadCounts, road_scores
from roadfcn.label_sets import drivable_class
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.output_files import write_text

TABLE_NAME = "per_image.csv"

_NAN = float("nan")


def write_picture_table(
    path: Path,
    per_image: PerImageCounts,
    more: Mapping[str, NDArray[np.float64]] | None = None,
) -> None:
    """Write one line for each picture, in the order of the data set, over an older file.

    Args:
        path: The CSV file; UTF-8, commas, a header.
        per_image: The counts.
        more: Further columns, N numbers each, NaN where undefined.

    Raises:
        OutputError: The file cannot be written.
    """
    columns = picture_scores(per_image) | dict(more or {})
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["name", "category", *columns])
    for name, category, *numbers in zip(
        per_image.names, per_image.categories, *columns.values(), strict=True
    ):
        table.writerow([name, category, *map(_cell, numbers)])
    write_text(path, text.getvalue())


def picture_scores(per_image: PerImageCounts) -> dict[str, NDArray[np.float64]]:
    """Give the table's columns of numbers, N float64 each, NaN where undefined."""
    matrices = [ConfusionMatrix(per_image.label_set, counts) for counts in per_image.confusion]
    columns = {
        "pixels": [float(matrix.pixels.sum()) for matrix in matrices],
        "pixel_accuracy": [matrix.pixel_accuracy for matrix in matrices],
        "mean_iou": [matrix.mean_iou for matrix in matrices],
    }
    for index, name in enumerate(per_image.label_set.classes):
        columns[f"iou_{name}"] = [float(matrix.iou[index]) for matrix in matrices]
    road_name = drivable_class(per_image.label_set)
    if per_image.road is not None and road_name is not None:
        pooled = road_scores(RoadCounts(*per_image.road.sum(axis=0))).threshold
        pictures = [RoadCounts(*counts) for counts in per_image.road]
        columns[f"{road_name}_f1"] = [f1_at(counts, pooled) for counts in pictures]
        columns[f"{road_name}_max_f"] = [road_scores(counts).max_f for counts in pictures]
        columns[f"{road_name}_threshold"] = [road_scores(counts).threshold for counts in pictures]
    return {name: np.array(values, np.float64) for name, values in columns.items()}


def f1_at(counts: RoadCounts, threshold: float) -> float:
    """Give F1 at one threshold, k/255; NaN without road pixels, or where the threshold is NaN."""
    if counts.positives == 0 or np.isnan(threshold):
        return _NAN
    k = round(threshold * (THRESHOLDS - 1))
    found = counts.positives - int(counts.false_negatives[k])
    called = found + int(counts.false_positives[k])
    return 2 * found / (counts.positives + called)


def _cell(number: float) -> str:
    if np.isnan(number):
        return ""
    return str(int(number)) if float(number).is_integer() else repr(float(number))
