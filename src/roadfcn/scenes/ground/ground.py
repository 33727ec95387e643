"""The ground: which strip, line or junction each ray meets, what it looks like, what it is.

The ground is two levels, the road and what stands a kerb's height above it. A ray meets the
raised level first; where that is not raised at the place it goes on to the road's level, and if
the place it arrives at is a raised strip, it has met the face of the kerb on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.bodies.facets import Canvas
from roadfcn.scenes.description.conditions import RoadWear
from roadfcn.scenes.description.rays import Field, Hit, cast_rays, first_ground_row, make_rays
from roadfcn.scenes.description.scene import (
    KERB_HEIGHT_M,
    PAINT_WHITE,
    Material,
    Road,
    RoadEnd,
    Scene,
    State,
    Strip,
)
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.ground.decals import Layers, draw_decals
from roadfcn.scenes.ground.ground_look import (
    Place,
    brightness,
    cover,
    lay_paint,
    place,
    soft_spots,
    wear_down,
)
from roadfcn.scenes.ground.markings import paint_coverage
from roadfcn.scenes.ground.water import Water, find_water
from roadfcn.scenes.surfaces.ground_atlas import TILE_PX, tile_of

_Value = TypeVar("_Value", bound=np.generic)

_KERB_FACE = (0.50, 0.49, 0.47)
_ASPHALT_JUNCTION_DARKER = 0.97
_FAR_PAVEMENT_M = 3.0


@dataclass(frozen=True, eq=False)
class Materials:
    """The table of surfaces of a road: its strips, then side road, then kerb face.

    Args:
        right_m: N-3 right edges of all strips but the last.
        colour: 3,N RGB.
        tile: N first rows of tiles in the texture atlas, less half a pixel.
        state: N values of `State`.
        raised: N, whether the surface stands above the road.
        street_class: N values of `StreetClass`.
    """

    right_m: NDArray[np.float32]
    colour: Field
    tile: Field
    state: NDArray[np.uint8]
    raised: NDArray[np.bool_]
    street_class: NDArray[np.uint8]

    def bears_decals(self, raised: bool) -> NDArray[np.bool_]:
        """Give for each surface whether decals of a level lie on it: roads, or raised paving."""
        bears: NDArray[np.bool_]
        if raised:
            bears = self.raised & (self.street_class == StreetClass.PAVEMENT)
            return bears
        bears = self.street_class == StreetClass.ROAD
        bears[-2] = False  # the own road's lines do not go on over a junction
        return bears


@dataclass(frozen=True, eq=False)
class Ground:
    """What later steps need to know of the ground's rows, the lowest ones of the picture.

    Args:
        low: Hits on the road's level.
        inverse_depth: Rows,W float32 of the ground alone; 0 where there is none.
        water: What lies on it; None if it is dry.
    """

    low: Hit
    inverse_depth: Field
    water: Water | None


def tabulate(road: Road, wear: RoadWear) -> Materials:
    """Put the strips of a road, the side roads and the kerb's face into look-up tables."""
    asphalt = next(strip for strip in road.strips if strip.state == State.ROAD)
    junction = tuple(part * _ASPHALT_JUNCTION_DARKER for part in asphalt.colour)
    strips = road.strips
    return Materials(
        right_m=np.array([strip.right_m for strip in strips[:-1]], np.float32),
        colour=np.array([*(strip.colour for strip in strips), junction, _KERB_FACE], np.float32).T,
        tile=np.array(
            [
                *(_tile(strip, wear) for strip in strips),
                tile_of(Material.ASPHALT, wear.asphalt),
                tile_of(Material.KERB, wear.paving),
            ],
            np.float32,
        )
        * TILE_PX
        - np.float32(0.5),
        state=np.array([*(strip.state for strip in strips), State.VOID, State.NOT_ROAD], np.uint8),
        raised=np.array([*(strip.raised for strip in strips), False, False]),
        street_class=np.array(
            [*map(_street_class, strips), StreetClass.ROAD, StreetClass.PAVEMENT], np.uint8
        ),
    )


def pick(row: NDArray[_Value], index: NDArray[np.uint8]) -> NDArray[_Value]:
    """Give `row[index]`, five times as fast as numpy does it for whole pictures."""
    table = np.zeros(256, row.dtype)
    table[: len(row)] = row
    if row.dtype == np.bool_:
        return np.asarray(cv2.LUT(index, table.view(np.uint8)).view(row.dtype), row.dtype)
    return np.asarray(cv2.LUT(index, table), row.dtype)


def _tile(strip: Strip, wear: RoadWear) -> int:
    is_driven = strip.material == Material.ASPHALT and strip.state != State.NOT_ROAD
    return tile_of(strip.material, wear.asphalt if is_driven else wear.paving)


def _street_class(strip: Strip) -> StreetClass:
    """Give a strip's class as CamVid's annotators have it, who count grass among the trees.

    Gravel is left open: shoulders are road to them, yards and paths are pavement.
    """
    if strip.material == Material.ASPHALT and strip.state != State.NOT_ROAD:
        return StreetClass.ROAD
    return {Material.GRASS: StreetClass.TREE, Material.GRAVEL: StreetClass.UNKNOWN}.get(
        strip.material, StreetClass.PAVEMENT
    )


