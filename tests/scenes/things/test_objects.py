"""Every kind of obstacle, in every guise: seen, of its class, within its extents, on the ground."""

import math

import numpy as np
import pytest

from roadfcn.scenes.bodies.facets import Facet
from roadfcn.scenes.description.scene import Obstacle, State
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.drawing.frontage import house_variant
from roadfcn.scenes.painter import paint
from roadfcn.scenes.surfaces import facades, foliage
from roadfcn.scenes.things import houses, signs
from roadfcn.scenes.things.objects import KINDS, build, footprint
from roadfcn.scenes.things.stands import SIZES

SMALL = (188, 621)
GUISES = range(0, 40, 3)

USUAL_SIZES = {
    "car": (1.8, 1.5, 4.3),
    "van": (2.0, 2.2, 5.3),
    "lorry": (2.45, 3.4, 8.5),
    "bus": (2.5, 4.2, 11.0),
    "motorcycle": (0.8, 1.55, 2.0),
    "rider": (0.6, 1.72, 1.7),
    "bicycle": (0.6, 1.05, 1.7),
    "person": (0.6, 1.75, 0.6),
    "umbrella": (0.6, 1.75, 0.6),
    "house": (9.0, 6.0, 12.0),
    "bridge": (24.0, 7.0, 6.0),
    "gantry": (14.0, 6.5, 0.4),
    "wall": (0.3, 1.5, 7.0),
    "hedge": (0.9, 1.8, 7.0),
    "railing": (0.05, 1.2, 7.0),
    "board fence": (0.05, 1.5, 7.0),
    "guard rail": (0.3, 0.78, 7.0),
    "tree": (6.0, 8.0, 0.5),
    "bare tree": (6.0, 8.0, 0.5),
    "conifer": (4.0, 8.0, 0.5),
    "bush": (2.0, 1.5, 0.6),
    "lamp": (0.16, 8.0, 0.16),
    "mast": (0.16, 8.0, 0.16),
    "signal": (0.5, 3.3, 0.7),
    "beacon": (0.3, 2.95, 0.3),
    "bollard": (0.2, 1.0, 0.2),
    "cone": (0.4, 0.75, 0.4),
    "sign": (0.7, 2.5, 0.2),
    "board": (2.2, 3.5, 1.5),
    "street name": (1.2, 0.9, 0.2),
    "bus stop": (0.45, 2.7, 0.2),
    **SIZES,
}
PARTS = {
    "signal": {StreetClass.SIGN},
    "beacon": {StreetClass.SIGN},
    "bollard": {StreetClass.SIGN},
    "sign": {StreetClass.SIGN},
    "board": {StreetClass.SIGN},
    "street name": {StreetClass.SIGN},
    "bus stop": {StreetClass.SIGN},
    "gantry": {StreetClass.SIGN},
    "planter": {StreetClass.TREE},
}
"""Classes of parts, beside that of the kind."""

REACHES_OUT = {"lamp": 2.2, "mast": 1.0, "house": 1.5, "umbrella": 0.6, "bush": 0.8, "tree": 2.5}
"""Metres beyond the stated footprint: arms, eaves and bay windows, crowns behind one another."""

ROOF_M = {"house": 7.5, "umbrella": 0.55, "car": 0.16}
"""Metres above the stated height: roofs of houses, what is held up, roof rails and taxi signs."""


def obstacle(kind, variant=0, *, x_m=0.5, z_m=14.0, heading=0.4, **changes):
    return Obstacle(
        kind, x_m, z_m, heading, *USUAL_SIZES[kind], (0.5, 0.35, 0.3), variant, **changes
    )


def points_of(piece):
    if isinstance(piece, Facet):
        return piece.corners
    return piece.place.points(piece.shape.vertices * np.array(piece.scale))


