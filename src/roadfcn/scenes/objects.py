"""From an obstacle to the facets that show it: houses, walls, trees, poles, people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from roadfcn.scenes import cars, cyclists, lorries, people, sprites, textures
from roadfcn.scenes.facets import Facet
from roadfcn.scenes.meshes import Mesh
from roadfcn.scenes.scene import Obstacle
from roadfcn.scenes.solids import Corners, Place, Slab, part_of, sides, standing_picture
from roadfcn.scenes.street_class import StreetClass

Piece = Facet | Mesh

_ROOFS = ((0.45, 0.22, 0.17), (0.32, 0.22, 0.20), (0.28, 0.28, 0.30), (0.52, 0.30, 0.20))
_TRUNK = (0.26, 0.21, 0.17)
_STEEL = (0.52, 0.54, 0.55)
_BAY_M = 3.0


def build(obstacle: Obstacle) -> list[Piece]:
    """Give the pieces of an obstacle; those without a class of their own get the obstacle's."""
    street_class = STREET_CLASSES[obstacle.kind]
    return [
        replace(piece, street_class=street_class)
        if piece.street_class is StreetClass.UNKNOWN
        else piece
        for piece in BUILDERS[obstacle.kind](obstacle)
    ]


def _build_house(house: Obstacle) -> list[Facet]:
    """Build a house with a gabled roof, ridge along its length; blocks get a flat roof."""
    place = Place.of(house)
    half, end = house.width_m / 2, house.length_m / 2
    flat = house.variant % 3 == 2
    floors = max(1, round(house.height_m / 3))
    walls = sides(place, Slab(half, -end, end, 0.0), Slab(half, -end, end, house.height_m))
    tile = textures.facade(house.variant % 12)
    facets = []
    for name, corners in walls.items():
        if name == "top":
            continue
        along = house.width_m if name in ("back", "front") else house.length_m
        bays = max(1, round(along / _BAY_M))
        facets.append(Facet(corners, house.colour, tile, (float(bays), float(floors))))
        plinth = 0.6 / house.height_m
        facets.append(Facet(part_of(corners, 0, 0, 1, plinth), (0.36, 0.35, 0.34)))
    roof_colour = _ROOFS[house.variant % len(_ROOFS)]
    if flat:
        rim = sides(
            place,
            Slab(half + 0.3, -end - 0.3, end + 0.3, house.height_m),
            Slab(half + 0.3, -end - 0.3, end + 0.3, house.height_m + 0.4),
        )
        return facets + [Facet(corners, (0.4, 0.4, 0.41)) for corners in rim.values()]
    ridge = house.height_m + 0.35 * house.width_m
    slopes = sides(
        place,
        Slab(half + 0.4, -end, end, house.height_m - 0.2),
        Slab(0.0, -end, end, ridge),
    )
    facets += [Facet(slopes[side], roof_colour) for side in ("left", "right")]
    gables = (slopes["back"][[0, 1, 2]], slopes["front"][[0, 1, 2]])
    return facets + [Facet(corners, house.colour) for corners in gables]


def _build_wall(wall: Obstacle) -> list[Facet]:
    return _box(wall, textures.brick(), tile_m=2.0)


def _build_hedge(hedge: Obstacle) -> list[Facet]:
    return _box(hedge, textures.leaves(hedge.variant % 4), tile_m=2.5)


def _box(obstacle: Obstacle, texture: textures.Pyramid, tile_m: float) -> list[Facet]:
    half, end = obstacle.width_m / 2, obstacle.length_m / 2
    walls = sides(
        Place.of(obstacle), Slab(half, -end, end, 0.0), Slab(half, -end, end, obstacle.height_m)
    )
    facets = []
    for name, corners in walls.items():
        along = obstacle.length_m if name in ("left", "right") else obstacle.width_m
        up = obstacle.length_m if name == "top" else obstacle.height_m
        facets.append(Facet(corners, obstacle.colour, texture, (along / tile_m, up / tile_m)))
    return facets


def _build_railing(railing: Obstacle) -> list[Facet]:
    """Build a railing along the heading, seen from both sides."""
    end = railing.length_m / 2
    wall = Place.of(railing).corners(
        (0, 0, -end), (0, 0, end), (0, railing.height_m, end), (0, railing.height_m, -end)
    )
    repeat = (railing.length_m / 2, 1.0)
    texture = sprites.railing()
    # Seen from the other side, the same corners run the other way round.
    return [
        Facet(wall, railing.colour, texture, repeat),
        Facet(wall[[1, 0, 3, 2]], railing.colour, texture, repeat),
    ]


