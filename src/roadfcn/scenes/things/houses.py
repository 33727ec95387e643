"""Houses: walls with windows, roofs, chimneys, dormers; terraces, flats, offices, shops below."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from roadfcn.scenes.bodies.facets import Facet
from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import PAINT, Finish, Moulder, Shape
from roadfcn.scenes.bodies.solids import Corners, Place, Slab, part_of, sides
from roadfcn.scenes.description.scene import Colour, Obstacle
from roadfcn.scenes.surfaces import facades

_FLOOR_M = 3.0
_BAY_M = 3.0
_NEAR_M, _CHIMNEYS_M = 36.0, 75.0
"""Where bay windows and gutters, chimneys and dormers are too small to matter."""

_ROOFS: tuple[Colour, ...] = (
    (0.42, 0.20, 0.15),
    (0.27, 0.27, 0.29),
    (0.33, 0.23, 0.20),
    (0.22, 0.23, 0.26),
    (0.50, 0.29, 0.20),
    (0.36, 0.30, 0.26),
)
_WHITE = Finish((0.82, 0.82, 0.80))
_PANE = Finish((0.10, 0.12, 0.14), gloss=0.7)


def build_house(house: Obstacle) -> list[Facet | Mesh]:
    """Build a house; `variant` picks style, roof and ground floor.

    The length runs along the road. Walls are as high as the obstacle, roofs come on top.
    """
    style_number = house.variant % len(facades.STYLES)
    style = facades.STYLES[style_number]
    wall, bright = facades.nearest_wall(house.colour)
    across_road = house.variant % 5 == 3 and style.wall in ("brick", "render")
    place, half, end = Place.of(house), house.width_m / 2, house.length_m / 2
    if across_road:
        place, half, end = replace(place, heading_rad=place.heading_rad + math.pi / 2), end, half
    floors = max(1, round(house.height_m / _FLOOR_M))
    pieces: list[Facet | Mesh] = []
    has_shops = house.variant // 9 % 4 == 0 and floors > 1
    first_m = house.height_m / floors
    walls = sides(place, Slab(half, -end, end, 0.0), Slab(half, -end, end, house.height_m))
    seen = place.seen_sides(half, end)
    near = math.hypot(house.x_m, house.z_m) < _NEAR_M
    for name in sorted(seen):
        corners = walls[name]
        along = 2 * half if name in ("back", "front") else 2 * end
        bays = max(1, round(along / _BAY_M)) / facades.BAYS
        first = first_m / house.height_m
        below = facades.shops(house.variant % 8) if has_shops else None
        below = below or facades.ground(style_number, wall)
        tone = (bright, bright, bright)
        pieces.append(Facet(part_of(corners, 0, 0, 1, first), tone, below, (bays, 1.0001)))
        if floors > 1:
            above = facades.upper(style_number, wall)
            repeat = (bays, (floors - 1) / 2 + 0.0001)
            pieces.append(Facet(part_of(corners, 0, first, 1, 1), tone, above, repeat))
        if near:
            pieces.append(Facet(part_of(corners, 0, 1 - 0.18 / house.height_m, 1, 1), _GUTTER))
    if style.wall in ("glass", "concrete", "metal") or house.variant % 11 == 5:
        return pieces + _flat_roof(place, half, end, house)
    pieces += _gabled_roof(place, half, end, house, wall, bright)
    if near and style.wall == "brick" and not has_shops:
        pieces += _bay_windows(place, half, end, house, seen)
    return pieces


_GUTTER: Colour = (0.30, 0.29, 0.28)


def _flat_roof(place: Place, half: float, end: float, house: Obstacle) -> list[Facet | Mesh]:
    """Build a parapet, and on some roofs a hut for the lift."""
    top = house.height_m
    rim = sides(
        place,
        Slab(half + 0.2, -end - 0.2, end + 0.2, top),
        Slab(half + 0.2, -end - 0.2, end + 0.2, top + 0.45),
    )
    pieces: list[Facet | Mesh] = [
        Facet(corners, (0.42, 0.42, 0.42)) for name, corners in rim.items()
    ]
    if house.variant % 3 == 0:
        hut = sides(place, Slab(1.6, -2, 2, top + 0.3), Slab(1.6, -2, 2, top + 2.4))
        pieces += [Facet(corners, (0.5, 0.5, 0.49)) for corners in hut.values()]
    return pieces


def _gabled_roof(
    place: Place, half: float, end: float, house: Obstacle, wall: int, bright: float
) -> list[Facet | Mesh]:
    """Build a roof with its ridge along the length, its gables, chimneys and dormers."""
    top = house.height_m
    steep = 0.55 + 0.1 * (house.variant % 4)
    rise = min(steep * half, 4.5)
    is_hipped = house.variant % 7 == 2
    tuck = half * 0.7 if is_hipped and end > half else 0.0
    over = 0.3
    slopes = sides(
        place,
        Slab(
            half + over, -end - (over if tuck else 0.1), end + (over if tuck else 0.1), top - 0.15
        ),
        Slab(0.0, tuck - end - (0 if tuck else 0.1), end - tuck + (0 if tuck else 0.1), top + rise),
    )
    colour = _ROOFS[house.variant // 3 % len(_ROOFS)]
    tiles = facades.roof_tiles(house.variant % 4)
    pieces: list[Facet | Mesh] = []
    for name in ("left", "right"):
        repeat = (2 * end / 2.4, math.hypot(half, rise) / 2.4)
        pieces.append(Facet(slopes[name], colour, tiles, repeat))
    for name in ("back", "front"):
        bottom_left, bottom_right, apex = slopes[name][[0, 1, 2]]
        if tuck:
            pieces.append(Facet(np.array([bottom_left, bottom_right, apex]), colour))
        else:
            pieces.append(_gable(bottom_left, bottom_right, apex, wall, bright, house))
    chimney = _chimney()
    is_far = house.z_m > _CHIMNEYS_M
    for share in () if is_far else (-0.8, 0.75) if house.variant % 2 else (0.6,):
        spot = place.corners((0.0, top + rise - 0.5, share * (end - tuck)))[0]
        at = replace(place, x_m=float(spot[0]), z_m=float(spot[2]), base_m=-float(spot[1]))
        pieces.append(Mesh(at, chimney, facades.WALLS[wall]))
    if house.variant % 6 == 1 and not is_far:
        pieces += _dormers(place, half, end - tuck, top, rise)
    return pieces


def _gable(
    left: Corners, right: Corners, apex: Corners, wall: int, bright: float, house: Obstacle
) -> Facet:
    """Give the wall below the roof's end; its first and last edges are level and upright."""
    up = np.array([0.0, -0.02, 0.0])
    kind = facades.STYLES[house.variant % len(facades.STYLES)].wall
    width = float(np.linalg.norm(right - left))
    repeat = (width / (_BAY_M * facades.BAYS), 0.02 / (2 * _FLOOR_M))
    corners = np.array([left, right, right + up, apex, left + up])
    tone = (bright, bright, bright)
    return Facet(corners, tone, facades.bare(wall, kind), repeat)


