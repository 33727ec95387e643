"""Calibration error: whether of the pixels that a model is 80 % sure of, 80 % are right.

Pixels are sorted into bins of equal width by the model's confidence. With n_b pixels in bin b,
their share that is right acc_b, their mean confidence conf_b, and n pixels in all:

    expected calibration error    sum_b n_b / n |acc_b - conf_b|
    maximum calibration error     max_b |acc_b - conf_b|
    overconfidence                sum_b n_b / n (conf_b - acc_b)

Source: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017,
section 2, with their 15 bins; a bin holds its upper limit, (lower, upper], and the first one 0 as
well. Void counts nowhere. The maximum is over bins however few pixels they have, so it needs
many pictures to mean anything.

Two questions are counted in the same form: of all classes, whether the likeliest one is right
(`count_likeliest`), and of one class, whether a pixel is of it (`count_class`). What is kept of a
picture is a row of sums that add up, so any pool of pictures has its diagram.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import MaskError
from roadfcn.label_sets import VOID
from roadfcn.metrics.fractions import divide

BINS = 15

_PIXELS, _CONFIDENCE, _RIGHT = range(3)


@dataclass(frozen=True, eq=False)
class ReliabilityDiagram:
    """What the counts of one picture, or the sum of those of many, say about confidence.

    Args:
        counts: B,3 float64: in each bin the number of pixels, the sum of their confidence, and
            the number of those that are right.
    """

    counts: NDArray[np.float64]

    @property
    def pixels(self) -> NDArray[np.float64]:
        """Pixels in each bin: B float64."""
        return self.counts[:, _PIXELS]

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Mean confidence in each bin: B float64, NaN in an empty one."""
        return divide(self.counts[:, _CONFIDENCE], self.pixels)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Share of the pixels in each bin that are right: B float64, NaN in an empty one."""
        return divide(self.counts[:, _RIGHT], self.pixels)

    @property
    def expected_error(self) -> float:
        """The expected calibration error; NaN without pixels."""
        return float(divide(np.abs(self._surplus).sum(), self.pixels.sum()))

    @property
    def maximum_error(self) -> float:
        """The maximum calibration error; NaN without pixels."""
        gaps = np.abs(self.confidence - self.accuracy)
        return float("nan") if np.isnan(gaps).all() else float(np.nanmax(gaps))

    @property
    def overconfidence(self) -> float:
        """Mean confidence less accuracy; below 0 if the model trusts itself too little."""
        return float(divide(self._surplus.sum(), self.pixels.sum()))

    @property
    def _surplus(self) -> NDArray[np.float64]:
        return self.counts[:, _CONFIDENCE] - self.counts[:, _RIGHT]


def count_likeliest(
    mask: NDArray[np.uint8], probabilities: NDArray[np.float32], bins: int = BINS
) -> NDArray[np.float64]:
    """Count one picture by the probability of each pixel's likeliest class: B,3 float64.

    Args:
        mask: H,W uint8 true class indices, 255 void.
        probabilities: C,H,W float32 in 0..1.
        bins: How many, B.

    Raises:
        MaskError: The sizes differ.
    """
    _check_size(mask, probabilities.shape[1:])
    return _count(probabilities.max(axis=0), probabilities.argmax(axis=0) == mask, mask, bins)


def count_class(
    mask: NDArray[np.uint8],
    probability: NDArray[np.float32],
    class_index: int,
    bins: int = BINS,
) -> NDArray[np.float64]:
    """Count one picture by the probability of one class: B,3 float64; right is who is of it.

    Args:
        mask: H,W uint8 true class indices, 255 void.
        probability: H,W float32 in 0..1, of the class.
        class_index: The class.
        bins: How many, B.

    Raises:
        MaskError: The sizes differ.
    """
    _check_size(mask, probability.shape)
    return _count(probability, mask == class_index, mask, bins)


def counts_of_histogram(histogram: NDArray[np.integer], bins: int = BINS) -> NDArray[np.float64]:
    """Give the counts of one class from those by its quantised probability: ...,B,3 float64.

    So the counts that road scores are made of have a diagram too. A value v stands for v/255.

    Args:
        histogram: ...,2,256 pixels [of the class or not, value].
        bins: How many, B.
    """
    of_class, others = histogram[..., 0, :], histogram[..., 1, :]
    values = np.arange(histogram.shape[-1])
    # ceil(bins v / 255) - 1 in whole numbers: where a value is just a limit, floats may slip.
    bin_of = np.maximum(-(-bins * values // 255) - 1, 0)
    belongs = (bin_of[:, None] == np.arange(bins)).astype(np.float64)
    pixels = of_class + others
    sums = np.stack([pixels, pixels * (values / 255), of_class], axis=-1)
    return np.asarray(np.swapaxes(np.swapaxes(sums, -1, -2) @ belongs, -1, -2))


def _check_size(mask: NDArray[np.uint8], size: tuple[int, ...]) -> None:
    if mask.shape != size:
        raise MaskError(
            f"truth of size {mask.shape} and probabilities of size {size}",
            allowed="probabilities of the size of the truth",
            do="predict at the picture's own size",
        )


def _count(
    confidence: NDArray[np.float32], right: NDArray[np.bool_], mask: NDArray[np.uint8], bins: int
) -> NDArray[np.float64]:
    known = mask != VOID
    # In float64, a float32 times the number of bins is exact: no pixel slips over a limit.
    values = confidence[known].astype(np.float64)
    bin_of = np.maximum(np.ceil(values * bins).astype(np.intp) - 1, 0)
    # A sum of probabilities may exceed 1 by a rounding error.
    bin_of = np.minimum(bin_of, bins - 1)
    sums = [np.bincount(bin_of, weights, bins) for weights in (None, values, right[known])]
    return np.stack(sums, axis=1).astype(np.float64)
