"""Vans, lorries and buses."""

from __future__ import annotations

from functools import lru_cache

from roadfcn.scenes.bodies.lofts import GLASS, PAINTWORK, TRIM, Body, mould_body
from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import PAINT, Finish, Moulder, Point, Shape
from roadfcn.scenes.bodies.solids import Place
from roadfcn.scenes.bodies.wheels import mould_car_wheel
from roadfcn.scenes.description.scene import Colour, Obstacle

LOOKS = 12

_VAN = Body(
    (2.0, 2.2, 5.3),
    ((0.0, 0.52), (0.7, 0.52), (0.86, 0.50), (0.95, 0.46), (1.0, 0.40)),
    ((0.0, 0.97), (0.03, 1.0), (0.62, 1.0), (0.70, 0.95), (0.86, 0.505), (1.0, 0.40)),
    side_glass=((0.66, 0.80),),
    panes=((0.705, 0.85),),
    clearance_m=0.26,
    lean=0.08,
    end=0.94,
)
_TAIL = Finish((0.6, 0.04, 0.03), glow=True)
_HEAD = Finish((0.85, 0.86, 0.85), gloss=0.4, glow=True)
_AMBER = Finish((0.95, 0.5, 0.06), glow=True)
_DARK = Finish((0.06, 0.06, 0.065))
_STEEL = Finish((0.3, 0.31, 0.32))
_BOXES: tuple[Colour, ...] = (
    (0.88, 0.88, 0.87),
    (0.75, 0.76, 0.78),
    (0.20, 0.30, 0.55),
    (0.62, 0.14, 0.12),
    (0.20, 0.42, 0.28),
    (0.85, 0.72, 0.2),
)
_PLATE = Finish((0.9, 0.78, 0.25), glow=True)

Limits = tuple[float, float]


def build_van(van: Obstacle) -> list[Mesh]:
    """Build a delivery van."""
    return [_stand(van, _mould_van(van.variant % LOOKS), (2.0, 2.2, 5.3))]


def build_lorry(lorry: Obstacle) -> list[Mesh]:
    """Build a lorry with a box body."""
    return [_stand(lorry, _mould_lorry(lorry.variant % LOOKS), (2.45, 3.4, 8.5))]


def build_bus(bus: Obstacle) -> list[Mesh]:
    """Build a bus; one of more than 3.7 m height has two decks."""
    decks = 2 if bus.height_m > 3.7 else 1
    shape = _mould_bus(bus.variant % LOOKS, decks)
    return [_stand(bus, shape, (2.5, 4.3 if decks == 2 else 3.1, 11.0))]


def _stand(obstacle: Obstacle, shape: Shape, size: tuple[float, float, float]) -> Mesh:
    width, height, length = size
    scale = (obstacle.width_m / width, obstacle.height_m / height, obstacle.length_m / length)
    return Mesh(Place.of(obstacle), shape, obstacle.colour, scale=scale)


def _panel(
    moulder: Moulder,
    end: int,
    across: Limits,
    upwards: Limits,
    at_m: float,
    finish: Finish,
    layer: int = 2,
) -> None:
    """Add a rectangle on the front (1) or back (-1)."""
    (left, right), (low, high) = across, upwards
    z = at_m + end * 0.01
    corners = [(left, low, z), (right, low, z), (right, high, z), (left, high, z)]
    moulder.face(corners, (0.0, low, z - end), finish, layer)


def _side_panel(
    moulder: Moulder,
    side: int,
    along: Limits,
    upwards: Limits,
    half_m: float,
    finish: Finish,
    layer: int = 2,
) -> None:
    """Add a rectangle on the left (-1) or right (1) side."""
    (back, front), (low, high) = along, upwards
    x = side * (half_m + 0.01)
    corners: list[Point] = [(x, low, back), (x, low, front), (x, high, front), (x, high, back)]
    moulder.face(corners, (x - side, low, back), finish, layer)


