"""People on foot, walking or standing, with bags and umbrellas: figures of tapered tubes."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import Finish, Moulder, Point, Shape
from roadfcn.scenes.bodies.solids import Place
from roadfcn.scenes.description.scene import Colour, Obstacle

LOOKS = 40
"""How many guises people come in."""

COATS: tuple[Colour, ...] = (
    (0.10, 0.12, 0.20),
    (0.45, 0.10, 0.10),
    (0.08, 0.08, 0.085),
    (0.62, 0.58, 0.50),
    (0.16, 0.28, 0.20),
    (0.78, 0.78, 0.80),
    (0.55, 0.42, 0.12),
    (0.28, 0.32, 0.42),
    (0.36, 0.22, 0.34),
    (0.42, 0.40, 0.38),
    (0.75, 0.80, 0.20),
    (0.30, 0.24, 0.18),
)
TROUSERS: tuple[Colour, ...] = (
    (0.09, 0.10, 0.17),
    (0.07, 0.07, 0.07),
    (0.30, 0.27, 0.22),
    (0.17, 0.22, 0.32),
    (0.20, 0.20, 0.21),
)
SKINS: tuple[Colour, ...] = ((0.78, 0.58, 0.48), (0.64, 0.46, 0.36), (0.36, 0.24, 0.18))
HAIR: tuple[Colour, ...] = (
    (0.07, 0.06, 0.05),
    (0.22, 0.14, 0.08),
    (0.50, 0.40, 0.22),
    (0.52, 0.52, 0.52),
)
_SHOES = Finish((0.06, 0.055, 0.05))


def build_person(person: Obstacle) -> list[Mesh]:
    """Build somebody on foot, walking along the heading; `variant` picks pose and clothes."""
    shape = _mould_person(person.variant % LOOKS, umbrella=False)
    return [_stand(person, shape)]


def build_umbrella(person: Obstacle) -> list[Mesh]:
    """Build somebody under an umbrella; the height is that of the person."""
    return [_stand(person, _mould_person(person.variant % LOOKS, umbrella=True))]


def _stand(person: Obstacle, shape: Shape) -> Mesh:
    tall = person.height_m / 1.75
    return Mesh(Place.of(person), shape, person.colour, scale=(tall, tall, tall))


@lru_cache(maxsize=2 * LOOKS)
def _mould_person(look: int, umbrella: bool) -> Shape:
    rng = np.random.default_rng([look, 61])
    moulder = Moulder()
    stride = 0.0 if look % 4 == 0 else float(rng.uniform(0.12, 0.36))
    coat = Finish(COATS[look % len(COATS)])
    dress = look % 7 == 3
    cloth = Finish(TROUSERS[int(rng.integers(len(TROUSERS)))])
    skin = Finish(SKINS[int(rng.choice(3, p=[0.75, 0.15, 0.1]))])
    hair = Finish(HAIR[int(rng.integers(len(HAIR)))])
    for side in (-1, 1):
        step = side * stride
        bent = 0.1 if step < 0 else 0.02
        knee = (side * 0.10, 0.48, 0.5 * step + bent)
        ankle = (side * 0.09, 0.09 + 0.25 * max(0.0, -step), step)
        leg = skin if dress else cloth
        moulder.tube([(side * 0.095, 0.92, 0.0), knee, ankle], (0.098, 0.072, 0.05), leg)
        toe = (ankle[0], ankle[1] - 0.05, ankle[2] + 0.15)
        moulder.tube([(ankle[0], ankle[1] - 0.04, ankle[2] - 0.06), toe], (0.05, 0.04), _SHOES)
    _add_torso(moulder, coat, lean=0.02, hem=0.55 if dress else (0.62 if look % 3 == 1 else 0.82))
    for side in (-1, 1):
        swing = -side * stride * 0.75
        hand: Point = (side * 0.25, 0.82, swing + 0.06)
        elbow: Point = (side * 0.25, 1.12, 0.4 * swing - 0.04)
        if umbrella and side == 1:
            hand, elbow = (0.16, 1.2, 0.22), (0.26, 1.12, 0.05)
        _add_arm(moulder, side, elbow, hand, coat, skin)
    mould_head(moulder, (0.0, 1.62, 0.03), skin, hair, long_hair=look % 3 == 0)
    _add_belongings(moulder, look, rng)
    if umbrella:
        _add_umbrella(moulder, COATS[(look * 5 + 1) % len(COATS)])
    return moulder.finished()


def _add_torso(moulder: Moulder, coat: Finish, *, lean: float, hem: float) -> None:
    """Add a trunk from the hem to the neck, leaning forward by a share of its height."""
    levels = (hem, 0.95, 1.12, 1.32, 1.44, 1.5)
    path = [(0.0, y, lean * (y - 0.9)) for y in levels]
    moulder.tube(path, (0.19, 0.185, 0.175, 0.215, 0.19, 0.08), coat, sides=10, flat=0.62)


def _add_arm(
    moulder: Moulder, side: int, elbow: Point, hand: Point, coat: Finish, skin: Finish
) -> None:
    """Add an arm from the shoulder."""
    sleeve = Finish(coat.colour, shade=0.88)
    shoulder = (side * 0.19, 1.42, elbow[2] * 0.3)
    moulder.tube([shoulder, elbow, hand], (0.068, 0.055, 0.042), sleeve)
    moulder.ball(hand, (0.04, 0.055, 0.045), skin, sides=6)


def mould_head(
    moulder: Moulder, centre: Point, skin: Finish, hair: Finish, *, long_hair: bool = False
) -> None:
    """Add neck, head and hair."""
    x, y, z = centre
    moulder.tube([(x, y - 0.15, z - 0.03), (x, y - 0.06, z - 0.02)], (0.055, 0.055), skin)
    moulder.ball(centre, (0.082, 0.118, 0.098), skin)
    moulder.ball((x, y + 0.03, z - 0.028), (0.092, 0.108, 0.094), hair)
    if long_hair:
        moulder.ball((x, y - 0.06, z - 0.06), (0.09, 0.14, 0.06), hair, sides=6)


def _add_belongings(moulder: Moulder, look: int, rng: np.random.Generator) -> None:
    """Add a bag or a rucksack to some."""
    colour = Finish(COATS[int(rng.integers(len(COATS)))], shade=0.8)
    if look % 5 == 2:
        moulder.box((0.2, 0.48, -0.12), (0.3, 0.78, 0.22), colour, taper=0.9)
    elif look % 5 == 4:
        moulder.box((-0.15, 0.98, -0.34), (0.15, 1.42, -0.13), colour, taper=0.85)


def _add_umbrella(moulder: Moulder, colour: Colour) -> None:
    cloth, inner = Finish(colour), Finish(colour, shade=0.45)
    hub: Point = (0.1, 2.12, 0.15)
    moulder.tube([(0.15, 1.15, 0.22), hub], (0.012, 0.012), _SHOES, sides=4)
    for k in range(8):
        first, second = (2 * math.pi * (k + n) / 8 for n in range(2))
        rim = [
            (hub[0] + 0.52 * math.cos(a), hub[1] - 0.22, hub[2] + 0.52 * math.sin(a))
            for a in (first, second)
        ]
        moulder.face((hub, *rim), (hub[0], hub[1] - 0.5, hub[2]), cloth)
        moulder.face((hub, *rim), (hub[0], hub[1] + 0.5, hub[2]), inner)
