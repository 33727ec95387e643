"""Road scores by distance: the bird's-eye window cut into bands of 10 m across the road.

The benchmark itself knows only the whole window, whose counts are the sums over the bands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roadfcn.kitti.birds_eye import BIRDS_EYE_SIZE, CELL_M, FAR_M, NEAR_M
from roadfcn.kitti.scores import THRESHOLDS, count_thresholds

BAND_M = 10
BANDS = tuple(f"{start}-{start + BAND_M} m" for start in range(int(NEAR_M), int(FAR_M), BAND_M))
"""The bands from near to far, by their names: "6-16 m" is the first."""

_ROWS = round(BAND_M / CELL_M)


def count_by_distance(
    quantised: NDArray[np.uint8], road: NDArray[np.bool_], valid: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Count one bird's-eye picture at all thresholds, band by band.

    Args:
        quantised: 800,400 uint8 road probability.
        road: 800,400 bool, true where the truth is road; ignored where not valid.
        valid: 800,400 bool, true where the truth is known and the picture shows the cell.

    Returns:
        4,2,256 int64 pixels by value: [band, 0] of road, [band, 1] of the rest.

    Raises:
        MaskError: The sizes differ.
    """
    counts = np.zeros((len(BANDS), 2, THRESHOLDS), np.int64)
    for band, end in enumerate(range(BIRDS_EYE_SIZE[0], 0, -_ROWS)):  # row 0 is farthest
        rows = slice(end - _ROWS, end)
        counted = count_thresholds(quantised[rows], road[rows], valid[rows])
        counts[band] = counted.road, counted.rest
    return counts
