"""Vehicles that drive, wait or are parked, and people on two wheels."""

from __future__ import annotations

import math
from dataclasses import replace

from roadfcn.scenes.description.scene import KERB_HEIGHT_M, Obstacle
from roadfcn.scenes.drawing.placing import Placer, Size

_PAINTS = (
    (0.62, 0.63, 0.65),
    (0.05, 0.05, 0.055),
    (0.86, 0.86, 0.85),
    (0.22, 0.235, 0.26),
    (0.07, 0.11, 0.27),
    (0.46, 0.05, 0.05),
    (0.40, 0.41, 0.41),
    (0.08, 0.17, 0.12),
    (0.48, 0.43, 0.34),
    (0.12, 0.28, 0.52),
    (0.62, 0.63, 0.65),
    (0.10, 0.10, 0.11),
)
_BRIGHT_PAINTS = (*_PAINTS, (0.75, 0.55, 0.08), (0.70, 0.25, 0.06), (0.35, 0.50, 0.62))
_VANS = ((0.88, 0.88, 0.87), (0.88, 0.88, 0.87), (0.62, 0.63, 0.65), (0.10, 0.16, 0.34))
_BUSES = ((0.62, 0.07, 0.07), (0.12, 0.34, 0.22), (0.14, 0.24, 0.5), (0.82, 0.80, 0.74))
_AS_MOULDED = ((1.0, 1.0, 1.0),)

_KINDS = ("car", "van", "lorry", "bus", "motorcycle")
_CLEARANCE_M = 2.0
"""Distance from the camera's course that parked cars keep when they stand beside it."""


def draw_parked_cars(placer: Placer, sign: int) -> list[Obstacle]:
    """Park cars in the bays beside the road, on the road, or with two wheels on the pavement."""
    street = placer.street
    rows = [(s_m, 0.0) for s_m in street.parking if s_m * sign > 0]
    side = placer.side(sign)
    edge = placer.edge_m(sign)
    if side.parking is not None:
        rows.append((edge + sign * side.parking, 0.0))
    elif not rows and placer.variety.clutter and placer.chance(0.12) and side.is_raised(0.3):
        rows.append((edge - sign * placer.between(0.1, 0.5), KERB_HEIGHT_M / 2))
    share = placer.between(0.35, 0.95)
    obstacles = []
    for s_m, base in rows:
        back_m = placer.between(-2, 12)
        while back_m < 75:
            car = draw_vehicle(placer, s_m, back_m, ahead=sign > 0, lorries=0.02)
            if placer.chance(0.12):
                car = replace(car, heading_rad=car.heading_rad + math.pi)
            if (
                placer.chance(share)
                and placer.is_free(car.z_m, car.length_m / 2)
                and (abs(car.x_m) > _CLEARANCE_M or car.z_m > 12)
            ):
                obstacles.append(replace(car, base_m=car.base_m + base))
            back_m += car.length_m + placer.between(0.6, 2.2)
    return obstacles


def draw_traffic(placer: Placer) -> list[Obstacle]:
    """Put vehicles on the lanes and into the mouths of side roads, and now and then a cyclist."""
    street = placer.street
    obstacles = []
    busy = placer.between(0.3, 0.85)
    for lanes, ahead in ((street.ahead, True), (street.oncoming, False)):
        for lane_m in lanes:
            back_m = placer.between(7, 45)
            while back_m < 100:
                s_m = placer.near(lane_m, 0.15)
                vehicle = draw_vehicle(placer, s_m, back_m, ahead=ahead, lorries=0.06)
                if placer.chance(busy):
                    obstacles.append(vehicle)
                # Those who queue stand close behind one another.
                gap = placer.between(1.5, 6) if placer.chance(0.25) else placer.between(8, 40)
                back_m += vehicle.length_m + gap
    obstacles += _draw_waiting(placer)
    right_m = street.road.right_m
    for _ in range(int(placer.rng.poisson(0.3))):
        s_m, z_m = right_m - placer.between(0.5, 1.1), placer.between(7, 35)
        obstacles.append(_draw_rider(placer, s_m, z_m, turn=0.0))
    if placer.chance(0.08) and street.oncoming:
        s_m = street.road.left_m + placer.between(0.5, 1.1)
        obstacles.append(_draw_rider(placer, s_m, placer.between(8, 40), turn=math.pi))
    return _apart(obstacles)


