"""From a picture's values to amounts of light and back: air, lens and sensor act upon light.

What a camera's own tone curve did before is not known; sRGB's is taken for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""H,W,3 uint8 RGB."""
Light = NDArray[np.float32]
"""H,W,3 float32 RGB, linear; 1 is the brightest that the sensor tells from brighter."""

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Luminance of linear RGB with sRGB's primaries (ITU-R BT.709)."""


def _decode() -> NDArray[np.float32]:
    value = np.arange(256) / 255
    steep = ((value + 0.055) / 1.055) ** 2.4
    return np.where(value <= 0.04045, value / 12.92, steep).astype(np.float32)


_LIGHT = _decode()


def to_light(image: Image) -> Light:
    """Undo sRGB's curve (IEC 61966-2-1): v / 12.92 up to 0.04045, or ((v + 0.055) / 1.055)^2.4."""
    return _LIGHT[image]


def to_picture(light: Light) -> Image:
    """Apply sRGB's curve, and clip what is brighter than white."""
    clipped = np.clip(light, 0, 1)
    steep = 1.055 * clipped ** np.float32(1 / 2.4) - 0.055
    value = np.where(clipped <= 0.0031308, 12.92 * clipped, steep)
    return np.floor(255 * value + 0.5).astype(np.uint8)


def sky_light(light: Light) -> float:
    """Guess the light of the sky: what all but 5 % of the upper half's pixels are darker than."""
    upper = light[: max(1, len(light) // 2)]
    return float(np.quantile(upper @ LUMA, 0.95))
