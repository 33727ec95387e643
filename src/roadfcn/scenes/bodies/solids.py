"""Boxes and standing pictures: the shapes that obstacles are put together from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.bodies.facets import Facet
from roadfcn.scenes.description.scene import Colour, Obstacle
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.surfaces.textures import Pyramid

Corners = NDArray[np.float64]

_SIDES = {
    "back": [0, 1, 5, 4],
    "front": [2, 3, 7, 6],
    "left": [3, 0, 4, 7],
    "right": [1, 2, 6, 5],
    "top": [4, 5, 6, 7],
}
"""Corners of a box's sides among those of its floor, then of its lid, from back left around."""

_LENS_AWAY_M = 0.5
"""More than the distance of the lens from X = Z = 0."""


@dataclass(frozen=True)
class Place:
    """A point on the ground with a direction: local (right, up, forward) to road coordinates."""

    x_m: float
    z_m: float
    heading_rad: float
    base_m: float = 0.0
    grade: float = 0.0

    @classmethod
    def of(cls, obstacle: Obstacle) -> Place:
        """Give the place of an obstacle."""
        return cls(
            obstacle.x_m, obstacle.z_m, obstacle.heading_rad, obstacle.base_m, obstacle.grade
        )

    def facing_camera(self) -> Place:
        """Give the same point, turned so that its back faces the camera."""
        return Place(self.x_m, self.z_m, math.atan2(self.x_m, self.z_m), self.base_m)

    def corners(self, *points: tuple[float, float, float]) -> Corners:
        """Give N,3 road coordinates (X, Y, Z) of local (right, up, forward) points."""
        return self.points(np.array(points, float))

    def seen_sides(self, half_m: float, end_m: float) -> set[str]:
        """Tell which walls of a box around this place face the camera, which is near X = Z = 0."""
        sine, cosine = math.sin(self.heading_rad), math.cos(self.heading_rad)
        right = -self.x_m * cosine + self.z_m * sine
        forward = -self.x_m * sine - self.z_m * cosine
        faces = {
            "right": right > half_m - _LENS_AWAY_M,
            "left": right < _LENS_AWAY_M - half_m,
            "front": forward > end_m - _LENS_AWAY_M,
            "back": forward < _LENS_AWAY_M - end_m,
        }
        return {name for name, is_seen in faces.items() if is_seen}

    def points(self, local: NDArray[np.float64]) -> Corners:
        """Give N,3 road coordinates of N,3 local (right, up, forward) points."""
        right, up, forward = local.T
        sine, cosine = math.sin(self.heading_rad), math.cos(self.heading_rad)
        ahead = cosine * forward - sine * right
        points = np.empty(local.shape)
        points[:, 0] = self.x_m + cosine * right + sine * forward
        # On a slope things are sheared, not turned: walls stay upright, floors follow the ground.
        points[:, 1] = -(self.base_m + up + self.grade * ahead)
        points[:, 2] = self.z_m + ahead
        return points


@dataclass(frozen=True)
class Slab:
    """A level rectangle, the floor or the lid of a box: half its width, and its other limits."""

    half_m: float
    back_m: float
    front_m: float
    up_m: float


def sides(place: Place, floor: Slab, lid: Slab) -> dict[str, Corners]:
    """Give the four walls and the top of a box whose floor and lid may differ in size.

    Each has four corners, seen from outside: bottom left, bottom right, top right, top left.
    """
    around = [
        (side * slab.half_m, slab.up_m, along_m)
        for slab in (floor, lid)
        for side, along_m in (
            (-1, slab.back_m),
            (1, slab.back_m),
            (1, slab.front_m),
            (-1, slab.front_m),
        )
    ]
    corners = place.corners(*around)
    return {name: corners[at] for name, at in _SIDES.items()}


def part_of(corners: Corners, left: float, bottom: float, right: float, top: float) -> Corners:
    """Cut a smaller quadrilateral out of one, limits as shares of its width and height."""
    bottom_left, bottom_right, top_right, top_left = corners

    def at(across: float, up: float) -> NDArray[np.float64]:
        low = bottom_left + across * (bottom_right - bottom_left)
        high = top_left + across * (top_right - top_left)
        point: NDArray[np.float64] = low + up * (high - low)
        return point

    return np.array([at(left, bottom), at(right, bottom), at(right, top), at(left, top)])


def standing_picture(
    place: Place,
    width_m: float,
    bottom_m: float,
    top_m: float,
    colour: Colour,
    texture: Pyramid | None = None,
    street_class: StreetClass = StreetClass.UNKNOWN,
) -> Facet:
    """Stand a picture upright on a place, turned to the camera."""
    half = width_m / 2
    corners = place.facing_camera().corners(
        (-half, bottom_m, 0), (half, bottom_m, 0), (half, top_m, 0), (-half, top_m, 0)
    )
    return Facet(corners, colour, texture, glow=True, street_class=street_class)
