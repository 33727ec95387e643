"""Boundary IoU: intersection over union near the outlines, where large areas hide mistakes.

With G the true pixels of a class and P the predicted ones, and G_d and P_d those pixels of each
that are within d of what is not the class:

    boundary IoU = |G_d and P_d| / |G_d or P_d|

Distance is counted in steps to any of the 8 neighbours, and the picture's border counts as the
outline of what it cuts off, as in the authors' program. Void is treated as `class_areas` says.

Source: Cheng, Girshick, Dollar, Berg and Kirillov, "Boundary IoU: Improving Object-Centric Image
Segmentation Evaluation", CVPR 2021, equation 3. Counts are pooled over pictures as those of IoU
are; the authors score single objects, not classes, and have no void inside a picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roadfcn.label_sets import LabelSet
from roadfcn.metrics.class_areas import class_areas, diagonal_px, erode
from roadfcn.metrics.fractions import divide, mean_of_known

WIDTH_SHARE = 0.02
"""The distance d as a share of the picture's diagonal; the authors take 0.005 for Cityscapes."""

_NEIGHBOURS = np.ones((3, 3), np.uint8)


def width_px(mask: NDArray[np.uint8], share: float = WIDTH_SHARE) -> int:
    """Give the distance d for a picture, H,W: a share of its diagonal, at least one pixel."""
    return max(1, round(share * diagonal_px(mask)))


def count_boundary(
    mask: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    label_set: LabelSet,
    share: float = WIDTH_SHARE,
) -> NDArray[np.int64]:
    """Count the pixels near outlines in one picture: C,2 int64, intersection and union.

    Args:
        mask: H,W uint8 true class indices, 255 void.
        labels: H,W uint8 predicted class indices.
        label_set: The C classes.
        share: Of the diagonal, see `width_px`.

    Raises:
        MaskError: The sizes differ, or a value is neither a class nor void.
    """
    counts = np.zeros((len(label_set), 2), np.int64)
    width = width_px(mask, share)
    for area in class_areas(mask, labels, label_set):
        true = area.true - erode(area.true, _NEIGHBOURS, width)
        called = area.called - erode(area.called, _NEIGHBOURS, width)
        counts[area.index] = np.count_nonzero(true & called), np.count_nonzero(true | called)
    return counts


def boundary_iou(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Give the boundary IoU by class: ...,C float64 from ...,C,2; NaN where there is no class."""
    return divide(counts[..., 0], counts[..., 1])


def mean_boundary_iou(counts: NDArray[np.integer]) -> float:
    """Give the mean of `boundary_iou` over the classes that occur, from C,2; NaN without."""
    return mean_of_known(boundary_iou(counts))
