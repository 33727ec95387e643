from xml.etree import ElementTree

import numpy as np
import pytest

from roadfcn.evaluation.report.plot import Plot
from roadfcn.evaluation.report.road_charts import (
    distance_chart,
    operating_points,
    precision_recall_chart,
    threshold_chart,
)
from roadfcn.kitti.scores import RoadCounts


@pytest.fixture
def counts():
    """Road at the values 255 (6 pixels), 100 (3) and 0 (1); the rest at 200 (2) and 0 (8)."""
    road, rest = np.zeros((2, 256), np.int64)
    road[[255, 100, 0]] = 6, 3, 1
    rest[[200, 0]] = 2, 8
    return RoadCounts(road, rest)


def dots(chart, style="s0"):
    svg = ElementTree.fromstring(chart.svg)
    found = [dot for dot in svg.iter("circle") if dot.get("class") == style]
    return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in found]


def test_operating_points_are_those_counted_by_hand(counts):
    points = operating_points(counts)
    np.testing.assert_allclose(points[255], [1, 6 / 10, 12 / 16])
    np.testing.assert_allclose(points[150], [6 / 8, 6 / 10, 12 / 18])
    np.testing.assert_allclose(points[50], [9 / 11, 9 / 10, 18 / 21])
    np.testing.assert_allclose(points[0], [10 / 20, 1, 20 / 30])


def test_where_no_road_is_found_there_is_no_point():
    road, rest = np.zeros((2, 256), np.int64)
    road[10], rest[20] = 5, 5
    points = operating_points(RoadCounts(road, rest))
    assert np.isnan(points[11:]).all()
    assert not np.isnan(points[:11]).any()


def test_the_best_f_is_marked_on_both_curves(counts):
    chart = precision_recall_chart("pr", {"um_road": counts})
    plot = Plot("pr", (0.6, 1), (0.6, 1), ("", ""))
    assert dots(chart) == [pytest.approx(plot.place(0.9, 9 / 11), abs=0.06)]
    assert chart.rows == (("um_road", "81.82", "90.00", "85.71", "0.004"),)

    chart = threshold_chart("t", {"um_road": counts})
    assert chart.rows == (("um_road", "0.004", "85.71", "66.67"),)
    plot = Plot("t", (0, 1), (0.6, 0.9), ("", ""))
    assert dots(chart) == [pytest.approx(plot.place(1 / 255, 18 / 21), abs=0.06)]


def test_a_curve_has_a_point_for_each_threshold(counts):
    svg = ElementTree.fromstring(threshold_chart("t", {"um_road": counts}).svg)
    (curve,) = [line for line in svg.iter("polyline") if line.get("class") == "s0"]
    assert len(curve.get("points").split()) == 256


def test_a_category_without_road_has_no_curve(counts):
    none = RoadCounts(np.zeros(256, np.int64), counts.rest)
    pools = {"um_road": counts, "uu_road": none}
    assert len(precision_recall_chart("pr", pools).rows) == 1
    assert threshold_chart("t", pools).rows[1] == ("uu_road", *["\u2013"] * 3)
    precision_recall_chart("pr", {"uu_road": none})
    threshold_chart("t", {"uu_road": none})


def test_distances_are_drawn_with_the_intervals_of_the_first():
    categories = {
        "urban_road": {"6-16 m": 0.95, "16-26 m": 0.8},
        "um_road": {"6-16 m": 0.9, "16-26 m": None},
    }
    chart = distance_chart("d", categories, {"6-16 m": [0.93, 0.96], "16-26 m": None})
    plot = Plot("d", (-0.5, 1.5), (0.75, 1.0), ("", ""))
    expected = [plot.place(0, 0.95), plot.place(1, 0.8)]
    assert dots(chart) == [pytest.approx(place, abs=0.06) for place in expected]
    assert len(dots(chart, "s1")) == 1
    whiskers = [
        line for line in ElementTree.fromstring(chart.svg).iter("line") if line.get("class") == "s0"
    ]
    ends = sorted(float(line.get("y1")) for line in whiskers)
    assert (ends[0], ends[-1]) == pytest.approx(
        (plot.place(0, 0.96)[1], plot.place(0, 0.93)[1]), abs=0.06
    )
    assert chart.rows[0] == ("6-16 m", "95.00", "90.00", "93.0 to 96.0")
    assert chart.rows[1] == ("16-26 m", "80.00", "\u2013", "\u2013")
