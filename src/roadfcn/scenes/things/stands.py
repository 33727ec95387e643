"""What else stands about: bins, letter and phone boxes, benches, cabinets, shelters, road works."""

from __future__ import annotations

from functools import lru_cache

from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import PAINT, Finish, Moulder, Shape
from roadfcn.scenes.bodies.solids import Place
from roadfcn.scenes.description.scene import Obstacle
from roadfcn.scenes.description.street_class import StreetClass

_PAINT = Finish(PAINT, gloss=0.1)
_BLACK = Finish((0.06, 0.06, 0.06))
_RED = Finish((0.62, 0.05, 0.05), gloss=0.15)
_PANE = Finish((0.14, 0.17, 0.19), gloss=0.5)
_WOOD = Finish((0.36, 0.24, 0.14))
_LEAF = Finish((0.18, 0.32, 0.12), street_class=StreetClass.TREE)
_WHITE = Finish((0.88, 0.88, 0.87))

SIZES = {
    "bin": (0.55, 1.05, 0.6),
    "letter box": (0.5, 1.6, 0.5),
    "phone box": (0.9, 2.45, 0.9),
    "bench": (0.6, 0.85, 1.7),
    "cabinet": (0.45, 1.25, 1.1),
    "planter": (0.9, 0.9, 1.4),
    "shelter": (1.4, 2.5, 3.6),
    "works barrier": (0.25, 1.0, 2.0),
}
"""Width, height and length of each kind in metres as it is moulded."""


def build_stand(stand: Obstacle) -> list[Mesh]:
    """Build one of `SIZES`, scaled to the obstacle."""
    size = SIZES[stand.kind]
    actual = (stand.width_m, stand.height_m, stand.length_m)
    across, upwards, along = (part / usual for part, usual in zip(actual, size, strict=True))
    shape = _mould(stand.kind)
    return [Mesh(Place.of(stand), shape, stand.colour, scale=(across, upwards, along))]


@lru_cache(maxsize=len(SIZES))
def _mould(kind: str) -> Shape:
    moulder = Moulder()
    _MOULDS[kind](moulder)
    return moulder.finished()


def _add_bin(moulder: Moulder) -> None:
    moulder.box((-0.22, 0.06, -0.24), (0.22, 0.92, 0.24), _PAINT, taper=1.2)
    moulder.box((-0.27, 0.92, -0.3), (0.27, 1.05, 0.3), Finish(PAINT, shade=0.8), taper=0.9)
    for side in (-1, 1):
        moulder.wheel((side * 0.2, 0.1, -0.26), 0.1, 0.0, side, _BLACK, sides=8)


def _add_letter_box(moulder: Moulder) -> None:
    path = [(0.0, y, 0.0) for y in (0.0, 0.14, 0.16, 1.38)]
    moulder.tube(path, (0.24, 0.24, 0.21, 0.21), _RED, sides=12)
    moulder.box((-0.25, 0.0, -0.25), (0.25, 0.12, 0.25), _BLACK)
    top = [(0.0, y, 0.0) for y in (1.36, 1.48, 1.56, 1.6)]
    moulder.tube(top, (0.25, 0.25, 0.16, 0.04), _RED, sides=12)
    for side in (-1, 1):
        moulder.box((-0.1, 1.2, side * 0.2 - 0.03), (0.1, 1.25, side * 0.2 + 0.03), _BLACK, layer=0)


def _add_phone_box(moulder: Moulder) -> None:
    moulder.box((-0.45, 0.0, -0.45), (0.45, 2.2, 0.45), _RED)
    moulder.box((-0.47, 2.2, -0.47), (0.47, 2.45, 0.47), _RED, taper=0.8)
    for k in range(5):
        low = 0.5 + 0.3 * k
        for x in (-0.33, -0.1, 0.13):
            for side in (-1, 1):
                z = side * 0.455
                corners = [
                    (x, low, z),
                    (x + 0.2, low, z),
                    (x + 0.2, low + 0.25, z),
                    (x, low + 0.25, z),
                ]
                moulder.face(corners, (0.0, low, 0.0), _PANE, 1)
                turned = [(z, y, a) for a, y, _ in corners]
                moulder.face(turned, (0.0, low, 0.0), _PANE, 1)
    for side in (-1, 1):
        z = side * 0.46
        board = [(-0.35, 2.06, z), (0.35, 2.06, z), (0.35, 2.17, z), (-0.35, 2.17, z)]
        moulder.face(board, (0.0, 2.0, 0.0), _WHITE, 1)


