"""A chart of a report, and those about all classes: confidence, outlines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from roadfcn.evaluation.report.numbers import percent
from roadfcn.evaluation.report.plot import Plot, percent_ticks, zoomed
from roadfcn.metrics.calibration_error import ReliabilityDiagram


@dataclass(frozen=True)
class Chart:
    """A chart with the numbers it is made of.

    Args:
        title: What it shows.
        svg: The drawing.
        note: How to read it, and what is to be seen.
        legend: (style, what it stands for) of each series, where there are several.
        header: Of the table of numbers.
        rows: Of that table.
    """

    title: str
    svg: str
    note: str
    legend: tuple[tuple[str, str], ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def reliability_chart(name: str, title: str, diagram: ReliabilityDiagram) -> Chart:
    """Draw how often the model is right over how sure it is.

    Args:
        name: Unique on the page.
        title: What the model is asked.
        diagram: The counts.
    """
    shares = diagram.pixels / max(1.0, float(diagram.pixels.sum()))
    plot = Plot(name, (0, 1), (0, 1), ("how sure the model is, %", "how often it is right, %"))
    fifths = [(index / 5, str(20 * index)) for index in range(6)]
    plot.ticks(fifths, fifths, grid=True)
    plot.line("diagonal", [(0, 0), (1, 1)])
    found = zip(diagram.confidence, diagram.accuracy, shares, strict=True)
    known = [(float(c), float(a), float(s)) for c, a, s in found if s > 0]
    for confidence, accuracy, _ in known:
        plot.line("gap", [(confidence, confidence), (confidence, accuracy)])
    plot.line("s0", [(confidence, accuracy) for confidence, accuracy, _ in known])
    for confidence, accuracy, share in known:
        says = f"{percent(confidence)} % sure, {percent(accuracy)} % right"
        says += f", {percent(share)} % of pixels"
        plot.dot("s0", confidence, accuracy, says, 2.5 + 9 * math.sqrt(share))
    error, surplus = diagram.expected_error, diagram.overconfidence
    tendency = "too sure of itself" if surplus > 0 else "less sure than it might be"
    if math.isnan(error):
        note = "No pixel has a truth."
    else:
        note = (
            f"Expected calibration error {percent(error)} %; on average the model is {tendency}, "
            f"by {percent(abs(surplus))} points. On the dashed line, what is said is true. Large "
            "dots stand for many pixels."
        )
    return Chart(
        title,
        plot.render(title, note),
        note,
        (),
        ("sure, %", "right, %", "of pixels, %"),
        tuple((percent(c), percent(a), percent(s)) for c, a, s in known),
    )


def trimap_chart(
    name: str, bands: Sequence[tuple[int, float, float]], whole: tuple[float, float]
) -> Chart:
    """Draw scores in bands along the true outlines, over the bands' width.

    Args:
        name: Unique on the page.
        bands: (radius in pixels, pixel accuracy, mean IoU).
        whole: Both scores of whole pictures.
    """
    widths = [*(str(radius) for radius, *_ in bands), "all"]
    curves = [[*(band[1 + place] for band in bands), whole[place]] for place in (0, 1)]
    values = [value for curve in curves for value in curve]
    low, high = zoomed(values)
    axes = ("distance from an outline, px", "%")
    plot = Plot(name, (-0.3, len(widths) - 0.7), (low, high), axes)
    plot.ticks([(i, text) for i, text in enumerate(widths)], percent_ticks(low, high))
    legend = (("s0", "pixel accuracy"), ("s1", "mean IoU"))
    for (style, what), curve in zip(legend, curves, strict=True):
        plot.line(style, [(float(x), y) for x, y in enumerate(curve)])
        for x, (y, text) in enumerate(zip(curve, widths, strict=True)):
            if not math.isnan(y):
                where = "of all pixels" if text == "all" else f"within {text} px of an outline"
                plot.dot(style, x, y, f"{what} {where}: {percent(y)} %", 3.5)
    title = "Along outlines"
    note = (
        "Scores of the pixels that lie near a true outline. A curve that starts low and rises "
        "says that mistakes sit at edges; a flat one, that whole areas are wrong."
    )
    return Chart(
        title,
        plot.render(title, note),
        note,
        legend,
        ("within, px", "pixel accuracy, %", "mean IoU, %"),
        tuple((text, percent(a), percent(i)) for text, a, i in zip(widths, *curves, strict=True)),
    )
