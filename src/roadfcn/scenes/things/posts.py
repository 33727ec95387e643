"""Slim upright things: lamp posts, traffic lights, beacons, bollards, masts, cones."""

from __future__ import annotations

from functools import lru_cache

from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import PAINT, Finish, Moulder, Point, Shape
from roadfcn.scenes.bodies.solids import Place
from roadfcn.scenes.description.scene import Colour, Obstacle
from roadfcn.scenes.description.street_class import StreetClass

LAMP_LOOKS, SIGNAL_LOOKS, BOLLARD_LOOKS = 6, 6, 6

_PAINT = Finish(PAINT, gloss=0.1)
_LENS = Finish((0.85, 0.86, 0.84), glow=True)
_BLACK = Finish((0.05, 0.05, 0.05))
_WHITE = Finish((0.86, 0.86, 0.84))
_SIGN_BLACK = Finish((0.05, 0.055, 0.05), street_class=StreetClass.SIGN)
_LIGHTS: tuple[Colour, ...] = ((1.4, 0.16, 0.1), (1.35, 0.75, 0.12), (0.15, 1.25, 0.6))


def build_lamp(lamp: Obstacle) -> list[Mesh]:
    """Build a lamp post; its arm, if it has one, reaches to the right of the heading."""
    height = lamp.height_m / 8
    slim = lamp.width_m / 0.16
    shape = _mould_lamp(lamp.variant % LAMP_LOOKS)
    return [Mesh(Place.of(lamp), shape, lamp.colour, scale=(slim, height, slim))]


def build_mast(mast: Obstacle) -> list[Mesh]:
    """Build a bare mast, or one with cross-arms for wires."""
    scale = (mast.width_m / 0.16, mast.height_m / 8, mast.width_m / 0.16)
    return [Mesh(Place.of(mast), _mould_mast(mast.variant % 2 == 1), mast.colour, scale=scale)]


def build_signal(signal: Obstacle) -> list[Mesh]:
    """Build a traffic light that faces against its heading."""
    scale = (1.0, signal.height_m / 3.3, 1.0)
    shape = _mould_signal(signal.variant % SIGNAL_LOOKS)
    return [Mesh(Place.of(signal), shape, signal.colour, scale=scale)]


def build_beacon(beacon: Obstacle) -> list[Mesh]:
    """Build a Belisha beacon: black and white bands, a yellow globe."""
    scale = (1.0, beacon.height_m / 2.9, 1.0)
    return [Mesh(Place.of(beacon), _mould_beacon(), beacon.colour, scale=scale)]


def build_bollard(bollard: Obstacle) -> list[Mesh]:
    """Build a bollard."""
    wide = bollard.width_m / 0.2
    shape = _mould_bollard(bollard.variant % BOLLARD_LOOKS)
    scale = (wide, bollard.height_m, wide)
    return [Mesh(Place.of(bollard), shape, bollard.colour, scale=scale)]


def build_cone(cone: Obstacle) -> list[Mesh]:
    """Build a traffic cone."""
    wide = cone.width_m / 0.4
    shape = _mould_cone()
    return [Mesh(Place.of(cone), shape, cone.colour, scale=(wide, cone.height_m / 0.75, wide))]


@lru_cache(maxsize=LAMP_LOOKS)
def _mould_lamp(look: int) -> Shape:
    """Give a lamp post of 8 m and 0.16 m thickness."""
    moulder = Moulder()
    if look == 5:  # an old lantern on a cast-iron post
        stem = [(0.0, y, 0.0) for y in (0.0, 1.0, 1.1, 6.8)]
        moulder.tube(stem, (0.13, 0.13, 0.07, 0.05), _PAINT, sides=8)
        moulder.tube([(-0.4, 6.2, 0.0), (0.4, 6.2, 0.0)], (0.03, 0.03), _PAINT, sides=4)
        moulder.box((-0.18, 6.9, -0.18), (0.18, 7.5, 0.18), _LENS, taper=1.35)
        moulder.box((-0.26, 7.5, -0.26), (0.26, 7.95, 0.26), _PAINT, taper=0.2)
        return moulder.finished()
    top = 8.0 if look in (0, 3) else 7.7
    stem = [(0.0, y, 0.0) for y in (0.0, 1.3, 1.35, 0.5 * top, top)]
    moulder.tube(stem, (0.1, 0.1, 0.075, 0.065, 0.05), _PAINT, sides=8)
    if look == 4:  # a globe
        moulder.ball((0.0, 7.75, 0.0), (0.25, 0.25, 0.25), _LENS)
        return moulder.finished()
    arms = (1, -1) if look == 3 else (1,)
    for side in arms:
        reach = 1.5 if look != 1 else 0.8
        path: list[Point] = [
            (0.0, top - 0.1, 0.0),
            (side * 0.3 * reach, top + 0.12 if look else top - 0.05, 0.0),
            (side * reach, top + 0.25 if look else top, 0.0),
        ]
        moulder.tube(path, (0.045, 0.04, 0.035), _PAINT, sides=6)
        x, y, _ = path[-1]
        low, high = sorted((x - side * 0.1, x + side * 0.55))
        moulder.box((low, y - 0.03, -0.13), (high, y + 0.1, 0.13), _PAINT, taper=0.8)
        moulder.box((low + 0.05, y - 0.07, -0.1), (high - 0.05, y - 0.02, 0.1), _LENS)
    return moulder.finished()


