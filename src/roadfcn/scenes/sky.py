"""The sky, and the dark line of far trees and roofs that hides the end of the ground."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.camera import KITTI_FOCAL_PX, focal_length
from roadfcn.scenes.facets import Canvas
from roadfcn.scenes.rays import Field, end_of_ground, last_backdrop_row
from roadfcn.scenes.scene import Light, Relief
from roadfcn.scenes.street_class import StreetClass
from roadfcn.scenes.textures import noise

_ZENITH = (0.42, 0.60, 0.90)
_HORIZON = (0.86, 0.91, 0.97)
_CLOUD = (0.97, 0.97, 0.98)
_GREY_LOW, _GREY_HIGH = (0.88, 0.89, 0.91), (0.70, 0.72, 0.76)
_OVERCAST_SUN = 0.1
_FAR_TREES = (0.30, 0.36, 0.30)


def paint_sky(
    canvas: Canvas,
    projection: NDArray[np.float64],
    light: Light,
    relief: Relief,
    variant: int,
) -> None:
    """Fill a canvas with sky and backdrop, down to the last row that may hold no ground.

    Args:
        canvas: Changed in place.
        projection: 3,4 road coordinates to pixels.
        light: Clouds and overcast.
        relief: Where the ground ends.
        variant: Another number, other clouds.
    """
    height, width = canvas.state.shape
    scale = focal_length(projection) / KITTI_FOCAL_PX
    columns = np.arange(width)
    end = end_of_ground(projection, columns, relief)
    rows = slice(0, last_backdrop_row(projection, (height, width), relief))
    above_px = (end[None, :] - np.arange(rows.stop)[:, None]).astype(np.float32)
    # 1 is the upper rim of a full-size picture whose camera looks straight ahead.
    height_in_sky = np.maximum(above_px / np.float32(170 * scale), 0)
    cover = _clouds(height_in_sky, light, variant)
    rise = np.minimum(height_in_sky, 1)
    profile = noise(1, 1024, 0.8, 72)[0]
    places = (columns / scale).astype(np.intp) + variant
    skyline_px = (9 + 4 * profile[places % 1024]).clip(3)
    trees = np.clip((skyline_px * scale).astype(np.float32) - above_px + np.float32(0.5), 0, 1)
    canvas.street_class[rows] = np.where(trees < 0.5, StreetClass.SKY, StreetClass.TREE)
    is_overcast = light.sun < _OVERCAST_SUN
    low, high = (_GREY_LOW, _GREY_HIGH) if is_overcast else (_HORIZON, _ZENITH)
    for plane, low_part, high_part, cloud, tree in zip(
        canvas.colour[:, rows], low, high, _CLOUD, _FAR_TREES, strict=True
    ):
        clear = np.float32(low_part) + np.float32(high_part - low_part) * rise
        clear += (np.float32(cloud) - clear) * cover
        clear += (np.float32(tree) - clear) * trees
        plane[:] = clear


def _clouds(height_in_sky: Field, light: Light, variant: int) -> Field:
    """Give how much cloud there is at each pixel, 0..1, of a plane of clouds overhead."""
    # The nearer to the horizon, the flatter and smaller clouds look.
    flat = 1 / (height_in_sky + np.float32(0.18))
    half = height_in_sky.shape[1] / 2
    sideways = ((np.arange(height_in_sky.shape[1]) - half) / half).astype(np.float32)
    clouds = cv2.remap(
        noise(512, 512, 1.2, 71),
        flat * sideways * np.float32(90) + np.float32(variant % 509),
        flat * np.float32(70) + np.float32(variant // 509 % 521),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    thickness = np.float32(0.25 if light.sun < _OVERCAST_SUN else 0.6)
    cover: Field = np.clip(clouds * thickness + np.float32(light.cloud * 2 - 1), 0, 1)
    return cover
