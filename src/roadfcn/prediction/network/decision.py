"""From probabilities to labels: the likeliest class, or road from a chosen probability on.

Which probability is the right one depends on what a mistake costs and on how far the pictures are
from those that were learned from. Road scores tell at which one F is highest (MaxF's threshold);
this takes it to labels, by the same count in 255 steps (`kitti.scores`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ConfigError
from roadfcn.input_format import quantise_probability
from roadfcn.label_sets import LabelSet, drivable_class


class Decision:
    """Chooses a class for each pixel.

    Args:
        label_set: The classes of the probabilities.
        threshold: What is road with at least this probability is road, and with less the likeliest
            other class: 0 up to 1, taken to the nearest 255th. None: the likeliest class.

    Raises:
        ConfigError: The threshold is out of range, or there is no road among the classes.
    """

    def __init__(self, label_set: LabelSet, threshold: float | None = None) -> None:
        self.threshold = threshold
        if threshold is None:
            return
        check_threshold(threshold)
        road = drivable_class(label_set)
        if road is None:
            raise ConfigError(
                f"a threshold on road, and none of the classes is road: "
                f"{', '.join(label_set.classes)}",
                allowed="a threshold for models that know the class road (or lane)",
                do="leave the threshold out, or take another model",
            )
        self._road = label_set.index(road)
        self._least = round(threshold * 255)

    def labels(self, probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Give the class of each pixel: H,W uint8 for C,H,W float32 in 0..1."""
        if self.threshold is None:
            likeliest: NDArray[np.uint8] = probabilities.argmax(axis=0).astype(np.uint8)
            return likeliest
        others = np.delete(probabilities, self._road, axis=0).argmax(axis=0)
        others += others >= self._road
        is_road = quantise_probability(probabilities[self._road]) >= self._least
        chosen: NDArray[np.uint8] = np.where(is_road, self._road, others).astype(np.uint8)
        return chosen


def threshold_in_words(threshold: float | None) -> str:
    """Say from where on pixels are road; nothing where the likeliest class is taken."""
    return "" if threshold is None else f"from a probability of {threshold:g} on"


def check_threshold(threshold: float | None) -> None:
    """Refuse a threshold that is no probability.

    Raises:
        ConfigError: It is not between 0 and 1.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise ConfigError(
            f"the threshold on the probability of road is {threshold:g}",
            allowed="0 to 1",
            do="take the one that 'roadfcn evaluate' names on pictures of yours, or none",
        )