@lru_cache(maxsize=LOOKS)
def _mould_van(look: int) -> Shape:
    moulder = Moulder()
    mould_body(moulder, _VAN, 14)
    for at in (0.17, 0.82):
        for side in (-1, 1):
            half = _VAN.point(at, 1.6)[0] + 0.012
            mould_car_wheel(moulder, side, half, (at - 0.5) * 5.3, 0.34, look)
    moulder.box((-0.84, 0.18, -2.25), (0.84, 0.4, 2.25), _DARK, cells=4, layer=-1)
    for side in (-1, 1):
        _panel(moulder, -1, _ordered(side, 0.80, 0.93), (0.75, 1.35), -2.65, _TAIL)
        _panel(moulder, 1, _ordered(side, 0.5, 0.88), (0.66, 0.86), 2.65, _HEAD)
        if look % 2:
            _panel(moulder, -1, _ordered(side, 0.1, 0.72), (1.3, 1.85), -2.65, GLASS)
        _side_panel(moulder, side, (-2.3, 0.7), (0.62, 0.70), 0.99, TRIM)
        for seam in (-0.6, 0.75):
            _side_panel(moulder, side, (seam, seam + 0.02), (0.45, 1.95), 0.97, _DARK)
        low, high = sorted((side * 0.95, side * 1.15))
        moulder.box((low, 1.12, 1.55), (high, 1.42, 1.65), _DARK)
        if look % 3 == 0:
            _side_panel(moulder, side, (-2.0, -0.7), (1.2, 1.6), 0.95, _sign_of(look))
    _panel(moulder, -1, (-0.02, 0.02), (0.5, 2.0), -2.65, _DARK)
    _panel(moulder, -1, (-0.26, 0.26), (0.62, 0.73), -2.65, _PLATE)
    _panel(moulder, 1, (-0.45, 0.45), (0.62, 0.82), 2.65, _DARK)
    _panel(moulder, 1, (-0.26, 0.26), (0.4, 0.51), 2.65, Finish((0.9, 0.9, 0.88), glow=True))
    _panel(moulder, -1, (-0.9, 0.9), (0.32, 0.5), -2.65, TRIM)
    return moulder.finished()


@lru_cache(maxsize=LOOKS)
def _mould_lorry(look: int) -> Shape:
    moulder = Moulder()
    box = Finish(_BOXES[look % len(_BOXES)], gloss=0.1)
    moulder.box((-1.22, 1.0, -4.25), (1.22, 3.4, 2.1), box, cells=7)
    moulder.box((-1.18, 0.55, 2.25), (1.18, 2.75, 4.25), PAINTWORK, taper=0.94, cells=2)
    moulder.box((-1.0, 2.72, 2.3), (1.0, 3.25, 3.6), PAINTWORK, taper=0.85, bottom=False)
    moulder.box((-1.0, 0.45, -4.2), (1.0, 1.0, 4.1), _DARK, cells=6, layer=-1)
    for side in (-1, 1):
        for at in (-2.9, -2.0, 3.2) if look % 2 else (-2.5, 3.2):
            mould_car_wheel(moulder, side, 1.2, at, 0.48, look)
        _side_panel(moulder, side, (2.75, 3.75), (1.65, 2.35), 1.15, GLASS)
        _side_panel(moulder, side, (-1.4, 2.0), (0.5, 0.9), 1.15, _STEEL)
        _panel(moulder, 1, _ordered(side, 0.7, 1.05), (0.72, 0.92), 4.25, _HEAD)
        _panel(moulder, -1, _ordered(side, 0.8, 1.1), (0.78, 0.95), -4.25, _TAIL)
        low, high = sorted((side * 1.15, side * 1.42))
        moulder.box((low, 1.6, 3.95), (high, 2.3, 4.05), _DARK)
        if look % 3:
            _side_panel(moulder, side, (-3.2, 1.2), (1.9, 2.5), 1.22, _sign_of(look), 1)
    _panel(moulder, 1, (-1.05, 1.05), (1.55, 2.42), 4.2, GLASS)
    _panel(moulder, 1, (-0.9, 0.9), (0.95, 1.4), 4.25, _DARK)
    _panel(moulder, -1, (-0.02, 0.02), (1.05, 3.35), -4.25, _DARK)
    _panel(moulder, -1, (-0.26, 0.26), (0.72, 0.85), -4.25, _PLATE)
    for low_m in (1.15, 2.9):
        _panel(moulder, -1, (-1.1, 1.1), (low_m, low_m + 0.05), -4.25, _STEEL)
    return moulder.finished()


