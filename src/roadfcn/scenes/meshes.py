"""Shapes of many small faces painted into a picture: each face its own shade, rims smooth.

A shape's faces are filled from far to near in a window of its own with several samples per pixel,
and the window is then blended into the picture wherever the shape is the nearest surface and
covers at least half of a pixel; a face's depth is that of its nearest corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.conditions import Light
from roadfcn.scenes.facets import Canvas
from roadfcn.scenes.scene import Colour, State
from roadfcn.scenes.shapes import Shape
from roadfcn.scenes.solids import Place
from roadfcn.scenes.street_class import StreetClass

_NEAR_M = 0.5
_SAME_PLANE = 0.995
_SUBPIXEL_BITS = 4
_FARTHEST_PX = 1500.0
_SCALE = 170.0
"""Colours are kept as bytes in between; this stands for 1.0, so that glints have room."""

_SKY, _HORIZON, _STREET = (
    np.array(colour, np.float32)
    for colour in ((0.62, 0.74, 0.92), (0.95, 0.96, 0.98), (0.24, 0.235, 0.23))
)


@dataclass(frozen=True, eq=False)
class Mesh:
    """A shape that stands somewhere.

    Args:
        place: Where its origin is and its forward axis points.
        shape: What it looks like.
        colour: Of its painted faces.
        street_class: Of the faces without a class of their own.
        scale: Factors on right, up and forward.
    """

    place: Place
    shape: Shape
    colour: Colour
    street_class: StreetClass = StreetClass.UNKNOWN
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)


def paint_mesh(
    canvas: Canvas,
    projection: NDArray[np.float64],
    mesh: Mesh,
    light: Light,
    towards_sun: NDArray[np.float64],
) -> None:
    """Paint a shape where it is the nearest surface; it is not road.

    Args:
        canvas: Changed in place.
        projection: 3,4 road coordinates to pixels.
        mesh: What to paint.
        light: Sun and sky.
        towards_sun: Unit vector in road coordinates.
    """
    shape = mesh.shape
    points = mesh.place.points(shape.vertices * np.array(mesh.scale))
    seen = points @ projection[:, :3].T + projection[:, 3]
    depth = seen[:, 2]
    ahead = depth >= _NEAR_M
    if not ahead.any():
        return
    pixels = seen[:, :2] / np.where(ahead, depth, _NEAR_M)[:, None]
    height, width = canvas.state.shape
    corners = pixels[shape.faces]
    one, two = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    low, high = corners.min(axis=1), corners.max(axis=1)
    # Counter-clockwise in the picture (v points down), all in front of the lens, in the picture.
    kept = (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] < 0) & ahead[shape.faces].all(axis=1)
    kept &= (high > -0.5).all(axis=1) & (low[:, 0] < width) & (low[:, 1] < height)
    kept &= (high - low < _FARTHEST_PX).all(axis=1)
    if not kept.any():
        return
    inverse = 1 / depth[shape.faces[kept]]
    order = np.lexsort((inverse.mean(axis=1), shape.layer[kept]))
    chosen, nearness = np.flatnonzero(kept)[order], inverse.max(axis=1)[order].astype(np.float32)
    lower, upper = low[chosen].min(axis=0), high[chosen].max(axis=0)
    rows = slice(max(0, math.floor(lower[1])), min(height, math.ceil(upper[1]) + 1))
    columns = slice(max(0, math.floor(lower[0])), min(width, math.ceil(upper[0]) + 1))
    nearest_possible = nearness.max()
    if nearest_possible <= canvas.inverse_depth[rows, columns].min():
        return
    shades = _shades(mesh, points, chosen, projection, light, towards_sun)
    outlines = corners[chosen] - (columns.start, rows.start)
    colour, opacity, number = _fill(outlines, shades, rows, columns)
    _blend(canvas, rows, columns, mesh, chosen, (colour, opacity, nearness[number], number))


def _fill(
    outlines: NDArray[np.float64], shades: NDArray[np.float32], rows: slice, columns: slice
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Fill faces in their order.

    Returns:
        h,w,3 colour where covered, h,w opacity 0..1, and h,w number of the last face.
    """
    size = (rows.stop - rows.start, columns.stop - columns.start)
    area = size[0] * size[1]
    samples = 4 if area < 6000 else 3 if area < 40000 else 2
    fine = np.zeros((size[0] * samples, size[1] * samples, 4), np.uint8)
    numbers = np.zeros(size, np.int32)
    bits = 2**_SUBPIXEL_BITS
    on_fine = np.rint(((outlines + 0.5) * samples - 0.5) * bits).astype(np.int32)
    on_coarse = np.rint(outlines * bits).astype(np.int32)
    tones = np.clip(shades * _SCALE, 0, 255).tolist()
    for k, (red, green, blue) in enumerate(tones):
        cv2.fillConvexPoly(fine, on_fine[k], (red, green, blue, 255), cv2.LINE_8, _SUBPIXEL_BITS)
        cv2.fillConvexPoly(numbers, on_coarse[k], (k,), cv2.LINE_8, _SUBPIXEL_BITS)
    mean = cv2.resize(fine, size[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    opacity = mean[..., 3] * np.float32(1 / 255)
    # Samples without a face are black: dividing by the covered part takes them out of the mean.
    colour = mean[..., :3] / np.maximum(opacity, np.float32(1e-3))[..., None]
    return colour * np.float32(1 / _SCALE), opacity, numbers


def _blend(
    canvas: Canvas,
    rows: slice,
    columns: slice,
    mesh: Mesh,
    chosen: NDArray[np.int64],
    filled: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]],
) -> None:
    colour, opacity, nearness, number = filled
    behind = canvas.inverse_depth[rows, columns]
    opacity = opacity * (nearness > behind * np.float32(_SAME_PLANE))
    target = canvas.colour[:, rows, columns]
    target += (colour.transpose(2, 0, 1) - target) * opacity
    hides = opacity >= 0.5
    behind[hides] = nearness[hides]
    canvas.state[rows, columns][hides] = State.NOT_ROAD
    canvas.lane[rows, columns][hides] = False
    own = mesh.shape.street_class[chosen]
    classes = np.where(own == StreetClass.UNKNOWN, np.uint8(mesh.street_class), own)
    canvas.street_class[rows, columns][hides] = classes[number[hides]]


