"""Steadier labels for videos, and a number for how unsteady they are.

**Smoothing** is an exponential average over time, as in control charts (Roberts, Technometrics
1959) and, for segmented videos, the plainest of filters: with x_t the probabilities of frame t,

    p_0 = x_0,    p_t = s p_(t-1) + (1 - s) x_t

A frame's weight halves every -1 / log2(s) frames: 1 frame at s = 0.5, 3.1 at 0.8. The labels are
the likeliest classes of p_t. Pixels are compared where they are: what moves fast drags a tail of
some frames behind it.

**Flicker** is the share of pixels whose label differs from the frame before, averaged over all
pairs of neighbouring frames. A standing picture has 0; labels thrown anew for each frame among C
classes have 1 - 1/C. Real motion counts too, so it is to be compared between two ways of labelling
the same video, not between videos.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ConfigError, shown

LARGEST_WEIGHT = 0.99
"""Of the past: its frames count half after 69 frames, more than two seconds."""


class Smoother:
    """The exponential average of a video's probabilities.

    Args:
        weight: Of the past, s: 0 leaves every frame as it is.

    Raises:
        ConfigError: The weight is out of range.
    """

    def __init__(self, weight: float) -> None:
        if not 0 <= weight <= LARGEST_WEIGHT:
            raise ConfigError(
                f"smoothing is {shown(weight)}",
                allowed=f"0 (none) to {LARGEST_WEIGHT:g}, the weight of the frames before",
                do="try --smooth 0.6",
            )
        self.weight = weight
        self._average: NDArray[np.float32] | None = None

    def add(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next frame's probabilities, C,H,W float32, and give the average up to it.

        The result is overwritten by the next frame. Frames of another size begin anew.
        """
        if self.weight == 0:
            return probabilities
        if self._average is None or self._average.shape != probabilities.shape:
            self._average = probabilities.copy()
        else:
            self._average *= np.float32(self.weight)
            self._average += np.float32(1 - self.weight) * probabilities
        return self._average


class Flicker:
    """The mean share of pixels whose label changes from one frame to the next."""

    def __init__(self) -> None:
        self._before: NDArray[np.uint8] | None = None
        self._sum, self._pairs = 0.0, 0

    def add(self, labels: NDArray[np.uint8]) -> None:
        """Take the next frame's labels, H,W uint8, which are not to be changed later.

        A frame of another size than the one before it is compared with nothing.
        """
        if self._before is not None and self._before.shape == labels.shape:
            self._sum += float(np.mean(self._before != labels))
            self._pairs += 1
        self._before = labels

    @property
    def share(self) -> float | None:
        """The mean over all pairs so far, 0..1; None before there is a pair."""
        return self._sum / self._pairs if self._pairs else None
