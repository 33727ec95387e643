"""Shadows on the ground: where the sun does not reach it, and the dark beneath things."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.camera import project
from roadfcn.scenes.conditions import Light
from roadfcn.scenes.objects import footprint
from roadfcn.scenes.scene import LEVEL, Obstacle, Relief

_NEAR_M = 0.6
_SUBPIXEL_BITS = 4
_LONGEST = 4.0
"""Shadows are cut at this multiple of the height; low suns would cover everything."""

_THIN = ("railing", "sign")

Points = NDArray[np.float64]


def cast_shadows(
    projection: NDArray[np.float64],
    size: tuple[int, int],
    obstacles: tuple[Obstacle, ...],
    light: Light,
    relief: Relief = LEVEL,
) -> NDArray[np.float32]:
    """Give the factor on the ground's brightness for each pixel, H,W float32 in 0..1."""
    shade = np.zeros(size, np.uint8)
    contact = np.zeros(size, np.uint8)
    for obstacle in obstacles:
        if light.sun > 0.05 and obstacle.kind not in _THIN:
            _fill(shade, projection, _laid_on(_shadow_outline(obstacle, light), relief))
        if obstacle.kind in ("car", "van", "lorry", "rider", "person"):
            _fill(contact, projection, footprint(obstacle))
    soft_px = max(0.5, size[0] / 375 * 1.2)
    shade = cv2.GaussianBlur(shade, (0, 0), soft_px)
    contact = cv2.GaussianBlur(contact, (0, 0), soft_px * 2)
    # Sky light still reaches a shadow; nearly nothing reaches the ground beneath a car.
    dark = shade * np.float32(light.sun * 0.85 / 255)
    beneath = contact * np.float32(0.75 / 255)
    factor: NDArray[np.float32] = (1 - dark) * (1 - beneath)
    return factor


def _shadow_outline(obstacle: Obstacle, light: Light) -> Points:
    """Give N,3 points on the ground around the shadow of an obstacle."""
    reach = min(_LONGEST, 1 / math.tan(light.elevation_rad))
    away = -reach * np.array([math.sin(light.azimuth_rad), 0.0, math.cos(light.azimuth_rad)])
    if obstacle.kind in ("tree", "conifer"):
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
    points = np.concatenate([base, base + away * obstacle.height_m])
    hull = cv2.convexHull(points[:, [0, 2]].astype(np.float32), returnPoints=False)
    around: Points = points[np.ravel(hull)]
    return around


def _laid_on(polygon: Points, relief: Relief) -> Points:
    """Give a polygon with its corners on the ground."""
    laid = polygon.copy()
    laid[:, 1] = [-relief.height(z_m) for z_m in polygon[:, 2]]
    return laid


def _fill(picture: NDArray[np.uint8], projection: NDArray[np.float64], polygon: Points) -> None:
    """Fill a convex ground polygon, cut at the near plane, with 255."""
    cut = _in_front(polygon)
    if len(cut) < 3:
        return
    seen = project(projection, cut)[:, :2]
    # Fixed-point coordinates must stay within OpenCV's 16 bits for shapes far outside.
    fixed = np.clip(seen, -20000, 20000) * 2**_SUBPIXEL_BITS
    cv2.fillConvexPoly(picture, np.rint(fixed).astype(np.int32), (255,), cv2.LINE_8, _SUBPIXEL_BITS)


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
