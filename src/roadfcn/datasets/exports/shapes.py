"""Areas that people draw, and which pixels belong to them.

In CVAT as in labelme (0, 0) is the corner of the first pixel, x runs right and y down, so the
pixel in row i and column j has its centre at (j + 0.5, i + 0.5). A pixel belongs to an area if
its centre does. Two polygons that share an edge then share no pixel and leave none out. (OpenCV's
`fillPoly` adds every pixel that the outline touches, which makes each area half a pixel larger
all around.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import DatasetError


class Shape(Protocol):
    """An area of a picture."""

    def fill(self, canvas: NDArray[np.uint8], value: int) -> None:
        """Set the pixels of `canvas` (H,W) that belong to the area; what lies outside is cut."""
        ...


@dataclass(frozen=True, eq=False)
class Polygon:
    """The inside of a closed line; where it crosses itself, by the even-odd rule.

    Args:
        points: N,2 float64 corners (x, y).
    """

    points: NDArray[np.float64]

    def fill(self, canvas: NDArray[np.uint8], value: int) -> None:
        """Set the pixels whose centres are inside.

        Each edge flips, in every row it crosses, all pixels at its right; after all edges, those
        flipped an odd number of times are inside.
        """
        height, width = canvas.shape
        # A last column takes the flips of edges that run right of the picture.
        flips = np.zeros((height, width + 1), np.bool_)
        corners = [(float(y), float(x)) for x, y in self.points]
        for edge in zip(corners, [*corners[1:], corners[0]], strict=True):
            # Downwards always: an edge of two neighbours has to round alike for both.
            (y0, x0), (y1, x1) = sorted(edge)
            low, high = (min(max(math.ceil(y - 0.5), 0), height) for y in (y0, y1))
            if low == high:
                continue
            rows = np.arange(low, high)
            crossings = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
            columns = np.clip(np.ceil(crossings - 0.5), 0, width).astype(int)
            flips[rows, columns] ^= True
        canvas[np.logical_xor.accumulate(flips[:, :-1], axis=1)] = value


@dataclass(frozen=True)
class Ellipse:
    """The inside of an ellipse.

    Args:
        centre: (x, y).
        radii: Half its extent along its own x and y.
        degrees: How far it is turned clockwise.
    """

    centre: tuple[float, float]
    radii: tuple[float, float]
    degrees: float = 0.0

    def fill(self, canvas: NDArray[np.uint8], value: int) -> None:
        """Set the pixels whose centres are inside or on the line."""
        if min(self.radii) <= 0:
            return
        rows, columns = np.ogrid[: canvas.shape[0], : canvas.shape[1]]
        right, down = columns + 0.5 - self.centre[0], rows + 0.5 - self.centre[1]
        cosine = math.cos(math.radians(self.degrees))
        sine = math.sin(math.radians(self.degrees))
        along = (right * cosine + down * sine) / self.radii[0]
        across = (down * cosine - right * sine) / self.radii[1]
        canvas[along**2 + across**2 <= 1] = value


@dataclass(frozen=True, eq=False)
class Bitmap:
    """Pixels painted one by one.

    Args:
        left: Column of the picture where the bitmap's first column lies.
        top: Row of the picture where its first row lies.
        bits: H,W bool.
    """

    left: int
    top: int
    bits: NDArray[np.bool_]

    def fill(self, canvas: NDArray[np.uint8], value: int) -> None:
        """Set the pixels of the bitmap."""
        left, top = max(0, self.left), max(0, self.top)
        bits = self.bits[top - self.top :, left - self.left :]
        part = canvas[top : top + bits.shape[0], left : left + bits.shape[1]]
        part[bits[: part.shape[0], : part.shape[1]]] = value


@dataclass(frozen=True, eq=False)
class PackedBitmap:
    """Pixels that are unpacked when they are painted: those of all pictures would fill the memory.

    Args:
        left: Column of the picture where the bitmap's first column lies.
        top: Row of the picture where its first row lies.
        size: (height, width).
        unpack: Gives as many bits, H,W bool.
        where: Its place in the export, for messages.
    """

    left: int
    top: int
    size: tuple[int, int]
    unpack: Callable[[], NDArray[np.bool_]]
    where: str

    def fill(self, canvas: NDArray[np.uint8], value: int) -> None:
        """Set the pixels of the bitmap.

        Raises:
            DatasetError: It has more pixels than the picture; or as `unpack` does.
        """
        if self.size[0] * self.size[1] > canvas.size:
            raise DatasetError(
                f"{self.where} is {self.size[0]} x {self.size[1]} pixels (height x width) large, "
                f"and its picture {canvas.shape[0]} x {canvas.shape[1]}",
                allowed="masks that are no larger than their pictures",
                do="correct it in the labelling program, export again",
            )
        Bitmap(self.left, self.top, self.unpack()).fill(canvas, value)


def box(left: float, top: float, right: float, bottom: float, degrees: float = 0.0) -> Polygon:
    """Give a rectangle, turned clockwise about its centre."""
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    if not degrees:
        return Polygon(corners)
    centre = corners.mean(axis=0)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[cosine, sine], [-sine, cosine]])  # of rows (x, y), y down
    return Polygon((corners - centre) @ turn + centre)
