"""Shapes of many small faces, moulded once in their own coordinates and stood up many times.

Local coordinates are (right, up, forward) in metres, the origin on the ground. Faces are
quadrilaterals (a triangle gives its last corner twice) and always seen from outside only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.scene import Colour
from roadfcn.scenes.description.street_class import StreetClass

Point = tuple[float, float, float]
Points = NDArray[np.float64]

_MIRROR = np.array((1.0, -1.0, 1.0))

PAINT: Colour = (-1.0, -1.0, -1.0)
"""Stands for the obstacle's own colour."""


@dataclass(frozen=True)
class Finish:
    """What a surface is like.

    Args:
        colour: In 0..1; `PAINT` for the obstacle's own.
        gloss: How much it mirrors sky and street: 0 is matt, 0.5 paint, 1.7 glass.
        glow: Whether the sun's direction leaves its brightness as it is.
        shade: Factor on the colour.
        street_class: If other than that of the whole obstacle.
    """

    colour: Colour
    gloss: float = 0.0
    glow: bool = False
    shade: float = 1.0
    street_class: StreetClass = StreetClass.UNKNOWN


@dataclass(frozen=True, eq=False)
class Shape:
    """A moulded shape.

    Args:
        vertices: N,3 float64 local coordinates.
        faces: M,4 indices into the vertices, counter-clockwise as seen from outside.
        colours: M,3 float32, with the factor of the finish.
        painted: M bool: whether the obstacle's colour multiplies.
        gloss: M float32.
        glow: M bool.
        layer: M int; a higher layer covers a lower one whatever the depth (lamps on a body).
        street_class: M uint8.
        reach: Largest distance of a vertex from the origin.
    """

    vertices: Points
    faces: NDArray[np.int64]
    colours: NDArray[np.float32]
    painted: NDArray[np.bool_]
    gloss: NDArray[np.float32]
    glow: NDArray[np.bool_]
    layer: NDArray[np.int64]
    street_class: NDArray[np.uint8]
    reach: float


