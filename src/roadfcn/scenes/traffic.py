"""Cars that drive and cars that are parked, people on foot and on bicycles."""

from __future__ import annotations

import math
from dataclasses import replace

from roadfcn.scenes.placing import Placer, Size
from roadfcn.scenes.scene import Obstacle

_PAINTS = (
    (0.75, 0.76, 0.78),
    (0.10, 0.10, 0.11),
    (0.92, 0.92, 0.91),
    (0.32, 0.34, 0.37),
    (0.12, 0.18, 0.38),
    (0.55, 0.08, 0.08),
    (0.55, 0.56, 0.55),
    (0.16, 0.28, 0.22),
    (0.62, 0.56, 0.42),
    (0.20, 0.38, 0.62),
)
_AS_PAINTED = ((1.0, 1.0, 1.0),)  # clothes are part of the pictures of people


def draw_parked_cars(placer: Placer, sign: int) -> list[Obstacle]:
    """Park cars in the bays beside the road, and on the road where the street has it so."""
    street = placer.street
    rows = [s_m for s_m in street.parking if s_m * sign > 0]
    bays = placer.side(sign).parking
    if bays is not None:
        rows.append(placer.edge_m(sign) + sign * bays)
    obstacles = []
    for s_m in rows:
        back_m = placer.between(4, 12)
        while back_m < 75:
            car = _draw_vehicle(placer, s_m, back_m, ahead=sign > 0, lorries=0.02)
            if placer.chance(0.62) and placer.is_free(car.z_m, car.length_m / 2):
                obstacles.append(car)
            back_m += car.length_m + placer.between(0.8, 2.5)
    return obstacles


def draw_traffic(placer: Placer) -> list[Obstacle]:
    """Put vehicles on the lanes, and now and then somebody who cycles or crosses."""
    street = placer.street
    obstacles = []
    for lanes, ahead in ((street.ahead, True), (street.oncoming, False)):
        for lane_m in lanes:
            back_m = placer.between(9, 45)
            while back_m < 100:
                s_m = placer.near(lane_m, 0.15)
                vehicle = _draw_vehicle(placer, s_m, back_m, ahead=ahead, lorries=0.06)
                if placer.chance(0.6):
                    obstacles.append(vehicle)
                back_m += vehicle.length_m + placer.between(9, 45)
    right_m = street.road.right_m
    if placer.chance(0.15):
        size = (0.75, 1.75, 1.6)
        obstacles.append(
            placer.at(right_m - 0.7, placer.between(8, 35), "rider", size, _AS_PAINTED)
        )
    if placer.chance(0.12):
        s_m = placer.between(street.road.left_m, right_m)
        z_m = placer.between(12, 40)
        obstacles.append(placer.at(s_m, z_m, "person", _person_size(placer), _AS_PAINTED))
    return obstacles


def draw_walkers(placer: Placer, sign: int) -> list[Obstacle]:
    """Send people along the pavement."""
    walk = placer.side(sign).walk
    if walk is None:
        return []
    return [
        placer.beside(
            sign,
            placer.near(walk, 0.25),
            placer.between(6, 50),
            "person",
            _person_size(placer),
            _AS_PAINTED,
        )
        for _ in range(int(placer.rng.poisson(1.0)))
    ]


def _draw_vehicle(
    placer: Placer, s_m: float, back_m: float, *, ahead: bool, lorries: float
) -> Obstacle:
    """Draw a vehicle that begins at `back_m`, facing away from the camera if `ahead`."""
    kind = str(placer.rng.choice(["car", "van", "lorry"], p=[0.9 - lorries, 0.1, lorries]))
    size: Size = {
        "car": (placer.between(1.65, 1.85), placer.between(1.4, 1.62), placer.between(3.7, 4.8)),
        "van": (placer.between(1.9, 2.05), placer.between(1.95, 2.5), placer.between(4.8, 6.0)),
        "lorry": (2.45, placer.between(2.9, 3.6), placer.between(7, 11)),
    }[kind]
    vehicle = placer.at(s_m, back_m + size[2] / 2, kind, size, _PAINTS)
    turn = placer.near(0.0 if ahead else math.pi, 0.015)
    return replace(vehicle, heading_rad=vehicle.heading_rad + turn)


def _person_size(placer: Placer) -> Size:
    return (0.72, placer.between(1.55, 1.9), 0.4)
