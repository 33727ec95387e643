"""Counts one picture's road pixels, in the picture and from above.

A model's answer and a picture of probabilities both come here quantised to 8 bits, so that their
scores are the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roadfcn.kitti.birds_eye import PixelMap
from roadfcn.kitti.distances import BANDS, count_by_distance
from roadfcn.kitti.scores import THRESHOLDS, count_thresholds
from roadfcn.label_sets import VOID


def count_in_picture(
    quantised: NDArray[np.uint8], mask: NDArray[np.uint8], road_class: int
) -> NDArray[np.int64]:
    """Count by quantised probability: 2,256 int64, pixels of road and of the rest.

    Args:
        quantised: H,W uint8 road probability, see `input_format.quantise_probability`.
        mask: H,W uint8 truth with void.
        road_class: What road is in `mask`.

    Raises:
        MaskError: The sizes differ.
    """
    counts = count_thresholds(quantised, mask == road_class, mask != VOID)
    return np.stack([counts.road, counts.rest])


def count_from_above(
    quantised: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    road_class: int,
    view: PixelMap | None,
) -> NDArray[np.int64]:
    """Count in bird's-eye view, by distance: 4,2,256 int64, zeros without a view.

    Args:
        quantised: H,W uint8 road probability, in the picture.
        mask: H,W uint8 truth with void, in the picture.
        road_class: What road is in `mask`.
        view: From `kitti.birds_eye.to_birds_eye`; None where the frame has no calibration.

    Raises:
        MaskError: The sizes differ.
    """
    if view is None:
        return np.zeros((len(BANDS), 2, THRESHOLDS), np.int64)
    above = view.apply(mask, outside=VOID)
    return count_by_distance(view.apply(quantised), above == road_class, above != VOID)
