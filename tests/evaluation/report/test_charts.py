from xml.etree import ElementTree

import numpy as np
import pytest

from roadfcn.evaluation.report.charts import reliability_chart, trimap_chart
from roadfcn.evaluation.report.pairs_chart import pairs_chart
from roadfcn.evaluation.report.pictures_chart import outliers, pictures_chart
from roadfcn.evaluation.report.plot import Plot
from roadfcn.metrics.calibration_error import ReliabilityDiagram


def places(chart, style):
    """Give (x, y) of the dots of a series."""
    svg = ElementTree.fromstring(chart.svg)
    dots = [dot for dot in svg.iter("circle") if dot.get("class").split()[0] == style]
    return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in dots]


def test_confidence_is_drawn_where_the_counts_say():
    counts = np.zeros((15, 3))
    counts[7] = 10, 5, 3  # 10 pixels, 50 % sure, 30 % right
    counts[14] = 30, 30, 27
    chart = reliability_chart("r", "Is it road?", ReliabilityDiagram(counts))
    plot = Plot("r", (0, 1), (0, 1), ("", ""))
    expected = [plot.place(0.5, 0.3), plot.place(1, 0.9)]
    assert places(chart, "s0") == [pytest.approx(place, abs=0.06) for place in expected]
    assert chart.rows == (("50.00", "30.00", "25.00"), ("100.00", "90.00", "75.00"))
    # (10 * 0.2 + 30 * 0.1) / 40
    assert "calibration error 12.50 %" in chart.note
    assert "too sure of itself, by 12.50 points" in chart.note


def test_without_a_pixel_of_truth_the_diagram_says_so():
    chart = reliability_chart("r", "Is it road?", ReliabilityDiagram(np.zeros((15, 3))))
    assert chart.note == "No pixel has a truth."
    assert chart.rows == ()


def test_bands_along_outlines_are_drawn_beside_the_whole():
    bands = [(1, 0.5, 0.4), (5, 0.8, 0.6), (20, float("nan"), float("nan"))]
    chart = trimap_chart("t", bands, (0.9, 0.75))
    plot = Plot("t", (-0.3, 3.3), (0.3, 1.0), ("", ""))
    expected = [plot.place(0, 0.5), plot.place(1, 0.8), plot.place(3, 0.9)]
    assert places(chart, "s0") == [pytest.approx(place, abs=0.06) for place in expected]
    assert chart.rows[0] == ("1", "50.00", "40.00")
    assert chart.rows[3] == ("all", "90.00", "75.00")


def test_pictures_far_behind_are_named():
    scores = np.array([0.9, 0.91, 0.92, 0.93, 0.94, 0.5, np.nan])
    assert outliers(scores) == [5]
    chart = pictures_chart("p", "mean IoU", scores, [f"frame {n}" for n in range(7)])
    assert "1 falls far behind" in chart.note
    texts = [text.text for text in ElementTree.fromstring(chart.svg).iter("text")]
    assert "frame 5" in texts
    assert "frame 0" not in texts
    assert sum(int(count) for _, count in chart.rows) == 6


def test_few_or_equal_pictures_have_no_outliers():
    assert outliers(np.array([0.1, 0.9, 0.9])) == []
    assert outliers(np.full(20, 0.7)) == []
    assert "Half of the pictures are above 70.00 %" in (
        pictures_chart("p", "mean IoU", np.full(20, 0.7), ["x"] * 20).note
    )


def test_pairs_of_scores_lie_above_the_diagonal_where_the_second_is_better():
    first, second = np.array([0.5, 0.6, 0.7, np.nan]), np.array([0.6, 0.6, 0.4, 0.9])
    chart = pairs_chart("d", "mean IoU", (first, second), ["a", "b", "c", "d"], ("one", "two"))
    better, worse = places(chart, "s0"), places(chart, "s1")
    assert (len(better), len(worse)) == (2, 1)
    plot = Plot("d", (0.3, 0.8), (0.3, 0.8), ("", ""))
    assert worse[0] == pytest.approx(plot.place(0.7, 0.4), abs=0.06)
    assert chart.note == (
        "two is better on 1 picture (above the diagonal), worse on 1, equal on 1."
    )
    assert [row[0] for row in chart.rows] == ["c", "b", "a"]
    assert chart.rows[0][1] == "\u221230.00"


def test_of_thousands_of_pictures_some_are_drawn():
    scores = np.linspace(0.5, 0.9, 5000)
    chart = pairs_chart("d", "mean IoU", (scores, scores), ["x"] * 5000, ("one", "two"))
    assert len(places(chart, "s0")) <= 600
    assert "Of 5000 pictures, " in chart.note
    assert len(chart.svg) < 100_000
