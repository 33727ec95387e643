"""Cars of several shapes: body, glass, lamps, wheels, mirrors, plates, some with roof rails."""

from __future__ import annotations

from functools import lru_cache

from roadfcn.scenes.bodies.lofts import PAINTWORK, TRIM, Body, mould_body
from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import Finish, Moulder, Shape
from roadfcn.scenes.bodies.solids import Place
from roadfcn.scenes.bodies.wheels import mould_car_wheel
from roadfcn.scenes.description.scene import Obstacle

LOOKS = 32
"""How many looks cars come in; `Obstacle.variant` picks one."""

_BELT = (
    (0.0, 0.63),
    (0.12, 0.645),
    (0.7, 0.60),
    (0.72, 0.60),
    (0.9, 0.56),
    (0.97, 0.53),
    (1, 0.48),
)
_HATCH_ROOF = ((0.0, 0.63), (0.03, 0.68), (0.13, 0.97), (0.3, 1.0), (0.45, 1.0), (0.53, 0.95))

BODIES = {
    "hatchback": Body(
        (1.78, 1.48, 4.05),
        _BELT,
        (*_HATCH_ROOF, (0.73, 0.605), (1.0, 0.46)),
        side_glass=((0.13, 0.36), (0.385, 0.62)),
        panes=((0.03, 0.12), (0.54, 0.72)),
    ),
    "small": Body(
        (1.66, 1.50, 3.6),
        _BELT,
        (
            (0.0, 0.63),
            (0.02, 0.7),
            (0.09, 0.97),
            (0.3, 1.0),
            (0.5, 1.0),
            (0.58, 0.94),
            (0.78, 0.6),
            (1.0, 0.46),
        ),
        side_glass=((0.10, 0.34), (0.37, 0.68)),
        panes=((0.02, 0.09), (0.59, 0.77)),
    ),
    "saloon": Body(
        (1.80, 1.44, 4.6),
        (
            (0.0, 0.60),
            (0.04, 0.67),
            (0.3, 0.64),
            (0.72, 0.60),
            (0.9, 0.57),
            (0.97, 0.54),
            (1, 0.48),
        ),
        (
            (0.0, 0.60),
            (0.04, 0.67),
            (0.13, 0.68),
            (0.29, 0.96),
            (0.4, 1.0),
            (0.5, 1.0),
            (0.56, 0.95),
            (0.73, 0.605),
            (1.0, 0.46),
        ),
        side_glass=((0.26, 0.42), (0.44, 0.64)),
        panes=((0.15, 0.28), (0.57, 0.72)),
    ),
    "estate": Body(
        (1.80, 1.48, 4.6),
        _BELT,
        (
            (0.0, 0.63),
            (0.02, 0.68),
            (0.09, 0.95),
            (0.2, 0.99),
            (0.45, 1.0),
            (0.55, 0.96),
            (0.72, 0.605),
            (1.0, 0.46),
        ),
        side_glass=((0.07, 0.22), (0.24, 0.41), (0.43, 0.63)),
        panes=((0.02, 0.08), (0.56, 0.71)),
    ),
    "suv": Body(
        (1.88, 1.70, 4.5),
        ((0.0, 0.64), (0.12, 0.65), (0.72, 0.63), (0.9, 0.60), (0.97, 0.57), (1, 0.52)),
        (
            (0.0, 0.64),
            (0.02, 0.68),
            (0.08, 0.95),
            (0.2, 0.99),
            (0.48, 1.0),
            (0.56, 0.96),
            (0.72, 0.635),
            (1.0, 0.46),
        ),
        side_glass=((0.07, 0.20), (0.22, 0.41), (0.43, 0.64)),
        panes=((0.02, 0.08), (0.57, 0.71)),
        clearance_m=0.27,
        lean=0.2,
    ),
    "people carrier": Body(
        (1.84, 1.68, 4.45),
        ((0.0, 0.60), (0.12, 0.62), (0.72, 0.56), (0.9, 0.53), (0.97, 0.50), (1, 0.46)),
        (
            (0.0, 0.60),
            (0.02, 0.65),
            (0.07, 0.95),
            (0.2, 1.0),
            (0.48, 1.0),
            (0.60, 0.95),
            (0.86, 0.56),
            (1.0, 0.46),
        ),
        side_glass=((0.06, 0.22), (0.24, 0.43), (0.45, 0.66)),
        panes=((0.02, 0.07), (0.61, 0.84)),
        lean=0.18,
    ),
}

