"""Tileable textures, made once per process from fixed seeds.

All are float32 factors or colours in 0..1 and wrap around at their edges. A texture comes as a
pyramid: level k has half the pixels per side of level k - 1, so that a far surface is read from a
level without detail below its pixels, and does not flicker.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.scene import Material

Texture = NDArray[np.float32]
Pyramid = tuple[Texture, ...]

TILE_PX = 256
TILE_M = 3.0
"""Side of the ground tiles in the atlas."""

_SMALLEST_LEVEL_PX = 4


@lru_cache(maxsize=64)
def noise(height: int, width: int, roughness: float, seed: int) -> Texture:
    """Give tileable noise of mean 0 and standard deviation 1, height,width float32.

    Args:
        height: Pixels.
        width: Pixels.
        roughness: Amplitude falls with spatial frequency to this power: 0 is white noise,
            1 clouds, 1.5 soft hills.
        seed: Another seed, another pattern.
    """
    white = np.random.default_rng([seed, height, width]).standard_normal((height, width))
    across = np.fft.rfftfreq(width)[None, :]
    down = np.fft.fftfreq(height)[:, None]
    frequency = np.hypot(across, down)
    frequency[0, 0] = np.inf
    # The mean has infinite frequency, hence amplitude zero (for white noise too, by the product).
    amplitude = frequency**-roughness * np.isfinite(frequency)
    field = np.fft.irfft2(np.fft.rfft2(white) * amplitude, s=(height, width))
    return np.asarray(field / field.std(), np.float32)


def pyramid(texture: Texture) -> Pyramid:
    """Halve a texture by averaging until it is a few pixels."""
    levels = [np.ascontiguousarray(texture, np.float32)]
    while min(levels[-1].shape[:2]) >= 2 * _SMALLEST_LEVEL_PX:
        rows, columns = levels[-1].shape[:2]
        levels.append(
            cv2.resize(levels[-1], (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        )
    return tuple(levels)


@lru_cache(maxsize=1)
def ground_atlas() -> Texture:
    """Give one tile per `Material`, below one another, as brightness factors around 1.

    One array for all, so that the ground is textured by a single look-up for every pixel.
    """
    grain = noise(TILE_PX, TILE_PX, 0.15, 1)
    soft = noise(TILE_PX, TILE_PX, 0.9, 2)
    tiles = {
        Material.ASPHALT: 1 + 0.13 * grain + 0.03 * soft,
        Material.SLABS: _paving(6, 6, joint_px=1, contrast=0.05) + 0.05 * grain,
        Material.COBBLES: _paving(24, 16, joint_px=1, contrast=0.12) + 0.07 * grain,
        Material.GRASS: 1 + 0.22 * noise(TILE_PX, TILE_PX, 0.55, 3) + 0.1 * soft,
        Material.GRAVEL: 1 + 0.18 * noise(TILE_PX, TILE_PX, 0.3, 4) + 0.06 * soft,
        Material.KERB: _paving(3, 3, joint_px=1, contrast=0.04) + 0.05 * grain,
    }
    atlas = np.concatenate([tiles[material] for material in sorted(tiles)])
    return np.asarray(np.clip(atlas, 0.3, 1.8), np.float32)


def _paving(rows: int, columns: int, *, joint_px: int, contrast: float) -> Texture:
    """Lay rows of stones in running bond: each its own brightness, dark joints between."""
    shades = np.random.default_rng([rows, columns]).normal(1, contrast, (rows, columns))
    y, x = np.indices((TILE_PX, TILE_PX))
    row = y * rows // TILE_PX
    shifted = x + (row % 2) * TILE_PX // (2 * columns)
    column = (shifted * columns // TILE_PX) % columns
    paving = shades[row, column]
    joints = ((y * rows) % TILE_PX < joint_px * rows) | (
        (shifted * columns) % TILE_PX < joint_px * columns
    )
    paving[joints] = 0.72
    return np.asarray(paving, np.float32)


@lru_cache(maxsize=16)
def facade(variant: int) -> Pyramid:
    """Give one window bay of a house, 64,64,3: wall white, window dark with frame and sill."""
    rng = np.random.default_rng([variant, 11])
    bay = np.ones((64, 64, 3), np.float32) * (1 + 0.05 * noise(64, 64, 0.4, 12)[..., None])
    left, right = int(rng.integers(12, 20)), int(rng.integers(44, 52))
    top, bottom = int(rng.integers(12, 18)), int(rng.integers(44, 54))
    frame = float(rng.choice([0.55, 1.25]))
    cv2.rectangle(bay, (left - 2, top - 2), (right + 2, bottom + 2), (frame,) * 3, -1)
    glass = np.linspace(0.62, 0.22, bottom - top + 1, dtype=np.float32)[:, None, None]
    bay[top : bottom + 1, left : right + 1] = glass * np.array([0.8, 0.95, 1.1], np.float32)
    middle = (left + right) // 2
    if variant % 2:
        cv2.line(bay, (middle, top), (middle, bottom), (frame,) * 3, 2)
    if variant % 3 == 0:
        blind = top + int(rng.integers(4, 16))
        bay[top:blind, left : right + 1] = 0.8
    cv2.rectangle(bay, (left - 3, bottom + 2), (right + 3, bottom + 3), (0.7,) * 3, -1)
    return pyramid(np.clip(bay, 0, 1.3))


@lru_cache(maxsize=1)
def brick() -> Pyramid:
    """Give a piece of brick or stone wall, 256,256,3."""
    wall = _paving(16, 6, joint_px=2, contrast=0.12)
    wall = wall + 0.06 * noise(TILE_PX, TILE_PX, 0.6, 21)
    return pyramid(np.repeat(wall[..., None], 3, axis=2))


@lru_cache(maxsize=4)
def leaves(variant: int) -> Pyramid:
    """Give foliage without holes (hedges), 256,256,3 brightness factors."""
    clumps = noise(TILE_PX, TILE_PX, 0.7, 31 + variant)
    shade = np.clip(1 + 0.34 * clumps, 0.25, 2.0)
    return pyramid(shade[..., None] * np.array([0.95, 1.0, 0.85], np.float32))
