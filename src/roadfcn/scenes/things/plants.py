"""Trees, bushes and hedges: pictures of leaves, several behind one another where one is near."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

from roadfcn.scenes.bodies.facets import Facet
from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.shapes import PAINT, Finish, Moulder, Shape
from roadfcn.scenes.bodies.solids import Place, Slab, sides, standing_picture
from roadfcn.scenes.description.scene import Colour, Obstacle
from roadfcn.scenes.surfaces import foliage
from roadfcn.scenes.surfaces.textures import Pyramid

_BARKS: tuple[Colour, ...] = (
    (0.26, 0.21, 0.17),
    (0.33, 0.30, 0.26),
    (0.20, 0.17, 0.14),
    (0.58, 0.56, 0.52),
)
_NEAR_M, _SOLID_M = 20.0, 30.0
_HEDGE_TILE_M = 2.5


def build_tree(tree: Obstacle) -> list[Facet | Mesh]:
    """Build a broadleaved tree; its crown begins at about a third of its height."""
    bark = _BARKS[3 if tree.variant % foliage.CROWNS % 4 == 3 else tree.variant % 3]
    crown = foliage.crown(tree.variant % foliage.CROWNS)
    return [_trunk(tree, bark, 0.55), *_layers(tree, 0.22 + 0.03 * (tree.variant % 4), crown)]


def build_bare_tree(tree: Obstacle) -> list[Facet | Mesh]:
    """Build a tree without leaves."""
    boughs = foliage.bare_tree(tree.variant % foliage.BARE_TREES)
    place = Place.of(tree)
    top = tree.height_m
    picture = standing_picture(place, tree.width_m, 0.28 * top, top, tree.colour, boughs)
    return [_trunk(tree, tree.colour, 0.36), picture]


def build_conifer(tree: Obstacle) -> list[Facet | Mesh]:
    """Build a conifer, green nearly to the ground."""
    crown = foliage.conifer(tree.variant % foliage.CONIFERS)
    picture = standing_picture(
        Place.of(tree), tree.width_m, 0.04 * tree.height_m, tree.height_m, tree.colour, crown
    )
    return [_trunk(tree, _BARKS[0], 0.3), picture]


def build_bush(bush: Obstacle) -> list[Facet | Mesh]:
    """Build a bush."""
    return _layers(bush, -0.04, foliage.bush(bush.variant % foliage.BUSHES))


def _layers(plant: Obstacle, bare: float, crown: Pyramid) -> list[Facet | Mesh]:
    """Stand pictures of a crown that begins at a share of the height; near ones get depth."""
    place, top = Place.of(plant), plant.height_m
    low = top * bare
    away = math.hypot(plant.x_m, plant.z_m) or 1.0
    right = (plant.z_m / away, -plant.x_m / away)
    ahead = (plant.x_m / away, plant.z_m / away)
    # Aside and behind as shares of the width; width, bottom and top as shares; brightness.
    layers = [(0.0, 0.0, 1.0, 0.0, 1.0, 1.0)]
    if away < _NEAR_M:
        sign = 1 if plant.variant % 2 else -1
        layers = [
            (0.06 * sign, 0.2, 1.0, 0.05, 1.0, 0.88),
            (-0.14 * sign, -0.25, 0.76, 0.0, 0.78, 1.06),
        ]
    pieces: list[Facet | Mesh] = []
    for aside, behind, width, bottom, lid, bright in layers:
        offset, depth = aside * plant.width_m, behind * plant.width_m
        at = replace(
            place,
            x_m=place.x_m + offset * right[0] + depth * ahead[0],
            z_m=place.z_m + offset * right[1] + depth * ahead[1],
        )
        red, green, blue = (bright * part for part in plant.colour)
        limits = (low + bottom * (top - low), low + lid * (top - low))
        pieces.append(
            standing_picture(at, width * plant.width_m, *limits, (red, green, blue), crown)
        )
    return pieces


def _trunk(tree: Obstacle, bark: Colour, share: float) -> Facet | Mesh:
    """Give a trunk up to a share of the height; far ones are flat."""
    thick = min(0.28, max(0.06, 0.016 * tree.height_m))
    if tree.x_m**2 + tree.z_m**2 > _SOLID_M**2:
        return standing_picture(Place.of(tree), 2 * thick, 0.0, share * tree.height_m, bark)
    return Mesh(Place.of(tree), _mould_trunk(), bark, scale=(thick, share * tree.height_m, thick))


@lru_cache(maxsize=1)
def _mould_trunk() -> Shape:
    """Give a trunk of radius 1 and height 1, with a wider foot."""
    moulder = Moulder()
    path = [(0.0, y, 0.0) for y in (0.0, 0.06, 0.3, 0.65, 1.0)]
    moulder.tube(path, (1.5, 1.08, 1.0, 0.9, 0.7), Finish(PAINT), sides=10)
    return moulder.finished()


def build_hedge(hedge: Obstacle) -> list[Facet | Mesh]:
    """Build a hedge: dense sides, and a ragged rim above each."""
    look = hedge.variant % foliage.HEDGES
    place, half, end = Place.of(hedge), hedge.width_m / 2, hedge.length_m / 2
    ragged = min(0.45, 0.22 * hedge.height_m)
    solid = hedge.height_m - ragged
    walls = sides(place, Slab(half, -end, end, 0.0), Slab(half * 0.94, -end, end, solid))
    pieces: list[Facet | Mesh] = []
    seen = place.seen_sides(half, end)
    for name, corners in walls.items():
        if name != "top" and name not in seen:
            continue
        along = hedge.length_m if name in ("left", "right", "top") else hedge.width_m
        up = hedge.width_m if name == "top" else solid
        repeat = (along / _HEDGE_TILE_M, up / _HEDGE_TILE_M + 0.001)
        if name == "top":
            # Its texture's width runs across the hedge.
            repeat = (repeat[1], repeat[0])
        pieces.append(Facet(corners, hedge.colour, foliage.hedge_side(look), repeat))
    rim = foliage.hedge_top(look)
    for lean in (-0.9, 0.9):
        x = lean * half
        corners = place.corners(
            (x, solid - ragged * 0.6, -end),
            (x, solid - ragged * 0.6, end),
            (x * 0.8, solid + ragged, end),
            (x * 0.8, solid + ragged, -end),
        )
        repeat = (hedge.length_m / _HEDGE_TILE_M, 1.0)
        pieces.append(Facet(corners, hedge.colour, rim, repeat, glow=True))
        # Seen from the other side, the same corners run the other way round.
        pieces.append(Facet(corners[[1, 0, 3, 2]], hedge.colour, rim, repeat, glow=True))
    return pieces