_BEFORE = tuple(BODIES)
_TAIL = Finish((0.55, 0.03, 0.03), gloss=0.3, glow=True)
_BRAKE = Finish((1.2, 0.10, 0.08), glow=True)
_HEAD = Finish((0.80, 0.82, 0.84), gloss=0.5, glow=True)
_LIT = Finish((1.45, 1.42, 1.3), glow=True)
_YELLOW = Finish((0.90, 0.74, 0.12), glow=True)
_WHITE = Finish((0.90, 0.90, 0.88), glow=True)
_INK_LINE = Finish((0.32, 0.31, 0.24))
_CHROME = Finish((0.7, 0.7, 0.72), gloss=0.4)
_INK = Finish((0.1, 0.1, 0.12))
_SEAM = Finish((0.05, 0.05, 0.055))


def build_car(car: Obstacle) -> list[Mesh]:
    """Build a car scaled to the obstacle's size; `variant` picks its shape and fittings."""
    look = car.variant % LOOKS
    # Far cars need no door seams; which ones are far depends on the camera, but not by much.
    shape, size = _mould(look, car.x_m**2 + car.z_m**2 < 18.0**2)
    scale = (car.width_m / size[0], car.height_m / size[1], car.length_m / size[2])
    return [Mesh(Place.of(car), shape, car.colour, scale=scale)]


