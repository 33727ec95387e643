"""Sun that dazzles: its light on the road, the veil around it, bloom around what is bright."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.conditions import Light
from roadfcn.scenes.light.lens import Picture
from roadfcn.scenes.light.sky import angle_from_sun

_STEP = 8
_WARM = np.array((1.0, 0.95, 0.86), np.float32)


def add_glare(picture: Picture, projection: NDArray[np.float64], light: Light) -> None:
    """Add the light that a lens and a windscreen scatter; nothing without glare.

    Args:
        picture: Changed in place.
        projection: 3,4 road coordinates to pixels.
        light: Its sun and glare.
    """
    if not light.glare:
        return
    height, width = picture.shape[:2]
    small_size = (-(-width // _STEP), -(-height // _STEP))
    small = cv2.resize(picture, small_size, interpolation=cv2.INTER_AREA)
    bright = np.maximum(small - np.float32(0.85), 0)
    added = cv2.GaussianBlur(bright, (0, 0), small_size[1] / 9) * np.float32(1.5 * light.glare)
    angle = angle_from_sun(projection, (height, width), light, _STEP)
    if angle is not None:
        veil = np.float32(0.55 * light.glare) / (1 + np.square(angle / np.float32(0.25)))
        added += veil[..., None] * _WARM
    picture += cv2.resize(added, (width, height), interpolation=cv2.INTER_LINEAR)


def glint(
    projection: NDArray[np.float64], rows: slice, width: int, light: Light, shine: float
) -> NDArray[np.float32] | None:
    """Give the sunlight that the ground throws at the camera, rows,W; None if there is none.

    Rough ground mirrors the sun into a pillar of light that is narrow across and long in the
    picture, and the stronger the lower the sun stands.

    Args:
        projection: 3,4 road coordinates to pixels.
        rows: Those with ground.
        width: Of the picture.
        light: Its sun.
        shine: How smooth the ground is, 0..1.
    """
    if light.sun < 0.1 or abs(light.azimuth_rad) > 1.2:
        return None
    # Straight beneath the sun, at the horizon's level.
    column, _, depth = projection[:, :3] @ (np.sin(light.azimuth_rad), 0, np.cos(light.azimuth_rad))
    low = np.exp(-light.elevation_rad / 0.22)
    strength = light.sun * low * (0.25 + 1.6 * shine)
    if strength < 0.02:
        return None
    focal = np.linalg.norm(projection[0, :3])
    off = (np.arange(width) - column / depth) / (focal * (0.22 - 0.12 * shine))
    down = np.arange(rows.stop - rows.start) / (focal * (0.12 + light.elevation_rad))
    pillar = np.exp(-np.square(off))[None, :] * (strength * np.exp(-down))[:, None]
    return np.asarray(pillar, np.float32)