def _add_bench(moulder: Moulder) -> None:
    for x in (-0.22, -0.05, 0.12):
        moulder.box((x, 0.42, -0.85), (x + 0.14, 0.46, 0.85), _WOOD, cells=2)
    for y in (0.56, 0.71):
        moulder.box((-0.28, y, -0.85), (-0.24, y + 0.12, 0.85), _WOOD, cells=2)
    for z in (-0.7, 0.7):
        moulder.box((-0.26, 0.0, z - 0.04), (-0.2, 0.85, z + 0.04), _BLACK)
        moulder.box((0.2, 0.0, z - 0.04), (0.26, 0.44, z + 0.04), _BLACK)


def _add_cabinet(moulder: Moulder) -> None:
    moulder.box((-0.22, 0.0, -0.55), (0.22, 1.2, 0.55), _PAINT)
    moulder.box((-0.24, 1.18, -0.57), (0.24, 1.25, 0.57), Finish(PAINT, shade=0.85))
    for side in (-1, 1):
        x = side * 0.225
        seam = [(x, 0.08, -0.01), (x, 0.08, 0.01), (x, 1.15, 0.01), (x, 1.15, -0.01)]
        moulder.face(seam, (0.0, 0.5, 0.0), _BLACK, 1)


def _add_planter(moulder: Moulder) -> None:
    moulder.box((-0.4, 0.0, -0.65), (0.4, 0.5, 0.65), Finish((0.46, 0.44, 0.41)), taper=1.12)
    for k, z in enumerate((-0.45, -0.1, 0.25, 0.48)):
        moulder.ball((0.1 * (k % 2) - 0.05, 0.6, z), (0.32, 0.28, 0.26), _LEAF)
        flower = Finish(
            ((0.75, 0.15, 0.2), (0.85, 0.7, 0.15))[k % 2], street_class=StreetClass.TREE
        )
        moulder.ball((0.05, 0.85, z), (0.07, 0.05, 0.07), flower, sides=6)


def _add_shelter(moulder: Moulder) -> None:
    moulder.box((-0.7, 2.38, -1.8), (0.7, 2.5, 1.8), _PAINT, cells=2)
    for z in (-1.75, 0.0, 1.75):
        moulder.box((-0.65, 0.0, z - 0.04), (-0.57, 2.4, z + 0.04), _PAINT)
    for z in (-1.75, 1.75):
        moulder.box((0.1, 0.0, z - 0.04), (0.18, 2.4, z + 0.04), _PAINT)
        moulder.box((-0.6, 0.4, z - 0.015), (0.1, 2.2, z + 0.015), _PANE)
    moulder.box((-0.62, 0.35, -1.7), (-0.6, 2.2, 1.7), _PANE, cells=3)
    moulder.box((-0.55, 0.48, -1.3), (-0.2, 0.54, 1.3), _BLACK, cells=2)
    poster = Finish((0.75, 0.55, 0.3), glow=True)
    for side in (-1, 1):
        z = 1.75 + side * 0.03
        board = [(-0.55, 0.6, z), (0.05, 0.6, z), (0.05, 2.0, z), (-0.55, 2.0, z)]
        moulder.face(board, (0.0, 1.0, 1.75), poster, 1)


def _add_works_barrier(moulder: Moulder) -> None:
    red, white = Finish((0.75, 0.1, 0.06)), Finish((0.9, 0.9, 0.88))
    for k in range(8):
        z = -1.0 + 0.25 * k
        for low in (0.72, 0.3):
            moulder.box((-0.03, low, z), (0.03, low + 0.24, z + 0.25), red if k % 2 else white)
    for z in (-0.8, 0.8):
        moulder.box((-0.12, 0.0, z - 0.05), (0.12, 0.1, z + 0.05), _BLACK)
        moulder.box((-0.03, 0.0, z - 0.03), (0.03, 1.0, z + 0.03), red)


_MOULDS = {
    "bin": _add_bin,
    "letter box": _add_letter_box,
    "phone box": _add_phone_box,
    "bench": _add_bench,
    "cabinet": _add_cabinet,
    "planter": _add_planter,
    "shelter": _add_shelter,
    "works barrier": _add_works_barrier,
}
