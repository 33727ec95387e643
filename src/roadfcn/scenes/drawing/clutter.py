"""The less usual things of a street: bollards, bins, road works, bus stops, crossings, bridges."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from roadfcn.scenes.description.scene import Obstacle
from roadfcn.scenes.drawing.placing import Placer
from roadfcn.scenes.drawing.traffic import draw_vehicle
from roadfcn.scenes.drawing.walkers import stand_person
from roadfcn.scenes.surfaces.facades import WALLS
from roadfcn.scenes.things.stands import SIZES

_WHITE = ((1.0, 1.0, 1.0),)
_STEEL = ((0.48, 0.49, 0.48), (0.20, 0.20, 0.21))
_BINS = ((0.10, 0.22, 0.13), (0.08, 0.08, 0.09), (0.12, 0.16, 0.30), (0.30, 0.22, 0.14))
_CABINETS = ((0.14, 0.24, 0.18), (0.50, 0.51, 0.50), (0.62, 0.60, 0.54))


def draw_clutter(placer: Placer, sign: int) -> list[Obstacle]:
    """Draw a few of the less usual things of one side."""
    things: list[Obstacle] = []
    on_pavement = placer.side(sign).walk is not None
    for draw, chance, needs_pavement in _DRAWS:
        if placer.chance(chance) and (on_pavement or not needs_pavement):
            things += draw(placer, sign)
    return [one for one in things if placer.is_free(one.z_m, 0.5)]


def draw_spans(placer: Placer) -> list[Obstacle]:
    """Draw a bridge over the road, or a gantry, in a few scenes."""
    road = placer.street.road
    reach = 2 * max(-road.left_m, road.right_m) + 14
    if placer.chance(0.025):
        z_m = placer.between(28, 80)
        size = (reach + 10, placer.between(6.3, 7.6), placer.between(4, 12))
        return [placer.at(0.0, z_m, "bridge", size, (WALLS[6], WALLS[13], WALLS[10], WALLS[4]))]
    if len(placer.street.ahead) > 1 and placer.chance(0.08):
        size = (reach - 6, placer.between(6.2, 7), 0.4)
        return [placer.at(0.0, placer.between(25, 60), "gantry", size, _STEEL)]
    return []


def draw_crossing_posts(placer: Placer) -> list[Obstacle]:
    """Stand beacons or traffic lights at painted crossings."""
    posts = []
    for crossing in placer.street.road.crossings:
        if not math.isfinite(crossing.bar_m):
            continue
        with_lights = placer.chance(0.4)
        for sign in (-1, 1):
            z_m = crossing.near_m - 0.6 if sign > 0 else crossing.far_m + 0.6
            if with_lights:
                post = placer.beside(sign, 0.5, z_m, "signal", (0.4, 3.3, 0.4), _STEEL)
                turn = 0.0 if sign > 0 else math.pi
                posts.append(replace(post, heading_rad=post.heading_rad + turn))
            else:
                posts.append(placer.beside(sign, 0.5, z_m, "beacon", (0.3, 2.9, 0.3), _WHITE))
    return posts


def _draw_bollards(placer: Placer, sign: int) -> list[Obstacle]:
    look, spacing = int(placer.rng.integers(1000)), placer.between(1.4, 4)
    start, size = placer.between(5, 30), (0.2, placer.between(0.75, 1.1), 0.2)
    return [
        replace(placer.beside(sign, 0.45, z_m, "bollard", size, _STEEL), variant=look)
        for z_m in placer.steps(start, start + placer.between(4, 25), spacing)
    ]


def _draw_stands(placer: Placer, sign: int) -> list[Obstacle]:
    """Stand bins, cabinets, benches and boxes at the back or the front of the pavement."""
    side = placer.side(sign)
    things = []
    for _ in range(int(placer.rng.integers(1, 5))):
        kinds = ["bin", "cabinet", "bench", "letter box", "phone box", "planter"]
        kind = str(placer.rng.choice(kinds, p=[0.38, 0.2, 0.14, 0.12, 0.06, 0.1]))
        back = placer.chance(0.6)
        from_edge = side.front - 0.5 if back else side.verge + 0.1
        palette = _CABINETS if kind == "cabinet" else _BINS
        z_m = placer.between(6, 45)
        thing = placer.beside(sign, from_edge, z_m, kind, SIZES[kind], palette)
        # Backs, doors and seats look to the road.
        turn = -math.pi if sign > 0 else 0.0
        things.append(replace(thing, heading_rad=thing.heading_rad + turn))
    return things


def _draw_bus_stop(placer: Placer, sign: int) -> list[Obstacle]:
    side, z_m = placer.side(sign), placer.between(9, 35)
    things = [placer.beside(sign, 0.5, z_m, "bus stop", (0.42, 2.7, 0.1), _WHITE)]
    if placer.chance(0.6):
        shelter = placer.beside(
            sign, max(1.4, side.front - 1.0), z_m + 3, "shelter", SIZES["shelter"], _STEEL
        )
        turn = math.pi if sign > 0 else 0.0
        things.append(replace(shelter, heading_rad=shelter.heading_rad + turn))
    for _ in range(int(placer.rng.integers(0, 4))):
        somebody = stand_person(placer, sign, placer.between(0.6, 1.6), z_m + placer.between(-1, 4))
        things.append(replace(somebody, heading_rad=placer.between(-3, 3)))
    return things


def _draw_road_works(placer: Placer, sign: int) -> list[Obstacle]:
    """Fence off a piece of the road's edge with cones or barriers."""
    start, length = placer.between(12, 35), placer.between(5, 14)
    inside = placer.between(0.3, 1.4)
    s_m = placer.edge_m(sign) - sign * inside
    if abs(s_m - placer.street.camera_s_m) < 1.6:
        return []
    things = []
    if placer.chance(0.6):
        for z_m in placer.steps(start, start + length, 1.6):
            size = (0.38, placer.between(0.7, 0.8), 0.38)
            things.append(placer.at(s_m, z_m, "cone", size, _WHITE))
    else:
        things += [
            placer.at(s_m, z_m, "works barrier", SIZES["works barrier"], _WHITE)
            for z_m in placer.steps(start, start + length, 2.1)
        ]
    if placer.chance(0.6):
        warning = placer.at(s_m, start - 1.5, "sign", (0.75, 1.2, 0.1), _WHITE)
        things.append(replace(warning, variant=5))
    return things


