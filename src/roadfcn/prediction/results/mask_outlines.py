"""The outlines of a mask, along the edges of its pixels, holes cut open.

A polygon through the middle of the outermost pixels is half a pixel too small all around. These
run through the pixels' corners: x from 0 to W and y from 0 to H. So they hold whole pixels, their
area is the number of these, and filling them gives back the mask.

A list of corners has no holes. So a hole is joined to the outline around it by a slit of no
width, straight up from its top left corner, as a keyhole is.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Point = tuple[int, int]
"""(x, y) of a pixel's corner."""


def outlines(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> list[list[Point]]:
    """Give a closed outline for each connected area of a mask.

    Pixels that touch at a corner only are not connected. Corners come clockwise, as a viewer sees
    it, with right angles between; the first is not repeated at the end.

    Args:
        mask: H,W; what is not 0 belongs to it.

    Returns:
        Lists of (x, y), each from its topmost, there leftmost corner on; sorted by that corner.
    """
    rings = _Rings(np.asarray(mask) != 0)
    areas, holes = rings.starts()
    for start in holes:  # from the top down, so that what lies above a hole is joined already
        rings.open_hole(start)
    return [rings.points(start) for start in areas]


class _Rings:
    """The corners of outlines and holes, each with the next one; the mask lies on the right hand.

    Corners are numbered row by row. Of the pair 2k and 2k + 1 an edge runs from one to the other.

    Args:
        inside: H,W.
    """

    def __init__(self, inside: NDArray[np.bool_]) -> None:
        self._inside = inside
        framed = np.pad(inside, 1)
        upper_left, upper_right = framed[:-1, :-1], framed[:-1, 1:]
        lower_left, lower_right = framed[1:, :-1], framed[1:, 1:]
        # Of the four pixels around a corner one or three are inside. Or two of them, across from
        # each other: two outlines pass there, and the corner counts twice.
        turns = upper_left ^ upper_right ^ lower_left ^ lower_right
        crossings = (upper_left ^ upper_right) & (upper_left ^ lower_left) & ~turns
        rows, columns = np.nonzero(turns | crossings)
        times = 1 + crossings[rows, columns]
        second = np.zeros(times.sum(), bool)
        second[np.cumsum(times)[times == 2] - 1] = True
        rows, columns = np.repeat(rows, times), np.repeat(columns, times)

        # Along a row the first corner is joined to the second, the third to the fourth; along a
        # column likewise. The one of a double corner whose edge goes left has its other edge go
        # up, if the pixel between these is inside; else down. So each goes around its own pixel.
        order = np.lexsort((second == upper_left[rows, columns], rows, columns))
        self._next = np.empty(len(rows), np.int64)
        left, right = np.arange(0, len(rows), 2), np.arange(1, len(rows), 2)
        self._join(left, right, lower_right[rows[left], columns[left]])
        upper, lower = order[0::2], order[1::2]
        self._join(upper, lower, lower_left[rows[upper], columns[upper]])

        self._first_of_row = np.searchsorted(rows, np.arange(inside.shape[0] + 2)).tolist()
        self._links: list[int] = self._next.tolist()
        self._at: list[Point] = list(zip(columns.tolist(), rows.tolist(), strict=True))
        self._edges: dict[int, tuple[list[int], list[tuple[int, int]]]] = {}

    def _join(
        self, one: NDArray[np.int64], other: NDArray[np.int64], onwards: NDArray[np.bool_]
    ) -> None:
        """Let edges run from `one` to the `other`, or back where not `onwards`."""
        self._next[np.where(onwards, one, other)] = np.where(onwards, other, one)

    def starts(self) -> tuple[list[int], list[int]]:
        """Give the first corner of each area, and of each hole, in the order of rows."""
        seen = bytearray(len(self._at))
        areas: list[int] = []
        holes: list[int] = []
        for start, (column, row) in enumerate(self._at):
            if seen[start]:
                continue
            corner = start
            while not seen[corner]:
                seen[corner] = 1
                corner = self._links[corner]
            (areas if self._is_inside(row, column) else holes).append(start)
        return areas, holes

    def open_hole(self, start: int) -> None:
        """Join a hole to the edge that lies above its first corner."""
        column, row = self._at[start]
        outside = np.flatnonzero(~self._inside[:row, column])
        upper_row = int(outside[-1]) + 1 if outside.size else 0
        lefts, edges = self._edges_of_row(upper_row)
        number = bisect_right(lefts, column) - 1
        begin, end = edges[number]
        down, back, up = range(len(self._at), len(self._at) + 3)
        self._at += [(column, upper_row), (column, row), (column, upper_row)]
        self._links += [start, up, end]
        # The hole's upper edge comes from its right to its first corner: around it goes from
        # there downwards, and its end is now the way back up.
        self._links[begin], self._links[start ^ 1] = down, back
        edges[number : number + 1] = [(begin, down), (up, end)]
        lefts.insert(number + 1, column)

    def points(self, start: int) -> list[Point]:
        """Give the corners of a ring, without repeats where a slit meets one."""
        ring, corner = [self._at[start]], self._links[start]
        while corner != start:
            ring.append(self._at[corner])
            corner = self._links[corner]
        return [point for point, _ in groupby(ring)]

    def _is_inside(self, row: int, column: int) -> bool:
        height, width = self._inside.shape
        return row < height and column < width and bool(self._inside[row, column])

    def _edges_of_row(self, row: int) -> tuple[list[int], list[tuple[int, int]]]:
        """Give the row's edges from left to right: columns of their left ends; from and to.

        Those above the mask run to the right; the others are never asked for.
        """
        if row not in self._edges:
            lefts = range(self._first_of_row[row], self._first_of_row[row + 1], 2)
            columns = [self._at[left][0] for left in lefts]
            self._edges[row] = columns, [(left, left + 1) for left in lefts]
        return self._edges[row]
