"""Maps of scores as streams of rows, from the top down, so that large ones are never held whole.

A stream gives arrays C,n,W float32: C classes, n rows at a time, W columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Rows = Iterable[NDArray[np.float32]]


def even_rows(bands: Rows, count: int) -> Iterator[NDArray[np.float32]]:
    """Give the same rows `count` at a time; fewer in the last array only."""
    waiting: list[NDArray[np.float32]] = []
    missing = count
    for band in bands:
        start = 0
        while band.shape[1] - start >= missing:
            piece = band[:, start : start + missing]
            yield np.concatenate([*waiting, piece], axis=1) if waiting else piece
            waiting, start, missing = [], start + missing, count
        if start < band.shape[1]:
            waiting.append(band[:, start:].copy())  # a slice would keep all of the band
            missing -= band.shape[1] - start
    if waiting:
        yield np.concatenate(waiting, axis=1)


def resized_rows(
    bands: Rows, size: tuple[int, int], target: tuple[int, int], count: int
) -> Iterator[NDArray[np.float32]]:
    """Bring maps of one (height, width) to another, bilinearly between the pixels' middles.

    It is what OpenCV's INTER_LINEAR does, in a few rows at a time.

    Args:
        bands: The rows of the maps.
        size: Height and width of the maps.
        target: Those that are wanted.
        count: Rows to give at a time, at most.
    """
    if size == target:
        yield from bands
        return
    height, width = target
    middles = np.clip((np.arange(height) + 0.5) * (size[0] / height) - 0.5, 0, size[0] - 1)
    upper = middles.astype(np.int64)
    lower = np.minimum(upper + 1, size[0] - 1)
    share = (middles - upper).astype(np.float32)[:, None]

    kept: NDArray[np.float32] | None = None
    top = done = 0
    for band in even_rows(bands, count):
        wide = _widened(band, width)
        kept = wide if kept is None else np.concatenate([kept, wide], axis=1)
        ready = int(np.searchsorted(lower, top + kept.shape[1]))
        for start in range(done, ready, count):
            rows = slice(start, min(start + count, ready))
            above, below = kept[:, upper[rows] - top], kept[:, lower[rows] - top]
            below -= above
            below *= share[rows]
            above += below
            yield above
        done = ready
        if done < height:
            # Where maps shrink, the next row may lie beyond all that came so far.
            passed = min(int(upper[done]) - top, kept.shape[1])
            kept, top = kept[:, passed:], top + passed


def _widened(band: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    if band.shape[2] == width:
        return band
    size = (width, band.shape[1])
    return np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in band])
