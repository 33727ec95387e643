"""Weights that keep rare classes from drowning in common ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ConfigError
from roadfcn.label_sets import VOID
from roadfcn.training.frames import TrainingFrames


def class_weights(
    choice: Literal["none", "median-frequency", "root-median-frequency"] | Mapping[str, float],
    frames: TrainingFrames,
) -> NDArray[np.float32] | None:
    """Give one weight for each class of the frames' label set, C float32; None for all equal.

    Median frequency balancing (Eigen and Fergus, ICCV 2015, section 6.2): the frequency of a
    class is its pixels over all pixels with truth of the pictures that have it; its weight is the
    median frequency over its own. The root of that is a milder form. A class that no picture has
    gets weight 1: it cannot matter.

    Raises:
        ConfigError: A mapping that leaves out classes or names unknown ones.
    """
    label_set = frames.label_set
    if choice == "none":
        return None
    if isinstance(choice, str):
        weights = _median_frequency(*_count(frames))
        return weights if choice == "median-frequency" else np.sqrt(weights)
    if set(choice) != set(label_set.classes):
        missing = [name for name in label_set.classes if name not in choice]
        unknown = [name for name in choice if name not in label_set.classes]
        raise ConfigError(
            f"loss.class_weights lacks {missing} and has the unknown {unknown}",
            allowed=f"one weight for each of {', '.join(label_set.classes)}",
            do="correct the names in the recipe",
        )
    return np.array([choice[name] for name in label_set.classes], np.float32)


def _median_frequency(
    pixels: NDArray[np.int64], pixels_of_images: NDArray[np.int64]
) -> NDArray[np.float32]:
    present = pixels > 0
    weights = np.ones(len(pixels), np.float32)
    if present.any():
        frequency = pixels[present] / pixels_of_images[present]
        weights[present] = np.median(frequency) / frequency
    return weights


def _count(frames: TrainingFrames) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give (pixels of each class, pixels with truth of the pictures that have the class)."""
    pixels = np.zeros(len(frames.label_set), np.int64)
    pixels_of_images = np.zeros_like(pixels)
    for index in range(len(frames)):
        _, _, mask = frames[index]
        counts = np.bincount(mask.ravel(), minlength=VOID + 1)[: len(pixels)]
        pixels += counts
        pixels_of_images += np.where(counts > 0, counts.sum(), 0)
    return pixels, pixels_of_images