def _dormers(place: Place, half: float, end: float, top: float, rise: float) -> list[Facet | Mesh]:
    """Build small windows that stick out of both slopes."""
    pieces: list[Facet | Mesh] = []
    dormer = _dormer()
    for along in np.arange(-end + 2.5, end - 1.5, 5.0):
        for side in (-1, 1):
            spot = place.corners((side * half * 0.72, top + rise * 0.22, float(along)))[0]
            turn = place.heading_rad + (math.pi / 2 if side > 0 else -math.pi / 2)
            at = Place(float(spot[0]), float(spot[2]), turn, -float(spot[1]))
            pieces.append(Mesh(at, dormer, (0.4, 0.35, 0.32)))
    return pieces


def _bay_windows(
    place: Place, half: float, end: float, house: Obstacle, seen: set[str]
) -> list[Facet | Mesh]:
    """Stand bay windows before the long sides, on the ground floor."""
    shape = _bay_window()
    height = house.height_m / max(1, round(house.height_m / _FLOOR_M)) / _FLOOR_M
    pieces: list[Facet | Mesh] = []
    bays = max(1, round(2 * end / _BAY_M))
    for k in range(0, bays, 2):
        along = -end + 2 * end * (k + 0.5) / bays
        for side in (-1 if name == "left" else 1 for name in sorted(seen & {"left", "right"})):
            spot = place.corners((side * half, 0.0, along))[0]
            turn = place.heading_rad + (math.pi / 2 if side > 0 else -math.pi / 2)
            at = Place(float(spot[0]), float(spot[2]), turn, -float(spot[1]))
            pieces.append(Mesh(at, shape, house.colour, scale=(1.0, height, 1.0)))
    return pieces


