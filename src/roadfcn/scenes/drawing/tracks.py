"""Draw what is paved like the road beside it and is none of it: cycle tracks, beds of trams.

A street's sides are drawn without them; here they are put between the road's edge and what lies
beyond, which moves outwards. Widths are those of German guidelines: cycle tracks 1.6 to 2.5 m
(ERA 2010), two tracks of trams some 6 m, one 3 m; the gauge is 1.435 m.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from roadfcn.scenes.description.scene import Colour, Line, Material, Road, State, Strip
from roadfcn.scenes.drawing.ground_colours import GroundColours
from roadfcn.scenes.drawing.sides import Band, Side

_RED: tuple[Colour, ...] = ((0.52, 0.31, 0.26), (0.45, 0.29, 0.27))
_GROOVE: Colour = (0.15, 0.14, 0.13)
_GAUGE_M = 1.435


def lay_tracks(
    rng: np.random.Generator, road: Road, left: Side, right: Side, colours: GroundColours
) -> tuple[Road, Side, Side]:
    """Put a cycle track or a bed of trams along some sides of a road.

    Returns:
        The road and its sides, left and right, with what was beyond moved outwards.
    """
    laid = []
    for is_right, side in ((False, left), (True, right)):
        kind = rng.choice(["none", "cycle", "tram"], p=[0.55, 0.3, 0.15])
        # Bays, and the void carriageway beyond a median, lie at the road's edge.
        if kind == "none" or side.parking is not None or _is_divided(side):
            laid.append(side)
            continue
        bands, lines = (_cycle_track if kind == "cycle" else _tram_bed)(rng, colours)
        edge, outwards = (road.right_m, 1.0) if is_right else (road.left_m, -1.0)
        painted = tuple(replace(line, s_m=edge + outwards * line.s_m) for line in lines)
        strips = _widened(road.strips, bands, edge, is_right)
        road = replace(road, strips=strips, lines=(*road.lines, *painted))
        laid.append(_moved(side, bands))
    return road, laid[0], laid[1]


def _is_divided(side: Side) -> bool:
    return any(state == State.VOID for *_, state, _ in side.bands)


def _cycle_track(rng: np.random.Generator, colours: GroundColours) -> tuple[list[Band], list[Line]]:
    """Draw a kerb, a line or a green strip, and asphalt like the road's, or red, beyond it."""
    parting = rng.choice(["kerb", "line", "green"], p=[0.55, 0.2, 0.25])
    width, green = rng.uniform(1.4, 2.8), rng.uniform(0.5, 2.5)
    is_red, which = rng.random() < 0.15, int(rng.integers(len(_RED)))
    asphalt = _RED[which] if is_red else colours.asphalt()
    kerb, grass = colours.kerb(), colours.grass()
    raised = bool(parting != "line" and rng.random() < 0.7)
    bands: list[Band] = []
    if parting != "line":
        bands.append((0.16, Material.KERB, kerb, State.NOT_ROAD, True))
    if parting == "green":
        bands.append((green, Material.GRASS, grass, State.NOT_ROAD, raised))
    bands.append((width, Material.ASPHALT, asphalt, State.NOT_ROAD, raised))
    if rng.random() < 0.5:
        bands.append((0.12, Material.KERB, kerb, State.NOT_ROAD, raised))
    wear = rng.uniform(0, 0.5)
    lines = [Line(0.0, rng.uniform(0.12, 0.25), wear=wear)] if parting == "line" else []
    if not raised and rng.random() < 0.3:
        lines.append(Line(_width(bands) - 0.2, 0.12, wear=wear))
    return bands, lines


def _tram_bed(rng: np.random.Generator, colours: GroundColours) -> tuple[list[Band], list[Line]]:
    """Draw a kerb and beyond it rails in asphalt, slabs, ballast or grass."""
    kind = rng.choice(["asphalt", "slabs", "gravel", "grass"], p=[0.45, 0.15, 0.25, 0.15])
    asphalt, slabs = colours.asphalt(), colours.paving()
    gravel, grass, kerb = colours.gravel(), colours.grass(), colours.kerb()
    material, colour = {
        "asphalt": (Material.ASPHALT, asphalt),
        "slabs": (Material.SLABS, slabs),
        "gravel": (Material.GRAVEL, gravel),
        "grass": (Material.GRASS, grass),
    }[str(kind)]
    count = 1 + int(rng.random() < 0.6)
    spacing, shine = rng.uniform(2.8, 3.2), rng.uniform(0.25, 0.75)
    stone: Band = (0.16, Material.KERB, kerb, State.NOT_ROAD, True)
    bands: list[Band] = [
        stone,
        (spacing * count, material, colour, State.NOT_ROAD, False),
        stone,
    ]
    lines = []
    for track in range(count):
        middle = 0.16 + spacing * (track + 0.5)
        for rail in (middle - _GAUGE_M / 2, middle + _GAUGE_M / 2):
            lines += [
                Line(rail, 0.16, wear=0.0, colour=_GROOVE),
                Line(rail, 0.06, wear=0.0, colour=(shine, shine, shine)),
            ]
    return bands, lines


def _width(bands: list[Band]) -> float:
    return sum(width for width, *_ in bands)


def _moved(side: Side, bands: list[Band]) -> Side:
    """Give a side with `bands` at its inner edge, and all that stands on it further out."""
    width = _width(bands)
    return replace(
        side,
        bands=(*bands, *side.bands),
        verge=side.verge + width,
        front=side.front + width,
        walk=None if side.walk is None else side.walk + width,
    )


def _widened(
    strips: tuple[Strip, ...], bands: list[Band], edge_m: float, is_right: bool
) -> tuple[Strip, ...]:
    """Put `bands`, from the road's edge outwards, between the road and the strips beyond it."""
    width = _width(bands)
    own = next(place for place, strip in enumerate(strips) if strip.state == State.ROAD)
    at, new = edge_m if is_right else edge_m - width, []
    for wide, material, colour, state, raised in bands if is_right else reversed(bands):
        at += wide
        new.append(Strip(at, material, colour, state, raised))
    inner, outer = (
        (strips[: own + 1], strips[own + 1 :]) if is_right else (strips[own:], strips[:own])
    )
    moved = [replace(one, right_m=one.right_m + (width if is_right else -width)) for one in outer]
    return (*inner, *new, *moved) if is_right else (*moved, *new, *inner)
