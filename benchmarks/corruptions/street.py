"""How far away things are in a picture of a street, guessed from where they are in it.

Nothing but the picture's size is known, so it is taken for a view along a straight street between
two rows of houses or trees: a flat road below, fronts at both sides. A ray at
x = (column - middle) / f and y = (row - horizon) / f meets the road at Z = height / y and a front
at Z = distance / |x|, whichever is nearer; and as nothing is taller than so many metres above the
camera, what is seen above the horizon is no farther than that / |y|. What stands in the street is
not known and taken for what is behind it. The sky, infinitely far, is where the picture is bright.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corruptions.light import LUMA, Light, sky_light

FIELD_OF_VIEW = 65.0
"""Degrees from left to right: between a dash camera's 50 to 60 and KITTI's 81."""
HORIZON = 0.47
"""Row of the horizon, as a share of the height: that of KITTI's camera."""
CAMERA_M, FRONTS_M, TALL_M = 1.5, 9.0, 12.0
"""Height of the camera, distance of the fronts to the side, and their height above the camera."""
_FARTHEST_M = 1000.0
_NO_SKY, _SKY = 0.35, 0.75  # of the sky's light


def focal_length(width: int) -> float:
    """Give the focal length in pixels: width / (2 tan(field of view / 2))."""
    return width / (2 * math.tan(math.radians(FIELD_OF_VIEW / 2)))


@lru_cache(maxsize=8)
def rays(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give where each pixel's ray goes, per metre ahead: 1,W to the right and H,1 down."""
    across = (np.arange(width) - (width - 1) / 2) / focal_length(width)
    down = (np.arange(height) - HORIZON * height) / focal_length(width)
    return across.astype(np.float32)[None, :], down.astype(np.float32)[:, None]


@lru_cache(maxsize=8)
def depth(height: int, width: int) -> NDArray[np.float32]:
    """Give the metres along the road to what each pixel shows: H,W float32, sky left aside."""
    across, down = rays(height, width)
    with np.errstate(divide="ignore"):
        middle = np.where(down > 0, CAMERA_M, TALL_M) / np.abs(down)
        front = FRONTS_M / np.abs(across)
    result = np.minimum(np.minimum(middle, front), _FARTHEST_M).astype(np.float32)
    result.flags.writeable = False
    return result


def sky_share(light: Light) -> NDArray[np.float32]:
    """Guess how much of each pixel is sky, from its light and place: H,W float32, 0 to 1.

    Nothing below the horizon is; above, what has a third of the sky's light or less is not, and
    what has three quarters or more is, with a smooth step between.
    """
    step = np.clip((light @ LUMA / max(sky_light(light), 1e-6) - _NO_SKY) / (_SKY - _NO_SKY), 0, 1)
    step = step * step * (3 - 2 * step)
    return np.where(rays(*light.shape[:2])[1] < 0, step, 0).astype(np.float32)
