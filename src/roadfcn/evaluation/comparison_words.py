"""What a comparison says in words: what its scores are called, what is better, what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadfcn.evaluation.compared_details import ALL_CLASSES, DETAIL_SCORES
from roadfcn.evaluation.data_names import shown_names, split_name
from roadfcn.evaluation.scores_json import BIRDS_EYE

CHANCE = 0.05
"""A difference whose p-value is below is told as one."""
_NOTHING = 0.00005  # a difference below is written as 0.00 points

_NAMES = {
    "pixel_accuracy": "pixel accuracy",
    "mean_accuracy": "mean accuracy",
    "mean_iou": "mean IoU",
    "frequency_weighted_iou": "IoU by frequency",
    "iou": "IoU",
    "boundary_iou": "boundary IoU",
    "boundary_f1": "boundary F1",
    "bf_score": "BF score by picture",
    "trimap_pixel_accuracy": "accuracy",
    "trimap_mean_iou": "mean IoU",
    "calibration_error": "calibration error",
}


def verdict(entry: Mapping[str, Any], index: int = 0) -> str:
    """Call a difference "better" or "worse", or "" where it may be chance, or rounds to nothing.

    Args:
        entry: Of "scores".
        index: Which of its differences.
    """
    found = entry["differences"][index]
    value, p_value = found["value"], found["p_value"]
    if value is None or p_value is None or p_value >= CHANCE or abs(value) < _NOTHING:
        return ""
    return "better" if (value > 0) != lower_is_better(entry) else "worse"


def lower_is_better(entry: Mapping[str, Any]) -> bool:
    """Tell whether a score, an entry of "scores", is an error."""
    return bool(entry.get("lower_is_better", False))


def shown_scores(comparison: Mapping[str, Any], index: int) -> list[Mapping[str, Any]]:
    """Give the entries of "scores" that a run is compared in.

    Args:
        comparison: All entries.
        index: Which of their differences is shown; a run without details has no such scores.
    """
    has_details = comparison["runs"][index + 1]["details"]
    return [
        entry
        for entry in comparison["scores"]
        if has_details or entry["score"] not in DETAIL_SCORES
    ]


def count_differences(comparison: Mapping[str, Any]) -> int:
    """Count the differences that have a p: of so many, chance alone makes some look certain."""
    return sum(
        found["p_value"] is not None
        for entry in comparison["scores"]
        for found in entry["differences"]
    )


def has_dashes(comparison: Mapping[str, Any]) -> bool:
    """Tell whether a difference is known, but not how far it may be trusted."""
    return any(
        found["value"] is not None and found["p_value"] is None
        for entry in comparison["scores"]
        for found in entry["differences"]
    )


def not_compared(comparison: Mapping[str, Any]) -> str:
    """Say of which runs outlines and confidence are not compared, and what to do; "" of none.

    Where no run has them, nothing is missing from the comparison.
    """
    having, lacking = (
        [run["name"] for run in comparison["runs"] if run["details"] is has]
        for has in (True, False)
    )
    if not having or not lacking:
        return ""
    compared = comparison["runs"][0]["details"] and len(having) > 1
    so = f"{', '.join(having)} are compared" if compared else "they are not compared"
    return (
        "Outlines and confidence (boundary IoU and F1, BF score, bands along outlines, calibration "
        f"error) were scored in {', '.join(having)}, not in {', '.join(lacking)}: {so}. To compare "
        "all: roadfcn evaluate MODEL DATA --details --out OUT"
    )


def scored_on(comparison: Mapping[str, Any]) -> str:
    """Name the pictures: "camvid val"; "" if that is not known."""
    return split_name(comparison["dataset"], comparison["origin"], comparison["split"])


def score_name(entry: Mapping[str, Any], comparison: Mapping[str, Any]) -> str:
    """Name a score: "mean IoU", "IoU of road", "MaxF, um_road, from above", "mean IoU within 5 px".

    Args:
        entry: Of "scores".
        comparison: That it is of; KITTI's name for all its pictures is not used for others.
    """
    score, of = str(entry["score"]), str(entry["of"])
    name = _NAMES.get(score, score)
    if "within_px" in entry:
        name = f"{name} within {entry['within_px']} px"
    if of == ALL_CLASSES:
        return name
    if "view" not in entry:
        return f"{name} of {of}"
    pool = shown_names(comparison["dataset"], comparison["origin"]).get(of, of)
    return f"{name}, {pool}{', from above' if entry['view'] == BIRDS_EYE else ''}"
