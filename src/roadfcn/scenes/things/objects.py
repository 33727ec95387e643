"""From the kind of an obstacle to the pieces that show it, and to its street class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from roadfcn.scenes.bodies.facets import Facet
from roadfcn.scenes.bodies.meshes import Mesh
from roadfcn.scenes.bodies.solids import Corners, Place
from roadfcn.scenes.description.scene import Obstacle
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.things import (
    cars,
    cyclists,
    fences,
    houses,
    lorries,
    people,
    plants,
    posts,
    signs,
    spans,
    stands,
)

Piece = Facet | Mesh


def build(obstacle: Obstacle) -> list[Piece]:
    """Give the pieces of an obstacle; those without a class of their own get the obstacle's."""
    builder, street_class = KINDS[obstacle.kind]
    return [
        replace(piece, street_class=street_class)
        if piece.street_class is StreetClass.UNKNOWN
        else piece
        for piece in builder(obstacle)
    ]


KINDS: dict[str, tuple[Callable[[Obstacle], Sequence[Piece]], StreetClass]] = {
    "car": (cars.build_car, StreetClass.CAR),
    "van": (lorries.build_van, StreetClass.CAR),
    "lorry": (lorries.build_lorry, StreetClass.CAR),
    "bus": (lorries.build_bus, StreetClass.CAR),
    "motorcycle": (cyclists.build_motorcycle, StreetClass.BICYCLIST),
    "rider": (cyclists.build_rider, StreetClass.BICYCLIST),
    "bicycle": (cyclists.build_bicycle, StreetClass.UNKNOWN),
    "person": (people.build_person, StreetClass.PEDESTRIAN),
    "umbrella": (people.build_umbrella, StreetClass.PEDESTRIAN),
    "house": (houses.build_house, StreetClass.BUILDING),
    "bridge": (spans.build_bridge, StreetClass.BUILDING),
    "wall": (fences.build_wall, StreetClass.BUILDING),
    "railing": (fences.build_railing, StreetClass.FENCE),
    "board fence": (fences.build_board_fence, StreetClass.FENCE),
    "guard rail": (fences.build_guard_rail, StreetClass.FENCE),
    "works barrier": (stands.build_stand, StreetClass.FENCE),
    "tree": (plants.build_tree, StreetClass.TREE),
    "bare tree": (plants.build_bare_tree, StreetClass.TREE),
    "conifer": (plants.build_conifer, StreetClass.TREE),
    "bush": (plants.build_bush, StreetClass.TREE),
    "hedge": (plants.build_hedge, StreetClass.TREE),
    "lamp": (posts.build_lamp, StreetClass.POLE),
    "mast": (posts.build_mast, StreetClass.POLE),
    "signal": (posts.build_signal, StreetClass.POLE),
    "beacon": (posts.build_beacon, StreetClass.POLE),
    "bollard": (posts.build_bollard, StreetClass.POLE),
    "cone": (posts.build_cone, StreetClass.POLE),
    "gantry": (spans.build_gantry, StreetClass.POLE),
    "sign": (signs.build_sign, StreetClass.POLE),
    "board": (signs.build_board, StreetClass.POLE),
    "street name": (signs.build_street_name, StreetClass.POLE),
    "bus stop": (signs.build_bus_stop, StreetClass.POLE),
    "shelter": (stands.build_stand, StreetClass.BUILDING),
    "phone box": (stands.build_stand, StreetClass.UNKNOWN),
    "letter box": (stands.build_stand, StreetClass.UNKNOWN),
    "bin": (stands.build_stand, StreetClass.UNKNOWN),
    "bench": (stands.build_stand, StreetClass.UNKNOWN),
    "cabinet": (stands.build_stand, StreetClass.UNKNOWN),
    "planter": (stands.build_stand, StreetClass.UNKNOWN),
}
"""How each kind of `Obstacle` is shown, and its class unless a part has its own.

CamVid's annotators count walls among buildings and hedges among trees; its 11 classes have none
for street furniture. Boards and lights on posts are signs, whatever the post is.
"""


def footprint(obstacle: Obstacle) -> Corners:
    """Give 4,3 road coordinates of the ground an obstacle stands on."""
    half, end = obstacle.width_m / 2, obstacle.length_m / 2
    return Place.of(obstacle).corners(
        (-half, 0, -end), (half, 0, -end), (half, 0, end), (-half, 0, end)
    )
