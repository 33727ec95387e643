"""Draw the paint on a road that is not lines along it: arrows, words, boxes, cycle lanes."""

from __future__ import annotations

import numpy as np

from roadfcn.scenes.description.conditions import Colour, Decal
from roadfcn.scenes.description.scene import PAINT_WHITE, Road

PAINT_YELLOW: Colour = (0.84, 0.68, 0.18)
_RED_SURFACE: tuple[Colour, ...] = ((0.48, 0.24, 0.21), (0.55, 0.33, 0.28), (0.40, 0.27, 0.24))
_CYCLE_SURFACE: tuple[Colour, ...] = (
    *_RED_SURFACE,
    (0.22, 0.42, 0.28),
    (0.28, 0.40, 0.58),
    (0.45, 0.46, 0.40),
)
_WORDS = ("SLOW", "BUS", "STOP", "TAXI", "KEEP CLEAR", "LOOK", "30", "20", "50", "BUS LANE")


def draw_marks(rng: np.random.Generator, road: Road, lanes: list[float]) -> list[Decal]:
    """Draw marks for a road with lanes around `lanes`, surfacing first."""
    if not lanes:
        return []
    worn = rng.uniform(0.35, 1.0)
    decals = _surfacing(rng, road, lanes)
    if rng.random() < 0.2:
        decals += _kerb_lines(rng, road)
    if rng.random() < 0.22:
        decals += _arrows(rng, lanes, worn)
    if rng.random() < 0.14:
        decals += _words(rng, lanes, worn)
    if rng.random() < 0.16:
        decals += _stops(rng, road, lanes, worn)
    if rng.random() < 0.06:
        decals += _beside_a_crossing(rng, road, worn)
    if rng.random() < 0.06:
        s_m = float(rng.choice([(road.left_m + road.right_m) / 2, road.right_m - 0.9]))
        length = rng.uniform(6, 20)
        z_m = rng.uniform(5, 20) + length / 2
        decals.append(_paint("hatch", s_m, z_m, rng.uniform(0.8, 2.2), length, worn))
    junctions = [side.z_m for side in road.side_roads]
    if (junctions and rng.random() < 0.3) or rng.random() < 0.03:
        z_m = junctions[0] if junctions else rng.uniform(10, 25)
        width = road.right_m - road.left_m
        size = (width * rng.uniform(0.5, 0.95), rng.uniform(4, 9))
        s_m = (road.left_m + road.right_m) / 2
        decals.append(_paint("grid", s_m, z_m, *size, worn, PAINT_YELLOW))
    return decals


def _paint(
    kind: str,
    s_m: float,
    z_m: float,
    width_m: float,
    length_m: float,
    left: float,
    colour: Colour = PAINT_WHITE,
    variant: int = 0,
    text: str = "",
) -> Decal:
    """Give a painted decal of which the share `left` has not worn off."""
    return Decal(
        kind, s_m, z_m, width_m, length_m, colour=colour, opacity=left, variant=variant, text=text
    )


def _surfacing(rng: np.random.Generator, road: Road, lanes: list[float]) -> list[Decal]:
    """Bus lanes, cycle lanes, and roads that are red from kerb to kerb for a while."""
    kind, which, fade = rng.random(), rng.random(), rng.uniform(0.5, 1.0)
    length, z_m = rng.uniform(15, 90), rng.uniform(2, 30)
    if kind < 0.05:  # a lane for buses
        colour = _RED_SURFACE[int(which * len(_RED_SURFACE))]
        return [_paint("bar", lanes[-1], z_m + length / 2, 3.0, length, fade, colour)]
    if kind < 0.09:
        colour = _RED_SURFACE[int(which * len(_RED_SURFACE))]
        middle, width = (road.left_m + road.right_m) / 2, road.right_m - road.left_m
        return [_paint("bar", middle, z_m + 5, width, rng.uniform(5, 14), fade, colour)]
    if kind < 0.2:  # a lane for bicycles
        colour = _CYCLE_SURFACE[int(which * len(_CYCLE_SURFACE))]
        width = rng.uniform(1.2, 1.9)
        decals = []
        for edge, side in ((road.left_m, 1), (road.right_m, -1)):
            middle = edge + side * (width / 2 + 0.1)
            if rng.random() < 0.7:
                decals.append(_paint("bar", middle, 45, width, 90, fade, colour))
            decals += [
                _paint("bar", edge + side * (width + 0.15), z, 0.12, 1.0, fade)
                for z in np.arange(2.0, 60, 2.0)
            ]
            symbol = float(rng.uniform(5, 22))
            decals.append(_paint("cycle", middle, symbol, 1.0, 1.8, fade))
        return decals
    return []


