"""By which IoU two engines are compared: that of road, else the mean over all classes.

Road is what most models here are for, and what a converted model may lose least of. Truth in
other classes than the model's still says where the road is. Where a model knows more than road,
the mean over its classes is taken beside it: a class may be lost without a pixel of road.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from roadfcn.label_sets import EGO_LANE, ROAD, VOID, LabelSet, drivable_class
from roadfcn.metrics.confusion_matrix import ConfusionMatrix

LEAST_SHARE = 0.001
"""Of all pixels: the mean beside the road's IoU leaves rarer classes out, of which a few pixels
that turn over would be points."""

_REST, _ROAD = 0, 1  # of `ROAD`


class Yardstick:
    """Scores labels of one model.

    Args:
        label_set: The model's classes.
    """

    def __init__(self, label_set: LabelSet) -> None:
        self._own = label_set
        self._drivable = drivable_class(label_set)
        self._scored = label_set if self._drivable is None else ROAD

    @property
    def name(self) -> str:
        """Which IoU it is, in words."""
        return "mean IoU" if self._drivable is None else f"IoU of {self._drivable}"

    @property
    def target(self) -> str:
        """Which of KITTI Road's two truths the model is about."""
        return "lane" if self._drivable == EGO_LANE.classes[1] else "road"

    @property
    def has_classes(self) -> bool:
        """Whether the mean over the classes is taken beside the road's IoU."""
        return self._drivable is not None and len(self._own) > len(ROAD)

    @property
    def sought(self) -> str:
        """What has to be found for an IoU to say anything, in words."""
        return "second class" if self._drivable is None else self._drivable

    def truth(self, mask: NDArray[np.uint8], label_set: LabelSet) -> NDArray[np.uint8] | None:
        """Give truth in the classes that are scored, or None if the mask does not know them.

        Args:
            mask: H,W uint8 with void.
            label_set: What its values mean.
        """
        if self._drivable is None:
            return mask if label_set.classes == self._own.classes else None
        if self._drivable not in label_set.classes:
            return None
        folded = self._fold(mask, label_set.index(self._drivable))
        folded[mask == VOID] = VOID
        return folded

    def class_truth(self, mask: NDArray[np.uint8], label_set: LabelSet) -> NDArray[np.uint8] | None:
        """Give truth in the model's own classes; None if it is in others, or not asked for.

        Args:
            mask: H,W uint8 with void.
            label_set: What its values mean.
        """
        return mask if self.has_classes and label_set.classes == self._own.classes else None

    def labels(self, logits: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Give the likeliest class of each pixel of C,H,W logits: H,W uint8 of the model's own."""
        likeliest: NDArray[np.uint8] = logits.argmax(axis=0).astype(np.uint8)
        return likeliest

    def matrix(self) -> ConfusionMatrix:
        """Start counting, in the classes that are scored."""
        return ConfusionMatrix(self._scored)

    def class_matrix(self) -> ConfusionMatrix:
        """Start counting in the model's own classes."""
        return ConfusionMatrix(self._own)

    def scored(self, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn labels in the model's own classes into those that are scored."""
        if self._drivable is None:
            return labels
        return self._fold(labels, self._own.index(self._drivable))

    def iou(self, matrix: ConfusionMatrix) -> float:
        """Give the IoU; 1 where there is nothing to find and nothing was found."""
        value = matrix.mean_iou if self._drivable is None else float(matrix.iou[_ROAD])
        return 1.0 if math.isnan(value) else value

    def mean_iou(self, matrix: ConfusionMatrix) -> float:
        """Give the mean over the classes that have `LEAST_SHARE` of the true pixels.

        Args:
            matrix: Of `class_matrix`; without any pixel the mean is 1.
        """
        common = matrix.pixels >= max(1.0, LEAST_SHARE * float(matrix.pixels.sum()))
        return float(matrix.iou[common].mean()) if common.any() else 1.0

    def is_found(self, labels: NDArray[np.uint8]) -> bool:
        """Tell whether labels hold road; without road among the classes: two classes."""
        if self._drivable is None:
            return bool((labels != labels.flat[0]).any())
        return bool((labels == self._own.index(self._drivable)).any())

    @staticmethod
    def _fold(values: NDArray[np.uint8], drivable: int) -> NDArray[np.uint8]:
        return np.where(values == drivable, np.uint8(_ROAD), np.uint8(_REST))
