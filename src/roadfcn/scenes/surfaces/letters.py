"""Letters and symbols as people paint them on roads: strokes in a box of 1 by 1, v upwards."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# On a grid of 3 columns and 5 rows, 0..2 and 0..4, each stroke a line through these points.
_GLYPHS = {
    "A": ("00 03 14 23 20", "02 22"),
    "B": ("00 04 14 23 12 02", "12 21 10 00"),
    "C": ("24 04 00 20",),
    "D": ("00 04 14 23 21 10 00",),
    "E": ("24 04 00 20", "02 12"),
    "H": ("00 04", "20 24", "02 22"),
    "I": ("10 14",),
    "K": ("00 04", "24 02 20"),
    "L": ("04 00 20",),
    "N": ("00 04 20 24",),
    "O": ("00 04 24 20 00",),
    "P": ("00 04 24 22 02",),
    "R": ("00 04 24 22 02 20",),
    "S": ("24 04 02 22 20 00",),
    "T": ("04 24", "14 10"),
    "U": ("04 00 20 24",),
    "W": ("04 00 12 20 24",),
    "X": ("00 24", "04 20"),
    "Y": ("04 12 24", "12 10"),
    "0": ("00 04 24 20 00",),
    "2": ("04 24 22 02 00 20",),
    "3": ("04 24 20 00", "02 22"),
    "5": ("24 04 02 22 20 00",),
}
_STROKE = 0.22
"""Width of a stroke as a share of a letter's width."""


def write(text: str, width_m: float, length_m: float) -> list[NDArray[np.float64]]:
    """Give the outlines of a word in a box around (0, 0), to be read from below.

    Raises:
        KeyError: A letter that is not known.
    """
    quads = []
    pitch = width_m / (len(text) * 1.35 - 0.35)
    for place, letter in enumerate(text):
        left = -width_m / 2 + place * 1.35 * pitch
        for stroke in _GLYPHS[letter]:
            points = np.array([[float(c) for c in point] for point in stroke.split()])
            line = np.column_stack(
                [left + points[:, 0] / 2 * pitch, (points[:, 1] / 4 - 0.5) * length_m]
            )
            # Letters on roads are drawn out along the road, and so are their strokes.
            quads += stroke_quads(line, (_STROKE * pitch, _STROKE * pitch * 1.6))
    return quads


def stroke_quads(line: NDArray[np.float64], pen: tuple[float, float]) -> list[NDArray[np.float64]]:
    """Give a quadrilateral for each segment of a line drawn with a pen `pen` wide and long."""
    quads = []
    half = np.array(pen) / 2
    for start, end in pairwise(line):
        way = (end - start) / (np.linalg.norm(end - start) or 1.0)
        aside, ahead = np.array([-way[1], way[0]]) * half, way * half
        quads.append(
            np.array(
                [
                    start - ahead + aside,
                    end + ahead + aside,
                    end + ahead - aside,
                    start - ahead - aside,
                ]
            )
        )
    return quads
