"""What spans the road: bridges, and gantries with direction signs."""

from __future__ import annotations

from roadfcn.scenes.bodies.facets import Facet
from roadfcn.scenes.bodies.solids import Place, Slab, part_of, sides
from roadfcn.scenes.description.scene import Colour, Obstacle
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.surfaces import facades
from roadfcn.scenes.things import signs

CLEAR_M = 4.8
"""Height of the way below a bridge."""

_STEEL: Colour = (0.42, 0.44, 0.45)


def build_bridge(bridge: Obstacle) -> list[Facet]:
    """Build a bridge across the heading: abutments at both ends, a deck between, a parapet.

    The width is its span, and the height that of the parapet's top.
    """
    place, half, end = Place.of(bridge), bridge.width_m / 2, bridge.length_m / 2
    wall, bright = facades.nearest_wall(bridge.colour)
    texture = facades.bare(wall, ("stone", "concrete", "brick")[bridge.variant % 3])
    tone = (bright, bright, bright)
    clear = min(CLEAR_M, 0.75 * bridge.height_m)
    facets = []
    for side in (-1, 1):
        spot = place.corners((side * (half - 1.5), 0.0, 0.0))[0]
        foot = Place(float(spot[0]), float(spot[2]), place.heading_rad, -float(spot[1]))
        pier = sides(foot, Slab(1.5, -end, end, 0.0), Slab(1.5, -end, end, clear))
        for name in ("left", "right", "back", "front"):
            along = bridge.length_m if name in ("left", "right") else 3.0
            facets.append(Facet(pier[name], tone, texture, (along / 12, clear / 6)))
    deck = sides(place, Slab(half, -end, end, clear), Slab(half, -end, end, bridge.height_m))
    rise = bridge.height_m - clear
    for name in ("back", "front"):
        facets.append(Facet(deck[name], tone, texture, (bridge.width_m / 12, rise / 6)))
        facets.append(Facet(part_of(deck[name], 0, 0.38, 1, 0.5), (0.3, 0.3, 0.3)))
    below = place.corners(
        (half, clear, -end), (-half, clear, -end), (-half, clear, end), (half, clear, end)
    )
    return [*facets, Facet(below[::-1], (0.10, 0.10, 0.10))]


def build_gantry(gantry: Obstacle) -> list[Facet]:
    """Build a gantry across the heading with direction signs that face against it."""
    place, half, top = Place.of(gantry), gantry.width_m / 2, gantry.height_m
    facets = []
    for side in (-1, 1):
        spot = place.corners((side * half, 0.0, 0.0))[0]
        foot = Place(float(spot[0]), float(spot[2]), place.heading_rad, -float(spot[1]))
        leg = sides(foot, Slab(0.16, -0.16, 0.16, 0.0), Slab(0.16, -0.16, 0.16, top))
        facets += [Facet(corners, _STEEL) for corners in leg.values()]
    beam = sides(place, Slab(half, -0.2, 0.2, top - 0.5), Slab(half, -0.2, 0.2, top))
    facets += [Facet(corners, _STEEL) for corners in beam.values()]
    for k, middle in enumerate((-0.45, 0.45)):
        left, right = middle * half - 1.4, middle * half + 1.4
        board = place.corners(
            (left, top - 1.6, -0.3),
            (right, top - 1.6, -0.3),
            (right, top + 0.3, -0.3),
            (left, top + 0.3, -0.3),
        )
        picture = signs.board_picture((gantry.variant + k) % 2 * 4 + gantry.variant % 2)
        sign = StreetClass.SIGN
        facets.append(Facet(board, (1.0, 1.0, 1.0), picture, glow=True, street_class=sign))
        facets.append(Facet(board[[1, 0, 3, 2]], _STEEL, street_class=sign))
    return facets
