"""Draw what years and weather have made of a street's ground: patches, cracks, stains, puddles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from roadfcn.scenes.description.conditions import PRISTINE, Band, Colour, Decal, RoadWear
from roadfcn.scenes.description.scene import Material, Road, State
from roadfcn.scenes.description.variety import Variety
from roadfcn.scenes.drawing.street_marks import draw_marks
from roadfcn.scenes.surfaces.ground_atlas import ROAD_LOOKS, SETTS

_FAR_M = 60.0
_PAVED = (Material.ASPHALT, Material.SLABS, Material.COBBLES)
_TACTILE: tuple[Colour, ...] = ((0.62, 0.36, 0.30), (0.78, 0.70, 0.48), (0.80, 0.80, 0.78))


def draw_wear(rng: np.random.Generator, road: Road, variety: Variety) -> RoadWear:
    """Draw the wear of a road, and the paint on it that is not lines; none without the feature."""
    if not variety.surfaces:
        return PRISTINE
    lanes = lane_middles(road)
    asphalt = int(rng.integers(ROAD_LOOKS - 1)) if rng.random() < 0.95 else SETTS
    is_slabs = asphalt != SETTS and rng.random() < 0.06
    decals = [
        *(_concrete_joints(rng, road) if is_slabs else ()),
        *_patches(rng, road),
        *_cracks(rng, road),
        *_stains(rng, road, lanes),
        *_lids(rng, road, lanes),
        *(_rails(rng, lanes) if rng.random() < 0.05 else ()),
        *draw_marks(rng, road, lanes),
        *_beside(rng, road),
    ]
    snow = rng.uniform(0.2, 0.9) if rng.random() < 0.025 else 0.0
    return RoadWear(
        asphalt=asphalt,
        paving=int(rng.integers(30)),
        mottle=rng.uniform(0.01, 0.09),
        bands=_bands(rng, road, lanes),
        crazing=rng.uniform(0.05, 0.5) if rng.random() < 0.2 else 0.0,
        puddles=rng.uniform(0.02, 0.25) if rng.random() < 0.12 else 0.0,
        leaves=float(rng.uniform(0.1, 1)) if rng.random() < 0.3 else 0.0,
        bare=rng.uniform(0.1, 0.7) if rng.random() < 0.5 else 0.0,
        snow=snow if variety.light else 0.0,
        decals=tuple(decals),
        phase=int(rng.integers(2**31)),
    )


def lane_middles(road: Road) -> list[float]:
    """Give the middles of a road's lanes in s, as its lines part it."""
    solid = sorted({road.left_m, road.right_m, *(line.s_m for line in road.lines)})
    middles = [(left + right) / 2 for left, right in pairwise(solid) if right - left > 2.2]
    if road.lines or road.right_m - road.left_m < 5.5:
        return middles
    return [(3 * road.left_m + road.right_m) / 4, (road.left_m + 3 * road.right_m) / 4]


def _bands(rng: np.random.Generator, road: Road, lanes: list[float]) -> tuple[Band, ...]:
    wheels, oil = rng.normal(1, 0.05), rng.uniform(0.86, 1.0)
    gauge, width = rng.uniform(0.65, 0.85), rng.uniform(0.25, 0.5)
    bands = [Band(s + side * gauge, width, wheels) for s in lanes for side in (-1, 1)]
    bands += [Band(s, 0.3, oil) for s in lanes]
    dirt = rng.uniform(0.7, 1.15)
    reach = rng.uniform(0.1, 0.5)
    return (*bands, Band(road.left_m, reach, dirt), Band(road.right_m, reach, dirt))


def _patches(rng: np.random.Generator, road: Road) -> list[Decal]:
    """Rectangles of newer or older asphalt, where pipes were laid, with seams of tar."""
    decals = []
    for _ in range(int(rng.choice([0, 0, 1, 2, 3, 5, 8]))):
        kind = rng.random()
        if kind < 0.35:  # along the road
            width, length = rng.uniform(0.5, 1.3), rng.uniform(8, 60)
        elif kind < 0.55:  # across it
            width, length = rng.uniform(1.5, 9), rng.uniform(0.5, 1.5)
        elif kind < 0.65:  # a new surface from here on
            width, length = 2.2 * (road.right_m - road.left_m), rng.uniform(10, 80)
        else:
            width, length = rng.uniform(0.5, 2.5), rng.uniform(0.6, 4)
        s_m = rng.uniform(road.left_m, road.right_m)
        z_m = rng.uniform(3, _FAR_M) + (length / 2 if kind < 0.65 and kind >= 0.55 else 0)
        tone = float(np.clip(rng.normal(0.88, 0.13), 0.6, 1.25))
        if rng.random() < 0.4:
            decals.append(
                Decal("bar", s_m, z_m, width + 0.08, length + 0.12, rng.uniform(0.5, 0.8))
            )
        decals.append(Decal("bar", s_m, z_m, width, length, tone))
    return decals


def _cracks(rng: np.random.Generator, road: Road) -> list[Decal]:
    """Open cracks, and cracks sealed with tar, which is broader and blacker."""
    decals = []
    sealed = rng.random() < 0.3
    for _ in range(int(rng.choice([0, 0, 0, 2, 4, 9]))):
        along = rng.random() < 0.6
        decals.append(
            Decal(
                "crack",
                s_m=rng.uniform(road.left_m, road.right_m),
                z_m=rng.uniform(3, 35),
                width_m=rng.uniform(0.1, 1.0) if along else rng.uniform(1, 5),
                length_m=rng.uniform(2, 16) if along else rng.uniform(0.1, 1.0),
                tone=rng.uniform(0.45, 0.7),
                # The last two bits say how broad the line is.
                variant=4 * int(rng.integers(2**20)) + int(rng.integers(2)) + 2 * sealed,
            )
        )
    return decals


