"""Bicycles, and people on bicycles and motorcycles."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import PAINT, Finish, Moulder, Point, Shape
from roadfcn.scenes.bodies.solids import Place
from roadfcn.scenes.bodies.wheels import mould_cycle_wheel
from roadfcn.scenes.description.scene import Colour, Obstacle
from roadfcn.scenes.things.people import COATS, HAIR, SKINS, TROUSERS, mould_head

LOOKS = 16

_WHEEL_M = 0.34
_AXLES = (-0.52, 0.52)
_CRANK: Point = (0.0, 0.28, -0.08)
_SADDLE: Point = (0.0, 0.92, -0.24)
_BARS: Point = (0.0, 0.98, 0.38)
_FRAMES: tuple[Colour, ...] = (
    (0.10, 0.10, 0.11),
    (0.45, 0.08, 0.08),
    (0.15, 0.25, 0.5),
    (0.7, 0.7, 0.72),
    (0.2, 0.4, 0.25),
)
_HELMETS: tuple[Colour, ...] = ((0.85, 0.85, 0.85), (0.12, 0.12, 0.13), (0.75, 0.15, 0.12))
_BLACK = Finish((0.05, 0.05, 0.05))


def build_rider(rider: Obstacle) -> list[Mesh]:
    """Build somebody who rides a bicycle along the heading."""
    return [_stand(rider, _mould_rider(rider.variant % LOOKS), 1.72)]


def build_bicycle(bicycle: Obstacle) -> list[Mesh]:
    """Build a parked bicycle."""
    return [_stand(bicycle, _mould_bicycle(bicycle.variant % len(_FRAMES)), 1.05)]


def build_motorcycle(motorcycle: Obstacle) -> list[Mesh]:
    """Build somebody on a motorcycle or scooter."""
    return [_stand(motorcycle, _mould_motorcycle(motorcycle.variant % LOOKS), 1.55)]


def _stand(obstacle: Obstacle, shape: Shape, height_m: float) -> Mesh:
    scale = obstacle.height_m / height_m
    return Mesh(Place.of(obstacle), shape, obstacle.colour, scale=(scale, scale, scale))


@lru_cache(maxsize=len(_FRAMES))
def _mould_bicycle(look: int) -> Shape:
    moulder = Moulder()
    _add_bicycle(moulder, look)
    return moulder.finished()


def _add_bicycle(moulder: Moulder, look: int) -> None:
    frame = Finish(_FRAMES[look % len(_FRAMES)], gloss=0.15)
    for at in _AXLES:
        mould_cycle_wheel(moulder, at, _WHEEL_M, 0.035)
    head: Point = (0.0, 0.78, 0.36)
    rear: Point = (0.0, _WHEEL_M, _AXLES[0])
    fork: Point = (0.0, _WHEEL_M, _AXLES[1])
    for path in (
        (_CRANK, _SADDLE),
        (_CRANK, head),
        ((0.0, 0.74, -0.2), head),
        (rear, _CRANK),
        (rear, (0.0, 0.74, -0.2)),
        (fork, head),
        (head, _BARS),
    ):
        moulder.tube(path, (0.019, 0.019), frame, sides=4)
    moulder.tube([(-0.28, 0.99, 0.36), (0.28, 0.99, 0.36)], (0.016, 0.016), _BLACK, sides=4)
    moulder.box((-0.07, 0.9, -0.36), (0.07, 0.95, -0.12), _BLACK, taper=0.8)
    moulder.ball(_CRANK, (0.03, 0.09, 0.09), _BLACK, sides=6)
    if look % 2:
        moulder.box((-0.06, 0.72, -0.66), (0.06, 0.75, -0.3), _BLACK)


@lru_cache(maxsize=LOOKS)
def _mould_rider(look: int) -> Shape:
    rng = np.random.default_rng([look, 67])
    moulder = Moulder()
    _add_bicycle(moulder, look)
    turn = float(rng.uniform(-1.5, 1.5))
    cloth = Finish(TROUSERS[int(rng.integers(len(TROUSERS)))])
    lean = float(rng.uniform(0.25, 0.75))
    for side in (-1, 1):
        up, ahead = side * 0.16 * np.sin(turn), side * 0.16 * np.cos(turn)
        pedal: Point = (side * 0.12, _CRANK[1] + float(up), _CRANK[2] + float(ahead))
        knee: Point = (side * 0.13, 0.5 * (pedal[1] + 0.92) + 0.1, 0.5 * pedal[2] + 0.18)
        moulder.tube([(side * 0.09, 0.95, -0.2), knee, pedal], (0.095, 0.07, 0.05), cloth)
        moulder.box(
            (pedal[0] - 0.045, pedal[1] - 0.05, pedal[2] - 0.08),
            (pedal[0] + 0.045, pedal[1] + 0.03, pedal[2] + 0.16),
            _BLACK,
        )
    _add_upper_body(moulder, look, rng, lean)
    return moulder.finished()


def _add_upper_body(moulder: Moulder, look: int, rng: np.random.Generator, lean: float) -> None:
    """Add trunk, arms and head of somebody who sits with hands on the handlebars."""
    coat = Finish(COATS[(look * 7 + 10) % len(COATS)])
    skin = Finish(SKINS[int(rng.choice(3, p=[0.75, 0.15, 0.1]))])
    path = [
        (0.0, y - 0.08 * lean * (y - 0.9), -0.2 + lean * (y - 0.9))
        for y in (0.9, 1.02, 1.2, 1.38, 1.46)
    ]
    moulder.tube(path, (0.17, 0.185, 0.20, 0.19, 0.08), coat, sides=10, flat=0.62)
    ahead = -0.2 + lean * 0.5
    sleeve = Finish(coat.colour, shade=0.85)
    for side in (-1, 1):
        hand: Point = (side * 0.24, 1.02, 0.34)
        elbow: Point = (side * 0.27, 1.14, 0.5 * (ahead + 0.34) - 0.02)
        moulder.tube([(side * 0.19, 1.36, ahead), elbow, hand], (0.065, 0.052, 0.04), sleeve)
        moulder.ball(hand, (0.045, 0.045, 0.045), skin, sides=6)
    hair = Finish(HAIR[int(rng.integers(len(HAIR)))])
    helmet = Finish(_HELMETS[look % len(_HELMETS)]) if look % 3 else hair
    mould_head(moulder, (0.0, 1.58, ahead + 0.08), skin, helmet)


@lru_cache(maxsize=LOOKS)
def _mould_motorcycle(look: int) -> Shape:
    rng = np.random.default_rng([look, 71])
    moulder = Moulder()
    body = Finish(PAINT, gloss=0.4)
    for at in (-0.68, 0.68):
        moulder.box((-0.07, 0.0, at - 0.17), (0.07, 0.6, at + 0.17), _BLACK)
        for side in (-1, 1):
            moulder.wheel((side * 0.075, 0.31, at), 0.31, 0.0, side, _BLACK, layer=0)
            rim = Finish((0.5, 0.5, 0.52))
            moulder.wheel((side * 0.08, 0.31, at), 0.19, 0.1, side, rim, layer=1)
    moulder.box((-0.16, 0.25, -0.4), (0.16, 0.62, 0.42), Finish((0.16, 0.16, 0.17)), cells=2)
    moulder.box((-0.15, 0.6, -0.1), (0.15, 0.9, 0.4), body, taper=0.75)
    moulder.box((-0.13, 0.66, -0.85), (0.13, 0.8, 0.0), _BLACK, cells=2)
    moulder.box((-0.2, 0.75, 0.42), (0.2, 1.12, 0.62), body, taper=0.8)
    moulder.ball((0.0, 0.92, 0.62), (0.1, 0.1, 0.04), Finish((1.3, 1.3, 1.2), glow=True))
    moulder.box((-0.08, 0.62, -0.92), (0.08, 0.72, -0.86), Finish((0.7, 0.05, 0.04), glow=True))
    moulder.tube([(-0.38, 1.02, 0.36), (0.38, 1.02, 0.36)], (0.02, 0.02), _BLACK, sides=4)
    cloth = Finish((0.08, 0.08, 0.09))
    for side in (-1, 1):
        path = [(side * 0.12, 0.85, -0.22), (side * 0.22, 0.68, 0.18), (side * 0.2, 0.3, -0.02)]
        moulder.tube(path, (0.1, 0.085, 0.06), cloth)
    coat = Finish((0.09, 0.09, 0.10) if look % 2 else COATS[look % len(COATS)])
    path = [(0.0, y, -0.25 + 0.3 * (y - 0.8)) for y in (0.8, 0.95, 1.15, 1.3, 1.38)]
    moulder.tube(path, (0.19, 0.19, 0.22, 0.2, 0.09), coat, sides=10, flat=0.65)
    for side in (-1, 1):
        arm = [(side * 0.2, 1.28, -0.1), (side * 0.33, 1.08, 0.08), (side * 0.34, 1.03, 0.34)]
        moulder.tube(arm, (0.07, 0.058, 0.048), Finish(coat.colour, shade=0.85))
    helmet = Finish(_HELMETS[int(rng.integers(3))], gloss=0.4)
    moulder.ball((0.0, 1.47, -0.03), (0.13, 0.15, 0.15), helmet)
    moulder.ball((0.0, 1.48, 0.04), (0.1, 0.06, 0.09), Finish((0.05, 0.05, 0.06), gloss=0.6))
    return moulder.finished()