def _shades(
    mesh: Mesh,
    points: NDArray[np.float64],
    chosen: NDArray[np.int64],
    projection: NDArray[np.float64],
    light: Light,
    towards_sun: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Give the colour of each face: its own in this light, and what it mirrors."""
    shape = mesh.shape
    corners = points[shape.faces[chosen]]
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    sun = light.sun
    up = -normals[:, 1]
    # Half the sky lights a wall, all of it a roof, and little comes from below.
    sky = (1 - 0.85 * sun) * np.where(up > 0, 0.8 + 0.2 * up, 0.8 + 0.45 * up)
    facing = np.where(shape.glow[chosen], 0.55, np.maximum(0, normals @ towards_sun))
    bright = sky + sun * np.minimum(1.4, facing / math.sin(light.elevation_rad) ** 0.5)
    colours = shape.colours[chosen] * np.where(
        shape.painted[chosen][:, None], np.array(mesh.colour, np.float32), np.float32(1)
    )
    gloss = shape.gloss[chosen]
    if gloss.any():
        bright, colours = bright.astype(np.float32), colours.astype(np.float32)
        lens = -np.linalg.inv(projection[:, :3]) @ projection[:, 3]
        rays = corners.mean(axis=1) - lens
        rays /= np.linalg.norm(rays, axis=1, keepdims=True)
        along = (rays * normals).sum(axis=1)
        mirrored = rays - 2 * along[:, None] * normals
        share = gloss * (0.07 + 0.75 * np.clip(1 + along, 0, 1) ** 3)
        glint = gloss * sun * np.maximum(0, mirrored @ towards_sun) ** 60 * 1.6
        mirror = _surroundings(-mirrored[:, 1]) * np.float32(1 - 0.25 * sun)
        shades = colours * (bright * (1 - share))[:, None]
        shades = shades + mirror * share[:, None] + glint[:, None]
    else:
        shades = colours * bright[:, None]
    return np.asarray(shades * (light.brightness * np.array(light.tint)), np.float32)


def _surroundings(up: NDArray[np.float64]) -> NDArray[np.float32]:
    """Give what is mirrored in directions by their vertical part: street, horizon or sky."""
    above = np.clip(up / 0.25 + 0.3, 0, 1)[:, None]
    high = np.clip(up / 0.9, 0, 1)[:, None]
    sky = _HORIZON * (1 - high) + _SKY * high
    return np.asarray(_STREET * (1 - above) + sky * above, np.float32)