def paint_ground(canvas: Canvas, projection: NDArray[np.float64], scene: Scene) -> Ground:
    """Paint the whole ground into an empty canvas, as it looks in the light of the sky alone."""
    height, width = canvas.state.shape
    road = scene.road
    first = first_ground_row(projection, (height, width), road.relief)
    rows = slice(first, height)
    rays = make_rays(projection, rows, slice(0, width))
    table = tabulate(road, scene.wear)
    low = cast_rays(rays, road, 0.0)
    has_kerbs = bool(table.raised.any())
    high = cast_rays(rays, road, KERB_HEIGHT_M) if has_kerbs else low
    low_index = _surface(low, road, table)
    high_index = _surface(high, road, table) if has_kerbs else low_index
    on_top = pick(table.raised, high_index)
    index = np.where(on_top, high_index, low_index)
    np.copyto(index, len(table.state) - 1, where=pick(table.raised, low_index) & ~on_top)
    met = low.inverse_depth > 0
    inverse_depth = np.where(met, np.where(on_top, high.inverse_depth, low.inverse_depth), 0)
    hard = (table.street_class != StreetClass.TREE) & ~table.raised
    water = find_water(low, pick(hard, index), scene)
    layers = {
        raised: draw_decals(decals, projection, (height, width), road, first)
        for raised in (False, True)
        if (decals := [one for one in scene.wear.decals if one.raised == raised])
    }
    colour = _look(place(low, high, on_top), low, index, table, scene, layers, water)
    np.copyto(canvas.colour[:, rows], colour, where=met)
    state = pick(table.state, index)
    np.copyto(canvas.state[rows], state, where=met)
    np.copyto(canvas.street_class[rows], pick(table.street_class, index), where=met)
    canvas.inverse_depth[rows] = inverse_depth
    if road.lane is not None:
        inside = (low.s_m > road.lane[0]) & (low.s_m < road.lane[1])
        canvas.lane[rows] = inside & met & (state == State.ROAD)
    return Ground(low, inverse_depth, water)


def _look(
    at: Place,
    low: Hit,
    index: NDArray[np.uint8],
    table: Materials,
    scene: Scene,
    layers: dict[bool, Layers],
    water: Water | None,
) -> Field:
    """Give the colours 3,rows,W of what lies at each hit; `layers` are those of either level."""
    road, wear = scene.road, scene.wear
    spots = soft_spots(at, wear.phase)
    texture = brightness(at, pick(table.tile, index), spots, road, wear)
    wearing = {raised: pick(table.bears_decals(raised), index) for raised in layers}
    for raised, layer in layers.items():
        wear_down(texture, layer, wearing[raised])
    if water is not None:
        texture *= water.darker
    colour = np.empty((3, *index.shape), np.float32)
    for plane, shades in zip(colour, table.colour, strict=True):
        np.multiply(pick(shades, index), texture, out=plane)
    for raised, layer in layers.items():
        lay_paint(colour, texture, layer, wearing[raised], at)
    for paint_colour in sorted({line.colour for line in road.lines} | {PAINT_WHITE}):
        paint = paint_coverage(road, low, paint_colour)
        np.copyto(paint, 0, where=at.on_top)
        if road.end is not None:
            np.copyto(paint, 0, where=low.z_m >= road.end.z_m)
        painted = np.flatnonzero(paint)
        share = paint.ravel()[painted]
        for plane, part in zip(colour, paint_colour, strict=True):
            flat = plane.reshape(-1)
            here = flat[painted]
            flat[painted] = here + (np.float32(part) - here) * share
    if wear.bare or wear.leaves or wear.snow:
        grass = pick(table.street_class == StreetClass.TREE, index)
        cover(colour, texture, at, spots, grass, road, wear)
    return colour


def _surface(hit: Hit, road: Road, table: Materials) -> NDArray[np.uint8]:
    """Give the index into `table` of what lies at each hit."""
    index = np.zeros(hit.s_m.shape, np.uint8)
    for right_m in table.right_m:
        index += (hit.s_m > right_m).view(np.uint8)
    for side in road.side_roads:
        beyond = hit.s_m - road.right_m if side.right else road.left_m - hit.s_m
        # The corners of the mouth are rounded off.
        flare = np.square(np.maximum(3.0 - beyond, 0)) * np.float32(0.28)
        half = np.float32(side.width_m / 2)
        mouth = np.abs(hit.z_m - np.float32(side.z_m)) < half + flare
        index[mouth & (beyond > 0) & (beyond < side.reach_m)] = len(table.state) - 2
    if road.end is not None:
        _lay_end(index, hit, road.end, table)
    return index


def _lay_end(index: NDArray[np.uint8], hit: Hit, end: RoadEnd, table: Materials) -> None:
    """Lay a crossing road over what goes on, behind it a pavement if there is one, then a yard."""
    yard = len(table.right_m)
    raised = np.flatnonzero(table.raised[:yard])
    far_m = end.z_m + end.width_m
    index[hit.z_m > end.z_m] = len(table.state) - 2
    index[hit.z_m > far_m] = raised[-1] if len(raised) else yard
    index[hit.z_m > far_m + _FAR_PAVEMENT_M] = yard
