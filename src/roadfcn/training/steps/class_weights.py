"""Weights that keep rare classes from drowning in common ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.statistics import median_frequency_weights
from roadfcn.errors import ConfigError
from roadfcn.label_sets import VOID
from roadfcn.training.frames.mixture import Mixture


def class_weights(
    choice: Literal["none", "median-frequency", "root-median-frequency"] | Mapping[str, float],
    frames: Mixture,
) -> NDArray[np.float32] | None:
    """Give one weight for each class of the frames' label set, C float32; None for all equal.

    For the formula see `datasets.statistics.median_frequency_weights`; the root of that is a
    milder form. Frames of several data sets count as often as they come. A class that no picture
    has gets weight 1: it cannot matter.

    Raises:
        ConfigError: A mapping that leaves out classes or names unknown ones.
    """
    label_set = frames.label_set
    if choice == "none":
        return None
    if isinstance(choice, str):
        weights = np.nan_to_num(median_frequency_weights(_count(frames)), nan=1.0)
        chosen = weights if choice == "median-frequency" else np.sqrt(weights)
        return chosen.astype(np.float32)
    if set(choice) != set(label_set.classes):
        missing = [name for name in label_set.classes if name not in choice]
        unknown = [name for name in choice if name not in label_set.classes]
        raise ConfigError(
            f"loss.class_weights lacks {missing} and has the unknown {unknown}",
            allowed=f"one weight for each of {', '.join(label_set.classes)}",
            do="correct the names in the recipe",
        )
    return np.array([choice[name] for name in label_set.classes], np.float32)


def _count(frames: Mixture) -> NDArray[np.float64]:
    """Give N,C pixels of each class in each frame, times how often it comes in an epoch."""
    count = len(frames.label_set)
    pixels = np.stack(
        [
            np.bincount(frames[index][2].ravel(), minlength=VOID + 1)[:count]
            for index in range(len(frames))
        ]
    )
    return pixels * frames.frequencies[:, None]
