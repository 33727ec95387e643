"""The chart of two models on the same pictures: one score over the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.report.charts import Chart
from roadfcn.evaluation.report.numbers import counted, percent, points
from roadfcn.evaluation.report.plot import Plot, percent_ticks, zoomed

_MOST_DOTS = 600
_NAMED = 5


def pairs_chart(
    name: str,
    measure: str,
    scores: tuple[NDArray[np.float64], NDArray[np.float64]],
    pictures: Sequence[str],
    models: tuple[str, str],
) -> Chart:
    """Draw a dot for each picture: above the diagonal where the second model is better.

    Args:
        name: Unique on the page.
        measure: What is scored, such as "IoU of road".
        scores: N each; NaN where undefined.
        pictures: Names of the N pictures.
        models: Names of the two.
    """
    first, second = scores
    known = np.flatnonzero(~(np.isnan(first) | np.isnan(second)))
    low, high = zoomed([*first[known].tolist(), *second[known].tolist()])
    plot = Plot(name, (low, high), (low, high), ("the first, %", "this one, %"))
    ticks = percent_ticks(low, high)
    plot.ticks(ticks, ticks, grid=True)
    plot.line("diagonal", [(low, low), (high, high)])
    shown = known[:: max(1, -(-len(known) // _MOST_DOTS))]
    for index in shown.tolist():
        x, y = float(first[index]), float(second[index])
        says = f"{pictures[index]}: {percent(x)} and {percent(y)} %"
        plot.dot("s0" if y >= x else "s1", x, y, says, 3)
    gains = second[known] - first[known]
    order = known[np.argsort(gains, kind="stable")].tolist()
    named = dict.fromkeys([*order[:_NAMED], *order[::-1][:_NAMED]])
    rows = [
        (
            pictures[index],
            points(float(second[index] - first[index])),
            percent(float(first[index])),
            percent(float(second[index])),
        )
        for index in sorted(named, key=lambda index: float(second[index] - first[index]))
    ]
    better = counted(int((gains > 0).sum()), "picture")
    title = f"Picture by picture: {measure}"
    note = (
        f"{models[1]} is better on {better} (above the diagonal), worse "
        f"on {int((gains < 0).sum())}, equal on {int((gains == 0).sum())}."
        + (f" Of {len(known)} pictures, {len(shown)} are drawn." if len(shown) < len(known) else "")
    )
    header = ("picture", "difference", "the first, %", "this one, %")
    return Chart(title, plot.render(title, note), note, (), header, tuple(rows))
