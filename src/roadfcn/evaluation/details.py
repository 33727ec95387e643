"""Further counts of each picture: outlines, bands along them, confidence, void.

They cost some hundredths of a second for each picture, so they are taken only if asked for. As in
`per_image`, a picture leaves one row of numbers that add up; as arrays of the same file:

    boundary      N,C,2      see `metrics.boundary_iou.count_boundary`
    outlines      N,C,4      see `metrics.boundary_f1.count_outlines`
    trimaps       N,R,C,C    see `metrics.trimap.count_trimaps`, for its R = 5 radii
    reliability   N,15,3     see `metrics.calibration_error.count_likeliest`
    void          N          pixels without truth
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.label_sets import VOID
from roadfcn.metrics.boundary_f1 import count_outlines
from roadfcn.metrics.boundary_iou import count_boundary
from roadfcn.metrics.calibration_error import count_likeliest
from roadfcn.metrics.trimap import count_trimaps
from roadfcn.prediction.network.predictor import Prediction


@dataclass(frozen=True, eq=False)
class Details:
    """The further counts of every picture of a data set; see above.

    Args:
        boundary: N,C,2 int64.
        outlines: N,C,4 int64.
        trimaps: N,R,C,C int64.
        reliability: N,15,3 float64.
        void: N int64.
    """

    boundary: NDArray[np.int64]
    outlines: NDArray[np.int64]
    trimaps: NDArray[np.int64]
    reliability: NDArray[np.float64]
    void: NDArray[np.int64]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give them by the names under which they are stored."""
        return dict(vars(self))


class DetailCounter:
    """Takes the further counts of one picture after another."""

    def __init__(self) -> None:
        self._boundary: list[NDArray[np.int64]] = []
        self._outlines: list[NDArray[np.int64]] = []
        self._trimaps: list[NDArray[np.int64]] = []
        self._reliability: list[NDArray[np.float64]] = []
        self._void: list[int] = []

    def add(self, mask: NDArray[np.uint8], prediction: Prediction) -> None:
        """Count a picture.

        Args:
            mask: H,W uint8 true class indices with void, in the prediction's classes.
            prediction: Of this picture.

        Raises:
            MaskError: The sizes differ.
        """
        labels, classes = prediction.labels, prediction.label_set
        self._boundary.append(count_boundary(mask, labels, classes))
        self._outlines.append(count_outlines(mask, labels, classes))
        self._trimaps.append(count_trimaps(mask, labels, classes))
        self._reliability.append(count_likeliest(mask, prediction.probabilities))
        self._void.append(int(np.count_nonzero(mask == VOID)))

    def details(self) -> Details:
        """Give the counts of all pictures so far, at least one."""
        return Details(
            np.stack(self._boundary),
            np.stack(self._outlines),
            np.stack(self._trimaps),
            np.stack(self._reliability),
            np.array(self._void, np.int64),
        )
