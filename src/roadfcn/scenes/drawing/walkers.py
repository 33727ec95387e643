"""People on foot: along the pavement alone or in groups, waiting, crossing, at a bus stop."""

from __future__ import annotations

import math
from dataclasses import replace

from roadfcn.scenes.description.scene import Obstacle
from roadfcn.scenes.drawing.placing import Placer, Size

_AS_MOULDED = ((1.0, 1.0, 1.0),)  # clothes are part of the figures
_UMBRELLAS_SHARE = 0.12


def draw_walkers(placer: Placer, sign: int) -> list[Obstacle]:
    """Send people along the pavement; a few streets are crowded."""
    walk = placer.side(sign).walk
    if walk is None:
        return []
    busy = placer.variety.clutter and placer.chance(0.15)
    # Chance first: what follows shall not depend on the variety.
    wet = placer.chance(_UMBRELLAS_SHARE) and placer.variety.light
    people = []
    for _ in range(int(placer.rng.poisson(6.0 if busy else 1.3))):
        from_edge, z_m = placer.near(walk, 0.3), placer.between(4, 50)
        ahead = placer.chance(0.5)
        group = int(placer.rng.choice([1, 2, 3], p=[0.7, 0.22, 0.08]))
        for k in range(group):
            aside = from_edge + 0.55 * k * (1 if k % 2 else -1)
            somebody = stand_person(
                placer, sign, max(0.35, aside), z_m + placer.near(0, 0.3), wet=wet
            )
            turn = placer.near(0.0 if ahead else math.pi, 0.25)
            people.append(replace(somebody, heading_rad=somebody.heading_rad + turn))
    return people


def draw_crossing_people(placer: Placer) -> list[Obstacle]:
    """Let people cross at painted crossings, and rarely elsewhere."""
    road = placer.street.road
    people = []
    for crossing in road.crossings:
        if not math.isfinite(crossing.bar_m):  # a stop line
            continue
        for _ in range(int(placer.rng.poisson(1.4))):
            z_m = placer.between(crossing.near_m + 0.3, crossing.far_m - 0.3)
            people.append(_crossing(placer, z_m))
    if placer.chance(0.1):
        people.append(_crossing(placer, placer.between(12, 40)))
    return people


def stand_person(
    placer: Placer, sign: int, from_edge_m: float, z_m: float, *, wet: bool = False
) -> Obstacle:
    """Stand somebody beside the road, facing along it."""
    kind = "umbrella" if placer.chance(0.6) and wet else "person"
    return placer.beside(sign, from_edge_m, z_m, kind, _size(placer), _AS_MOULDED)


def _crossing(placer: Placer, z_m: float) -> Obstacle:
    road = placer.street.road
    s_m = placer.between(road.left_m, road.right_m)
    somebody = placer.at(s_m, z_m, "person", _size(placer), _AS_MOULDED)
    turn = math.pi / 2 if placer.chance(0.5) else -math.pi / 2
    return replace(somebody, heading_rad=somebody.heading_rad + turn)


def _size(placer: Placer) -> Size:
    height = placer.between(1.05, 1.45) if placer.chance(0.1) else placer.between(1.55, 1.9)
    return (0.55, height, 0.5)
