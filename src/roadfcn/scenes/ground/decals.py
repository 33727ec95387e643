"""What lies flat on the ground, drawn as polygons into the picture with smooth edges.

Outlines are given in the road's own terms, (s, z), and every corner is seen where the road's
course and relief put it. Wear goes into a layer of brightness, paint into a layer of coverage for
each colour; the ground is then changed where these layers and the ground itself agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.camera import project
from roadfcn.scenes.description.conditions import Colour, Decal
from roadfcn.scenes.description.scene import KERB_HEIGHT_M, Road
from roadfcn.scenes.surfaces.outlines import Outline, outlines

_NEAREST_M = 1.2
_SUBPIXEL_BITS = 4
_STEP_M = 2.0
"""Edges are cut into pieces of this length, that they may follow the road's bends."""
NEUTRAL = 128
"""Of the layer of brightness: factor 1."""


@dataclass(frozen=True, eq=False)
class Layers:
    """What decals do to a picture's ground.

    Args:
        tone: H,W uint8, `NEUTRAL` times the factor on brightness.
        paint: H,W uint8 coverage for each colour, in the order in which they are laid.
    """

    tone: NDArray[np.uint8]
    paint: dict[Colour, NDArray[np.uint8]] = field(default_factory=dict)


def draw_decals(
    decals: Sequence[Decal],
    projection: NDArray[np.float64],
    size: tuple[int, int],
    road: Road,
    first_row: int,
) -> Layers:
    """Draw decals into empty layers of the picture's rows from `first_row` on."""
    shape = (size[0] - first_row, size[1])
    layers = Layers(np.full(shape, NEUTRAL, np.uint8))
    farthest_m = _visible_to(projection, road)
    pieces = [
        (decal, outline)
        for decal in decals
        if decal.z_m - decal.length_m / 2 < farthest_m
        for outline in outlines(decal)
    ]
    seen = _project_all(pieces, projection, road, farthest_m)
    for (decal, _), polygon in zip(pieces, seen, strict=True):
        polygon[:, 1] -= first_row
        if decal.colour is None:
            value = NEUTRAL * (1 + (decal.tone - 1) * decal.opacity)
            _fill(layers.tone, polygon, value, NEUTRAL)
        else:
            layer = layers.paint.setdefault(decal.colour, np.zeros(shape, np.uint8))
            _fill(layer, polygon, 255 * decal.opacity, 0)
    return layers


def _visible_to(projection: NDArray[np.float64], road: Road) -> float:
    """Give Z up to which the road is in sight: a crest hides what is behind it."""
    z_m = np.linspace(_NEAREST_M + 2, 90, 60)
    line = np.column_stack([0 * z_m, z_m])
    rows = _project_points(line, np.zeros(60), projection, road)[:, 1]
    hidden = np.flatnonzero(np.diff(rows) >= -0.02)
    return float(z_m[hidden[0]]) if len(hidden) else 90.0


def _project_all(
    pieces: list[tuple[Decal, Outline]],
    projection: NDArray[np.float64],
    road: Road,
    farthest_m: float,
) -> list[NDArray[np.float64]]:
    """Give where outlines are seen, with points enough along their edges to follow the road.

    Points are projected all at once: for each outline alone it takes ten times as long.
    """
    edges = [_with_points_between(outline) for _, outline in pieces]
    lengths = [len(edge) for edge in edges]
    if not edges:
        return []
    points = np.concatenate(edges)
    np.clip(points[:, 1], _NEAREST_M, farthest_m, out=points[:, 1])
    heights = [KERB_HEIGHT_M if decal.raised else 0.0 for decal, _ in pieces]
    seen = _project_points(points, np.repeat(heights, lengths), projection, road)
    return np.split(seen, np.cumsum(lengths)[:-1])


def _with_points_between(outline: Outline) -> Outline:
    following = np.concatenate([outline[1:], outline[:1]])
    longest = float(np.abs(following - outline).max())
    if longest <= _STEP_M:
        return outline
    count = min(16, math.ceil(longest / _STEP_M))
    share = (np.arange(count) / count)[None, :, None]
    return np.asarray((outline[:, None] + (following - outline)[:, None] * share).reshape(-1, 2))


def _project_points(
    points: Outline, height_m: NDArray[np.float64], projection: NDArray[np.float64], road: Road
) -> NDArray[np.float64]:
    s_m, z_m = points.T
    curve = road.curve
    x_m = s_m + curve.offset_m + z_m * (curve.slope + 0.5 * curve.bend_per_m * z_m)
    down_m = -road.relief.heights(z_m) - height_m
    return project(projection, np.column_stack([x_m, down_m, z_m]))[:, :2]


def _fill(layer: NDArray[np.uint8], seen: NDArray[np.float64], value: float, ground: int) -> None:
    """Fill a polygon; one thinner than a pixel fills as much of it as its area says."""
    u, v = seen.T
    if v.max() < 0 or v.min() > layer.shape[0] or u.max() < 0 or u.min() > layer.shape[1]:
        return
    step_u, step_v = np.diff(u, append=u[:1]), np.diff(v, append=v[:1])
    area = abs(float(u @ step_v - v @ step_u)) / 2
    around = float(np.hypot(step_u, step_v).sum())
    covered = min(1.0, 2 * area / max(around, 1e-6))
    if covered < 0.04:
        return
    shown = round(ground + (value - ground) * covered)
    fixed = np.rint(np.clip(seen, -20000, 20000) * 2**_SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(layer, [fixed], (min(255, max(0, shown)),), cv2.LINE_AA, _SUBPIXEL_BITS)
