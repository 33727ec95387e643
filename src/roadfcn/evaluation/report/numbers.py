"""How numbers are written, on a page and in a terminal: shares as per cent, intervals, counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

UNDEFINED = "\u2013"
"""Stands for a number that is 0/0."""
MINUS = "\u2212"


def percent(share: float | None) -> str:
    """Write a share of 0..1 in per cent, with two digits; None or NaN as `UNDEFINED`."""
    return UNDEFINED if share is None or math.isnan(share) else f"{100 * share:.2f}"


def rough(share: float) -> str:
    """Write a share in per cent as one says it: 70, 3.2."""
    return f"{100 * share:.0f}" if share >= 0.0995 else f"{100 * share:.1f}"


def span(ends: Sequence[float] | None) -> str:
    """Write an interval of shares in per cent; None as `UNDEFINED`."""
    return UNDEFINED if ends is None else f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}"


def points(difference: float | None) -> str:
    """Write a difference of two shares in points, with its sign."""
    if difference is None or math.isnan(difference):
        return UNDEFINED
    text = f"{abs(100 * difference):.2f}"
    sign = "" if float(text) == 0 else "+" if difference > 0 else MINUS
    return sign + text


def amount(count: int) -> str:
    """Write a count of pixels: 950, 12 400, 3.1 million."""
    if count >= 10_000_000:
        return f"{count / 1e6:,.0f} million"
    if count >= 1_000_000:
        return f"{count / 1e6:.1f} million"
    return f"{count:,}"


def counted(count: int, noun: str) -> str:
    """Write a count with its noun, which takes a plain s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
