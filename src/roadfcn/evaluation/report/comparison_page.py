"""The page that `roadfcn compare` writes: runs side by side, and picture by picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from roadfcn.evaluation.comparison_words import (
    count_differences,
    has_dashes,
    lower_is_better,
    not_compared,
    score_name,
    scored_on,
    shown_scores,
    verdict,
)
from roadfcn.evaluation.drives import some_too_few, too_few
from roadfcn.evaluation.picture_table import picture_scores
from roadfcn.evaluation.report.charts import Chart
from roadfcn.evaluation.report.numbers import UNDEFINED, counted, percent, points, span
from roadfcn.evaluation.report.pairs_chart import pairs_chart
from roadfcn.evaluation.report.rendering import write_page
from roadfcn.evaluation.report.tables import picture_measure
from roadfcn.evaluation.same_pictures import same_pictures
from roadfcn.evaluation.saved_evaluations import SavedEvaluation

PAGE_NAME = "comparison.html"
_TEMPLATE = "comparison.html.jinja"


@dataclass(frozen=True)
class Line:
    """One score of a run against the first one's, as the page has it.

    Args:
        name: Of the score.
        first: The first run's value.
        value: This run's.
        difference: In points.
        ends: Its interval, in points.
        p_value: Of the difference.
        verdict: "better", "worse" or "unclear"; a dash where there is no p.
        dot: Where on its track the difference lies, in per cent, what is better at the right; None
            if undefined.
        left: Where its interval begins.
        width: How wide the interval is.
    """

    name: str
    first: str
    value: str
    difference: str
    ends: str
    p_value: str
    verdict: str
    dot: float | None
    left: float
    width: float


@dataclass(frozen=True)
class Against:
    """A run against the first: its lines, how far the track reaches, and its pictures."""

    name: str
    lines: tuple[Line, ...]
    reach: str
    chart: Chart


def write_comparison(
    folder: Path, comparison: Mapping[str, Any], evaluations: Sequence[SavedEvaluation]
) -> Path:
    """Write `comparison.html` into a folder, over an older one.

    Args:
        folder: Is made if needed.
        comparison: Of these evaluations, see `comparison.compare`.
        evaluations: What was compared.

    Returns:
        The page.

    Raises:
        OutputError: The page cannot be written.
    """
    runs = same_pictures(evaluations)
    measure, key = picture_measure(runs[0].rows)
    columns = [picture_scores(run.rows)[key] for run in runs]
    where = scored_on(comparison)
    against = []
    for index, run in enumerate(comparison["runs"][1:]):
        lines, reach = _lines(comparison, index)
        chart = pairs_chart(
            f"pairs{index}",
            measure,
            (columns[0], columns[index + 1]),
            runs[0].rows.names,
            (comparison["runs"][0]["name"], run["name"]),
        )
        against.append(Against(run["name"], lines, reach, chart))
    content = {
        "title": f"{counted(len(runs), 'model')} on {where or 'the same pictures'}",
        "comparison": comparison,
        "pictures": counted(comparison["images"], "picture"),
        "too_few": too_few(comparison["drawn"], comparison["of"]),
        "some_too_few": some_too_few(comparison["drawn"]) if has_dashes(comparison) else "",
        "tests": count_differences(comparison),
        "not_compared": not_compared(comparison),
        "has_errors": any(map(lower_is_better, comparison["scores"])),
        "header": ("score", *(run["name"] for run in comparison["runs"])),
        "side_by_side": [_side_by_side(entry, comparison) for entry in comparison["scores"]],
        "against": against,
    }
    path = Path(folder) / PAGE_NAME
    write_page(path, _TEMPLATE, content)
    return path


def _side_by_side(entry: Mapping[str, Any], comparison: Mapping[str, Any]) -> tuple[str, ...]:
    cells = []
    for run in entry["runs"]:
        ends = None if run["low"] is None else (run["low"], run["high"])
        cells.append(f"{percent(run['value'])}{f' ({span(ends)})' if ends else ''}")
    return score_name(entry, comparison), *cells


def _lines(comparison: Mapping[str, Any], index: int) -> tuple[tuple[Line, ...], str]:
    """Give the lines of one run, and how far their common track reaches to either side."""
    scores = shown_scores(comparison, index)
    found = [entry["differences"][index] for entry in scores]
    ends = [abs(d[end]) for d in found for end in ("low", "high", "value") if d[end] is not None]
    reach = max(0.005, float(np.ceil(200 * max(ends, default=0)) / 200))

    lines = []
    for entry, difference in zip(scores, found, strict=True):
        value, low, high = (difference[key] for key in ("value", "low", "high"))
        p_value = difference["p_value"]
        side = -50 / reach if lower_is_better(entry) else 50 / reach
        left = 50.0 if low is None else 50 + min(side * low, side * high)
        lines.append(
            Line(
                score_name(entry, comparison),
                percent(entry["runs"][0]["value"]),
                percent(entry["runs"][index + 1]["value"]),
                points(value),
                UNDEFINED if low is None else f"{points(low)} to {points(high)}",
                UNDEFINED if p_value is None else f"{p_value:.3f}",
                _said(verdict(entry, index), p_value),
                None if value is None else 50 + side * value,
                left,
                0.0 if low is None else abs(side) * (high - low),
            )
        )
    return tuple(lines), f"{100 * reach:.1f}"


def _said(called: str, p_value: float | None) -> str:
    return UNDEFINED if p_value is None else called or "unclear"