@lru_cache(maxsize=1)
def _chimney() -> Shape:
    moulder = Moulder()
    moulder.box((-0.45, -0.6, -0.3), (0.45, 1.3, 0.3), Finish(PAINT, shade=0.9), bottom=False)
    moulder.box((-0.5, 1.25, -0.35), (0.5, 1.4, 0.35), Finish((0.45, 0.43, 0.40)))
    for x in (-0.25, 0.0, 0.25):
        moulder.tube([(x, 1.4, 0.0), (x, 1.75, 0.0)], (0.1, 0.08), Finish((0.55, 0.33, 0.22)))
    return moulder.finished()


@lru_cache(maxsize=1)
def _dormer() -> Shape:
    moulder = Moulder()
    moulder.box((-0.7, 0.0, -1.6), (0.7, 1.25, 0.0), _WHITE, bottom=False)
    moulder.box((-0.85, 1.25, -1.7), (0.85, 1.4, 0.15), Finish(PAINT), bottom=True)
    for x in (-0.6, 0.03):
        corners = [(x, 0.3, 0.01), (x + 0.57, 0.3, 0.01), (x + 0.57, 1.15, 0.01), (x, 1.15, 0.01)]
        moulder.face(corners, (0.0, 0.5, -0.5), _PANE, 1)
    return moulder.finished()


@lru_cache(maxsize=1)
def _bay_window() -> Shape:
    """Give a bay with slanted sides: wall below, panes in white frames, a small roof."""
    moulder = Moulder()
    plan = [(-1.15, 0.0), (-0.7, 0.65), (0.7, 0.65), (1.15, 0.0)]
    bands = ((0.0, 0.75, Finish(PAINT, shade=0.95)), (0.75, 0.85, _WHITE), (2.35, 2.6, _WHITE))
    for (x0, z0), (x1, z1) in pairwise(plan):
        for low, high, finish in (*bands, (0.85, 2.35, _WHITE)):
            corners = [(x0, low, z0), (x1, low, z1), (x1, high, z1), (x0, high, z0)]
            moulder.face(corners, (0.0, low, -0.5), finish)
        count = 2 if abs(x1 - x0) > 1 else 1
        for k in range(count):
            at = [(k + 0.08) / count, (k + 0.92) / count]
            (a, az), (b, bz) = ((x0 + s * (x1 - x0), z0 + s * (z1 - z0) + 0.01) for s in at)
            for low, high in ((0.92, 1.6), (1.66, 2.3)):
                corners = [(a, low, az), (b, low, bz), (b, high, bz), (a, high, az)]
                moulder.face(corners, (0.0, low, -0.5), _PANE, 1)
        roof = [(x0 * 1.05, 2.6, z0 + 0.08), (x1 * 1.05, 2.6, z1 + 0.08), (0.0, 3.0, -0.05)]
        moulder.face(roof, (0.0, 1.0, -0.5), Finish((0.26, 0.26, 0.28)))
    return moulder.finished()