def test_every_kind_has_a_usual_size_here():
    assert set(USUAL_SIZES) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_guise_is_seen_in_its_class_and_nothing_else_changes(scene, stand, kind):
    empty, street_class = paint(scene, SMALL), KINDS[kind][1]
    seen = set()
    for variant in (0, 1, 2, 3, 7):
        thing = obstacle(kind, variant, z_m=20.0 if kind in ("bridge", "gantry", "house") else 12.0)
        full = paint(stand(scene, thing), SMALL)
        changed = full.street_class != empty.street_class
        if street_class is StreetClass.UNKNOWN:
            changed = full.state != empty.state
        assert changed.sum() > 12
        classes = set(full.street_class[changed].tolist())
        assert classes <= {street_class, *PARTS.get(kind, ())}
        assert (full.state[full.state != empty.state] == State.NOT_ROAD).all()
        seen |= classes
    assert seen == {street_class, *PARTS.get(kind, ())}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_guise_stands_on_the_ground_within_its_extents(kind):
    width, height, length = USUAL_SIZES[kind]
    reach = math.hypot(width, length) / 2 * 1.12 + REACHES_OUT.get(kind, 0.12)
    for variant in GUISES:
        thing = obstacle(kind, variant, base_m=0.7)
        points = np.concatenate([points_of(piece) for piece in build(thing)])
        up = -points[:, 1] - 0.7
        assert up.min() == pytest.approx(0, abs=0.09 + 0.04 * height * (kind == "bush"))
        assert up.max() < 1.04 * height + 0.05 + ROOF_M.get(kind, 0.0)
        assert up.max() > 0.85 * height
        away = np.hypot(points[:, 0] - thing.x_m, points[:, 2] - thing.z_m)
        assert away.max() < reach


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_is_built_twice_is_the_same(kind):
    first, second = build(obstacle(kind, 17)), build(obstacle(kind, 17))
    assert len(first) == len(second) > 0
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(points_of(one), points_of(other))
        assert one.street_class == other.street_class != StreetClass.SKY


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (foliage.crown, (5,)),
        (foliage.bare_tree, (2,)),
        (foliage.conifer, (1,)),
        (foliage.bush, (1,)),
        (foliage.hedge_top, (0,)),
        (facades.upper, (0, 6)),
        (facades.ground, (1, 2)),
        (facades.shops, (3,)),
        (facades.bare, (6, "brick")),
        (facades.roof_tiles, (1,)),
        (signs.sign_picture, (4,)),
        (signs.board_picture, (1,)),
    ],
)
def test_pictures_are_made_from_fixed_seeds_and_are_of_sound_values(make, arguments):
    picture = make(*arguments)
    np.testing.assert_array_equal(picture[0], make.__wrapped__(*arguments)[0])
    assert picture[0].dtype == np.float32
    assert 0 <= picture[0].min() < picture[0].max() <= 2.3
    if picture[0].shape[2] == 4:
        opacity = picture[0][..., 3]
        assert opacity.min() == 0 or make is signs.board_picture
        assert opacity.max() == 1
        assert opacity.mean() > 0.08


@pytest.mark.parametrize("look", range(foliage.CROWNS))
def test_one_sees_through_a_crown_here_and_there(look):
    opacity = foliage.crown(look)[0][..., 3]
    rows, columns = np.nonzero(opacity > 0.5)
    middle = opacity[
        round(np.quantile(rows, 0.25)) : round(np.quantile(rows, 0.75)),
        round(np.quantile(columns, 0.25)) : round(np.quantile(columns, 0.75)),
    ]
    assert 0.6 < (middle > 0.5).mean() <= 1
    # The rim is ragged: far longer than that of a disc of the same area.
    rim = np.count_nonzero(np.diff((opacity > 0.5).astype(int), axis=1))
    assert rim > 3 * math.sqrt(np.count_nonzero(opacity > 0.5) / math.pi)


def test_the_wall_nearest_in_colour_is_found_with_its_brightness():
    for index, wall in enumerate(facades.WALLS):
        brighter = tuple(1.04 * part for part in wall)
        found, bright = facades.nearest_wall(brighter)
        assert found == index
        assert bright == pytest.approx(1.04)


@pytest.mark.parametrize("style", range(len(facades.STYLES)))
@pytest.mark.parametrize("has_shops", [True, False])
def test_a_house_gets_the_style_and_the_shops_that_were_asked_for(style, has_shops):
    for look in (0, 5, 999):
        variant = house_variant(style, look, has_shops=has_shops)
        pieces = houses.build_house(obstacle("house", variant, x_m=-9.0, z_m=20.0))
        textures = [piece.texture for piece in pieces if isinstance(piece, Facet)]
        shop_rows = [facades.shops(number) for number in range(8)]
        assert any(one is row for one in textures for row in shop_rows) == has_shops
        wall = facades.nearest_wall((0.5, 0.35, 0.3))[0]
        assert any(one is facades.upper(style, wall) for one in textures)


def test_a_house_is_built_only_where_it_faces_the_camera():
    """Ahead on the left with its length along the road: the right side and the back are seen."""
    house = obstacle("house", 4, x_m=-12.0, z_m=25.0, heading=0.0)
    lowest = [
        piece.corners
        for piece in build(house)
        if isinstance(piece, Facet) and piece.corners[:, 1].max() > -0.01
    ]
    middles = sorted(tuple(np.round(corners.mean(axis=0)[[0, 2]], 3)) for corners in lowest)
    assert middles == [(-12.0, 19.0), (-7.5, 25.0)]


def test_a_footprint_has_the_size_and_turn_of_its_obstacle():
    corners = footprint(obstacle("car", heading=math.pi / 2, x_m=3.0, z_m=9.0))
    assert corners[:, [0, 2]].min(axis=0) == pytest.approx([3 - 2.15, 9 - 0.9])
    assert corners[:, [0, 2]].max(axis=0) == pytest.approx([3 + 2.15, 9 + 0.9])


def test_a_tall_bus_has_two_decks_of_windows():
    (tall,), (low,) = (
        build(Obstacle("bus", 0.0, 14.0, 0.0, 2.5, height, 11.0, (0.5, 0.1, 0.1), 3))
        for height in (4.3, 3.1)
    )
    glass = [one.shape.vertices[one.shape.faces[one.shape.gloss > 1]] for one in (tall, low)]
    above = [np.count_nonzero(faces[..., 1].min(axis=1) > 2.6) for faces in glass]
    assert above[0] >= 16
    assert above[1] == 0
