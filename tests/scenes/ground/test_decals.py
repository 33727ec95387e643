"""What lies flat on the ground is drawn where its outline says, and changes no truth."""

from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.description.conditions import Decal
from roadfcn.scenes.description.scene import Relief, State
from roadfcn.scenes.ground.decals import NEUTRAL, draw_decals
from roadfcn.scenes.painter import paint
from roadfcn.scenes.surfaces.outlines import KINDS, outlines

SIZE = (375, 1242)
RED = (0.8, 0.1, 0.1)


def decal(kind, **changes):
    text = "SLOW" if kind == "word" else ""
    return Decal(
        kind,
        **{
            "s_m": 0.5,
            "z_m": 9.0,
            "width_m": 2.0,
            "length_m": 4.0,
            "tone": 0.5,
            "variant": 3,
            "text": text,
            **changes,
        },
    )


def layers_of(scene, *decals):
    projection = scene.calibration.projection_from_road()
    return draw_decals(decals, projection, SIZE, scene.road, 0)


def row_and_column(scene, s_m, z_m):
    x_m = s_m + scene.road.curve.lateral(z_m)
    y_m = -scene.road.relief.height(z_m)
    u, v, depth = scene.calibration.projection_from_road() @ [x_m, y_m, z_m, 1.0]
    return round(v / depth), round(u / depth)


@pytest.mark.parametrize("relief", [Relief(), Relief(8.0, 0.002, 40.0)])
def test_a_patch_lies_between_its_edges_on_the_bent_and_sloping_road(scene, relief):
    scene = replace(scene, road=replace(scene.road, relief=relief))
    tone = layers_of(scene, decal("bar", length_m=18.0, z_m=17.0)).tone
    for z_m in (9.0, 13.0, 18.0, 25.0):
        for s_m, expected in ((0.5, 64), (-0.4, 64), (1.4, 64), (-0.65, NEUTRAL), (1.65, NEUTRAL)):
            assert tone[row_and_column(scene, s_m, z_m)] == expected, (s_m, z_m)
    assert tone[row_and_column(scene, 0.5, 7.0)] == NEUTRAL
    assert tone[row_and_column(scene, 0.5, 28.0)] == NEUTRAL


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_changes_the_picture_within_its_box_and_not_the_truth(scene, kind):
    plain = paint(scene, SIZE)
    # A box 2 m wide and 4 m long around z = 9 m, and half a metre for strokes and wander.
    rows = [row_and_column(scene, 0.5, z_m)[0] for z_m in (14.5, 6.0)]
    for variant in (2, 3):
        one = decal(kind, variant=variant, colour=RED if variant % 2 else None)
        painted = paint(replace(scene, wear=replace(scene.wear, decals=(one,))), SIZE)
        changed = (painted.image != plain.image).any(axis=2)
        assert changed.sum() > 60
        assert not changed[: rows[0] - 3].any()
        assert not changed[rows[1] + 3 :].any()
        np.testing.assert_array_equal(painted.state, plain.state)
        np.testing.assert_array_equal(painted.lane, plain.lane)
        np.testing.assert_array_equal(painted.street_class, plain.street_class)


def test_paint_has_its_colour_and_worn_paint_less_of_it(scene):
    means = []
    for opacity in (1.0, 0.5):
        one = decal("bar", colour=RED, opacity=opacity)
        painted = paint(replace(scene, wear=replace(scene.wear, decals=(one,))), SIZE)
        row, column = row_and_column(scene, 0.5, 9.0)
        red, green, _ = painted.image[row - 3 : row + 4, column - 9 : column + 10].mean(axis=(0, 1))
        means.append(red - green)
    assert means[0] > 100
    assert 0.2 * means[0] < means[1] < 0.8 * means[0]


def test_what_is_painted_beyond_the_road_is_not_seen(scene):
    wide = decal("bar", width_m=30.0, colour=RED)
    plain = paint(scene, SIZE)
    painted = paint(replace(scene, wear=replace(scene.wear, decals=(wide,))), SIZE)
    changed = (painted.image.astype(int) - plain.image)[..., 0] > 40
    assert changed.sum() > 1000
    asphalt = (plain.state == State.ROAD) | (plain.state == State.VOID)
    assert asphalt[changed].mean() > 0.98


def test_raised_decals_lie_on_raised_paving_alone(scene):
    on_pavement = decal("bar", s_m=4.8, width_m=20.0, colour=RED, raised=True)
    plain = paint(scene, SIZE)
    painted = paint(replace(scene, wear=replace(scene.wear, decals=(on_pavement,))), SIZE)
    changed = (painted.image.astype(int) - plain.image)[..., 0] > 30
    assert changed.sum() > 200
    assert (plain.street_class[changed] == 4).mean() > 0.97


def test_far_thin_things_fade_instead_of_growing(scene):
    near, far = (
        layers_of(scene, decal("bar", z_m=z_m, width_m=0.05, length_m=1.0, tone=0.0)).tone
        for z_m in (8.0, 40.0)
    )
    assert near.min() < 10
    assert far.min() > 60


def test_a_crest_hides_what_is_behind_it(scene):
    crest = replace(scene, road=replace(scene.road, relief=Relief(10.0, -0.004, 60.0)))
    hidden = layers_of(crest, decal("bar", z_m=60.0, width_m=6.0, length_m=10.0))
    assert (hidden.tone == NEUTRAL).all()


def test_no_decals_change_nothing(scene):
    layers = layers_of(scene)
    assert (layers.tone == NEUTRAL).all()
    assert layers.paint == {}


def test_unknown_kinds_and_letters_are_refused():
    with pytest.raises(KeyError, match="unicorn"):
        outlines(decal("unicorn"))
    with pytest.raises(KeyError, match="!"):
        outlines(decal("word", text="TAXI!"))


def test_words_fill_their_box_and_are_read_from_left_to_right():
    points = np.concatenate(outlines(decal("word", s_m=0.0, z_m=0.0, text="SL")))
    assert np.abs(points[:, 0]).max() == pytest.approx(1.0, abs=0.25)
    assert np.abs(points[:, 1]).max() == pytest.approx(2.0, abs=0.35)
    upper_right = points[(points[:, 0] > 0.45) & (points[:, 1] > 0.5)]
    assert len(upper_right) == 0  # an L has nothing there