def draw_vehicle(
    placer: Placer, s_m: float, back_m: float, *, ahead: bool, lorries: float
) -> Obstacle:
    """Draw a vehicle that begins at `back_m`, facing away from the camera if `ahead`.

    Args:
        placer: Where chance comes from.
        s_m: Where its middle is across the road.
        back_m: Z of the end that is nearer to the camera.
        ahead: Which way it faces.
        lorries: Share of lorries; buses are about as many where clutter is allowed.
    """
    buses = 0.7 * lorries if placer.variety.clutter else 0.0
    bikes = 0.02 if placer.variety.clutter and lorries > 0.05 else 0.0
    shares = [0.9 - lorries - buses - bikes, 0.1, lorries, buses, bikes]
    kind = str(placer.rng.choice(_KINDS, p=shares))
    size: Size = {
        "car": (placer.between(1.66, 1.9), placer.between(1.4, 1.72), placer.between(3.6, 4.8)),
        "van": (placer.between(1.9, 2.05), placer.between(1.95, 2.6), placer.between(4.8, 6.0)),
        "lorry": (2.45, placer.between(2.9, 3.8), placer.between(7, 11)),
        "bus": (2.5, 4.3 if placer.chance(0.4) else 3.1, placer.between(9.5, 12)),
        "motorcycle": (0.8, placer.between(1.5, 1.65), 2.0),
    }[kind]
    paints = _BRIGHT_PAINTS if placer.variety.colours else _PAINTS
    palette = {"van": _VANS, "bus": _BUSES}.get(kind, paints)
    vehicle = placer.at(s_m, back_m + size[2] / 2, kind, size, palette)
    turn = placer.near(0.0 if ahead else math.pi, 0.015)
    return replace(vehicle, heading_rad=vehicle.heading_rad + turn)


def _draw_waiting(placer: Placer) -> list[Obstacle]:
    """Let cars wait at, or turn into, the mouths of side roads."""
    street = placer.street
    cars = []
    for side in street.road.side_roads:
        sign = 1 if side.right else -1
        for lane, turn in ((0.25, -sign), (-0.25, sign)):
            if not placer.chance(0.45):
                continue
            z_m = side.z_m + sign * lane * side.width_m
            car = draw_vehicle(placer, 0.0, z_m, ahead=True, lorries=0.04)
            s_m = placer.edge_m(sign) + sign * (car.length_m / 2 + placer.between(0.8, 9))
            moved = placer.at(s_m, z_m, car.kind, (1, 1, 1), (car.colour,))
            heading = moved.heading_rad + turn * math.pi / 2
            cars.append(
                replace(car, x_m=moved.x_m, z_m=z_m, heading_rad=heading, base_m=moved.base_m)
            )
    return cars


def _draw_rider(placer: Placer, s_m: float, z_m: float, *, turn: float) -> Obstacle:
    size = (0.6, placer.between(1.65, 1.85), 1.7)
    rider = placer.at(s_m, z_m, "rider", size, _AS_MOULDED)
    return replace(rider, heading_rad=rider.heading_rad + turn + placer.near(0, 0.06))


def _apart(obstacles: list[Obstacle]) -> list[Obstacle]:
    """Leave out riders who would stand in a vehicle, and who is at the camera's bonnet."""
    vehicles = [one for one in obstacles if one.kind != "rider"]
    kept = []
    for one in obstacles:
        beside = one.kind == "rider" and any(
            abs(one.x_m - other.x_m) < 0.3 + other.width_m / 2
            and abs(one.z_m - other.z_m) < 1.2 + other.length_m / 2
            for other in vehicles
        )
        near = one.z_m - one.length_m / 2 < 4 and abs(one.x_m) < _CLEARANCE_M
        if not (beside or near):
            kept.append(one)
    return kept
