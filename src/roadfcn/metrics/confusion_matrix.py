"""The confusion matrix and the four scores of the FCN paper that come from it.

With n_ij pixels of class i predicted as j, and t_i = sum_j n_ij pixels of class i (Long, Shelhamer
and Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015, section 5):

    pixel accuracy          sum_i n_ii / sum_i t_i
    accuracy of class i     n_ii / t_i                            mean accuracy: their mean
    IoU of class i          n_ii / (t_i + sum_j n_ji - n_ii)      mean IoU: their mean
    frequency weighted IoU  sum_i t_i IoU_i / sum_i t_i

Means leave out the classes for which the fraction is 0/0, as the authors' `score.py` does with
`nanmean`: a class that is absent from the truth has no accuracy, but if it was predicted anywhere
its IoU is 0 and counts. Pixels are pooled over the whole data set; there is no mean over pictures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import LabelSetError, MaskError
from roadfcn.label_sets import VOID, LabelSet
from roadfcn.metrics.fractions import divide, mean_of_known

_VALUES = 256  # of uint8: rows of the joint histogram that `add` counts into


class ConfusionMatrix:
    """Counts of (truth, predicted) pixel pairs, and scores from them.

    Args:
        label_set: The classes; position is the index in masks and labels.
        counts: C,C int64 [truth, predicted] to start from; zeros if None.

    Raises:
        LabelSetError: `counts` has another number of classes.
    """

    def __init__(self, label_set: LabelSet, counts: NDArray[np.integer] | None = None) -> None:
        size = len(label_set)
        if counts is None:
            counts = np.zeros((size, size), np.int64)
        if counts.shape != (size, size):
            raise LabelSetError(
                f"counts of shape {counts.shape} for the {size} classes of '{label_set.name}'",
                allowed=f"shape ({size}, {size})",
                do="use the label set that the counts were made with",
            )
        self.label_set = label_set
        self.counts: NDArray[np.int64] = counts.astype(np.int64)

    def add(self, mask: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
        """Count the pixels of one picture; where `mask` is void, `labels` does not matter.

        Args:
            mask: H,W uint8 true class indices, 255 void.
            labels: H,W uint8 predicted class indices.

        Raises:
            MaskError: The sizes differ, or a value is neither a class nor void.
        """
        if mask.shape != labels.shape:
            raise MaskError(
                f"truth of size {mask.shape} and labels of size {labels.shape}",
                allowed="labels of the size of the truth",
                do="predict at the picture's own size",
            )
        # One histogram over all 65536 value pairs needs no boolean selection (which is slower
        # than the counting), and shows values that are no class instead of hiding them.
        pairs = mask.astype(np.intp) * _VALUES + labels
        joint = np.bincount(pairs.ravel(), minlength=_VALUES**2).reshape(_VALUES, _VALUES)
        size = len(self.label_set)
        self._refuse_strangers("the truth holds", joint[size:VOID].sum(axis=1), size)
        self._refuse_strangers("the labels hold", joint[:size, size:].sum(axis=0), size)
        self.counts += joint[:size, :size]

    def merge(self, other: ConfusionMatrix) -> None:
        """Add the counts of another matrix over the same classes.

        Raises:
            LabelSetError: The classes differ.
        """
        if self.label_set.classes != other.label_set.classes:
            raise LabelSetError(
                f"counts over '{other.label_set.name}' to be added to '{self.label_set.name}'",
                allowed="the same classes in the same order",
                do="translate one of them first",
            )
        self.counts += other.counts

    @property
    def pixels(self) -> NDArray[np.int64]:
        """True pixels of each class: C int64."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Share of each class's pixels that were found: C float64, NaN where it has none."""
        return divide(np.diag(self.counts), self.pixels)

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union by class: C float64, NaN where neither true nor predicted."""
        found = np.diag(self.counts)
        return divide(found, self.pixels + self.counts.sum(axis=0) - found)

    @property
    def pixel_accuracy(self) -> float:
        """Share of all pixels that are right; NaN without pixels."""
        return float(divide(np.trace(self.counts), self.counts.sum()))

    @property
    def mean_accuracy(self) -> float:
        """Mean of `accuracy` over the classes in the truth; NaN without pixels."""
        return mean_of_known(self.accuracy)

    @property
    def mean_iou(self) -> float:
        """Mean of `iou` over the classes that are true or predicted anywhere; NaN without."""
        return mean_of_known(self.iou)

    @property
    def frequency_weighted_iou(self) -> float:
        """`iou` weighted by the classes' true pixels; NaN without pixels."""
        present = self.pixels > 0
        weighted = (self.pixels[present] * self.iou[present]).sum()
        return float(divide(weighted, self.counts.sum()))

    def _refuse_strangers(self, where: str, seen: NDArray[np.int64], first: int) -> None:
        if seen.any():
            values = ", ".join(str(first + offset) for offset in np.flatnonzero(seen))
            raise MaskError(
                f"{where} the values {values}",
                allowed=f"0 to {len(self.label_set) - 1} of '{self.label_set.name}'"
                + (f", and {VOID} for void" if where == "the truth holds" else ""),
                do="check that picture and model use the same label set",
            )
