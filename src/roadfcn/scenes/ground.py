"""The ground: which strip, line or junction each ray meets, what it looks like, what it is.

The ground is two levels, the road and what stands a kerb's height above it. A ray meets the
raised level first; where that is not raised at the place it goes on to the road's level, and if
the place it arrives at is a raised strip, it has met the face of the kerb on its way.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.facets import Canvas
from roadfcn.scenes.markings import paint_coverage
from roadfcn.scenes.rays import Field, Hit, cast_rays, first_ground_row, make_rays
from roadfcn.scenes.scene import KERB_HEIGHT_M, Material, Road, Scene, State, Strip
from roadfcn.scenes.street_class import StreetClass
from roadfcn.scenes.textures import TILE_M, TILE_PX, ground_atlas, noise

_PAINT = np.float32(0.86)
_KERB_FACE = (0.50, 0.49, 0.47)
_ASPHALT_JUNCTION_DARKER = 0.97
_PATCH_PX, _PATCH_M = 256, 48.0


@dataclass(frozen=True, eq=False)
class Materials:
    """The table of surfaces of a road: its strips, then side road, then kerb face.

    Args:
        right_m: N-3 right edges of all strips but the last.
        colour: 3,N RGB.
        tile: N places in the texture atlas.
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


def tabulate(road: Road) -> Materials:
    """Put the strips of a road, the side roads and the kerb's face into look-up tables."""
    asphalt = next(strip for strip in road.strips if strip.state == State.ROAD)
    junction = tuple(part * _ASPHALT_JUNCTION_DARKER for part in asphalt.colour)
    strips = road.strips
    return Materials(
        right_m=np.array([strip.right_m for strip in strips[:-1]], np.float32),
        colour=np.array([*(strip.colour for strip in strips), junction, _KERB_FACE], np.float32).T,
        tile=np.array(
            [*(strip.material for strip in strips), Material.ASPHALT, Material.KERB], np.float32
        ),
        state=np.array([*(strip.state for strip in strips), State.VOID, State.NOT_ROAD], np.uint8),
        raised=np.array([*(strip.raised for strip in strips), False, False]),
        street_class=np.array(
            [*map(_street_class, strips), StreetClass.ROAD, StreetClass.PAVEMENT], np.uint8
        ),
    )


def _street_class(strip: Strip) -> StreetClass:
    """Give a strip's class as CamVid's annotators have it, who count grass among the trees.

    Gravel is left open: shoulders are road to them, yards and paths are pavement.
    """
    if strip.material == Material.ASPHALT and strip.state != State.NOT_ROAD:
        return StreetClass.ROAD
    return {Material.GRASS: StreetClass.TREE, Material.GRAVEL: StreetClass.UNKNOWN}.get(
        strip.material, StreetClass.PAVEMENT
    )


def paint_ground(canvas: Canvas, projection: NDArray[np.float64], scene: Scene) -> Hit:
    """Paint the whole ground into an empty canvas; give the hits on the road's level.

    The hits are those of the lowest rows of the picture, as many as hold any ground.
    """
    height, width = canvas.state.shape
    road = scene.road
    first = first_ground_row(projection, (height, width), road.relief)
    rows = slice(first, height)
    rays = make_rays(projection, rows, slice(0, width))
    table = tabulate(road)
    low = cast_rays(rays, road, 0.0)
    high = cast_rays(rays, road, KERB_HEIGHT_M)
    low_index = _surface(low, road, table)
    high_index = _surface(high, road, table)
    on_top = table.raised[high_index]
    index = np.where(on_top, high_index, low_index)
    index[table.raised[low_index] & ~on_top] = len(table.state) - 1
    met = low.inverse_depth > 0
    texture = _brightness(low, high, on_top, index, table)
    colour = np.stack([shades[index] for shades in table.colour])
    colour *= texture
    paint = paint_coverage(road, low)
    paint *= ~on_top
    colour += (_PAINT - colour) * paint
    np.copyto(canvas.colour[:, rows], colour, where=met)
    np.copyto(canvas.state[rows], table.state[index], where=met)
    np.copyto(canvas.street_class[rows], table.street_class[index], where=met)
    canvas.inverse_depth[rows] = np.where(
        met, np.where(on_top, high.inverse_depth, low.inverse_depth), 0
    )
    if road.lane is not None:
        inside = (low.s_m > road.lane[0]) & (low.s_m < road.lane[1])
        canvas.lane[rows] = inside & met & (table.state[index] == State.ROAD)
    return low


def _surface(hit: Hit, road: Road, table: Materials) -> NDArray[np.uint8]:
    """Give the index into `table` of what lies at each hit."""
    index = np.zeros(hit.s_m.shape, np.uint8)
    for right_m in table.right_m:
        index += hit.s_m > right_m
    for side in road.side_roads:
        beyond = hit.s_m - road.right_m if side.right else road.left_m - hit.s_m
        # The corners of the mouth are rounded off.
        flare = np.square(np.maximum(3.0 - beyond, 0)) * np.float32(0.28)
        half = np.float32(side.width_m / 2)
        mouth = np.abs(hit.z_m - np.float32(side.z_m)) < half + flare
        index[mouth & (beyond > 0) & (beyond < side.reach_m)] = len(table.state) - 2
    return index


def _brightness(
    low: Hit, high: Hit, on_top: NDArray[np.bool_], index: NDArray[np.uint8], table: Materials
) -> Field:
    """Give the texture's factor for every hit, flattened where a pixel covers much ground."""
    x_m = np.where(on_top, high.x_m, low.x_m)
    z_m = np.where(on_top, high.z_m, low.z_m)
    s_m = np.where(on_top, high.s_m, low.s_m)
    per_m = np.float32(TILE_PX / TILE_M)
    # Half a pixel less, because the nearest of 255.6 would be the first of the next tile.
    across = _wrap(s_m * per_m, TILE_PX) - np.float32(0.5)
    along = _wrap(z_m * per_m, TILE_PX) + (table.tile * TILE_PX - np.float32(0.5))[index]
    grain = cv2.remap(
        ground_atlas(), across, along, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
    )
    # Contrast falls as the ground one pixel covers outgrows the grain.
    sharpness = 1 / (1 + np.square(low.along_m * np.float32(5)))
    coarse_per_m = np.float32(_PATCH_PX / _PATCH_M)
    patches = cv2.remap(
        noise(_PATCH_PX, _PATCH_PX, 1.0, 7),
        x_m * coarse_per_m,
        z_m * (coarse_per_m * np.float32(0.4)),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    # Wheels wear tracks along the road: brightness that depends on s alone.
    tracks = noise(1024, 1, 0.8, 8)[:, 0]
    track = tracks[(s_m * np.float32(10)).astype(np.int32) & 1023]
    result: Field = (
        1 + (grain - 1) * sharpness + np.float32(0.05) * patches + np.float32(0.02) * track
    )
    return result


def _wrap(values: Field, period: int) -> Field:
    """Give `values` modulo `period`; several times as fast as the operator."""
    turns = np.floor(values * np.float32(1 / period))
    wrapped: Field = values - turns * np.float32(period)
    return wrapped