@lru_cache(maxsize=2 * LOOKS)
def _mould_bus(look: int, decks: int) -> Shape:
    moulder = Moulder()
    top = 4.3 if decks == 2 else 3.1
    moulder.box((-1.25, 0.32, -5.5), (1.25, top - 0.15, 5.5), PAINTWORK, cells=11)
    moulder.box(
        (-1.22, top - 0.15, -5.45), (1.22, top, 5.45), PAINTWORK, taper=0.95, cells=6, bottom=False
    )
    rows = ((1.15, 2.1), (2.75, 3.65)) if decks == 2 else ((1.15, 2.45),)
    band = Finish(_BOXES[(look + 1) % len(_BOXES)], gloss=0.3)
    for side in (-1, 1):
        for at in (-2.7, 3.0):
            mould_car_wheel(moulder, side, 1.25, at, 0.48, look)
        _side_panel(moulder, side, (-5.4, 5.4), (0.33, 0.5), 1.25, _DARK, 1)
        if look % 2:
            _side_panel(moulder, side, (-5.4, 5.4), (0.62, 0.9), 1.25, band, 1)
        for low_m, high_m in rows:
            for k in range(8):
                back = -5.2 + 1.3 * k
                _side_panel(moulder, side, (back, back + 1.18), (low_m, high_m), 1.25, GLASS)
        if decks == 2 and look % 3 == 0:
            _side_panel(moulder, side, (-3.5, 2.5), (2.2, 2.65), 1.25, _sign_of(look))
        _panel(moulder, 1, _ordered(side, 0.75, 1.08), (0.6, 0.82), 5.5, _HEAD)
        _panel(moulder, -1, _ordered(side, 0.95, 1.15), (0.8, 1.5), -5.5, _TAIL)
        low, high = sorted((side * 1.25, side * 1.5))
        moulder.box((low, 1.7, 5.45), (high, 2.2, 5.6), _DARK)
    # Doors on the kerb side where traffic keeps to the left.
    _side_panel(moulder, -1, (4.1, 5.2), (0.4, 2.3), 1.25, GLASS, 3)
    for end in (1, -1):
        _panel(moulder, end, (-1.12, 1.12), (1.2, 2.2), end * 5.5, GLASS)
        if decks == 2:
            _panel(moulder, end, (-1.1, 1.1), (2.75, 3.65), end * 5.5, GLASS)
        board = 2.3 if decks == 2 else 2.55
        _panel(moulder, end, (-0.8, 0.8), (board, board + 0.32), end * 5.5, _DARK)
        _panel(moulder, end, (-0.6, 0.5), (board + 0.08, board + 0.24), end * 5.5, _AMBER, 3)
    _panel(moulder, -1, (-0.9, 0.9), (0.45, 0.95), -5.5, _DARK)
    return moulder.finished()


def _ordered(side: int, inner: float, outer: float) -> Limits:
    low, high = sorted((side * inner, side * outer))
    return low, high


def _sign_of(look: int) -> Finish:
    """Give the colour of an advertisement or a firm's name."""
    colour = _BOXES[(look * 5 + 2) % len(_BOXES)]
    return Finish(colour if look % 2 else PAINT, shade=1.0 if look % 2 else 0.6)
