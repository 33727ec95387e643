"""One small row of counts per picture: all that any pooled score can be computed from again.

Scores of a subset, of another category or of a bootstrap sample are sums of rows; no picture has
to be predicted twice. As a file it is an `.npz` without pickles:

    names       N        frame names
    categories  N        "um", "umm", "uu", or "" where the data set has none
    classes     C        class names
    confusion   N,C,C    int64 pixels [picture, truth, predicted]

Where a class is road, these come in addition; pixels are counted by quantised road probability,
and [..., 0, :] are pixels of road, [..., 1, :] the rest:

    road                        N,2,256    in the picture
    calibrated                  N          whether the frame has a calibration; if not, it has
                                           only zeros in:
    road_birds_eye              N,2,256    in bird's-eye view
    road_birds_eye_by_distance  N,4,2,256  the same in the bands of `kitti.distances`

and those of `details`, if they were asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.label_sets import LabelSet
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.output_files import atomic_output


@dataclass(frozen=True, eq=False)
class PerImageCounts:
    """The counts of every picture of a data set.

    Args:
        names: Frame names.
        categories: Of each frame; "" where it has none.
        label_set: The classes of `confusion`.
        confusion: N,C,C int64 [picture, truth, predicted].
        road: N,2,256 int64, see above; None where no class is road.
        calibrated: N bool, see above.
        road_by_distance: N,4,2,256 int64, see above; None where no class is road.
    """

    names: tuple[str, ...]
    categories: tuple[str, ...]
    label_set: LabelSet
    confusion: NDArray[np.int64]
    road: NDArray[np.int64] | None
    calibrated: NDArray[np.bool_]
    road_by_distance: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.names)

    def pooled_confusion(self) -> ConfusionMatrix:
        """Give the confusion matrix over all pictures."""
        return ConfusionMatrix(self.label_set, self.confusion.sum(axis=0))

    def write(self, path: Path, more: Mapping[str, NDArray[Any]] | None = None) -> None:
        """Write the rows as `.npz`.

        Args:
            path: The file.
            more: Further arrays, N rows each.

        Raises:
            OutputError: The file cannot be written.
        """
        arrays: dict[str, Any] = {
            "names": np.array(self.names),
            "categories": np.array(self.categories),
            "classes": np.array(self.label_set.classes),
            "confusion": self.confusion,
            **(more or {}),
        }
        if self.road is not None and self.road_by_distance is not None:
            arrays["road"] = self.road
            arrays["calibrated"] = self.calibrated
            arrays["road_birds_eye"] = self.road_by_distance.sum(axis=1)
            arrays["road_birds_eye_by_distance"] = self.road_by_distance
        with atomic_output(path) as part, part.open("wb") as file:
            np.savez_compressed(file, **arrays)