def _draw_bicycles(placer: Placer, sign: int) -> list[Obstacle]:
    side, z_m = placer.side(sign), placer.between(6, 30)
    things = []
    for k in range(int(placer.rng.integers(1, 6))):
        at = placer.beside(
            sign, side.front - 0.6, z_m + 0.7 * k, "bicycle", (0.6, 1.05, 1.7), _WHITE
        )
        things.append(replace(at, heading_rad=at.heading_rad + placer.near(1.3, 0.15)))
    return things


def _draw_boards(placer: Placer, sign: int) -> list[Obstacle]:
    """Stand a direction sign, or a street's name at a corner."""
    if placer.chance(0.5):
        size = (placer.between(1.6, 2.8), placer.between(2.8, 4), placer.between(1.0, 1.7))
        z_m = placer.between(14, 50)
        board = placer.beside(sign, placer.side(sign).verge + 0.9, z_m, "board", size, _WHITE)
        return [board]
    size = (placer.between(0.9, 1.3), placer.between(0.7, 1.1), 0.1)
    z_m = placer.between(7, 30)
    plate = placer.beside(sign, placer.side(sign).front - 0.3, z_m, "street name", size, _WHITE)
    return [replace(plate, heading_rad=plate.heading_rad + sign * placer.between(0.2, 1.2))]


def _draw_delivery(placer: Placer, sign: int) -> list[Obstacle]:
    """Let a van stand half on the pavement."""
    if placer.street.parking or not placer.side(sign).is_raised(0.3):
        return []
    s_m = placer.edge_m(sign) - sign * placer.between(0.0, 0.6)
    if abs(s_m - placer.street.camera_s_m) < 2.4:
        return []
    return [draw_vehicle(placer, s_m, placer.between(8, 40), ahead=sign > 0, lorries=0.05)]


_DRAWS: tuple[tuple[Callable[[Placer, int], list[Obstacle]], float, bool], ...] = (
    (_draw_bollards, 0.14, True),
    (_draw_stands, 0.3, True),
    (_draw_bus_stop, 0.09, True),
    (_draw_road_works, 0.05, False),
    (_draw_bicycles, 0.06, True),
    (_draw_boards, 0.2, False),
    (_draw_delivery, 0.06, True),
)
"""How each is drawn, how likely it is on a side, and whether it needs a pavement."""
