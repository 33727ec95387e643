"""The figures at the head of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roadfcn.evaluation.report.numbers import percent, span
from roadfcn.evaluation.scores_json import BIRDS_EYE


@dataclass(frozen=True)
class Tile:
    """One figure: what it is, its value in per cent, its interval, a remark."""

    label: str
    value: str
    ends: str
    note: str


def summary(scores: Mapping[str, Any], road: str | None) -> list[Tile]:
    """Choose the figures: of road first where it is the question, else of all classes.

    Args:
        scores: Of an evaluation with details.
        road: The class that is road; None where no class is.
    """
    intervals = scores["details"]["intervals"]
    tiles = [
        Tile(
            "mean IoU", percent(scores["mean_iou"]), span(intervals["mean_iou"]), "of all classes"
        ),
        Tile(
            "pixel accuracy",
            percent(scores["pixel_accuracy"]),
            span(intervals["pixel_accuracy"]),
            "of all pixels with a truth",
        ),
        Tile(
            "boundary IoU",
            percent(scores["details"]["boundary_iou"]["mean"]),
            span(intervals["boundary_iou"]),
            "near outlines, mean of the classes",
        ),
    ]
    if road is None or "road" not in scores:
        return tiles
    chosen = scores.get("road_threshold")
    own = Tile(
        f"IoU of {road}",
        percent(scores["per_class"][road]["iou"]),
        span(intervals["per_class"][road]),
        "at each pixel's likeliest class"
        if chosen is None
        else f"from a probability of {chosen:g} on",
    )
    of_road = [own, *_road_tiles(scores, intervals, road)]
    return [*of_road, *tiles] if len(scores["per_class"]) == 2 else [*tiles, *of_road]


def _road_tiles(scores: Mapping[str, Any], intervals: Mapping[str, Any], road: str) -> list[Tile]:
    views = {"image": "in the picture", BIRDS_EYE: "in bird's-eye view"}
    tiles = []
    for view, words in views.items():
        if view in scores["road"]:
            name, values = next(iter(scores["road"][view].items()))
            ends = span(intervals["road"][view][name]["MaxF"])
            threshold = values["threshold"]
            at = "" if threshold is None else f", at threshold {threshold:.3f}"
            tiles.append(Tile(f"MaxF of {road}", percent(values["MaxF"]), ends, f"{words}{at}"))
    return tiles
