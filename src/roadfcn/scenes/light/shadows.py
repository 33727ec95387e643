"""Shadows on the ground: where the sun does not reach it, and the dark beneath things."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.camera import project
from roadfcn.scenes.description.conditions import Light
from roadfcn.scenes.description.rays import Hit
from roadfcn.scenes.description.scene import LEVEL, Obstacle, Relief
from roadfcn.scenes.surfaces.textures import look_up_softly, noise
from roadfcn.scenes.things.objects import footprint

_NEAR_M = 0.6
_SUBPIXEL_BITS = 4
_LONGEST = 4.0
"""Shadows are cut at this multiple of the height; low suns would cover everything."""

_THIN = (
    "railing",
    "guard rail",
    "sign",
    "board",
    "street name",
    "bus stop",
    "gantry",
    "umbrella",
    "works barrier",
)
_CROWNED = ("tree", "conifer", "bare tree")
_SPANS = ("bridge",)
_DARK_BENEATH = (
    "car",
    "van",
    "lorry",
    "bus",
    "rider",
    "motorcycle",
    "bicycle",
    "person",
    "umbrella",
)
_TALL_M = 2.8
_DECK = 0.7
"""Where a bridge begins, as a share of its height."""
_BY_WALLS = 150
"""Of 255: a wall takes half of the sky from its foot, a car nearly all."""
_LEAST_SUN = 0.05
_GAPS_PER_M = np.float32(256 / 9.0)

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shadow:
    """The ground that an obstacle keeps from the sun.

    Args:
        obstacle: What throws it.
        outline: N,3 road-frame points around it, on level ground.
    """

    obstacle: Obstacle
    outline: Points


def throw_shadows(obstacles: Iterable[Obstacle], light: Light) -> tuple[Shadow, ...]:
    """Give the shadows of obstacles in the sun; none if there is no sun."""
    if light.sun <= _LEAST_SUN:
        return ()
    return tuple(
        Shadow(one, _shadow_outline(one, light)) for one in obstacles if one.kind not in _THIN
    )


def cast_shadows(
    projection: NDArray[np.float64],
    size: tuple[int, int],
    obstacles: tuple[Obstacle, ...],
    shadows: tuple[Shadow, ...],
    light: Light,
    relief: Relief = LEVEL,
    ground: Hit | None = None,
) -> NDArray[np.float32]:
    """Give the factor on the ground's brightness for each pixel, H,W float32 in 0..1.

    Args:
        projection: 3,4 road coordinates to pixels.
        size: Height and width of the picture.
        obstacles: What stands in view: it is dark beneath cars and people.
        shadows: Of these, and of what is out of view.
        light: Its sun, softness and dapple.
        relief: Of the ground.
        ground: Where the lowest rows of the picture meet the ground; None leaves the shade of
            trees unbroken.
    """
    shade = np.zeros(size, np.uint8)
    crowns = np.zeros(size, np.uint8)
    contact = np.zeros(size, np.uint8)
    for shadow in shadows:
        target = crowns if shadow.obstacle.kind in _CROWNED else shade
        _fill(target, projection, _laid_on(shadow.outline, relief))
    for obstacle in obstacles:
        if obstacle.kind not in (*_THIN, *_CROWNED, *_DARK_BENEATH):
            _fill(contact, projection, footprint(obstacle), _BY_WALLS)
    for obstacle in obstacles:
        if obstacle.kind in _DARK_BENEATH:
            _fill(contact, projection, footprint(obstacle))
    if light.dapple and ground is not None and crowns.any():
        _let_sun_through(crowns, ground, light.dapple)
    # Where the picture shows no ground there is nothing to darken.
    rows = slice(0 if ground is None else size[0] - len(ground.x_m), None)
    scale = size[0] / 375
    shade = cv2.GaussianBlur(
        np.maximum(shade[rows], crowns[rows]), (0, 0), max(0.5, 1.2 * scale * light.softness)
    )
    contact = cv2.GaussianBlur(contact[rows], (0, 0), max(1.0, 2.4 * scale))
    # Sky light still reaches a shadow; nearly nothing reaches the ground beneath a car.
    steps = np.arange(256, dtype=np.float32) / 255
    factor = np.ones(size, np.float32)
    factor[rows] = cv2.LUT(shade, 1 - steps * np.float32(light.sun * 0.85))
    factor[rows] *= cv2.LUT(contact, 1 - steps * np.float32(0.75))
    return factor


def find_shaded(obstacles: tuple[Obstacle, ...], shadows: tuple[Shadow, ...]) -> set[int]:
    """Give the indices of the cars and people that stand in the shadow of something taller."""
    tall = [
        (shadow.obstacle, cv2.convexHull(shadow.outline[:, [0, 2]].astype(np.float32)))
        for shadow in shadows
        if shadow.obstacle.height_m > _TALL_M
    ]
    return {
        index
        for index, one in enumerate(obstacles)
        if one.kind in _DARK_BENEATH
        and any(
            other is not one and cv2.pointPolygonTest(hull, (one.x_m, one.z_m), False) > 0
            for other, hull in tall
        )
    }


def _let_sun_through(crowns: NDArray[np.uint8], ground: Hit, dapple: float) -> None:
    """Punch the spots of sun into the shade of trees that one sees where leaves leave gaps."""
    first = len(crowns) - len(ground.x_m)
    rows = slice(first, None)
    gaps = look_up_softly(
        noise(256, 256, 0.75, 14), ground.x_m * _GAPS_PER_M, ground.z_m * _GAPS_PER_M
    )
    open_share = np.clip((gaps - np.float32(1.2 - 2 * dapple)) * 3, 0, 1)
    crowns[rows] = (crowns[rows] * (1 - np.float32(0.85) * open_share)).astype(np.uint8)


def _shadow_outline(obstacle: Obstacle, light: Light) -> Points:
    """Give N,3 points on the ground around the shadow of an obstacle."""
    reach = min(_LONGEST, 1 / math.tan(light.elevation_rad))
    away = -reach * np.array([math.sin(light.azimuth_rad), 0.0, math.cos(light.azimuth_rad)])
    if obstacle.kind in _CROWNED:
        angles = np.arange(16) * (2 * math.pi / 16)
        centre = np.array([obstacle.x_m, 0.0, obstacle.z_m]) + away * obstacle.height_m * 0.6
        radius = obstacle.width_m * 0.45
        outline: Points = centre + np.column_stack(
            [
                radius * np.cos(angles),
                np.zeros(16),
                radius * (0.6 + 0.4 * reach) * np.sin(angles),
            ]
        )
        return outline
    base = footprint(obstacle)
    base[:, 1] = 0
    lifted = base + away * obstacle.height_m * _DECK if obstacle.kind in _SPANS else base
    points = np.concatenate([lifted, base + away * obstacle.height_m])
    hull = cv2.convexHull(points[:, [0, 2]].astype(np.float32), returnPoints=False)
    around: Points = points[np.ravel(hull)]
    return around


def _laid_on(polygon: Points, relief: Relief) -> Points:
    """Give a polygon with its corners on the ground."""
    laid = polygon.copy()
    laid[:, 1] = [-relief.height(z_m) for z_m in polygon[:, 2]]
    return laid


def _fill(
    picture: NDArray[np.uint8],
    projection: NDArray[np.float64],
    polygon: Points,
    value: int = 255,
) -> None:
    """Fill a convex ground polygon, cut at the near plane."""
    cut = _in_front(polygon)
    if len(cut) < 3:
        return
    seen = project(projection, cut)[:, :2]
    # Fixed-point coordinates must stay within OpenCV's 16 bits for shapes far outside.
    fixed = np.clip(seen, -20000, 20000) * 2**_SUBPIXEL_BITS
    cv2.fillConvexPoly(
        picture, np.rint(fixed).astype(np.int32), (value,), cv2.LINE_8, _SUBPIXEL_BITS
    )


def _in_front(polygon: Points) -> Points:
    """Cut off what lies nearer than `_NEAR_M` (Sutherland-Hodgman, one edge)."""
    kept = []
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if start[2] >= _NEAR_M:
            kept.append(start)
        if (start[2] >= _NEAR_M) != (end[2] >= _NEAR_M):
            share = (_NEAR_M - start[2]) / (end[2] - start[2])
            kept.append(start + share * (end - start))
    return np.array(kept)
