"""Pictures of leaves and branches: crowns with holes through which one sees, bare trees, hedges.

Each is a pyramid of brightness factors on the plant's colour, H,W,4 float32 with opacity, or H,W,3
for the dense sides of hedges. Row 0 is the top.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.surfaces.textures import Pyramid, noise, pyramid

SIDE_PX = 256

CROWNS = 12
BARE_TREES = 5
CONIFERS = 6
BUSHES = 5
HEDGES = 4

Picture = NDArray[np.float32]

# Puffs of leaves, their size, how far they spread across and up, and leaves for each.
_HABITS = (
    (34, 0.21, 0.62, 0.62, 330),  # lime: round and dense
    (40, 0.16, 0.78, 0.50, 290),  # plane: broad
    (34, 0.15, 0.36, 0.80, 270),  # hornbeam: narrow
    (30, 0.14, 0.55, 0.70, 140),  # birch: light, much sky
)


@lru_cache(maxsize=CROWNS)
def crown(look: int) -> Pyramid:
    """Give the crown of a broadleaved tree with its boughs."""
    rng = np.random.default_rng([look, 41])
    count, size, across, upwards, leaves = _HABITS[look % len(_HABITS)]
    puffs: list[tuple[float, float, float]] = []
    while len(puffs) < count:
        x, y = rng.uniform(-1, 1, 2)
        if x * x + y * y < 1:
            # The widest part of a crown is below its middle.
            narrow = 1 - 0.35 * max(0.0, -y)
            puffs.append((x * across * narrow, y * upwards + 0.05, size * rng.uniform(0.7, 1.25)))
    picture = _clear(0.55)
    for x, y, _ in puffs[::5]:
        _bough(picture, (0.0, 0.6), (x, y), 0.014, 0.45)
    for x, y, radius in sorted(puffs, key=lambda puff: -puff[1]):
        _leaves(picture, rng, (x, y), radius, leaves)
    return pyramid(picture)


@lru_cache(maxsize=BARE_TREES)
def bare_tree(look: int) -> Pyramid:
    """Give a tree in winter above its trunk: boughs that fork into twigs."""
    rng = np.random.default_rng([look, 43])
    picture = _clear(0.7)

    def fork(start: tuple[float, float], angle: float, length: float, depth: int) -> None:
        end = (start[0] + length * math.sin(angle), start[1] - length * math.cos(angle))
        _bough(picture, start, end, 0.0034 * 1.55**depth, 1.0 - 0.06 * depth)
        if depth == 0:
            return
        for _ in range(3 if depth > 2 else 2):
            turn = float(rng.normal(0, 0.5)) - 0.12 * angle
            fork(end, angle + turn, length * float(rng.uniform(0.62, 0.86)), depth - 1)

    for turn in rng.normal(0, 0.35, 3):
        fork((0.0, 1.0), float(turn), float(rng.uniform(0.42, 0.58)), 5)
    return pyramid(picture)


@lru_cache(maxsize=CONIFERS)
def conifer(look: int) -> Pyramid:
    """Give a conifer without its trunk: whorls that hang, or a dense cypress."""
    rng = np.random.default_rng([look, 47])
    picture = _clear(0.5)
    slim = 0.28 if look % 3 == 2 else 0.62
    for y in np.linspace(0.9, -0.92, 46):
        reach = slim * (0.08 + 0.5 * (1 + y)) * float(rng.uniform(0.75, 1.1))
        for x in np.linspace(-reach, reach, max(2, round(9 * reach / 0.4))):
            at = (float(x), float(y) + 0.22 * abs(float(x)))
            _leaves(picture, rng, at, 0.065, 26, contrast=0.8)
    return pyramid(picture)


@lru_cache(maxsize=BUSHES)
def bush(look: int) -> Pyramid:
    """Give a bush that stands on the ground."""
    rng = np.random.default_rng([look, 53])
    picture = _clear(0.5)
    for _ in range(44):
        x, y = float(rng.uniform(-0.8, 0.8)), float(rng.uniform(-0.6, 1.0))
        if abs(x) < 0.85 and y > 0.9 * x * x - 0.62:
            _leaves(picture, rng, (x, y), float(rng.uniform(0.14, 0.22)), 130)
    return pyramid(picture)


@lru_cache(maxsize=HEDGES)
def hedge_side(look: int) -> Pyramid:
    """Give dense foliage that tiles, 256,256,3."""
    return pyramid(_dense(look)[..., :3])


@lru_cache(maxsize=HEDGES)
def hedge_top(look: int) -> Pyramid:
    """Give the ragged rim of a hedge, 64,256, dense below and clear above; it tiles across."""
    rim = 34 + 9 * noise(4, 256, 0.8, 57 + look)[0] + 5 * noise(4, 256, 0.3, 58 + look)[0]
    rows = np.arange(64)[:, None]
    picture = _dense(look)[:64]
    picture[..., 3] = np.clip((rows - rim[None, :]) / 3 + 0.5, 0, 1)
    picture[..., :3] = np.minimum(picture[..., :3] * np.float32(1.18), 2)
    return pyramid(picture)


def _dense(look: int) -> Picture:
    rng = np.random.default_rng([look, 59])
    picture = np.full((SIDE_PX, SIDE_PX, 4), 0.42, np.float32)
    clump = noise(64, 64, 0.7, 31 + look)
    for x, y in rng.integers(0, SIDE_PX, (9000, 2)).tolist():
        shade = 0.95 + 0.28 * float(clump[y // 4, x // 4]) + float(rng.normal(0, 0.24))
        _leaf(picture, x, y, int(rng.integers(1, 4)), float(np.clip(shade, 0.2, 1.8)), rng)
    picture[..., 3] = 1
    return picture


def _clear(shade: float) -> Picture:
    """Give a picture without anything in it; the shade tints what is averaged with its rims."""
    picture = np.full((SIDE_PX, SIDE_PX, 4), shade, np.float32)
    picture[..., 3] = 0
    return picture


def _pixel(x: float, y: float) -> tuple[int, int]:
    return round((x + 1) * SIDE_PX / 2), round((y + 1) * SIDE_PX / 2)


def _bough(
    picture: Picture,
    start: tuple[float, float],
    end: tuple[float, float],
    width: float,
    shade: float,
) -> None:
    thick = max(1, round(width * SIDE_PX))
    colour = (shade, 0.9 * shade, 0.85 * shade, 1.0)
    cv2.line(picture, _pixel(*start), _pixel(*end), colour, thick)


def _leaves(
    picture: Picture,
    rng: np.random.Generator,
    centre: tuple[float, float],
    radius: float,
    count: int,
    *,
    contrast: float = 1.0,
) -> None:
    """Scatter leaves over a puff: light at its top left, dark below, fewer at its rim."""
    base = 0.92 - 0.16 * centre[1] + float(rng.normal(0, 0.1))
    angles, reach = rng.uniform(0, 2 * np.pi, count), np.abs(rng.normal(0, 0.52, count))
    jitter = rng.normal(0, 0.2, count)
    sizes = rng.integers(1, 4, count)
    # The darkest are laid first, so that light leaves lie on top.
    shades = base + contrast * (jitter - 0.42 * np.minimum(reach, 1.2) * np.sin(angles))
    for k in np.argsort(shades).tolist():
        x = centre[0] + radius * reach[k] * math.cos(angles[k])
        y = centre[1] + radius * reach[k] * math.sin(angles[k])
        if max(abs(x), abs(y)) < 0.97:
            across, down = _pixel(x, y)
            _leaf(picture, across, down, int(sizes[k]), float(np.clip(shades[k], 0.12, 1.9)), rng)


def _leaf(
    picture: Picture, x: int, y: int, size: int, shade: float, rng: np.random.Generator
) -> None:
    warm = float(rng.normal(0, 0.07))
    colour = (shade * (1 + warm), shade, shade * (1 - warm), 1.0)
    cv2.circle(picture, (x, y), size, colour, -1)
