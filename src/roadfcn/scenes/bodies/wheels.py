"""Wheels of cars, lorries and bicycles."""

from __future__ import annotations

import math

from roadfcn.scenes.bodies.shapes import Finish, Moulder

TYRE = Finish((0.045, 0.045, 0.047))
_WELL = Finish((0.02, 0.02, 0.022))
_STEEL = Finish((0.18, 0.18, 0.19))
_RIMS = (
    Finish((0.62, 0.63, 0.65), gloss=0.3),
    Finish((0.48, 0.49, 0.51), gloss=0.3),
    Finish((0.16, 0.16, 0.17), gloss=0.2),
)


def mould_car_wheel(
    moulder: Moulder,
    side: int,
    half_m: float,
    at_m: float,
    radius: float,
    look: int,
    *,
    fine: bool = True,
) -> None:
    """Add a wheel in its well: tyre, rim, and the tread seen from ahead or behind.

    Only fine ones have spokes.
    """
    x = side * half_m
    centre = (x, radius, at_m)
    moulder.wheel((x, radius * 1.05, at_m), radius * 1.17, 0.0, side, _WELL, sides=12)
    moulder.wheel(
        (x + side * 0.006, *centre[1:]), radius, 0.0, side, TYRE, layer=2, sides=16 if fine else 10
    )
    rim = _RIMS[look % len(_RIMS)]
    low, high = sorted((x - side * 0.02, x - side * min(0.24, 0.5 * radius + 0.06)))
    moulder.box(
        (low, 0.0, at_m - radius * 0.55), (high, radius, at_m + radius * 0.55), TYRE, layer=-1
    )
    if not fine:
        moulder.wheel(
            (x + side * 0.01, *centre[1:]), radius * 0.6, 0.0, side, rim, layer=3, sides=8
        )
        return
    moulder.wheel((x + side * 0.01, *centre[1:]), radius * 0.68, 0.0, side, _WELL, layer=3)
    spokes = 5 + look % 3
    for k in range(spokes):
        angle = 2 * math.pi * k / spokes
        corners = [
            (
                x + side * 0.014,
                radius + radius * reach * math.sin(angle + turn),
                at_m + radius * reach * math.cos(angle + turn),
            )
            for reach, turn in ((0.1, -1.2), (0.66, -0.24), (0.66, 0.24), (0.1, 1.2))
        ]
        moulder.face(corners, (0.0, radius, at_m), rim, 4)
    moulder.wheel((x + side * 0.015, *centre[1:]), radius * 0.69, radius * 0.6, side, rim, layer=4)


def mould_cycle_wheel(moulder: Moulder, at_m: float, radius: float, thickness_m: float) -> None:
    """Add a thin wheel with see-through spokes, seen from both sides and from the ends."""
    half = thickness_m / 2
    for side in (-1, 1):
        centre = (side * half, radius, at_m)
        moulder.wheel(centre, radius, radius - 1.6 * thickness_m, side, TYRE, layer=0, sides=20)
        for k in range(7):
            angle = math.pi * k / 7
            up, ahead = math.sin(angle), math.cos(angle)
            low = (side * half, radius - radius * 0.9 * up, at_m - radius * 0.9 * ahead)
            high = (side * half, radius + radius * 0.9 * up, at_m + radius * 0.9 * ahead)
            off = 0.006
            corners = [
                (low[0], low[1] - off * ahead, low[2] + off * up),
                (low[0], low[1] + off * ahead, low[2] - off * up),
                (high[0], high[1] + off * ahead, high[2] - off * up),
                (high[0], high[1] - off * ahead, high[2] + off * up),
            ]
            moulder.face(corners, (0.0, radius, at_m), _STEEL)
    for k in range(20):
        first, second = (2 * math.pi * (k + n) / 20 for n in range(2))
        corners = [
            (x, radius + radius * math.sin(a), at_m + radius * math.cos(a))
            for x, a in ((-half, first), (half, first), (half, second), (-half, second))
        ]
        moulder.face(corners, (0.0, radius, at_m), TYRE)
