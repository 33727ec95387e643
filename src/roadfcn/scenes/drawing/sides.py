"""Draw what lies beside a road: kerbs, pavements, parking bays, verges, another carriageway."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from roadfcn.scenes.description.scene import Colour, Material, State
from roadfcn.scenes.drawing.ground_colours import GroundColours

Band = tuple[float, Material, Colour, State, bool]
"""Width in metres, material, colour, state, and whether it is raised."""


@dataclass(frozen=True)
class Side:
    """What lies on one side of the road, from its edge outwards.

    Args:
        bands: The ground; the last one is endless.
        parking: Middle of a row of parking bays beyond the road's edge, metres from the edge.
        walk: Middle of the pavement, metres from the edge; None if there is none.
        verge: Where trees and poles stand, metres from the edge.
        front: Where houses, hedges and walls begin, metres from the edge.
    """

    bands: tuple[Band, ...]
    verge: float
    front: float
    walk: float | None = None
    parking: float | None = None

    def is_raised(self, from_edge_m: float) -> bool:
        """Tell whether the ground at a distance from the road's edge is raised."""
        limits = accumulate(width for width, *_ in self.bands)
        return next(
            raised
            for limit, (*_, raised) in zip(limits, self.bands, strict=True)
            if from_edge_m < limit
        )


def draw_side(rng: np.random.Generator, colours: GroundColours) -> Side:
    """Draw a side: kerb and pavement, parking bays, or a green or gravel verge."""
    kind = rng.choice(["pavement", "flush", "bays", "verge"], p=[0.56, 0.06, 0.16, 0.22])
    yard = (np.inf, *_pick_yard(rng, colours), State.NOT_ROAD, False)
    if kind == "verge":
        return _draw_verge(rng, colours, yard)
    if kind == "flush":
        return _draw_flush(rng, colours, yard)
    at = 0.0
    bands: list[Band] = []
    parking = None
    if kind == "bays":
        gutter = (0.3, Material.KERB, colours.kerb(), State.NOT_ROAD, False)
        bands += [gutter, (2.1, Material.COBBLES, colours.bay(), State.NOT_ROAD, False)]
        parking, at = 0.3 + 1.0, 2.4
    bands.append((0.16, Material.KERB, colours.kerb(), State.NOT_ROAD, True))
    at += 0.16
    if rng.random() < 0.3:  # a green strip between kerb and pavement
        width = rng.uniform(0.8, 2.0)
        bands.append((width, Material.GRASS, colours.grass(), State.NOT_ROAD, True))
        at += width
    width = rng.uniform(1.2, 3.8)
    bands.append((width, _pick_paving(rng), colours.paving(), State.NOT_ROAD, True))
    return Side(
        (*bands, yard),
        verge=at + 0.45,
        front=at + width + 0.4,
        walk=at + width * 0.55,
        parking=parking,
    )


def draw_carriageway(rng: np.random.Generator, colours: GroundColours) -> Side:
    """Draw a median and, beyond it, the road of the other direction, which is void."""
    median = rng.uniform(0.8, 4.0)
    width = rng.uniform(5.5, 7.5)
    kerb = colours.kerb()
    fill = (Material.GRASS, colours.grass())
    if median < 1.4 or rng.random() < 0.3:
        fill = (Material.SLABS, colours.paving())
    far = draw_side(rng, colours)
    bands: tuple[Band, ...] = (
        (0.16, Material.KERB, kerb, State.NOT_ROAD, True),
        (median, *fill, State.NOT_ROAD, True),
        (0.16, Material.KERB, kerb, State.NOT_ROAD, True),
        (width, Material.ASPHALT, colours.asphalt(), State.VOID, False),
    )
    reach = median + width + 0.32
    return Side((*bands, *far.bands), verge=reach + far.verge, front=reach + far.front)


def _draw_verge(rng: np.random.Generator, colours: GroundColours, yard: Band) -> Side:
    """Draw grass at the edge, mostly with a gravel shoulder before it."""
    width = rng.uniform(0.8, 2.5)
    shoulder = rng.uniform(0.2, 0.7)
    bands: list[Band] = [(width, Material.GRASS, colours.grass(), State.NOT_ROAD, False), yard]
    gravel = (shoulder, Material.GRAVEL, colours.gravel(), State.NOT_ROAD, False)
    if rng.random() < 0.65:
        bands.insert(0, gravel)
    return Side(tuple(bands), verge=0.45 + width * 0.6, front=width + 2.5)


def _draw_flush(rng: np.random.Generator, colours: GroundColours, yard: Band) -> Side:
    """Draw a pavement as high as the road, parted from it by a row of stones."""
    width = rng.uniform(1.2, 3.0)
    bands: tuple[Band, ...] = (
        (0.25, Material.KERB, colours.kerb(), State.NOT_ROAD, False),
        (width, _pick_paving(rng), colours.paving(), State.NOT_ROAD, False),
        yard,
    )
    return Side(bands, verge=0.7, front=width + 0.65, walk=0.25 + width * 0.55)


def _pick_paving(rng: np.random.Generator) -> Material:
    paving = rng.choice([Material.SLABS, Material.COBBLES, Material.ASPHALT], p=[0.6, 0.2, 0.2])
    return Material(int(paving))


def _pick_yard(rng: np.random.Generator, colours: GroundColours) -> tuple[Material, Colour]:
    kind = rng.random()
    if kind < 0.55:
        return Material.GRASS, colours.grass()
    if kind < 0.8:
        return Material.GRAVEL, colours.gravel()
    return Material.SLABS, colours.paving()
