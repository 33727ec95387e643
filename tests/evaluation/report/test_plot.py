import math
import re
from xml.etree import ElementTree

import pytest

from roadfcn.evaluation.report.plot import HEIGHT, WIDTH, Plot, percent_ticks, zoomed


def draw(fill, x_range=(0, 1), y_range=(0, 1)):
    plot = Plot("test", x_range, y_range, ("across", "up"))
    fill(plot)
    return ElementTree.fromstring(plot.render("a title", "what is seen"))


def test_points_lie_where_their_numbers_say():
    plot = Plot("test", (0, 10), (0.5, 1), ("across", "up"))
    left, bottom = plot.place(0, 0.5)
    right, top = plot.place(10, 1)
    assert 0 < left < right < WIDTH
    assert 0 < top < bottom < HEIGHT
    assert plot.place(5, 0.75) == pytest.approx(((left + right) / 2, (top + bottom) / 2))


def test_a_line_is_broken_where_a_number_is_missing():
    values = [(0, 0), (0.5, 0.5), (0.6, math.nan), (0.7, 0.7), (1, 1)]
    svg = draw(lambda plot: plot.line("s0", values))
    lines = [line.get("points").split() for line in svg.iter("polyline")]
    assert [len(line) for line in lines] == [2, 2]


def test_dots_say_their_numbers_and_those_outside_are_left_out():
    def fill(plot):
        plot.dot("s0", 0.5, 0.5, "half & half")
        plot.dot("s0", 0.5, 1.5, "far above")

    (dot,) = draw(fill).iter("circle")
    assert dot.find("title").text == "half & half"


def test_a_chart_is_named_and_described_for_those_who_cannot_see_it():
    svg = draw(lambda plot: plot.ticks([(0, "0"), (1, "<1>")], [(0.5, "50")], grid=True))
    assert svg.get("role") == "img"
    identities = svg.get("aria-labelledby").split()
    words = {part.get("id"): part.text for part in svg if part.get("id")}
    assert [words[identity] for identity in identities[:2]] == ["a title", "what is seen"]
    assert [text.text for text in svg.iter("text")] == ["0", "<1>", "50", "across", "up"]
    assert len(list(svg.iter("line"))) == 4  # three lines of the grid, one axis


def test_bars_and_whiskers_span_their_numbers():
    def fill(plot):
        plot.bar("s0", (0.2, 0.4), (0, 0.5), "five")
        plot.whisker("s0", 0.5, 0.25, 0.75)

    plot = Plot("test", (0, 1), (0, 1), ("", ""))
    svg = draw(fill)
    bar = next(rect for rect in svg.iter("rect") if rect.get("class"))
    (left, bottom), (right, top) = plot.place(0.2, 0), plot.place(0.4, 0.5)
    size = [float(bar.get(key)) for key in ("x", "y", "width", "height")]
    assert size == pytest.approx([left, top, right - left, bottom - top], abs=0.1)
    whisker = next(line for line in svg.iter("line") if line.get("class") == "s0")
    ends = [float(whisker.get(key)) for key in ("y1", "y2")]
    assert ends == pytest.approx([plot.place(0, 0.25)[1], plot.place(0, 0.75)[1]], abs=0.1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.95, 0.98], (0.9, 1.0)),
        ([0.41, 0.97], (0.3, 1.0)),
        ([0.0, 0.01], (0.0, 0.05)),
        ([1.0], (0.95, 1.0)),
        ([math.nan], (0.0, 1.0)),
        ([], (0.0, 1.0)),
        ([0.955, math.nan], (0.9, 1.0)),
    ],
)
def test_axes_show_all_shares_in_round_numbers(values, expected):
    assert zoomed(values) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((0, 1), "0 20 40 60 80 100"),
        ((0.9, 1), "90 92 94 96 98 100"),
        ((0.95, 1), "95 96 97 98 99 100"),
    ],
)
def test_ticks_are_round_shares(ends, expected):
    assert " ".join(text for _, text in percent_ticks(*ends)) == expected


def test_nothing_but_numbers_with_one_digit_is_drawn():
    svg = ElementTree.tostring(draw(lambda plot: plot.line("s0", [(1 / 3, 1 / 7), (0.5, 0.5)])))
    assert not re.search(rb"\d\.\d\d", svg.replace(b"http://www.w3.org/2000/svg", b""))