class Moulder:
    """Collects the faces of a shape."""

    def __init__(self) -> None:
        self._vertices: list[Point] = []
        self._faces: list[tuple[int, int, int, int]] = []
        self._insides: list[Point] = []
        self._finishes: list[Finish] = []
        self._layers: list[int] = []

    def face(self, corners: Sequence[Point], inside: Point, finish: Finish, layer: int = 0) -> None:
        """Add a face of 3 or 4 corners, turned away from a point inside the shape."""
        first = len(self._vertices)
        self._vertices += corners
        self._faces.append((first, first + 1, first + 2, first + len(corners) - 1))
        self._insides.append(inside)
        self._finishes.append(finish)
        self._layers.append(layer)

    def box(
        self,
        low: Point,
        high: Point,
        finish: Finish,
        *,
        layer: int = 0,
        taper: float = 1.0,
        cells: int = 1,
        bottom: bool = True,
    ) -> None:
        """Add a box between two corners; `taper` shrinks its top, `cells` cuts its length."""
        x, y, z = (0.5 * (a + b) for a, b in zip(low, high, strict=True))

        def corner(right: int, up: int, share: float) -> Point:
            shrink = taper if up else 1.0
            ahead = low[2] + share * (high[2] - low[2])
            across = (high if right else low)[0]
            return x + shrink * (across - x), (high if up else low)[1], z + shrink * (ahead - z)

        for k in range(cells):
            near, far = k / cells, (k + 1) / cells
            inside = (x, y, corner(0, 0, 0.5 * (near + far))[2])
            around = ((0, near), (0, far), (1, far), (1, near))
            for a in (0, 1):
                self.face([corner(a, b, share) for b, share in around], inside, finish, layer)
            for a in (0, 1) if bottom else (1,):
                self.face([corner(b, a, share) for b, share in around], inside, finish, layer)
        for share in (0.0, 1.0):
            around_end = ((0, 0), (1, 0), (1, 1), (0, 1))
            self.face([corner(a, b, share) for a, b in around_end], (x, y, z), finish, layer)

    def tube(
        self,
        path: Sequence[Point],
        radii: Sequence[float],
        finish: Finish,
        *,
        sides: int = 6,
        layer: int = 0,
        flat: float = 1.0,
    ) -> None:
        """Add a tube along points, closed at both ends; `flat` squeezes it forwards."""
        rings = _rings(path, radii, sides, flat)
        for k in range(len(path) - 1):
            inside = _mean(path[k], path[k + 1])
            for j in range(sides):
                n = (j + 1) % sides
                at = (rings[k][j], rings[k][n], rings[k + 1][n], rings[k + 1][j])
                self.face(at, inside, finish, layer)
        for end, inner in ((0, 1), (-1, -2)):
            for j in range(0, sides, 2):
                fan = (path[end], *(rings[end][(j + n) % sides] for n in range(3)))
                self.face(fan, path[inner], finish, layer)

    def ball(
        self, centre: Point, radii: Point, finish: Finish, *, sides: int = 8, layer: int = 0
    ) -> None:
        """Add an ellipsoid."""
        (x, y, z), (across, up, along) = centre, radii
        tilt = [math.pi * (k / 5 - 0.5) for k in range(6)]

        def at(k: int, j: int) -> Point:
            angle = 2 * math.pi * j / sides
            reach = math.cos(tilt[k])
            return (
                x + across * reach * math.cos(angle),
                y + up * math.sin(tilt[k]),
                z + along * reach * math.sin(angle),
            )

        for k in range(5):
            for j in range(sides):
                self.face(
                    (at(k, j), at(k, j + 1), at(k + 1, j + 1), at(k + 1, j)), centre, finish, layer
                )

    def wheel(
        self,
        centre: Point,
        radius: float,
        inner: float,
        side: int,
        finish: Finish,
        *,
        layer: int = 1,
        sides: int = 16,
    ) -> None:
        """Add a disc or ring that stands along the heading, seen from the left or right (1)."""
        x, y, z = centre
        inside = (x - side, y, z)

        def at(reach: float, j: int) -> Point:
            angle = 2 * math.pi * j / sides
            return x, y + reach * math.sin(angle), z + reach * math.cos(angle)

        if inner > 0:
            for j in range(sides):
                around = (at(inner, j), at(radius, j), at(radius, j + 1), at(inner, j + 1))
                self.face(around, inside, finish, layer)
        else:
            for j in range(0, sides, 2):
                fan = (centre, at(radius, j), at(radius, j + 1), at(radius, j + 2))
                self.face(fan, inside, finish, layer)

    def finished(self) -> Shape:
        """Give the shape."""
        finishes = self._finishes
        vertices, faces = np.array(self._vertices, np.float64), np.array(self._faces)
        corners = vertices[faces]
        # Local axes are left-handed; in the road's (Y down) a face looks where this points.
        first, second = (corners[:, 2 + k] - corners[:, k] for k in (0, 1))
        looks = np.cross(first * _MIRROR, second * _MIRROR) * _MIRROR
        outwards = corners.mean(axis=1) - np.array(self._insides)
        wrong = (looks * outwards).sum(axis=1) < 0
        faces[wrong] = faces[wrong, ::-1]
        painted = np.array([one.colour == PAINT for one in finishes])
        colours = np.array([one.colour for one in finishes], np.float32)
        colours[painted] = 1.0
        colours *= np.array([one.shade for one in finishes], np.float32)[:, None]
        return Shape(
            vertices,
            faces,
            colours,
            painted,
            np.array([one.gloss for one in finishes], np.float32),
            np.array([one.glow for one in finishes]),
            np.array(self._layers),
            np.array([one.street_class for one in finishes], np.uint8),
            float(np.linalg.norm(vertices, axis=1).max()),
        )


def _mean(*points: Point) -> Point:
    x, y, z = (sum(parts) / len(points) for parts in zip(*points, strict=True))
    return x, y, z


def _rings(
    path: Sequence[Point], radii: Sequence[float], sides: int, flat: float
) -> list[list[Point]]:
    """Give points around each point of a path, across its mean direction there."""
    rings = []
    angles = [2 * math.pi * (j + 0.5) / sides for j in range(sides)]
    cosines, sines = (np.array([[f(angle)] for angle in angles]) for f in (math.cos, math.sin))
    for k, centre in enumerate(path):
        start, end = path[max(0, k - 1)], path[min(len(path) - 1, k + 1)]
        along = np.subtract(end, start)
        along = along / (np.linalg.norm(along) or 1.0)
        helper = np.array((0.0, 0.0, 1.0)) if abs(along[2]) < 0.9 else np.array((0.0, 1.0, 0.0))
        first = np.cross(along, helper)
        first /= np.linalg.norm(first)
        second = np.cross(first, along)
        around = np.array(centre) + radii[k] * (first * cosines + flat * second * sines)
        rings.append([(x, y, z) for x, y, z in around.tolist()])
    return rings
