"""The tables of a report, out of the scores as they are stored: what is shown is what was saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.picture_table import picture_scores
from roadfcn.evaluation.report.numbers import amount, percent, span
from roadfcn.label_sets import LabelSet, drivable_class
from roadfcn.metrics.confusion_matrix import ConfusionMatrix

_MOST_CLASSES, _MOST_PICTURES = 30, 200
_ROAD_SCORES = ("MaxF", "AP", "PRE", "REC", "FPR", "FNR")


@dataclass(frozen=True)
class Bar:
    """A share with its interval, to be drawn; all in per cent of the bar's length.

    Args:
        value: The share.
        low: Lower end of the interval; None without one.
        width: From the lower to the upper end.
    """

    value: float
    low: float | None
    width: float

    @classmethod
    def of(cls, share: float | None, ends: Sequence[float] | None) -> Bar:
        """Make one; an undefined share has no length."""
        value = 0.0 if share is None else 100 * share
        if ends is None:
            return cls(value, None, 0.0)
        return cls(value, 100 * ends[0], 100 * (ends[1] - ends[0]))


@dataclass(frozen=True)
class ClassRow:
    """One class: its colour as CSS has it, and its scores as text."""

    name: str
    colour: str
    iou: str
    ends: str
    bar: Bar
    accuracy: str
    boundary_iou: str
    boundary_f1: str
    pixels: str
    share: str


@dataclass(frozen=True)
class Cell:
    """One field of the confusion matrix.

    Args:
        text: The share of the true class, in per cent.
        share: The same, 0..1.
        says: In words.
        right: Whether it is on the diagonal.
    """

    text: str
    share: float
    says: str
    right: bool


@dataclass(frozen=True)
class Confusion:
    """The confusion matrix, each row in per cent of its true class.

    Args:
        names: Of the classes shown.
        rows: Of each true class, a cell for each class called.
        left_out: How many classes are not shown.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    left_out: int


def class_rows(scores: Mapping[str, Any], label_set: LabelSet) -> list[ClassRow]:
    """Give the table of classes.

    Args:
        scores: Of an evaluation with details.
        label_set: Gives the classes their colours.
    """
    details = scores["details"]
    pixels = max(1, sum(values["pixels"] for values in scores["per_class"].values()))
    rows = []
    for (name, values), colour in zip(scores["per_class"].items(), label_set.colours, strict=True):
        ends = details["intervals"]["per_class"][name]
        rows.append(
            ClassRow(
                name,
                "#{:02x}{:02x}{:02x}".format(*colour),
                percent(values["iou"]),
                span(ends),
                Bar.of(values["iou"], ends),
                percent(values["accuracy"]),
                percent(details["boundary_iou"]["per_class"][name]),
                percent(details["boundary_f1"]["per_class"][name]),
                amount(values["pixels"]),
                percent(values["pixels"] / pixels),
            )
        )
    return rows


def confusion(matrix: ConfusionMatrix) -> Confusion:
    """Give the matrix; of very many classes those between which most mistakes are made."""
    wrong = matrix.counts.sum(axis=0) + matrix.counts.sum(axis=1) - 2 * np.diag(matrix.counts)
    shown = sorted(np.argsort(-wrong, kind="stable")[:_MOST_CLASSES].tolist())
    names = matrix.label_set.classes
    rows = []
    for true in shown:
        total = int(matrix.pixels[true])
        cells = []
        for called in shown:
            share = int(matrix.counts[true, called]) / total if total else 0.0
            text = f"{100 * share:.1f}" if total else ""
            says = f"{percent(share)} % of {names[true]} is called {names[called]}"
            cells.append(Cell(text, share, says if total else "", true == called))
        rows.append((names[true], tuple(cells)))
    return Confusion(tuple(names[i] for i in shown), tuple(rows), len(names) - len(shown))


def road_rows(
    categories: Mapping[str, Mapping[str, float | None]],
    intervals: Mapping[str, Mapping[str, Sequence[float] | None]],
    pooled: Mapping[str, str],
) -> list[tuple[str, ...]]:
    """Give a table of road scores: category, MaxF with its interval, AP, ..., threshold.

    Args:
        categories: As `scores_json` has them, for one view.
        intervals: As `score_intervals` has them, for the same view.
        pooled: What a category is called, where not by its name.
    """
    rows = []
    for name, values in categories.items():
        numbers = [percent(values[score]) for score in _ROAD_SCORES]
        threshold = values["threshold"]
        at = "\u2013" if threshold is None else f"{threshold:.3f}"
        ends = span(intervals[name]["MaxF"])
        rows.append((pooled.get(name, name), numbers[0], ends, *numbers[1:], at))
    return rows


def picture_measure(rows: PerImageCounts) -> tuple[str, str]:
    """Choose what single pictures are told apart by: IoU of road, or the mean IoU.

    Returns:
        Its name on the page, and its name in `picture_table`.
    """
    road = drivable_class(rows.label_set)
    if road is not None and len(rows.label_set) == 2:
        return f"IoU of {road}", f"iou_{road}"
    return "mean IoU", "mean_iou"


def picture_rows(rows: PerImageCounts) -> tuple[tuple[str, ...], list[tuple[str, ...]], int]:
    """Give the table of pictures, the worst first.

    Returns:
        The header, the rows, and how many pictures are left out.
    """
    columns = picture_scores(rows)
    measure, key = picture_measure(rows)
    wanted = {key: measure, "pixel_accuracy": "accuracy"}
    wanted |= {name: f"F of {name[:-3]}" for name in columns if name.endswith("_f1")}
    order = np.argsort(columns[key], kind="stable")
    table = [
        (
            rows.names[index],
            *(percent(float(columns[name][index])) for name in wanted),
            *((rows.categories[index],) if any(rows.categories) else ()),
        )
        for index in order[:_MOST_PICTURES].tolist()
    ]
    header = (
        "picture",
        *(f"{name}, %" for name in wanted.values()),
        *(("category",) if any(rows.categories) else ()),
    )
    return header, table, max(0, len(rows) - _MOST_PICTURES)
