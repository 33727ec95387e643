"""An export in one form, whatever program wrote it: labels, and frames that can be painted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.exports.shapes import Shape
from roadfcn.datasets.mask_decoding import Colour
from roadfcn.errors import DatasetError

FARTHEST_PX = 1e6
"""Coordinates beyond are mistakes: no picture is that large."""


class Painter:
    """Paints labelled shapes in their order; later ones cover earlier ones.

    Args:
        shapes: Pairs of label and shape.
    """

    def __init__(self, shapes: list[tuple[str, Shape]]) -> None:
        self.shapes = shapes

    def __call__(self, canvas: NDArray[np.uint8], values: Mapping[str, int]) -> None:
        """Paint on H,W, each label with its value."""
        for label, shape in self.shapes:
            shape.fill(canvas, values[label])


@dataclass(frozen=True)
class LabelledFrame:
    """One picture of an export, with what was drawn on it.

    Args:
        name: Relative, with "/", without ending: its name in the data set.
        where: Its place in the export, for messages.
        suffix: Ending of the picture's format, such as ".jpg".
        read_picture: Gives the picture file's bytes.
        paint: Paints the labels over a canvas, H,W uint8, with a value for each label.
        size: (height, width) that was labelled, if the export tells.
        empty: Whether nothing was drawn.
        split: "train", "val" or "test", if the export tells.
    """

    name: str
    where: str
    suffix: str
    read_picture: Callable[[], bytes]
    paint: Callable[[NDArray[np.uint8], Mapping[str, int]], None]
    size: tuple[int, int] | None = None
    empty: bool = False
    split: str | None = None


@dataclass(frozen=True)
class Export:
    """What an export holds.

    Args:
        form: The form it has, such as "labelme".
        labels: Labels in the export's order, with the colour it gives them.
        frames: The pictures.
        left_out: How often something was met that has no area, such as "polyline".
    """

    form: str
    labels: dict[str, Colour | None]
    frames: list[LabelledFrame]
    left_out: Counter[str] = field(default_factory=Counter)


def coordinate(value: object, where: str) -> float:
    """Read a number of pixels.

    Raises:
        DatasetError: It is no number, not finite, or too far out.
    """
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= FARTHEST_PX:  # also false for NaN
        raise bad_shape(where, f"has the coordinate {value!r}", "finite numbers of pixels")
    return number


def corner_list(points: list[tuple[object, object]], where: str) -> NDArray[np.float64]:
    """Read the corners of a polygon as N,2 float64.

    Raises:
        DatasetError: Fewer than three, or a coordinate that is no number.
    """
    if len(points) < 3:
        raise bad_shape(where, f"has {len(points)} corners", "a polygon of at least 3")
    return np.array([(coordinate(x, where), coordinate(y, where)) for x, y in points])


def bad_shape(where: str, found: str, allowed: str) -> DatasetError:
    """Give the error for something drawn that makes no sense."""
    return DatasetError(
        f"{where} {found}", allowed=allowed, do="correct it in the labelling program, export again"
    )


def split_named(subset: str) -> str | None:
    """Give the split that a subset's name stands for, if it stands for one."""
    names = {"train": "train", "training": "train", "val": "val", "validation": "val"}
    return (names | {"valid": "val", "test": "test", "testing": "test"}).get(subset.lower())
