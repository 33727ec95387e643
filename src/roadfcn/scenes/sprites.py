"""Flat pictures with transparency for what is not made of planes: crowns, signs.

Each is a pyramid of H,W,4 float32: colour factors, then opacity 0..1. Row 0 is the top.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.textures import Pyramid, noise, pyramid

Pixels = tuple[int, int]


@lru_cache(maxsize=8)
def crown(variant: int) -> Pyramid:
    """Give the crown of a broadleaved tree, 256,256: some overlapping balls of leaves."""
    rng = np.random.default_rng([variant, 41])
    y, x = _unit_grid()
    body = np.full(x.shape, -1.0)
    for _ in range(9):
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.55)
        radius = rng.uniform(0.3, 0.48)
        away = np.hypot(x - reach * np.cos(angle), y - reach * np.sin(angle) * 0.9)
        body = np.maximum(body, radius - away)
    return _foliage(body, y, variant)


@lru_cache(maxsize=4)
def conifer(variant: int) -> Pyramid:
    """Give a conifer without its trunk, 256,256: a cone with its tip at the top."""
    y, x = _unit_grid()
    cone = 0.42 * (1 + y) - np.abs(x) * 0.95 - 0.02
    return _foliage(np.minimum(cone, 0.95 - y), y, variant)


@lru_cache(maxsize=4)
def sign(variant: int) -> Pyramid:
    """Give a traffic sign, 64,64: round with red rim, triangle, blue disc, or yellow square."""
    paint = _Paint(64, 64)
    red, white = (0.8, 0.1, 0.1), (0.95, 0.95, 0.95)
    if variant % 4 == 0:
        paint.disc((32, 32), 30, red)
        paint.disc((32, 32), 21, white)
        paint.limb((24, 32), (40, 32), 6, (0.1, 0.1, 0.1))
    elif variant % 4 == 1:
        paint.polygon([(32, 4), (61, 58), (3, 58)], red)
        paint.polygon([(32, 18), (50, 51), (14, 51)], white)
    elif variant % 4 == 2:
        paint.disc((32, 32), 30, (0.1, 0.25, 0.7))
        paint.limb((32, 46), (32, 20), 7, white)
    else:
        paint.polygon([(32, 2), (62, 32), (32, 62), (2, 32)], white)
        paint.polygon([(32, 10), (54, 32), (32, 54), (10, 32)], (0.95, 0.75, 0.1))
    return paint.finished()


@lru_cache(maxsize=2)
def railing() -> Pyramid:
    """Give two metres of railing, 64,128: bars between two rails; the gaps are see-through."""
    paint = _Paint(64, 128)
    for x in range(8, 128, 16):
        paint.limb((x, 4), (x, 63), 5, (1.0, 1.0, 1.0))
    for y in (6, 52):
        paint.limb((-8, y), (136, y), 6, (0.9, 0.9, 0.9))
    return paint.finished()


class _Paint:
    """A canvas for sprites; coordinates are (x, y) pixels."""

    def __init__(self, height: int, width: int) -> None:
        self._colour = np.full((height, width, 3), 0.5, np.float32)
        self._opacity = np.zeros((height, width), np.float32)

    def limb(self, start: Pixels, end: Pixels, width: int, colour: tuple[float, ...]) -> None:
        cv2.line(self._colour, start, end, colour, width)
        cv2.line(self._opacity, start, end, (1.0,), width)

    def disc(self, centre: Pixels, radius: int, colour: tuple[float, ...]) -> None:
        cv2.circle(self._colour, centre, radius, colour, -1)
        cv2.circle(self._opacity, centre, radius, (1.0,), -1)

    def polygon(self, corners: list[Pixels], colour: tuple[float, ...]) -> None:
        points = np.array(corners, np.int32)
        cv2.fillConvexPoly(self._colour, points, colour)
        cv2.fillConvexPoly(self._opacity, points, (1.0,))

    def finished(self) -> Pyramid:
        return pyramid(np.dstack([self._colour, self._opacity]))


def _unit_grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give y and x of 256 x 256 pixels, each -1..1."""
    y, x = np.mgrid[-1:1:256j, -1:1:256j]
    return y, x


def _foliage(body: NDArray[np.float64], y: NDArray[np.float64], variant: int) -> Pyramid:
    """Turn a distance inside an outline into leaves: ragged rim, lighter towards the top."""
    leaf = noise(256, 256, 0.75, 42 + variant)
    fine = noise(256, 256, 0.35, 52 + variant)
    opacity = np.clip((body + 0.05 * leaf + 0.015 * fine) * 30, 0, 1)
    shade = np.clip(0.95 - 0.25 * y + 0.2 * leaf + 0.12 * fine, 0.2, 1.8)
    return pyramid(np.dstack([shade, shade, shade, opacity]).astype(np.float32))
