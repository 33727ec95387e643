import math
from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.description.scene import State
from roadfcn.scenes.light.glare import glint
from roadfcn.scenes.painter import paint

SIZE = (188, 621)


@pytest.fixture
def low_sun(light):
    """Sun straight ahead, five degrees high, in a clear sky."""
    return replace(light, sun=0.6, azimuth_rad=0.0, elevation_rad=math.radians(5), cloud=0.0)


def test_the_sun_is_seen_as_a_white_disc_where_it_stands(scene, low_sun):
    painted = paint(replace(scene, light=low_sun), SIZE)
    direction = [0.0, -math.sin(math.radians(5)), math.cos(math.radians(5)), 0.0]
    u, v, depth = painted.calibration.projection_from_road() @ direction
    disc = painted.image[round(v / depth), round(u / depth)]
    assert disc.min() > 235
    assert painted.image[5, 5].min() < 230


def test_glare_veils_what_is_near_the_sun_most(scene, low_sun):
    clear = paint(replace(scene, light=low_sun), SIZE)
    dazzled = paint(replace(scene, light=replace(low_sun, glare=0.8)), SIZE)
    added = dazzled.image.astype(int) - clear.image
    road = clear.state == State.ROAD
    assert added[road].mean() > 15
    assert added[90:100, 280:340].mean() > added[150:, :60].mean()
    np.testing.assert_array_equal(dazzled.state, clear.state)


def test_no_sun_is_seen_behind_the_camera_or_under_clouds(scene, low_sun):
    behind = replace(low_sun, azimuth_rad=math.pi)
    overcast = replace(low_sun, sun=0.0)
    for light in (behind, overcast):
        assert paint(replace(scene, light=light), SIZE).image[:60].min(axis=2).max() < 252


def test_low_sun_ahead_glitters_on_the_road_and_more_on_a_wet_one(scene, low_sun):
    projection = scene.calibration.projection_from_road()
    dry, wet = (
        glint(projection, slice(180, 375), 1242, low_sun, shine).max() for shine in (0.0, 1.0)
    )
    assert wet > 2 * dry > 0
    high = replace(low_sun, elevation_rad=math.radians(60))
    aside = replace(low_sun, azimuth_rad=2.0)
    for light in (high, aside, replace(low_sun, sun=0.0)):
        assert glint(projection, slice(180, 375), 1242, light, 0.0) is None
