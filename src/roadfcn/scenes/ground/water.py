"""Water on the ground: where it stands, how it darkens the ground, and what it mirrors."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.bodies.facets import Canvas
from roadfcn.scenes.description.rays import Field, Hit
from roadfcn.scenes.description.scene import Road, Scene
from roadfcn.scenes.surfaces.textures import look_up_softly, noise

_POOL_PX, _POOL_M = 256, 16.0
_WET_DARKER = np.float32(0.42)
"""Wet asphalt reflects some 0.6 of what dry asphalt does."""
_FILM_MIRRORS = 0.4
"""A film on rough ground scatters; a pool mirrors."""
_CAMERA_HEIGHT_M = np.float32(1.4)
_WATER = np.float32(0.02)
"""Reflectance of water seen from above."""


@dataclass(frozen=True, eq=False)
class Water:
    """Water on the rows of a picture that hold ground.

    Args:
        mirror: Rows,W float32, how much of a mirror it is, 0..1.
        darker: Rows,W float32, the factor on the ground's brightness.
    """

    mirror: Field
    darker: Field


def find_water(hit: Hit, flat: NDArray[np.bool_], scene: Scene) -> Water | None:
    """Give the water on the road's level; None if all is dry.

    Args:
        hit: Where that level is met.
        flat: Rows,W, whether the ground is such that puddles stand on it.
        scene: Its rain and puddles.
    """
    film, share = scene.light.wet, scene.wear.puddles
    if film == 0 and share == 0:
        return None
    per_m = np.float32(_POOL_PX / _POOL_M)
    level = look_up_softly(
        noise(_POOL_PX, _POOL_PX, 1.1, 51),
        hit.s_m * per_m + np.float32(scene.wear.phase % 241),
        hit.z_m * (per_m * np.float32(0.5)),
    )
    level += _gutters(hit.s_m, scene.road)
    # Rain fills what wear has left low.
    low_ground = np.float32(2.3 - 5 * max(share, 0.12 * film))
    pool = np.clip((level - low_ground) * np.float32(5), 0, 1)
    damp = np.clip((level - low_ground) * np.float32(1.5) + np.float32(1 + film), 0, 1)
    damp = np.maximum((damp if share else pool) * flat, np.float32(film))
    mirror = (pool + (1 - pool) * np.float32(_FILM_MIRRORS * film)) * flat
    return Water(np.asarray(mirror, np.float32), 1 - _WET_DARKER * damp)


def mirror_above(canvas: Canvas, ground: Field, water: Water) -> None:
    """Mirror in the water what stands above it in the picture.

    In level water an upright thing is seen upside down below its foot. The foot is where the
    ground ends in the same column of the picture, so the picture itself holds all that is needed.

    Args:
        canvas: Complete but for the lens; changed in place.
        ground: Rows,W inverse depth of the ground alone, of the lowest rows.
        water: On these rows.
    """
    height, width = canvas.state.shape
    first = height - ground.shape[0]
    seen = (canvas.inverse_depth[first:] == ground) & (ground > 0)
    # Half of the resolution is enough for what is blurred anyway.
    rows = np.arange(first, height, 2, dtype=np.float32)[:, None]
    foot = np.maximum.accumulate(np.where(seen[::2, ::2], np.float32(first - 1), rows), axis=0)
    ripple = np.tile(noise(64, 64, 0.3, 53), (len(rows) // 64 + 1, foot.shape[1] // 64 + 1))
    from_row = 2 * foot - rows + (rows - foot) * 0.06 * ripple[: len(rows), : foot.shape[1]]
    columns = np.broadcast_to(np.arange(0, width, 2, dtype=np.float32), foot.shape)
    sine = np.minimum(_CAMERA_HEIGHT_M * ground, 1)
    # Schlick's approximation of Fresnel's law.
    share = _WATER + (1 - _WATER) * (1 - sine) ** 5
    share *= water.mirror
    share *= seen
    tall = 2 * max(1, height // 60) + 1
    for plane in canvas.colour:
        small = cv2.remap(
            plane, np.ascontiguousarray(columns), np.maximum(from_row, 0), cv2.INTER_LINEAR
        )
        small = cv2.blur(small, (1, tall))
        mirrored = cv2.resize(small, (width, height - first), interpolation=cv2.INTER_LINEAR)
        mirrored -= plane[first:]
        mirrored *= share
        plane[first:] += mirrored


def _gutters(s_m: Field, road: Road) -> Field:
    """Give how much lower the ground lies at the road's edges, where water gathers."""
    middle = np.float32((road.left_m + road.right_m) / 2)
    half = np.float32((road.right_m - road.left_m) / 2)
    inward = half - np.abs(s_m - middle)
    lower: NDArray[np.float32] = np.exp(-np.abs(inward - np.float32(0.2)) * 2)
    return lower
