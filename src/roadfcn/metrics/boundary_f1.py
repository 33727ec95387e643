"""The BF score: how much of the outlines agrees, whatever the size of the areas.

The outline of a class is made of its own pixels that have one of their 4 neighbours outside it,
or outside the picture. With T the true outline, P the predicted one, d the distance of a pixel's
centre to the nearest pixel of an outline, and a tolerance t:

    precision = |{p in P: d(p, T) < t}| / |P|
    recall    = |{p in T: d(p, P) < t}| / |T|
    F1        = 2 precision recall / (precision + recall)

Source: Csurka, Larlus and Perronnin, "What is a good evaluation measure for semantic
segmentation?", BMVC 2013; outline, border and "less than" as in MATLAB's `bfscore`. Void is
treated as `class_areas` says.

There are two ways from here to one number. The published one (Badrinarayanan, Kendall and
Cipolla, "SegNet", PAMI 2017, section 4) takes the mean of F1 over the classes in the truth of a
picture, and then the mean over pictures: `picture_f1`. `pooled_f1` adds up the counts first, as
all other scores here do; it does not let a picture with one traffic sign weigh as much as one
with ten.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.label_sets import LabelSet
from roadfcn.metrics.class_areas import class_areas, diagonal_px, erode
from roadfcn.metrics.fractions import divide, mean_of_known

TOLERANCE_SHARE = 0.0075
"""The tolerance t as a share of the picture's diagonal: 4.5 pixels at 360 x 480."""

_FOUR_NEIGHBOURS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


class BoundaryScores(NamedTuple):
    """Scores of outlines by class: each ...,C float64, NaN where undefined.

    Args:
        precision: NaN where the class is not predicted.
        recall: NaN where the class is not in the truth.
        f1: 0 where it is in one of them only, NaN where it is in neither.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]


def count_outlines(
    mask: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    label_set: LabelSet,
    share: float = TOLERANCE_SHARE,
) -> NDArray[np.int64]:
    """Count the outline pixels in one picture: C,4 int64.

    For each class: predicted ones near the truth, predicted ones, true ones near the prediction,
    true ones.

    Args:
        mask: H,W uint8 true class indices, 255 void.
        labels: H,W uint8 predicted class indices.
        label_set: The C classes.
        share: The tolerance as a share of the picture's diagonal.

    Raises:
        MaskError: The sizes differ, or a value is neither a class nor void.
    """
    counts = np.zeros((len(label_set), 4), np.int64)
    tolerance = share * diagonal_px(mask)
    for area in class_areas(mask, labels, label_set):
        true, called = _outline(area.true), _outline(area.called)
        counts[area.index] = (
            np.count_nonzero(called & _near(true, tolerance)),
            np.count_nonzero(called),
            np.count_nonzero(true & _near(called, tolerance)),
            np.count_nonzero(true),
        )
    return counts


def pooled_f1(counts: NDArray[np.integer]) -> BoundaryScores:
    """Give the scores by class from counts, ...,C,4, of a picture or added over pictures."""
    near_called, called, near_true, true = np.moveaxis(counts, -1, 0)
    precision, recall = divide(near_called, called), divide(near_true, true)
    found, hit = np.nan_to_num(precision), np.nan_to_num(recall)
    f1 = 2 * found * hit / np.where(found + hit > 0, found + hit, 1)
    return BoundaryScores(precision, recall, np.where(called + true > 0, f1, np.nan))


def picture_f1(counts: NDArray[np.integer]) -> float:
    """Give the BF score of one picture, from C,4: mean F1 over the classes in its truth.

    NaN if its truth is all void. The BF score of a data set is the mean over its pictures.
    """
    return mean_of_known(pooled_f1(counts[counts[:, 3] > 0]).f1)


def _outline(area: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return area > erode(area, _FOUR_NEIGHBOURS)


def _near(outline: NDArray[np.bool_], tolerance: float) -> NDArray[np.bool_]:
    """Tell which pixels are nearer to an outline than the tolerance; none if there is no outline.

    The distances are Euclidean and exact (Felzenszwalb and Huttenlocher's transform): OpenCV's
    quicker masks are off by some per cent, which is more than the tolerance can bear.
    """
    if not outline.any():
        return np.zeros_like(outline)
    distance = cv2.distanceTransform((~outline).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance < tolerance)