def _kerb_lines(rng: np.random.Generator, road: Road) -> list[Decal]:
    """The double or single yellow lines of British kerbs."""
    colour = (PAINT_YELLOW, (0.78, 0.70, 0.38), (0.72, 0.58, 0.22))[int(rng.integers(3))]
    doubled, left = rng.random() < 0.7, rng.uniform(0.4, 1.0)
    near, length = rng.uniform(0, 8), rng.uniform(25, 80)
    decals = []
    for edge, side in ((road.left_m, 1), (road.right_m, -1)):
        if rng.random() < 0.25:
            continue
        for off in (0.28, 0.46)[: 1 + doubled]:
            middle = edge + side * off
            decals.append(_paint("bar", middle, near + length / 2, 0.085, length, left, colour))
    return decals


def _arrows(rng: np.random.Generator, lanes: list[float], worn: float) -> list[Decal]:
    z_m = rng.uniform(5, 22)
    decals = []
    for lane in lanes:
        for ahead in (0.0, 18.0, 36.0):
            if rng.random() < 0.6:
                which = int(rng.integers(4))
                decals.append(_paint("arrow", lane, z_m + ahead, 0.9, 4.5, worn, variant=which))
    return decals


def _words(rng: np.random.Generator, lanes: list[float], worn: float) -> list[Decal]:
    lane = lanes[int(rng.integers(len(lanes)))]
    z_m = rng.uniform(6, 20)
    text = str(rng.choice(_WORDS))
    decals = []
    for line, word in enumerate(text.split()):
        width = min(2.6, 0.62 * len(word))
        decals.append(_paint("word", lane, z_m + 4.0 * line, width, 2.4, worn, text=word))
    if text.isdigit() and rng.random() < 0.6:
        decals.append(_paint("ring", lane, z_m, 2.0, 4.2, worn))
    return decals


def _stops(rng: np.random.Generator, road: Road, lanes: list[float], worn: float) -> list[Decal]:
    """A stop line, a broken give-way line or its teeth, across the own half of the road."""
    z_m = rng.uniform(6, 30)
    left = max((line.s_m for line in road.lines if line.s_m < lanes[-1]), default=road.left_m)
    middle, width = (left + road.right_m) / 2, road.right_m - left
    kind = rng.random()
    if kind < 0.5:
        return [_paint("bar", middle, z_m, width, rng.uniform(0.2, 0.5), worn)]
    if kind < 0.7:
        return [_paint("triangles", middle, z_m, width, 0.7, worn)]
    return [
        _paint("bar", s_m, z_m + row, 0.6, 0.2, worn)
        for s_m in np.arange(left + 0.4, road.right_m, 0.9)
        for row in (0.0, 0.4)
    ]


def _beside_a_crossing(rng: np.random.Generator, road: Road, worn: float) -> list[Decal]:
    """Zigzag lines before a crossing, and now and then its studs."""
    near, length = rng.uniform(4, 14), 2 * int(rng.integers(4, 9))
    places = (road.left_m + 0.35, (road.left_m + road.right_m) / 2, road.right_m - 0.35)
    return [_paint("zigzag", s_m, near + length / 2, 0.35, length, worn) for s_m in places]