@lru_cache(maxsize=2 * LOOKS)
def _mould(look: int, fine: bool) -> tuple[Shape, tuple[float, float, float]]:
    name = _BEFORE[(look * 7 + look // 6) % len(_BEFORE)]
    body = BODIES[name]
    moulder = Moulder()
    mould_body(moulder, body, 20 if fine else 2)
    width, height, length = body.size
    radius = 0.225 * height if name != "suv" else 0.22 * height
    for at in (0.19, 0.80):
        for side in (-1, 1):
            half = body.point(at, 1.6)[0] + 0.012
            mould_car_wheel(moulder, side, half, (at - 0.5) * length, radius, look, fine=fine)
    moulder.box(
        (-0.42 * width, 0.15, -0.42 * length),
        (0.42 * width, body.clearance_m + 0.1, 0.42 * length),
        _SEAM,
        cells=4,
        layer=-1,
    )
    _add_ends(moulder, body, look)
    if fine:
        _add_seams(moulder, body)
    if look % 5 == 1:
        _add_roof_rails(moulder, body)
    if look == 9:
        _add_taxi_sign(moulder, body)
    return moulder.finished(), body.size


def _add_ends(moulder: Moulder, body: Body, look: int) -> None:
    """Add lamps, plates, grille and bumpers."""
    length = body.size[2]
    tail = _BRAKE if look % 4 == 3 else _TAIL
    head = _LIT if look % 6 == 2 else _HEAD
    upright = look % 3 == 0
    lamps = (
        (0.0, 2.3 if upright else 2.75, 3.95, 0.56 if upright else 0.5, tail),
        (1.0, 2.5, 3.6, 0.52, head),
    )
    for share, low, high, reach, finish in lamps:
        out = 0.012 if share else -0.012
        inner = (share - 0.5) * length * 0.8
        for side in (-1, 1):
            corners = []
            for ring, part in ((low, 1.0), (low, reach + 0.2), (high, reach), (high, 1.0)):
                x, y, z = body.point(share, ring)
                corners.append((side * x * part, y, z + out))
            moulder.face(corners, (0.0, corners[0][1], inner), finish, 2)
            # The lamp goes around the corner of the body.
            around = 0.055 if share == 0 else 0.93
            edge = [
                body.point(where, ring, 0.008)
                for where, ring in ((share, low), (around, low), (around, high), (share, high))
            ]
            mirrored = [(side * x, y, z) for x, y, z in edge]
            moulder.face(mirrored, (0.0, edge[0][1], inner * 0.8), finish, 2)
        low_y, high_y = (body.point(share, ring)[1] for ring in (1.0, 2.4))
        z = (share - 0.5) * length + out
        plate = _WHITE if share else (_YELLOW if look % 2 else _WHITE)
        plate_y = low_y + (0.12 if share else 0.25) * (1 if look % 4 < 2 else 1.6)
        _panel(moulder, (-0.26, 0.26), (plate_y, plate_y + 0.11), z, plate, 3)
        _panel(moulder, (-0.21, 0.21), (plate_y + 0.03, plate_y + 0.08), z, _INK_LINE, 4)
        bumper = TRIM if look % 3 else Finish((0.13, 0.13, 0.135), gloss=0.1)
        _panel(moulder, (-0.62, 0.62), (low_y - 0.02, low_y + 0.07), z, bumper, 2)
        if share:
            _panel(moulder, (-0.42, 0.42), (high_y + 0.02, high_y + 0.13), z, _SEAM, 2)
            _panel(moulder, (-0.5, 0.5), (low_y + 0.06, low_y + 0.16), z, _SEAM, 2)
            _panel(moulder, (-0.07, 0.07), (high_y + 0.05, high_y + 0.11), z, _CHROME, 3)


def _panel(
    moulder: Moulder,
    across: tuple[float, float],
    upwards: tuple[float, float],
    z_m: float,
    finish: Finish,
    layer: int,
) -> None:
    """Add a rectangle on the front or back."""
    (left, right), (low, high) = across, upwards
    corners = [(left, low, z_m), (right, low, z_m), (right, high, z_m), (left, high, z_m)]
    moulder.face(corners, (0.0, low, z_m * 0.9), finish, layer)


def _add_seams(moulder: Moulder, body: Body) -> None:
    """Add door seams, handles, mirrors, side trim and the dark middle pillar."""
    for side in (-1, 1):
        for share in (0.21, 0.43, 0.655):
            corners = [
                body.point(share + off, ring, 0.004)
                for off, ring in ((-0.0015, 1), (0.0015, 1), (0.0015, 4), (-0.0015, 4))
            ]
            moulder.face([(side * x, y, z) for x, y, z in corners], (0, 0.5, 0), _SEAM, 1)
        for share in (0.25, 0.46):
            corners = [
                body.point(share + off, ring, 0.01)
                for off, ring in ((0, 3.2), (0.04, 3.2), (0.04, 3.4), (0, 3.4))
            ]
            moulder.face([(side * x, y, z) for x, y, z in corners], (0, 0.5, 0), _CHROME, 1)
        x, y, z = body.point(0.66, 4.1)
        low, high = sorted((side * x, side * (x + 0.16)))
        moulder.box((low, y - 0.02, z), (high, y + 0.09, z + 0.08), PAINTWORK, taper=0.8)


def _add_roof_rails(moulder: Moulder, body: Body) -> None:
    for side in (-1, 1):
        path = []
        for share in (0.16, 0.2, 0.46, 0.5):
            x, y, z = body.point(share, 5.7)
            path.append((side * x, y + (0.06 if 0.18 < share < 0.48 else 0.0), z))
        moulder.tube(path, (0.02,) * 4, _CHROME, sides=4)


def _add_taxi_sign(moulder: Moulder, body: Body) -> None:
    _, y, z = body.point(0.4, 7)
    moulder.box((-0.25, y, z - 0.09), (0.25, y + 0.14, z + 0.09), _YELLOW, layer=1, taper=0.85)
    moulder.box((-0.17, y + 0.04, z - 0.1), (0.17, y + 0.1, z + 0.1), _INK, layer=2)
