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

Texture = NDArray[np.float32]
Pyramid = tuple[Texture, ...]

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


def look_up_softly(texture: Texture, across: Texture, down: Texture) -> Texture:
    """Read a soft tileable texture at pixels, every other one of them; the rest is interpolated.

    Args:
        texture: H,W.
        across: Rows,W texture columns, of any size: the texture repeats.
        down: Rows,W texture rows.
    """
    rows, columns = across.shape
    read = cv2.remap(
        texture,
        np.ascontiguousarray(across[::2, ::2]),
        np.ascontiguousarray(down[::2, ::2]),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    return np.asarray(cv2.resize(read, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)


def pyramid(texture: Texture) -> Pyramid:
    """Halve a texture by averaging until it is a few pixels."""
    levels = [np.ascontiguousarray(texture, np.float32)]
    while min(levels[-1].shape[:2]) >= 2 * _SMALLEST_LEVEL_PX:
        rows, columns = levels[-1].shape[:2]
        levels.append(
            cv2.resize(levels[-1], (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        )
    return tuple(levels)
