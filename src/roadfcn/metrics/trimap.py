"""Scores in a narrow band around the true outlines, the trimap, for bands of several widths.

A pixel belongs to the band of radius r if it is less than r from a pixel that has a 4-neighbour of
another value; so a band reaches r pixels to either side of a straight outline.
Pixels outside it are left out as void is, and the scores of the confusion matrix are taken over
the rest. As r grows, they become those of the whole picture.

An edge against void is an outline like another: in PASCAL VOC every object is ringed by void and
never touches the next class. The picture's border is none, as no truth ends there.

Source: Kohli, Ladicky and Torr, "Robust higher order potentials for enforcing label consistency",
IJCV 2009, who plot the accuracy over the width; with IoU, Csurka, Larlus and Perronnin, BMVC 2013.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.label_sets import VOID, LabelSet
from roadfcn.metrics.confusion_matrix import ConfusionMatrix

RADII_PX = (1, 2, 5, 10, 20)


def outline_distance_px(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give each pixel's distance to the nearest one at an outline: H,W float32, infinity without.

    Args:
        mask: H,W uint8 true class indices, 255 void.
    """
    outline = np.zeros(mask.shape, np.bool_)
    down, across = mask[1:] != mask[:-1], mask[:, 1:] != mask[:, :-1]
    outline[1:] |= down
    outline[:-1] |= down
    outline[:, 1:] |= across
    outline[:, :-1] |= across
    if not outline.any():
        return np.full(mask.shape, np.inf, np.float32)
    distance = cv2.distanceTransform((~outline).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance, np.float32)


def count_trimaps(
    mask: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    label_set: LabelSet,
    radii_px: Sequence[float] = RADII_PX,
) -> NDArray[np.int64]:
    """Count one picture's pixels in each band: R,C,C int64 [radius, truth, predicted].

    Args:
        mask: H,W uint8 true class indices, 255 void.
        labels: H,W uint8 predicted class indices.
        label_set: The C classes.
        radii_px: The R radii.

    Raises:
        MaskError: The sizes differ, or a value is neither a class nor void.
    """
    distance = outline_distance_px(mask)
    bands = []
    for radius in radii_px:
        band = ConfusionMatrix(label_set)
        band.add(np.where(distance < radius, mask, np.uint8(VOID)), labels)
        bands.append(band.counts)
    return np.stack(bands)
