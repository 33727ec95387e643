"""Weather drawn at random: ranges, kinds, and that fair weather stays fair."""

import math

import numpy as np
import pytest

from roadfcn.scenes.description.scene import Relief, Scene, State
from roadfcn.scenes.description.variety import PRESETS, choose_variety
from roadfcn.scenes.drawing.weather import (
    _after_rain,
    _bright_sun,
    _draw_fair,
    _dusk,
    _fog,
    _low_sun,
    _overcast,
    _rain,
    draw_casters,
    draw_light,
)
from roadfcn.scenes.painter import paint

SIZE = (94, 311)


def drawn(seed, variety=PRESETS["anywhere"]):
    return draw_light(np.random.default_rng(seed), variety)


def of_kind(kind, seed):
    rng = np.random.default_rng(seed)
    return kind(rng, _draw_fair(rng))


def test_the_same_chance_gives_the_same_light():
    assert drawn(4) == drawn(4) != drawn(5)


def test_without_the_feature_it_is_fair():
    for seed in range(60):
        light = drawn(seed, choose_variety("anywhere", ["light"]))
        assert light.rain == light.wet == light.glare == 0
        assert light.brightness == 1
        assert light.elevation_rad > math.radians(20)


def test_all_that_can_happen_happens_and_stays_within_limits():
    lights = [drawn(seed) for seed in range(400)]
    assert 0.02 < np.mean([light.rain > 0 for light in lights]) < 0.15
    assert 0.08 < np.mean([light.wet > 0 for light in lights]) < 0.35
    assert 0.3 < np.mean([light.sun > 0.25 for light in lights]) < 0.8
    assert any(light.haze > 0.02 for light in lights)
    assert any(light.glare > 0.5 for light in lights)
    for light in lights:
        assert 0 <= light.sun <= 0.8
        assert 0 < light.elevation_rad < math.pi / 2
        assert 0.3 < light.brightness < 1.3
        assert 0 <= light.wet <= 1
        assert 0 <= light.dapple <= 1


@pytest.mark.parametrize(
    "kind", [_bright_sun, _overcast, _low_sun, _dusk, _fog, _rain, _after_rain]
)
def test_every_weather_leaves_the_truth_alone(scene, kind):
    plain = paint(scene, SIZE)
    for seed in range(3):
        painted = paint(Scene(**{**vars(scene), "light": of_kind(kind, seed)}), SIZE)
        np.testing.assert_array_equal(painted.state, plain.state)
        np.testing.assert_array_equal(painted.street_class, plain.street_class)
        assert painted.image.std() > 10


def test_dusk_is_darker_and_fog_flatter_than_the_day(scene):
    def road(kind):
        means, spreads = [], []
        for seed in range(6):
            painted = paint(Scene(**{**vars(scene), "light": of_kind(kind, seed)}), SIZE)
            means.append(painted.image[painted.state == State.ROAD].mean())
            far = painted.image[40:48].astype(float)
            spreads.append(far.std())
        return np.mean(means), np.mean(spreads)

    day, dusk, fog = road(_bright_sun), road(_dusk), road(_fog)
    assert dusk[0] < 0.8 * day[0]
    assert fog[1] < 0.9 * day[1]


def test_what_stands_out_of_view_shades_the_road(road):
    found = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        light = of_kind(_bright_sun, seed)
        for caster in draw_casters(rng, road, light, PRESETS["anywhere"]):
            found += 1
            reach = caster.height_m / math.tan(light.elevation_rad)
            z_m = np.linspace(0, 1, 50) * -reach * math.cos(light.azimuth_rad) + caster.z_m
            x_m = np.linspace(0, 1, 50) * -reach * math.sin(light.azimuth_rad) + caster.x_m
            s_m = x_m - np.array([road.curve.lateral(float(z)) for z in z_m])
            margin = caster.width_m / 2 + 3
            assert ((s_m > road.left_m - margin) & (s_m < road.right_m + margin)).any()
    assert found > 20


def test_no_sun_no_casters_and_none_without_the_feature(road, light):
    rng = np.random.default_rng(1)
    assert draw_casters(rng, road, light, PRESETS["anywhere"]) == ()
    sunny = of_kind(_bright_sun, 1)
    assert draw_casters(rng, road, sunny, PRESETS["kitti"]) == ()
    assert road.relief == Relief()