def _build_tree(tree: Obstacle) -> list[Facet]:
    return _trunk_and_crown(tree, 0.26, sprites.crown(tree.variant % 8))


def _build_conifer(tree: Obstacle) -> list[Facet]:
    return _trunk_and_crown(tree, 0.08, sprites.conifer(tree.variant % 4))


def _trunk_and_crown(tree: Obstacle, bare: float, crown: textures.Pyramid) -> list[Facet]:
    """Build a tree whose trunk is bare up to a share of its height."""
    place, top_m = Place.of(tree), tree.height_m
    trunk_m = max(0.16, top_m * 0.035)
    return [
        standing_picture(place, trunk_m, 0.0, top_m * 0.5, _TRUNK),
        standing_picture(place, tree.width_m, top_m * bare, top_m, tree.colour, crown),
    ]


def _build_mast(mast: Obstacle) -> list[Facet]:
    return [standing_picture(Place.of(mast), mast.width_m, 0.0, mast.height_m, mast.colour)]


def _build_lamp(lamp: Obstacle) -> list[Facet]:
    """Build a lamp post whose arm reaches towards the road's middle."""
    place, top_m = Place.of(lamp), lamp.height_m
    left, right = (0.0, 1.6) if lamp.x_m < 0 else (-1.6, 0.0)
    arm = place.facing_camera().corners(
        (left, top_m - 0.1, 0), (right, top_m - 0.1, 0), (right, top_m, 0), (left, top_m, 0)
    )
    return [*_build_mast(lamp), Facet(arm, lamp.colour)]


def _build_sign(sign: Obstacle) -> list[Facet]:
    place = Place.of(sign)
    side = sign.width_m
    return [
        standing_picture(place, 0.07, 0.0, sign.height_m, _STEEL),
        standing_picture(
            place,
            side,
            sign.height_m - side,
            sign.height_m,
            (1.0, 1.0, 1.0),
            sprites.sign(sign.variant % 4),
            street_class=StreetClass.SIGN,
        ),
    ]


BUILDERS: dict[str, Callable[[Obstacle], Sequence[Piece]]] = {
    "car": cars.build_car,
    "van": lorries.build_van,
    "lorry": lorries.build_lorry,
    "bus": lorries.build_bus,
    "house": _build_house,
    "wall": _build_wall,
    "hedge": _build_hedge,
    "railing": _build_railing,
    "tree": _build_tree,
    "conifer": _build_conifer,
    "mast": _build_mast,
    "lamp": _build_lamp,
    "sign": _build_sign,
    "person": people.build_person,
    "umbrella": people.build_umbrella,
    "rider": cyclists.build_rider,
    "bicycle": cyclists.build_bicycle,
    "motorcycle": cyclists.build_motorcycle,
}
"""How each kind of `Obstacle` is shown."""

STREET_CLASSES: dict[str, StreetClass] = {
    "car": StreetClass.CAR,
    "van": StreetClass.CAR,
    "lorry": StreetClass.CAR,
    "bus": StreetClass.CAR,
    "house": StreetClass.BUILDING,
    "wall": StreetClass.BUILDING,
    "hedge": StreetClass.TREE,
    "railing": StreetClass.FENCE,
    "tree": StreetClass.TREE,
    "conifer": StreetClass.TREE,
    "mast": StreetClass.POLE,
    "lamp": StreetClass.POLE,
    "sign": StreetClass.POLE,
    "person": StreetClass.PEDESTRIAN,
    "umbrella": StreetClass.PEDESTRIAN,
    "rider": StreetClass.BICYCLIST,
    "bicycle": StreetClass.UNKNOWN,
    "motorcycle": StreetClass.UNKNOWN,
}
"""The class of each kind; CamVid's annotators count walls among buildings, hedges among trees."""


def footprint(obstacle: Obstacle) -> Corners:
    """Give 4,3 road coordinates of the ground an obstacle stands on."""
    half, end = obstacle.width_m / 2, obstacle.length_m / 2
    return Place.of(obstacle).corners(
        (-half, 0, -end), (half, 0, -end), (half, 0, end), (-half, 0, end)
    )