def _stains(rng: np.random.Generator, road: Road, lanes: list[float]) -> list[Decal]:
    """Oil, potholes, and the marks of tyres that locked."""
    decals = []
    for _ in range(int(rng.choice([0, 0, 1, 3, 6]))):
        size = rng.uniform(0.15, 1.1)
        decals.append(
            Decal(
                "blot",
                s_m=rng.uniform(road.left_m, road.right_m),
                z_m=rng.uniform(3, 35),
                width_m=size,
                length_m=size * rng.uniform(0.7, 2.0),
                tone=float(
                    rng.choice([rng.uniform(0.6, 0.9), rng.uniform(1.05, 1.25)], p=[0.8, 0.2])
                ),
                variant=int(rng.integers(1, 2**20)),
            )
        )
    if lanes and rng.random() < 0.12:
        middle = lanes[int(rng.integers(len(lanes)))] + rng.normal(0, 0.3)
        z_m, length = rng.uniform(6, 25), rng.uniform(4, 14)
        tone = rng.uniform(0.65, 0.9)
        decals += [Decal("bar", middle + side, z_m, 0.2, length, tone) for side in (-0.75, 0.75)]
    return decals


def _lids(rng: np.random.Generator, road: Road, lanes: list[float]) -> list[Decal]:
    """Manholes in the lanes, gullies at the kerb, small covers of water and gas anywhere."""
    decals = []
    for _ in range(int(rng.choice([0, 1, 1, 2, 4]))):
        s_m = rng.uniform(road.left_m + 0.5, road.right_m - 0.5)
        z_m = rng.uniform(3, 40)
        tone, size = rng.uniform(0.55, 1.1), rng.uniform(0.55, 0.7)
        kind = "blot" if rng.random() < 0.65 else "bar"
        decals.append(Decal(kind, s_m, z_m, size + 0.25, size + 0.25, rng.uniform(0.75, 1.2)))
        decals.append(Decal(kind, s_m, z_m, size + 0.05, size + 0.05, 0.5))
        decals.append(Decal(kind, s_m, z_m, size, size, tone))
        decals.append(Decal(kind, s_m, z_m, size * 0.6, size * 0.6, tone * 0.85))
    for _ in range(int(rng.choice([0, 0, 1, 2]))):
        side = road.left_m + 0.3 if rng.random() < 0.5 else road.right_m - 0.3
        z_m = rng.uniform(3, 30)
        decals.append(Decal("bar", side, z_m, 0.46, 0.46, 0.75))
        decals.append(Decal("grate", side, z_m, 0.4, 0.4, 0.25))
    return decals


def _rails(rng: np.random.Generator, lanes: list[float]) -> list[Decal]:
    """Tram rails of 1.435 m gauge, often in a bed of another surface."""
    if not lanes:
        return []
    bed = rng.uniform(0.75, 1.15) if rng.random() < 0.5 else None
    shine = rng.uniform(1.0, 1.9)
    decals = []
    for middle in lanes[:2]:
        if bed is not None:
            decals.append(Decal("bar", middle, 42, 2.3, 80, bed))
        for side in (-0.7175, 0.7175):
            decals.append(Decal("bar", middle + side, 42, 0.16, 80, 0.5))
            decals.append(Decal("bar", middle + side, 42, 0.06, 80, shine))
    return decals


def _concrete_joints(rng: np.random.Generator, road: Road) -> list[Decal]:
    """Slabs some five metres long, each of its own brightness, with joints full of tar."""
    length, start = rng.uniform(4, 7.5), rng.uniform(0, 5)
    middle, width = (road.left_m + road.right_m) / 2, road.right_m - road.left_m
    decals = []
    for z_m in np.arange(start, _FAR_M, length):
        for side in (-0.25, 0.25):
            tone = float(rng.normal(1.08, 0.05))
            decals.append(
                Decal("bar", middle + side * width, z_m + length / 2, width / 2, length, tone)
            )
        decals.append(Decal("bar", middle, z_m, width, 0.05, 0.55))
    decals.append(Decal("bar", middle, 42, 0.04, 80, 0.55))
    return decals


def _beside(rng: np.random.Generator, road: Road) -> list[Decal]:
    """Wear on pavements and other carriageways: patches alone shall not tell the own road."""
    decals = []
    for before, strip in pairwise(road.strips):
        width = strip.right_m - before.right_m
        if strip.state == State.ROAD or strip.material not in _PAVED or not 1 < width < 20:
            continue
        for _ in range(int(rng.choice([0, 1, 3, 6]))):
            across = rng.uniform(0.3, min(width, 2.5))
            place = (rng.uniform(before.right_m, strip.right_m), rng.uniform(3, 40))
            tone = float(np.clip(rng.normal(0.9, 0.15), 0.6, 1.3))
            length = rng.uniform(0.3, 5)
            variant = int(rng.integers(1, 2**20))
            kind = str(rng.choice(["bar", "bar", "blot", "crack"]))
            decals.append(
                Decal(kind, *place, across, length, tone, variant=variant, raised=strip.raised)
            )
        if strip.raised and rng.random() < 0.12:  # studded slabs where people cross
            inner = before.right_m if before.right_m >= road.right_m else strip.right_m - 0.8
            colour = _TACTILE[int(rng.integers(len(_TACTILE)))]
            size = (0.8, rng.uniform(1.2, 4))
            z_m = rng.uniform(4, 25)
            decals.append(Decal("bar", inner + 0.4, z_m, *size, colour=colour, raised=True))
    return decals
