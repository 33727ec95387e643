"""The sky, and the dark line of far trees and roofs that hides the end of the ground."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.camera import FULL_SIZE
from roadfcn.scenes.rays import HORIZON_M, level_from_pixels
from roadfcn.scenes.scene import Light
from roadfcn.scenes.textures import noise

_ZENITH = (0.42, 0.60, 0.90)
_HORIZON = (0.86, 0.91, 0.97)
_CLOUD = (0.97, 0.97, 0.98)
_GREY = (0.80, 0.82, 0.85)
_FAR_TREES = (0.30, 0.36, 0.30)


def paint_sky(
    colour: NDArray[np.float32], projection: NDArray[np.float64], light: Light, variant: int
) -> None:
    """Fill H,W,3 with sky and backdrop, down to the last row that may hold no ground.

    Args:
        colour: Changed in place.
        projection: 3,4 road coordinates to pixels.
        light: Clouds and overcast.
        variant: Another number, other clouds.
    """
    height, width = colour.shape[:2]
    scale = height / FULL_SIZE[0]
    across, down, constant = level_from_pixels(projection, 0.0)[2]
    columns = np.arange(width)
    end_of_ground = (1 / HORIZON_M - constant - across * columns) / down
    rows = slice(0, int(np.clip(np.ceil(end_of_ground.max()) + 1, 1, height)))
    above_px = (end_of_ground[None, :] - np.arange(rows.stop)[:, None]).astype(np.float32)
    rise = np.clip(above_px / np.float32(170 * scale), 0, 1)
    overcast = np.float32(1 if light.sun < 0.1 else 0)
    clear = _mix(np.array(_HORIZON, np.float32), np.array(_ZENITH, np.float32), rise)
    clear = _mix(clear, np.array(_GREY, np.float32), overcast * np.float32(0.9))
    # Clouds lie in a plane overhead: the nearer to the horizon, the flatter.
    flat = 1 / (rise + np.float32(0.12))
    u = (columns[None, :].astype(np.float32) / width - np.float32(0.5)) * flat * 160 + variant % 997
    clouds = cv2.remap(
        noise(256, 256, 1.1, 71),
        u,
        flat * np.float32(55),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    cover = np.clip(clouds * np.float32(0.6) + np.float32(light.cloud * 2 - 1), 0, 1)
    clear = _mix(clear, np.array(_CLOUD, np.float32), cover * (1 - overcast * np.float32(0.6)))
    profile = noise(1, 1024, 0.8, 72)[0]
    at = (columns * 1242 // width + variant * 37) % 1024
    skyline_px = (9 + 4 * profile[at]).clip(3) * scale
    trees = np.clip(skyline_px[None, :].astype(np.float32) - above_px + np.float32(0.5), 0, 1)
    colour[rows] = _mix(clear, np.array(_FAR_TREES, np.float32), trees)


def _mix(
    first: NDArray[np.float32], second: NDArray[np.float32], share: NDArray[np.float32] | np.float32
) -> NDArray[np.float32]:
    weight = np.asarray(share)[..., None]
    mixed: NDArray[np.float32] = first + (second - first) * weight
    return mixed
