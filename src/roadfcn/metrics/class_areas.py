"""Where each class is, in the truth and as predicted, for scores that look at outlines.

Void ends a class as the border of the picture does: its pixels are cut out of the prediction as
they are out of the truth. So a class has the same outline along void in both, if both have it
there; what is predicted inside void changes nothing; and a prediction that is right wherever the
truth is known gets the full score. Were void cut out of the truth alone, an outline would run
along it that no prediction could have.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.label_sets import VOID, LabelSet
from roadfcn.metrics.confusion_matrix import ConfusionMatrix


@dataclass(frozen=True, eq=False)
class ClassArea:
    """One class in one picture, cut to the smallest box that holds it in both maps.

    Outside the box there is nothing of the class, so an outline within it is the whole outline.

    Args:
        index: Which class.
        true: h,w uint8, 1 where the truth is this class, else 0.
        called: h,w uint8, 1 where this class is predicted and the truth is known, else 0.
    """

    index: int
    true: NDArray[np.uint8]
    called: NDArray[np.uint8]


def class_areas(
    mask: NDArray[np.uint8], labels: NDArray[np.uint8], label_set: LabelSet
) -> Iterator[ClassArea]:
    """Give the classes that are true or predicted in a picture, outside void.

    Args:
        mask: H,W uint8 true class indices, 255 void.
        labels: H,W uint8 predicted class indices; where `mask` is void, they do not matter.
        label_set: The classes.

    Raises:
        MaskError: The sizes differ, or a value is neither a class nor void.
    """
    counted = ConfusionMatrix(label_set)
    counted.add(mask, labels)  # refuses maps that make no sense, and shows which classes occur
    present = np.flatnonzero(counted.counts.sum(axis=0) + counted.counts.sum(axis=1))
    return _cut_out(mask, np.where(mask == VOID, np.uint8(VOID), labels), present)


def _cut_out(
    mask: NDArray[np.uint8], called: NDArray[np.uint8], present: NDArray[np.intp]
) -> Iterator[ClassArea]:
    for index in present:
        here, there = mask == index, called == index
        left, top, width, height = cv2.boundingRect((here | there).view(np.uint8))
        box = np.s_[top : top + height, left : left + width]
        yield ClassArea(int(index), here[box].view(np.uint8), there[box].view(np.uint8))


def erode(area: NDArray[np.uint8], kernel: NDArray[np.uint8], times: int = 1) -> NDArray[np.uint8]:
    """Erode an area, h,w of 0 and 1, by a kernel; outside the box there is nothing of it."""
    # OpenCV takes what is outside for part of the area, so a rim of zeros says that it is not.
    framed = cv2.copyMakeBorder(area, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    eroded = cv2.erode(framed, kernel, iterations=times)[1:-1, 1:-1]
    return np.asarray(eroded, np.uint8)


def diagonal_px(mask: NDArray[np.uint8]) -> float:
    """Give the diagonal of a picture, by which distances on it are chosen."""
    return math.hypot(*mask.shape)
