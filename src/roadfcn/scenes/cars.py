"""Cars, vans and lorries out of boxes: body, cabin with glass, wheels, lamps, plate."""

from __future__ import annotations

import math

import numpy as np

from roadfcn.scenes.facets import Facet
from roadfcn.scenes.scene import Obstacle
from roadfcn.scenes.solids import Corners, Place, Slab, part_of, sides

_GLASS = (0.13, 0.16, 0.19)
_TYRE = (0.05, 0.05, 0.05)
_HUB = (0.45, 0.46, 0.48)
_UNDERSIDE = (0.05, 0.05, 0.055)
_TRIM = (0.12, 0.12, 0.13)
_TAIL_LAMP = (0.65, 0.06, 0.05)
_HEAD_LAMP = (0.92, 0.92, 0.85)
_PLATE = (0.92, 0.92, 0.88)

# Cabin limits as shares of the length from the back: floor back, floor front, lid back, lid front.
_CABINS = {
    "hatchback": (0.02, 0.70, 0.10, 0.50),
    "saloon": (0.10, 0.72, 0.24, 0.54),
    "estate": (0.01, 0.71, 0.06, 0.53),
    "van": (0.00, 0.90, 0.01, 0.74),
    "lorry": (0.00, 1.00, 0.00, 1.00),
}
_CAR_SHAPES = ("hatchback", "saloon", "estate")


def build_car(car: Obstacle) -> list[Facet]:
    """Build a car; `variant` picks its shape."""
    return _build(car, _CAR_SHAPES[car.variant % len(_CAR_SHAPES)], waist=0.6)


def build_van(van: Obstacle) -> list[Facet]:
    """Build a delivery van."""
    return _build(van, "van", waist=0.48)


def build_lorry(lorry: Obstacle) -> list[Facet]:
    """Build a lorry or bus seen as one box."""
    return _build(lorry, "lorry", waist=0.4)


def _build(car: Obstacle, shape: str, *, waist: float) -> list[Facet]:
    place = Place.of(car)
    half, length = car.width_m / 2, car.length_m
    back, front = -length / 2, length / 2
    wheel_m = 0.14 * length if shape != "lorry" else 1.0
    clearance_m, waist_m = 0.22, waist * car.height_m
    # The sill is tucked in, so that the body's lower edge casts a dark line as on real cars.
    facets = [
        Facet(corners, _UNDERSIDE)
        for name, corners in sides(
            place,
            Slab(half * 0.9, back * 0.94, front * 0.94, 0.0),
            Slab(half * 0.9, back * 0.94, front * 0.94, clearance_m),
        ).items()
        if name != "top"
    ]
    nose_m = waist_m * 0.94
    body = sides(
        place,
        Slab(half, back, front, clearance_m),
        Slab(half * 0.97, back * 0.985, front * 0.97, nose_m),
    )
    facets += [Facet(corners, car.colour) for corners in body.values()]
    floor_back, floor_front, lid_back, lid_front = (back + s * length for s in _CABINS[shape])
    cabin = sides(
        place,
        Slab(half * 0.95, floor_back, floor_front, nose_m),
        Slab(
            half * (0.95 if shape in ("van", "lorry") else 0.72), lid_back, lid_front, car.height_m
        ),
    )
    facets += [Facet(corners, car.colour) for corners in cabin.values()]
    facets += _glass(cabin, shape)
    facets += _ends(body, shape)
    facets += _wheels(place, half, back, front, wheel_m)
    return facets


def _glass(cabin: dict[str, Corners], shape: str) -> list[Facet]:
    """Give the windows: part of each cabin wall."""
    if shape == "lorry":
        return [Facet(part_of(cabin["front"], 0.06, 0.1, 0.94, 0.6), _GLASS)]
    if shape == "van":
        return [
            Facet(part_of(cabin["front"], 0.06, 0.06, 0.94, 0.9), _GLASS),
            Facet(part_of(cabin["back"], 0.1, 0.35, 0.46, 0.85), _GLASS),
            Facet(part_of(cabin["back"], 0.54, 0.35, 0.9, 0.85), _GLASS),
            Facet(part_of(cabin["left"], 0.04, 0.3, 0.26, 0.85), _GLASS),
            Facet(part_of(cabin["right"], 0.74, 0.3, 0.96, 0.85), _GLASS),
        ]
    panes = [Facet(part_of(cabin[end], 0.07, 0.08, 0.93, 0.9), _GLASS) for end in ("back", "front")]
    for side in ("left", "right"):
        panes += [
            Facet(part_of(cabin[side], 0.05, 0.1, 0.48, 0.86), _GLASS),
            Facet(part_of(cabin[side], 0.53, 0.1, 0.94, 0.86), _GLASS),
        ]
    return panes


def _ends(body: dict[str, Corners], shape: str) -> list[Facet]:
    """Give what is on the back and the front: bumper, lamps, plate, grille."""
    facets = []
    for end, lamp in (("back", _TAIL_LAMP), ("front", _HEAD_LAMP)):
        wall = body[end]
        facets.append(Facet(part_of(wall, 0.0, 0.0, 1.0, 0.22), _TRIM))
        bottom, top, width = (0.55, 0.85, 0.17) if shape in _CAR_SHAPES else (0.4, 0.9, 0.08)
        facets.append(Facet(part_of(wall, 0.03, bottom, 0.03 + width, top), lamp, glow=True))
        facets.append(Facet(part_of(wall, 0.97 - width, bottom, 0.97, top), lamp, glow=True))
        facets.append(Facet(part_of(wall, 0.36, 0.28, 0.64, 0.46), _PLATE))
    facets.append(Facet(part_of(body["front"], 0.24, 0.55, 0.76, 0.8), _TRIM))
    return facets


def _wheels(place: Place, half: float, back: float, front: float, span_m: float) -> list[Facet]:
    facets = []
    radius = span_m / 1.9
    for middle in (back * 0.62, front * 0.64):
        for side in (-1, 1):
            at = side * (half + 0.01)
            facets.append(Facet(_disc(place, at, middle, radius, side), _TYRE))
            facets.append(Facet(_disc(place, at + side * 0.005, middle, radius * 0.6, side), _HUB))
    return facets


def _disc(place: Place, right: float, forward: float, radius: float, side: int) -> Corners:
    """Give a wheel's outline, counter-clockwise as seen from its side of the car."""
    angles = np.arange(10) * (2 * math.pi / 10)
    return place.corners(
        *(
            (right, radius + radius * math.sin(angle), forward + side * radius * math.cos(angle))
            for angle in angles
        )
    )
