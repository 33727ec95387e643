"""The chart of single pictures: how their scores are spread, and which fall far behind."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.report.charts import Chart
from roadfcn.evaluation.report.numbers import percent
from roadfcn.evaluation.report.plot import Plot, percent_ticks, zoomed

_BINS = 24
_NAMED = 4


def pictures_chart(
    name: str, measure: str, scores: NDArray[np.float64], names: Sequence[str]
) -> Chart:
    """Draw how the scores of single pictures are spread, and name those that fall behind.

    Args:
        name: Unique on the page.
        measure: What is scored, such as "IoU of road".
        scores: N, NaN where undefined.
        names: Of the N pictures.
    """
    known = scores[~np.isnan(scores)]
    low, high = zoomed(known.tolist(), 0.0)
    counts, edges = np.histogram(known, _BINS, (low, high))
    top = max(1, int(counts.max()))
    plot = Plot(name, (low, high), (0, top * 1.05), (f"{measure}, %", "pictures"))
    step = max(1, math.ceil(top / 5))
    plot.ticks(percent_ticks(low, high), [(float(n), str(n)) for n in range(0, top + 1, step)])
    for count, left, right in zip(counts.tolist(), edges[:-1], edges[1:], strict=True):
        if count:
            says = f"{count} between {percent(left)} and {percent(right)} %"
            plot.bar("s0 fill", (left, right), (0, count), says)
    behind = outliers(scores)
    for rank, index in enumerate(behind[:_NAMED]):
        x, up = float(scores[index]), top * (0.28 + 0.2 * rank)
        plot.line("stem", [(x, 0), (x, up)])
        plot.dot("behind", x, up, f"{names[index]}: {percent(x)} %")
        right = x < (low + high) / 2
        shift = (high - low) * (0.02 if right else -0.02)
        plot.text("tick", x + shift, up - top * 0.02, names[index], "start" if right else "end")
    median = float(np.median(known)) if known.size else math.nan
    note = f"Half of the pictures are above {percent(median)} %."
    if behind:
        note += (
            f" {len(behind)} fall{'s' if len(behind) == 1 else ''} far behind the others: more "
            "than one and a half times the middle half's width below it."
        )
    title = "Each picture's score"
    rows = [
        (f"{percent(left)} to {percent(right)}", str(count))
        for count, left, right in zip(counts.tolist(), edges[:-1], edges[1:], strict=True)
        if count
    ]
    return Chart(
        title, plot.render(title, note), note, (), (f"{measure}, %", "pictures"), tuple(rows)
    )


def outliers(scores: NDArray[np.float64]) -> list[int]:
    """Give the pictures that fall far behind, worst first.

    More than 1.5 times the interquartile range below the lower quartile (Tukey, "Exploratory Data
    Analysis", 1977).
    """
    known = scores[~np.isnan(scores)]
    if known.size < 4:
        return []
    lower, upper = np.quantile(known, [0.25, 0.75])
    limit = lower - 1.5 * (upper - lower)
    return [int(index) for index in np.argsort(scores, kind="stable") if scores[index] < limit]