@lru_cache(maxsize=2)
def _mould_mast(with_arms: bool) -> Shape:
    moulder = Moulder()
    stem = [(0.0, y, 0.0) for y in (0.0, 2.0, 5.0, 8.0)]
    moulder.tube(stem, (0.1, 0.092, 0.082, 0.07), _PAINT, sides=8)
    if with_arms:
        for y in (7.2, 7.7):
            moulder.box((-0.8, y, -0.05), (0.8, y + 0.1, 0.05), _PAINT)
            for x in (-0.7, -0.3, 0.3, 0.7):
                moulder.box((x - 0.04, y + 0.1, -0.04), (x + 0.04, y + 0.22, 0.04), _WHITE)
    return moulder.finished()


@lru_cache(maxsize=SIGNAL_LOOKS)
def _mould_signal(look: int) -> Shape:
    moulder = Moulder()
    moulder.tube([(0.0, y, 0.0) for y in (0.0, 1.6, 3.2)], (0.06, 0.055, 0.055), _PAINT, sides=8)
    lit = look % 3
    board = Finish((0.9, 0.9, 0.88), street_class=StreetClass.SIGN) if look < 3 else _SIGN_BLACK
    moulder.box((-0.24, 2.2, -0.13), (0.24, 3.3, -0.11), board)
    moulder.box((-0.22, 2.22, -0.14), (0.22, 3.28, -0.125), _SIGN_BLACK)
    moulder.box((-0.16, 2.28, -0.34), (0.16, 3.2, -0.12), _SIGN_BLACK)
    for k, colour in enumerate(_LIGHTS):
        y = 3.03 - 0.29 * k
        dark = tuple(0.13 * part for part in colour)
        tone = colour if k == lit or (k == 1 and look == 3) else (dark[0], dark[1], dark[2])
        finish = Finish(tone, glow=True, street_class=StreetClass.SIGN)
        around = [(0.11, 0), (0.078, 0.078), (0, 0.11), (-0.078, 0.078)]
        for sign in (1, -1):
            half = [(sign * x, y + sign * h, -0.35) for x, h in around]
            moulder.face(half, (0.0, y, 0.0), finish, 2)
            moulder.face(
                [
                    (-sign * 0.078, y + sign * 0.078, -0.35),
                    (-sign * 0.11, y, -0.35),
                    (sign * 0.11, y, -0.35),
                ],
                (0.0, y, 0.0),
                finish,
                2,
            )
    return moulder.finished()


@lru_cache(maxsize=1)
def _mould_beacon() -> Shape:
    moulder = Moulder()
    for k in range(8):
        low = 0.33 * k
        path = [(0.0, low, 0.0), (0.0, low + 0.33, 0.0)]
        moulder.tube(path, (0.05, 0.05), _WHITE if k % 2 else _BLACK, sides=8)
    amber = Finish((1.1, 0.62, 0.08), glow=True, street_class=StreetClass.SIGN)
    moulder.ball((0.0, 2.78, 0.0), (0.15, 0.15, 0.15), amber)
    return moulder.finished()


@lru_cache(maxsize=BOLLARD_LOOKS)
def _mould_bollard(look: int) -> Shape:
    """Give a bollard of 1 m and 0.2 m thickness."""
    moulder = Moulder()
    if look == 0:  # black and gold cast iron
        path = [(0.0, y, 0.0) for y in (0.0, 0.12, 0.15, 0.8, 0.85, 1.0)]
        moulder.tube(path, (0.1, 0.1, 0.07, 0.06, 0.09, 0.03), _BLACK, sides=8)
        return moulder.finished()
    if look == 1:  # white with a red band
        for low, high, finish in ((0.0, 0.7, _WHITE), (0.7, 0.85, Finish((0.7, 0.08, 0.06)))):
            moulder.tube([(0.0, low, 0.0), (0.0, high, 0.0)], (0.07, 0.07), finish, sides=8)
        moulder.tube([(0.0, 0.85, 0.0), (0.0, 1.0, 0.0)], (0.07, 0.06), _WHITE, sides=8)
        return moulder.finished()
    if look == 2:  # a lit traffic bollard on an island
        shell = Finish((0.93, 0.93, 0.9), glow=True, street_class=StreetClass.SIGN)
        moulder.box((-0.2, 0.0, -0.12), (0.2, 1.0, 0.12), shell, taper=0.85)
        blue = Finish((0.08, 0.22, 0.62), glow=True, street_class=StreetClass.SIGN)
        for side in (1, -1):
            moulder.ball((0.0, 0.68, side * 0.1), (0.14, 0.14, 0.02), blue)
        return moulder.finished()
    finish = (Finish((0.35, 0.26, 0.18)), _PAINT, Finish((0.55, 0.55, 0.54)))[look - 3]
    path = [(0.0, y, 0.0) for y in (0.0, 0.93, 1.0)]
    moulder.tube(path, (0.08, 0.075, 0.03), finish, sides=4 if look == 3 else 8)
    return moulder.finished()


@lru_cache(maxsize=1)
def _mould_cone() -> Shape:
    moulder = Moulder()
    orange = Finish((0.95, 0.26, 0.05))
    moulder.box((-0.2, 0.0, -0.2), (0.2, 0.04, 0.2), _BLACK)
    bands = ((0.04, 0.28, orange), (0.28, 0.5, Finish((0.92, 0.92, 0.9))), (0.5, 0.75, orange))
    for low, high, finish in bands:
        radii = (0.16 - 0.17 * low, 0.16 - 0.17 * high)
        moulder.tube([(0.0, low, 0.0), (0.0, high, 0.0)], radii, finish, sides=10)
    return moulder.finished()
