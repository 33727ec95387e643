"""The sky, and the dark line of far trees and roofs that hides the end of the ground."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.bodies.facets import Canvas
from roadfcn.scenes.description.camera import KITTI_FOCAL_PX, focal_length
from roadfcn.scenes.description.conditions import Light
from roadfcn.scenes.description.rays import HORIZON_M, Field, end_of_ground, last_backdrop_row
from roadfcn.scenes.description.scene import Relief
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.surfaces.textures import look_up_softly, noise

_OVERCAST_SUN = 0.1
_DISC_RAD = 0.012
"""The sun's radius as cameras show it: its own 0.0047, burnt out and blurred."""
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
    veiled = 1 - float(np.exp(-light.haze * HORIZON_M))
    glow = _glow(projection, (rows.stop, width), light)
    for plane, low, high, cloud, haze, tree in zip(
        canvas.colour[:, rows],
        light.sky_low,
        light.sky_high,
        light.cloud_colour,
        light.haze_colour,
        _FAR_TREES,
        strict=True,
    ):
        clear = np.float32(low) + np.float32(high - low) * rise
        clear += (np.float32(cloud) - clear) * cover
        if glow is not None:
            clear += glow
        seen = tree * light.brightness
        seen += (haze - seen) * veiled
        clear += (np.float32(seen) - clear) * trees
        plane[:] = clear


def _clouds(height_in_sky: Field, light: Light, variant: int) -> Field:
    """Give how much cloud there is at each pixel, 0..1, of a plane of clouds overhead."""
    # The nearer to the horizon, the flatter and smaller clouds look.
    flat = 1 / (height_in_sky + np.float32(0.18))
    half = height_in_sky.shape[1] / 2
    sideways = ((np.arange(height_in_sky.shape[1]) - half) / half).astype(np.float32)
    clouds = look_up_softly(
        noise(512, 512, 1.2, 71),
        flat * sideways * np.float32(90) + np.float32(variant % 509),
        np.asarray(flat * np.float32(70) + np.float32(variant // 509 % 521), np.float32),
    )
    thickness = np.float32(0.25 if light.sun < _OVERCAST_SUN else 0.6)
    cover: Field = np.clip(clouds * thickness + np.float32(light.cloud * 2 - 1), 0, 1)
    return cover


def towards_sun(light: Light) -> NDArray[np.float64]:
    """Give the unit vector to the sun in road coordinates (Y down)."""
    level = np.cos(light.elevation_rad)
    return np.array(
        [
            level * np.sin(light.azimuth_rad),
            -np.sin(light.elevation_rad),
            level * np.cos(light.azimuth_rad),
        ]
    )


def angle_from_sun(
    projection: NDArray[np.float64], size: tuple[int, int], light: Light, step: int
) -> Field | None:
    """Give the angle in radians between each `step`-th pixel and the sun; None if it is behind.

    It is 2 tan(angle / 2) to second order, measured in the picture from where the sun is seen.
    """
    sun = projection[:, :3] @ towards_sun(light)
    if sun[2] < 0.2:
        return None
    inverse = np.linalg.inv(projection[:, :3])
    u = np.arange(0, size[1], step)
    v = np.arange(0, size[0], step)
    rays = (
        inverse[:, 0, None, None] * u[None, None, :]
        + inverse[:, 1, None, None] * v[None, :, None]
        + inverse[:, 2, None, None]
    )
    cosine = np.tensordot(towards_sun(light), rays, 1) / np.sqrt(np.square(rays).sum(axis=0))
    return np.asarray(np.sqrt(np.maximum(2 - 2 * cosine, 0)), np.float32)


def _glow(projection: NDArray[np.float64], size: tuple[int, int], light: Light) -> Field | None:
    """Give the light of the sun's disc and of the bright sky around it, for each pixel."""
    step = 4
    angle = None if light.sun < _OVERCAST_SUN else angle_from_sun(projection, size, light, step)
    if angle is None:
        return None
    aureole = np.float32(0.25 * light.sun) / (1 + np.square(angle / np.float32(0.22)))
    disc = np.float32(2.5) * np.exp(-np.square(angle / np.float32(_DISC_RAD * 2)))
    return np.asarray(
        cv2.resize(aureole + disc, (size[1], size[0]), interpolation=cv2.INTER_LINEAR), np.float32
    )
