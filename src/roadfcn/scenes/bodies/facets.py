"""Flat convex pieces in space, painted into a picture with a depth buffer.

Visibility is exact at pixel centres: a facet covers a pixel if its polygon holds the centre, and
is seen if nothing nearer does. The colour at the rim is blended by the part of the pixel that is
covered; the truth is never blended.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.camera import (
    linear_field,
    linear_fields,
    plane_from_pixels,
    project,
)
from roadfcn.scenes.description.scene import Colour, State
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.surfaces.textures import Pyramid

_NEAR_M = 0.5
_FARTHEST = np.float32(1e-4)
_SMALLEST_AREA_PX = 1e-3
_NOT_ROAD = np.uint8(State.NOT_ROAD)
_SAME_PLANE = 0.997
"""A facet up to 0.3 % behind what is there wins: windows lie in the plane of their wall."""


@dataclass(frozen=True, eq=False)
class Facet:
    """A convex polygon; seen only from the side on which its corners run counter-clockwise.

    Args:
        corners: N,3 road-frame metres, float64. For a textured facet four, from bottom left:
            the first edge is the texture's width, the last one its height.
        colour: Mean colour, multiplied with the texture.
        texture: A pyramid with 3 channels, or 4 with opacity.
        repeat: How often the texture fits along width and height.
        glow: Whether the sun's direction leaves its brightness as it is (lamps, signs, leaves).
        street_class: What it is part of.
    """

    corners: NDArray[np.float64]
    colour: Colour
    texture: Pyramid | None = None
    repeat: tuple[float, float] = (1.0, 1.0)
    glow: bool = False
    street_class: StreetClass = StreetClass.UNKNOWN

    def normal(self) -> NDArray[np.float64]:
        """Give the unit vector that points to where the facet is seen from."""
        ax, ay, az = (self.corners[1] - self.corners[0]).tolist()
        bx, by, bz = (self.corners[-1] - self.corners[0]).tolist()
        # Written out: for single vectors numpy.cross costs ten times as much.
        outward = (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
        length = math.hypot(*outward) or 1.0
        return np.array(outward) / length


@dataclass(frozen=True, eq=False)
class Canvas:
    """A picture in the making.

    Args:
        colour: 3,H,W float32 RGB; planes, because numpy is slow at inner loops of length 3.
        inverse_depth: H,W float32, 1/m; 0 is the sky.
        state: H,W uint8 of `State`.
        lane: H,W bool, the visible own lane.
        street_class: H,W uint8 of `StreetClass`.
    """

    colour: NDArray[np.float32]
    inverse_depth: NDArray[np.float32]
    state: NDArray[np.uint8]
    lane: NDArray[np.bool_]
    street_class: NDArray[np.uint8]


def paint_facet(
    canvas: Canvas, projection: NDArray[np.float64], facet: Facet, light: Colour
) -> None:
    """Paint a facet where it is the nearest surface; it is not road.

    Args:
        canvas: Changed in place.
        projection: 3,4 road coordinates to pixels.
        facet: What to paint.
        light: Factors on the facet's colour.
    """
    seen = project(projection, facet.corners)
    if seen[:, 2].min() < _NEAR_M:
        return
    u, v = seen[:, 0].tolist(), seen[:, 1].tolist()
    height, width = canvas.state.shape
    rows = slice(max(0, math.floor(min(v))), min(height, math.ceil(max(v)) + 1))
    columns = slice(max(0, math.floor(min(u))), min(width, math.ceil(max(u)) + 1))
    if rows.start >= rows.stop or columns.start >= columns.stop or not _faces_camera(u, v):
        return
    origin, axis_a, axis_b = (
        facet.corners[0],
        facet.corners[1] - facet.corners[0],
        facet.corners[-1] - facet.corners[0],
    )
    plane = plane_from_pixels(projection, origin, axis_a, axis_b)
    # Outside the polygon, but inside its window, the plane may run to the horizon and beyond.
    nearness = np.maximum(linear_field(plane[2], rows, columns), _FARTHEST)
    opacity = _coverage(u, v, rows, columns)
    is_seen = nearness > canvas.inverse_depth[rows, columns] * _SAME_PLANE
    np.copyto(opacity, 0, where=~is_seen)
    if not opacity.any():
        return
    lit = [part * factor for part, factor in zip(facet.colour, light, strict=True)]
    texels: Sequence[NDArray[np.float32]] = ()
    if facet.texture is not None:
        texels = _texels(facet.texture, facet.repeat, plane, nearness, rows, columns)
        if len(texels) == 4:
            opacity *= texels[3]
    for k, target in enumerate(canvas.colour[:, rows, columns]):
        tone = np.float32(lit[k])
        step = texels[k] if texels else np.subtract(tone, target)
        if texels:
            step *= tone
            step -= target
        step *= opacity
        target += step
    hides = opacity >= 0.5
    np.copyto(canvas.inverse_depth[rows, columns], nearness, where=hides)
    np.copyto(canvas.state[rows, columns], _NOT_ROAD, where=hides)
    np.copyto(canvas.lane[rows, columns], False, where=hides)
    np.copyto(canvas.street_class[rows, columns], np.uint8(facet.street_class), where=hides)


def _faces_camera(u: list[float], v: list[float]) -> bool:
    """Tell whether corners run counter-clockwise in the picture (v points down)."""
    doubled_area = sum(u[k - 1] * v[k] - u[k] * v[k - 1] for k in range(len(u)))
    return doubled_area < -_SMALLEST_AREA_PX


def _coverage(u: list[float], v: list[float], rows: slice, columns: slice) -> NDArray[np.float32]:
    """Give the covered part of each pixel of a window: distance to the nearest edge plus 1/2."""
    edges = []
    for start in range(len(u)):
        end = (start + 1) % len(u)
        du, dv = u[end] - u[start], v[end] - v[start]
        length = math.hypot(du, dv)
        if length < 1e-9:
            continue
        across, down = dv / length, -du / length
        inside = 0.5 - across * u[start] - down * v[start]
        nearest = (columns.start if across > 0 else columns.stop - 1) * across
        nearest += (rows.start if down > 0 else rows.stop - 1) * down
        if nearest + inside < 1:  # else the edge is outside of the window
            edges.append((across, down, inside))
    coverage = np.ones((rows.stop - rows.start, columns.stop - columns.start), np.float32)
    if edges:
        for distance in linear_fields(np.array(edges), rows, columns):
            np.minimum(coverage, distance, out=coverage)
    return np.maximum(coverage, 0, out=coverage)


def _texels(
    pyramid: Pyramid,
    repeat: tuple[float, float],
    plane: NDArray[np.float64],
    nearness: NDArray[np.float32],
    rows: slice,
    columns: slice,
) -> Sequence[NDArray[np.float32]]:
    """Read a texture for a window, at the level whose pixels match the picture's.

    Returns:
        3 or 4 channels of rows,columns float32.
    """
    distance = 1 / nearness
    # In pixels of the finest level, from its left and its top.
    height, width = pyramid[0].shape[:2]
    along_axes = np.array(
        [plane[0] * repeat[0] * width, (plane[2] - plane[1]) * repeat[1] * height]
    )
    across, down = linear_fields(along_axes, rows, columns)
    across *= distance
    down *= distance
    step = max(_mean_step(across), _mean_step(down), 1.0)
    level = round(min(float(np.log2(step)), len(pyramid) - 1))
    texture = pyramid[level]
    for field, finest, size in zip(
        (across, down), (width, height), texture.shape[1::-1], strict=True
    ):
        if level:
            field *= np.float32(size / finest)
        field -= np.float32(0.5)
    texels = cv2.remap(
        texture,
        across,
        down,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE if repeat == (1.0, 1.0) else cv2.BORDER_WRAP,
    )
    return [np.asarray(channel, np.float32) for channel in cv2.split(texels)]


def _mean_step(field: NDArray[np.float32]) -> float:
    """Give the larger of the mean steps between neighbours, along a row and along a column.

    A window one pixel wide or high takes the coarsest level.
    """
    rows, columns = field.shape
    if min(rows, columns) == 1:
        return float(np.inf)
    row, column = field[rows // 2], field[:, columns // 2]
    return max(abs(float(line[-1] - line[0])) / (len(line) - 1) for line in (row, column))
