from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.description.conditions import PRISTINE, Band
from roadfcn.scenes.description.scene import Line, SideRoad, State
from roadfcn.scenes.description.variety import PRESETS, choose_variety
from roadfcn.scenes.drawing.road_wear import draw_wear, lane_middles
from roadfcn.scenes.ground.ground_look import profile
from roadfcn.scenes.painter import paint
from roadfcn.scenes.surfaces.outlines import KINDS, outlines

SIZE = (188, 621)


def drawn(road, seed, variety=PRESETS["anywhere"]):
    return draw_wear(np.random.default_rng(seed), road, variety)


def test_the_same_chance_gives_the_same_wear_and_none_comes_without_the_feature(road):
    assert drawn(road, 3) == drawn(road, 3) != drawn(road, 4)
    assert drawn(road, 3, choose_variety("anywhere", ["surfaces"])) is PRISTINE


def test_all_kinds_are_drawn_and_all_have_outlines_near_the_road(road):
    road = replace(road, side_roads=(SideRoad(True, 25.0, 6.0),))
    found = set()
    for seed in range(250):
        for decal in drawn(road, seed).decals:
            found.add(decal.kind)
            assert all(np.isfinite(outline).all() for outline in outlines(decal))
            assert decal.tone > 0
            assert 0 < decal.opacity <= 1
            if decal.colour is not None and not decal.raised:
                assert road.left_m - 0.1 <= decal.s_m <= road.right_m + 0.1
    assert found == KINDS


def test_no_wear_changes_the_truth(scene):
    plain = paint(scene, SIZE)
    for seed in range(6):
        worn = paint(replace(scene, wear=drawn(scene.road, seed)), SIZE)
        np.testing.assert_array_equal(worn.state, plain.state)
        np.testing.assert_array_equal(worn.lane, plain.lane)
        np.testing.assert_array_equal(worn.street_class, plain.street_class)
        assert (worn.image != plain.image)[plain.state == State.ROAD].mean() > 0.5


def test_snow_falls_only_where_the_weather_may_be_bad(road):
    assert any(drawn(road, seed).snow for seed in range(300))
    assert not any(drawn(road, seed, PRESETS["kitti"]).snow for seed in range(300))


@pytest.mark.parametrize(
    ("change", "street_class"),
    [({"leaves": 1.0}, 3), ({"bare": 0.8}, 5), ({"snow": 0.9}, 3), ({"crazing": 1.0}, 3)],
)
def test_leaves_earth_snow_and_crazing_change_their_ground(scene, change, street_class):
    plain = paint(scene, SIZE)
    worn = paint(replace(scene, wear=replace(PRISTINE, **change)), SIZE)
    there = plain.street_class == street_class
    changed = np.abs(worn.image.astype(int) - plain.image).max(axis=2) > 4
    assert changed[there].mean() > 0.02
    np.testing.assert_array_equal(worn.state, plain.state)


def test_snow_is_white_and_keeps_off_the_wheel_tracks(scene):
    bands = tuple(Band(s_m, 0.5, 1.0) for s_m in (0.9, 2.5))
    wear = replace(PRISTINE, snow=0.9, bands=bands)
    painted = paint(replace(scene, wear=wear), SIZE)
    projection = painted.calibration.projection_from_road()
    curve = scene.road.curve

    def bright(s_m):
        values = []
        for z_m in np.linspace(6, 16, 30):
            u, v, depth = projection @ [s_m + curve.lateral(float(z_m)), 0.0, z_m, 1.0]
            values.append(painted.image[round(v / depth), round(u / depth)].mean())
        return np.mean(values)

    assert bright(1.7) > bright(0.9) + 20


def test_bands_darken_where_they_lie(road):
    plain = profile(road, PRISTINE)
    worn = profile(road, replace(PRISTINE, bands=(Band(1.0, 0.5, 0.7),)))
    s_m = (np.arange(len(plain)) - 1024) / 20
    ratio = worn / plain
    assert ratio[s_m == 1.0] == pytest.approx(0.7, abs=0.01)
    np.testing.assert_allclose(ratio[np.abs(s_m - 1) > 1], 1, atol=1e-3)


def test_it_is_darker_at_the_foot_of_a_kerb_and_not_upon_it(road):
    factor = profile(road, PRISTINE)
    s_m = (np.arange(len(factor)) - 1024) / 20
    foot = factor[np.isclose(s_m, 3.45)][0]
    assert foot < 0.85 * factor[np.isclose(s_m, 2.8)][0]
    assert foot < 0.85 * factor[np.isclose(s_m, 3.6)][0]


def test_lanes_lie_between_lines(road):
    assert lane_middles(road) == [-1.75, 1.75]
    double = replace(road, lines=tuple(Line(s_m, 0.12) for s_m in (-0.15, 0.15)))
    assert lane_middles(double) == pytest.approx([-1.825, 1.825])
    assert lane_middles(replace(road, lines=())) == [-1.75, 1.75]
    narrow = replace(road, left_m=-2.0, right_m=2.0, lines=())
    assert lane_middles(narrow) == [0.0]


def test_surfaces_differ_with_the_look_of_the_asphalt(scene):
    pictures = [
        paint(replace(scene, wear=replace(PRISTINE, asphalt=look)), SIZE).image[150:]
        for look in range(6)
    ]
    for number, one in enumerate(pictures):
        for other in pictures[:number]:
            assert (one != other).mean() > 0.2
