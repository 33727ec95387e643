"""Shapes of many small faces painted into a picture: each face its own shade, rims smooth.

A shape's faces are filled from far to near in a window of its own with several samples per pixel,
and the window is then blended into the picture wherever the shape is the nearest surface and
holds the pixel's centre; a face's depth is that of its nearest corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.bodies.facets import Canvas
from roadfcn.scenes.bodies.shapes import Shape
from roadfcn.scenes.bodies.solids import Place
from roadfcn.scenes.description.conditions import Light
from roadfcn.scenes.description.scene import FULL_SIZE, Colour, State
from roadfcn.scenes.description.street_class import StreetClass

_NEAR_M = 0.5
_SAME_PLANE = 0.995
_SUBPIXEL_BITS = 4
_LARGEST_FACE_PX = 1500.0
"""Larger faces, in pixels of a picture of KITTI's width, are left out: the camera nearly touches
what they belong to."""
_SMALLEST_PX = 0.02
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
    height, width = canvas.state.shape
    if _is_out_of_view(mesh, projection, (height, width)):
        return
    points = mesh.place.points(shape.vertices * np.array(mesh.scale))
    seen = points @ projection[:, :3].T + projection[:, 3]
    depth = seen[:, 2]
    inverse = 1 / np.maximum(depth, _NEAR_M)
    corners = (seen[:, :2] * inverse[:, None])[shape.faces]
    one, two = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    # Counter-clockwise in the picture (v points down), in front of the lens, and in the picture.
    kept = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] < -_SMALLEST_PX
    kept &= (depth >= _NEAR_M)[shape.faces].all(axis=1)
    chosen = np.flatnonzero(kept)
    low, high = corners[chosen].min(axis=1), corners[chosen].max(axis=1)
    inside = (high > -0.5).all(axis=1) & (low[:, 0] < width) & (low[:, 1] < height)
    largest_px = _LARGEST_FACE_PX * max(1.0, width / FULL_SIZE[1])
    inside &= (high - low < largest_px).all(axis=1)
    chosen, low, high = chosen[inside], low[inside], high[inside]
    if not len(chosen):
        return
    lower, upper = low.min(axis=0), high.max(axis=0)
    rows = slice(max(0, math.floor(lower[1])), min(height, math.ceil(upper[1]) + 1))
    columns = slice(max(0, math.floor(lower[0])), min(width, math.ceil(upper[0]) + 1))
    nearness = inverse[shape.faces[chosen]]
    if nearness.max() <= canvas.inverse_depth[rows, columns].min():
        return
    order = np.lexsort((nearness.mean(axis=1), shape.layer[chosen]))
    chosen, nearness = chosen[order], nearness.max(axis=1)[order].astype(np.float32)
    shades = _shades(mesh, points, chosen, projection, light, towards_sun)
    outlines = corners[chosen] - (columns.start, rows.start)
    _blend(
        canvas,
        rows,
        columns,
        _fill(outlines, shades, rows, columns),
        nearness,
        _classes(mesh, chosen),
    )


def _is_out_of_view(mesh: Mesh, projection: NDArray[np.float64], size: tuple[int, int]) -> bool:
    """Tell whether a ball around a shape is behind the lens or beside the picture."""
    place = mesh.place
    reach = mesh.shape.reach * max(mesh.scale)
    middle = projection @ np.array((place.x_m, -place.base_m, place.z_m, 1.0))
    u, v, depth = middle.tolist()
    if depth + reach < _NEAR_M:
        return True
    if depth <= reach:
        return False
    near = depth - reach
    focal = 1.3 * abs(float(projection[0, 0]))
    margin = reach * focal / near
    return bool(u / depth < -margin or u / depth > size[1] + margin) or v / depth < -3 * margin


def _fill(
    outlines: NDArray[np.float64], shades: NDArray[np.float32], rows: slice, columns: slice
) -> tuple[list[NDArray[np.float32]], NDArray[np.float32], NDArray[np.int32]]:
    """Fill faces in their order.

    Returns:
        Three planes h,w of colour where covered, h,w opacity 0..1, and h,w number of the face
        that is seen at the pixel's centre, -1 for none.
    """
    size = (rows.stop - rows.start, columns.stop - columns.start)
    area = size[0] * size[1]
    # An odd number has a sample at the centre; with two, one is a quarter of a pixel away from it.
    samples = 5 if area < 2500 else 3 if area < 50000 else 2
    numbers = np.zeros((size[0] * samples, size[1] * samples), np.int32)
    on_fine = ((outlines + 0.5) * samples - 0.5) * 2**_SUBPIXEL_BITS
    for k, outline in enumerate(np.rint(on_fine).astype(np.int32), start=1):
        cv2.fillConvexPoly(numbers, outline, (k,), cv2.LINE_8, _SUBPIXEL_BITS)
    tones = np.zeros((len(shades) + 1, 4), np.uint8)
    tones[1:, :3] = np.clip(shades * _SCALE, 0, 255)
    tones[1:, 3] = 255
    fine = tones.view(np.uint32).ravel().take(numbers).view(np.uint8)
    fine = fine.reshape(*numbers.shape, 4)
    *mean, covered = cv2.split(cv2.resize(fine, size[::-1], interpolation=cv2.INTER_AREA))
    opacity = covered * np.float32(1 / 255)
    # Samples without a face are black: dividing by the covered part takes them out of the mean.
    share = np.maximum(opacity * np.float32(_SCALE), np.float32(1e-3))
    colour = [plane / share for plane in mean]
    centre = samples // 2
    return colour, opacity, numbers[centre::samples, centre::samples] - 1


def _classes(mesh: Mesh, chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Give the street class of faces."""
    own = mesh.shape.street_class[chosen]
    return np.where(own == StreetClass.UNKNOWN, np.uint8(mesh.street_class), own)


def _blend(
    canvas: Canvas,
    rows: slice,
    columns: slice,
    filled: tuple[list[NDArray[np.float32]], NDArray[np.float32], NDArray[np.int32]],
    nearness: NDArray[np.float32],
    classes: NDArray[np.uint8],
) -> None:
    """Blend a filled window into the picture where it is nearer than what is there."""
    colour, opacity, number = filled
    behind = canvas.inverse_depth[rows, columns]
    is_rim = number < 0
    face = np.maximum(number, 0)
    own = nearness.take(face)
    # At the rim, where no face has the centre, any depth of the shape will do.
    np.copyto(own, nearness.max(), where=is_rim)
    seen = own > behind * np.float32(_SAME_PLANE)
    opacity = opacity * seen
    for plane, step in zip(canvas.colour, colour, strict=True):
        target = plane[rows, columns]
        step -= target
        step *= opacity
        target += step
    hides = seen & ~is_rim
    np.copyto(behind, own, where=hides)
    np.copyto(canvas.state[rows, columns], np.uint8(State.NOT_ROAD), where=hides)
    np.copyto(canvas.lane[rows, columns], False, where=hides)
    np.copyto(canvas.street_class[rows, columns], classes.take(face), where=hides)


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
    (ax, ay, az), (bx, by, bz) = ((corners[:, 2 + k] - corners[:, k]).T for k in (0, 1))
    # Written out: numpy.cross costs several times as much.
    normals = np.column_stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
    normals /= np.sqrt((normals * normals).sum(axis=1, keepdims=True)) + 1e-12
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
        rays /= np.sqrt((rays * rays).sum(axis=1, keepdims=True))
        along = (rays * normals).sum(axis=1)
        mirrored = rays - 2 * along[:, None] * normals
        share = np.minimum(0.9, gloss * (0.07 + 0.75 * np.clip(1 + along, 0, 1) ** 3))
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
