"""A chart as inline SVG, made by hand: axes, lines, points, bars, and what they say in words.

Colours come from the page's style sheet, by class: `s0` to `s4` are series, so that charts follow
the page into the dark and onto paper. A series differs from the others by its dashes too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 340, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 42

Points = Sequence[tuple[float, float]]


class Plot:
    """One coordinate system, to be filled and then rendered.

    Args:
        name: Unique on the page; made of letters and digits.
        x_range: Values at the left and right ends of the axis.
        y_range: Values at its lower and upper ends.
        labels: What the axes show, (across, up).
    """

    def __init__(
        self,
        name: str,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        labels: tuple[str, str],
    ) -> None:
        self._name = name
        self._x_range, self._y_range, self._labels = x_range, y_range, labels
        self._axes: list[str] = []
        self._lines: list[str] = []  # cut off where they leave the chart
        self._marks: list[str] = []

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Give the position of a point in the drawing."""
        (x_low, x_high), (y_low, y_high) = self._x_range, self._y_range
        across = (x - x_low) / (x_high - x_low)
        up = (y - y_low) / (y_high - y_low)
        return (
            _LEFT + across * (WIDTH - _LEFT - _RIGHT),
            HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM),
        )

    def ticks(
        self, x: Sequence[tuple[float, str]], y: Sequence[tuple[float, str]], *, grid: bool = False
    ) -> None:
        """Write numbers, or words, along the axes.

        Args:
            x: Positions and what stands there.
            y: The same; each has a line across.
            grid: Whether those of `x` have a line, too.
        """
        low, high = HEIGHT - _BOTTOM, _TOP
        for value, text in x:
            across = self.place(value, self._y_range[0])[0]
            if grid:
                self._axes.append(_line("grid", (across, low), (across, high)))
            self._axes.append(_text("tick", across, low + 15, text, "middle"))
        for value, text in y:
            up = self.place(self._x_range[0], value)[1]
            self._axes.append(_line("grid", (_LEFT, up), (WIDTH - _RIGHT, up)))
            self._axes.append(_text("tick", _LEFT - 6, up + 4, text, "end"))

    def line(self, style: str, points: Points) -> None:
        """Join points by a line; one that is NaN breaks it."""
        run: list[str] = []
        for x, y in [*points, (math.nan, math.nan)]:
            if not (math.isnan(x) or math.isnan(y)):
                run.append(_pair(*self.place(x, y)))
            elif run:
                self._lines.append(f'<polyline class="{style}" points="{" ".join(run)}"/>')
                run = []

    def dot(self, style: str, x: float, y: float, says: str, radius: float = 4) -> None:
        """Put a point, with what is said when the mouse rests on it; none above or below."""
        across, up = self.place(x, y)
        if not _TOP - 1 <= up <= HEIGHT - _BOTTOM + 1:
            return
        self._marks.append(
            f'<circle class="{style}" cx="{_n(across)}" cy="{_n(up)}" r="{_n(radius)}">'
            f"<title>{escape(says)}</title></circle>"
        )

    def whisker(self, style: str, x: float, low: float, high: float) -> None:
        """Draw an interval, upright, with its ends."""
        for start, end, half in ((low, high, 0), (low, low, 5), (high, high, 5)):
            (left, bottom), (right, top) = self.place(x, start), self.place(x, end)
            self._marks.append(_line(style, (left - half, bottom), (right + half, top)))

    def bar(self, style: str, x: tuple[float, float], y: tuple[float, float], says: str) -> None:
        """Fill a rectangle from (x[0], y[0]) to (x[1], y[1])."""
        (left, bottom), (right, top) = self.place(x[0], y[0]), self.place(x[1], y[1])
        self._marks.append(
            f'<rect class="{style}" x="{_n(left)}" y="{_n(min(top, bottom))}" '
            f'width="{_n(right - left)}" height="{_n(abs(bottom - top))}">'
            f"<title>{escape(says)}</title></rect>"
        )

    def text(self, style: str, x: float, y: float, words: str, anchor: str = "start") -> None:
        """Write words beside a point."""
        self._marks.append(_text(style, *self.place(x, y), words, anchor))

    def render(self, title: str, description: str) -> str:
        """Give the SVG element.

        Args:
            title: What the chart is, for who cannot see it.
            description: What is to be seen in it.
        """
        across, up = self._labels
        middle = _TOP + (HEIGHT - _TOP - _BOTTOM) / 2
        frame = (
            f'<clipPath id="{self._name}-clip"><rect x="{_LEFT}" y="{_TOP - 2}" '
            f'width="{WIDTH - _LEFT - _RIGHT + 2}" height="{HEIGHT - _TOP - _BOTTOM + 2}"/>'
            "</clipPath>"
        )
        parts = [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" class="plot" '
            f'aria-labelledby="{self._name}-title {self._name}-says">',
            f'<title id="{self._name}-title">{escape(title)}</title>',
            f'<desc id="{self._name}-says">{escape(description)}</desc>',
            frame,
            *self._axes,
            _line("axis", (_LEFT, HEIGHT - _BOTTOM), (WIDTH - _RIGHT, HEIGHT - _BOTTOM)),
            _text("label", (WIDTH + _LEFT - _RIGHT) / 2, HEIGHT - 6, across, "middle"),
            f'<text class="label" text-anchor="middle" '
            f'transform="translate(11 {_n(middle)}) rotate(-90)">{escape(up)}</text>',
            f'<g clip-path="url(#{self._name}-clip)">',
            *self._lines,
            "</g>",
            *self._marks,
            "</svg>",
        ]
        return "".join(parts)


def percent_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Give about five round shares between two, as per cent: 0.9, 0.92, ..."""
    steps = (0.01, 0.02, 0.05, 0.1, 0.2)
    step = next((step for step in steps if (high - low) / step <= 6), 0.25)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(index * step, f"{100 * index * step:.0f}") for index in range(first, last + 1)]


def zoomed(values: Sequence[float], room: float = 0.02) -> tuple[float, float]:
    """Give an axis that shows all of some shares, in round numbers, with the top at most at 1.

    Args:
        values: Shares; those that are NaN are not looked at.
        room: What is left free below and above.
    """
    known = [value for value in values if not math.isnan(value)] or [0.0, 1.0]
    low, high = min(known) - room, max(known) + room
    step = 0.05 if high - low <= 0.3 else 0.1
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return max(0.0, round(low, 2)), max(min(1.0, round(high, 2)), round(max(0.0, low) + step, 2))


def _pair(x: float, y: float) -> str:
    return f"{_n(x)},{_n(y)}"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _line(style: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    return (
        f'<line class="{style}" x1="{_n(start[0])}" y1="{_n(start[1])}" '
        f'x2="{_n(end[0])}" y2="{_n(end[1])}"/>'
    )


def _text(style: str, x: float, y: float, words: str, anchor: str) -> str:
    return (
        f'<text class="{style}" x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )
