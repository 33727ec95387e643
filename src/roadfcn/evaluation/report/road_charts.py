"""The charts of a report about road: precision and recall, F over thresholds, distance."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from roadfcn.evaluation.report.charts import Chart
from roadfcn.evaluation.report.numbers import UNDEFINED, percent, span
from roadfcn.evaluation.report.plot import Plot, percent_ticks, zoomed
from roadfcn.kitti.scores import THRESHOLDS, RoadCounts, road_scores

_SERIES = 5
_EQUAL_F = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


def operating_points(counts: RoadCounts) -> NDArray[np.float64]:
    """Give (precision, recall, F1) at each of the 256 thresholds: 256,3; NaN where undefined."""
    found = counts.positives - counts.false_negatives
    called = found + counts.false_positives
    with np.errstate(invalid="ignore", divide="ignore"):
        points = np.stack(
            [found / called, found / counts.positives, 2 * found / (called + counts.positives)]
        )
    points[:, found == 0] = np.nan  # where no road is found, there is nothing to read
    return np.asarray(points.T)


def precision_recall_chart(name: str, pools: Mapping[str, RoadCounts]) -> Chart:
    """Draw precision over recall, a line for each category, with lines of equal F.

    Args:
        name: Unique on the page.
        pools: Counts by category, under the names to show.
    """
    curves = {key: operating_points(counts) for key, counts in list(pools.items())[:_SERIES]}
    best = {key: _best(pools[key]) for key in curves}
    lowest = min(
        (min(curves[key][k, 0], curves[key][k, 1]) for key, k in best.items() if k is not None),
        default=0.5,
    )
    low = max(0.0, math.floor(10 * (lowest - 0.15)) / 10)
    plot = Plot(name, (low, 1), (low, 1), ("recall, %", "precision, %"))
    plot.ticks(percent_ticks(low, 1), percent_ticks(low, 1), grid=True)
    for level in _EQUAL_F:
        if level > low + 0.05:
            _equal_f(plot, level, low)
    legend = []
    for index, (key, curve) in enumerate(curves.items()):
        plot.line(f"s{index}", [(float(r), float(p)) for p, r, _ in curve])
        legend.append((f"s{index}", key))
    rows = []
    for index, (key, k) in enumerate(best.items()):
        if k is None:
            continue
        p, r, f = (float(value) for value in curves[key][k])
        says = f"{key}: F {percent(f)} %, precision {percent(p)} %, recall {percent(r)} %"
        plot.dot(f"s{index}", r, p, says, 4.5)
        rows.append((key, percent(p), percent(r), percent(f), f"{k / (THRESHOLDS - 1):.3f}"))
    title = "Precision and recall"
    note = (
        "Of what is called road, the share that is (precision), over the share of road that is "
        "found (recall), from the highest threshold to the lowest. Dots mark the best F; thin "
        "lines join points of equal F."
    )
    header = ("category", "precision, %", "recall, %", "F, %", "threshold")
    return Chart(title, plot.render(title, note), note, tuple(legend), header, tuple(rows))


def threshold_chart(name: str, pools: Mapping[str, RoadCounts]) -> Chart:
    """Draw F1 over the threshold, a line for each category, with the best one marked.

    Args:
        name: Unique on the page.
        pools: Counts by category, under the names to show.
    """
    curves = {key: operating_points(counts)[:, 2] for key, counts in list(pools.items())[:_SERIES]}
    thresholds = np.arange(THRESHOLDS) / (THRESHOLDS - 1)
    inner = [curve[13:243] for curve in curves.values()]  # 0.05 to 0.95: the ends plunge
    best = {key: _best(pools[key]) for key in curves}
    tops = [float(curves[key][k]) for key, k in best.items() if k is not None]
    low, high = zoomed([*(float(v) for curve in inner for v in curve), *tops])
    plot = Plot(name, (0, 1), (low, high), ("threshold on the probability of road", "F, %"))
    tenths = [(index / 5, f"{index / 5:.1f}") for index in range(6)]
    plot.ticks(tenths, percent_ticks(low, high), grid=True)
    plot.line("diagonal", [(0.5, low), (0.5, high)])
    for index, curve in enumerate(curves.values()):
        plot.line(f"s{index}", list(zip(thresholds.tolist(), curve.tolist(), strict=True)))
    for index, (key, k) in enumerate(best.items()):
        if k is not None:
            x, y = float(thresholds[k]), float(curves[key][k])
            plot.dot(f"s{index}", x, y, f"{key}: F {percent(y)} % at {x:.3f}", 4.5)
    half = (THRESHOLDS + 1) // 2
    rows = [
        (
            key,
            *(
                (UNDEFINED, UNDEFINED)
                if k is None
                else (f"{thresholds[k]:.3f}", percent(float(curves[key][k])))
            ),
            percent(float(curves[key][half])),
        )
        for key, k in best.items()
    ]
    title = "F over the threshold"
    note = (
        "How good each choice of threshold is. A broad hill forgives a wrong choice; a summit far "
        "from 0.5 (dashed) says that the model finds too little road, or too much."
    )
    legend = tuple((f"s{index}", key) for index, key in enumerate(curves))
    header = ("category", "best threshold", "F there, %", "F at 0.5, %")
    return Chart(title, plot.render(title, note), note, legend, header, tuple(rows))


def distance_chart(
    name: str,
    categories: Mapping[str, Mapping[str, float | None]],
    intervals: Mapping[str, list[float] | None],
) -> Chart:
    """Draw MaxF by distance, from above; the first category with its intervals.

    Args:
        name: Unique on the page.
        categories: {category: {band: MaxF}}, under the names to show.
        intervals: {band: (low, high)} of the first category.
    """
    shown = dict(list(categories.items())[:_SERIES])
    bands = list(next(iter(shown.values())))
    values = [math.nan if v is None else v for row in shown.values() for v in row.values()]
    ends = [value for pair in intervals.values() if pair is not None for value in pair]
    low, high = zoomed([*values, *ends])
    plot = Plot(name, (-0.5, len(bands) - 0.5), (low, high), ("distance ahead", "MaxF, %"))
    plot.ticks([(i, band) for i, band in enumerate(bands)], percent_ticks(low, high))
    for index, (key, row) in enumerate(shown.items()):
        shift = 0.0 if index == 0 else 0.09 * (index - (len(shown) + 1) / 2)
        points = [
            (place + shift, math.nan if row[band] is None else float(row[band] or 0))
            for place, band in enumerate(bands)
        ]
        plot.line(f"s{index}" if index == 0 else f"s{index} thin", points)
        for (x, y), band in zip(points, bands, strict=True):
            if not math.isnan(y):
                plot.dot(f"s{index}", x, y, f"{key}, {band}: {percent(y)} %", 4.5 - bool(index))
    for place, band in enumerate(bands):
        pair = intervals.get(band)
        if pair is not None:
            plot.whisker("s0", place, *pair)
    first = next(iter(shown))
    rows = [
        (band, *(percent(row[band]) for row in shown.values()), span(intervals.get(band)))
        for band in bands
    ]
    title = "By distance"
    note = (
        "MaxF in bird's-eye view, in bands of 10 m, each at its own best threshold. Whiskers are "
        f"95 % intervals of {first}."
    )
    legend = tuple((f"s{index}", key) for index, key in enumerate(shown))
    header = ("ahead", *(f"{key}, %" for key in shown), f"interval of {first}")
    return Chart(title, plot.render(title, note), note, legend, header, tuple(rows))


def _best(counts: RoadCounts) -> int | None:
    threshold = road_scores(counts).threshold
    return None if math.isnan(threshold) else round(threshold * (THRESHOLDS - 1))


def _equal_f(plot: Plot, level: float, low: float) -> None:
    """Draw where F1 has one value: precision = F r / (2 r - F)."""
    recalls = np.linspace(max(low, level / 2 + 1e-3), 1, 60)
    precisions = level * recalls / (2 * recalls - level)
    inside = [
        (float(r), float(p)) for r, p in zip(recalls, precisions, strict=True) if low <= p <= 1
    ]
    if len(inside) > 1:
        plot.line("equal", inside)
        plot.text("faint", *inside[len(inside) // 3], f"{level:.2f}".rstrip("0"))
