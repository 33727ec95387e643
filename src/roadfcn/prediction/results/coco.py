"""Masks in the forms of COCO's annotations: run lengths, polygons, boxes.

The forms are those of the COCO API (Lin et al., ECCV 2014; https://cocodataset.org/#format-data)
and of its `maskApi.c`. Pixels are counted down the columns, from the left one on. A mask is H,W;
what is not 0 belongs to it.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from roadfcn.prediction.results.mask_outlines import outlines

Mask = NDArray[np.bool_] | NDArray[np.uint8]


class RunLengths(TypedDict):
    """A mask as COCO's tools read it from JSON.

    Attributes:
        size: [height, width].
        counts: The lengths, packed into printable letters; see `rle`.
    """

    size: list[int]
    counts: str


def run_lengths(mask: Mask) -> list[int]:
    """Give the lengths of the runs outside and inside the mask, by turns.

    Together they are H * W. The first run is outside, and so of length 0 where the first pixel
    belongs to the mask.
    """
    # One byte a pixel at every step: a mask may be of 400 million.
    pixels = np.not_equal(np.asarray(mask).T, 0).ravel()
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    lengths: list[int] = np.diff(changes, prepend=0, append=pixels.size).tolist()
    return [0, *lengths] if pixels.size and pixels[0] else lengths


def rle(mask: Mask) -> RunLengths:
    """Give COCO's compressed run lengths of a mask.

    From the fourth length on, what is written is the difference to the length two before it, as
    neighbouring columns are much alike. Numbers are cut into groups of five bits, the lowest
    first, until the rest is all sign; bit 5 says that a group follows, and 48 makes letters of
    them ("0" to "o").
    """
    lengths = run_lengths(mask)
    numbers = [
        length - lengths[index - 2] if index > 2 else length for index, length in enumerate(lengths)
    ]
    height, width = mask.shape
    return {"size": [height, width], "counts": "".join(map(_letters, numbers))}


def polygons(mask: Mask) -> list[list[float]]:
    """Give the polygons of a mask, each as [x1, y1, x2, y2, ...]; none for an empty mask.

    They run along the pixels' edges, so that COCO's tools make the same mask of them again; see
    `mask_outlines`, also for what becomes of holes.
    """
    return [
        [float(coordinate) for point in ring for coordinate in point] for ring in outlines(mask)
    ]


def bounding_box(mask: Mask) -> list[float]:
    """Give [x, y, width, height] in px of the smallest box around a mask; zeros for an empty one.

    x and y are those of the box's upper left corner.
    """
    inside = np.asarray(mask) != 0
    columns, rows = np.flatnonzero(inside.any(axis=0)), np.flatnonzero(inside.any(axis=1))
    if not columns.size:
        return [0.0, 0.0, 0.0, 0.0]
    left, top = float(columns[0]), float(rows[0])
    return [left, top, float(columns[-1]) + 1 - left, float(rows[-1]) + 1 - top]


def _letters(number: int) -> str:
    letters = []
    while True:
        group, number = number & 0x1F, number >> 5
        # The rest is all sign if it is 0 after a group whose highest bit is 0, or -1 after 1.
        if number == (-1 if group & 0x10 else 0):
            letters.append(chr(group + 48))
            return "".join(letters)
        letters.append(chr((group | 0x20) + 48))
