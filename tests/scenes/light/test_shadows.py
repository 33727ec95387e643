import math
from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.description.camera import pose_camera
from roadfcn.scenes.description.scene import Obstacle
from roadfcn.scenes.light.shadows import cast_shadows, find_shaded, throw_shadows
from roadfcn.scenes.painter import paint

SIZE = (375, 1242)
PROJECTION = pose_camera(height_m=1.6, pitch=-0.02, yaw=0.0, roll=0.0).projection_from_road()


def factor_at(shade, x_m, z_m):
    u, v, depth = PROJECTION @ [x_m, 0.0, z_m, 1.0]
    return shade[round(v / depth), round(u / depth)]


def shade_of(obstacles, light):
    shadows = throw_shadows(obstacles, light)
    return cast_shadows(PROJECTION, SIZE, obstacles, shadows, light)


def wall(x_m, z_m, **changes):
    return Obstacle("wall", x_m, z_m, 0.0, 2.0, 2.0, 0.5, (1, 1, 1), **changes)


def test_a_shadow_falls_away_from_the_sun_as_far_as_its_height_says(light):
    """Sun at 45 degrees on the left: a wall 2 m high throws 2 m of shadow to the right."""
    sunny = replace(light, sun=0.5, azimuth_rad=-math.pi / 2)
    shade = shade_of((wall(-1.0, 10.0),), sunny)
    assert factor_at(shade, 1.5, 10.0) == pytest.approx(1 - 0.5 * 0.85, abs=0.02)
    assert factor_at(shade, 2.5, 10.0) == pytest.approx(1)
    assert factor_at(shade, -2.5, 10.0) == pytest.approx(1)
    assert factor_at(shade, 1.5, 11.0) == pytest.approx(1)


def test_a_low_sun_throws_longer_shadows(light):
    low = replace(light, sun=0.5, azimuth_rad=-math.pi / 2, elevation_rad=math.radians(25))
    shade = shade_of((wall(-1.0, 10.0),), low)
    assert factor_at(shade, 3.5, 10.0) < 0.7


def test_a_shadow_from_behind_the_camera_reaches_into_the_picture(light):
    low = replace(light, sun=0.5, azimuth_rad=math.pi, elevation_rad=math.radians(20))
    high = replace(wall(0.0, -2.0), height_m=5.0)
    shade = shade_of((high,), low)
    assert factor_at(shade, 0.0, 9.0) < 0.7
    assert factor_at(shade, 0.0, 14.0) == pytest.approx(1)


def test_a_shadow_that_stays_behind_the_camera_is_not_seen(light):
    sunny = replace(light, sun=0.5, azimuth_rad=0.0)
    assert (shade_of((wall(0.0, -3.0),), sunny) == 1).all()


def test_under_clouds_it_is_dark_beneath_cars_and_at_the_foot_of_walls(light):
    car = Obstacle("car", 2.0, 12.0, 0.0, 1.8, 1.5, 4.2, (1, 1, 1))
    shade = shade_of((wall(-2.0, 10.0), car), light)
    assert factor_at(shade, 2.0, 12.0) < 0.5
    assert 0.5 < factor_at(shade, -2.0, 9.85) < 0.9
    assert factor_at(shade, -2.0, 8.5) == pytest.approx(1)
    assert shade.dtype == np.float32


def test_things_with_thin_shadows_throw_none(light):
    sign = Obstacle("sign", 0.0, 10.0, 0.0, 0.6, 2.4, 0.1, (1, 1, 1))
    shade = shade_of((sign,), replace(light, sun=0.6))
    assert (shade == 1).all()


def test_a_tree_shades_an_ellipse_where_its_crown_keeps_off_the_sun(light):
    sunny = replace(light, sun=0.6, azimuth_rad=-math.pi / 2)
    tree = Obstacle("tree", -3.0, 12.0, 0.0, 4.0, 6.0, 0.4, (1, 1, 1))
    shade = shade_of((tree,), sunny)
    assert factor_at(shade, 0.6, 12.0) < 0.6
    assert factor_at(shade, -3.0, 12.0) == pytest.approx(1)


def test_things_out_of_view_throw_shadows_into_it(light):
    sunny = replace(light, sun=0.5, azimuth_rad=-math.pi / 2)
    shadows = throw_shadows((wall(-1.0, 10.0),), sunny)
    shade = cast_shadows(PROJECTION, SIZE, (), shadows, sunny)
    assert factor_at(shade, 1.5, 10.0) < 0.7


def test_a_car_is_shaded_by_a_house_that_keeps_off_the_sun_and_by_nothing_low(light):
    sunny = replace(light, sun=0.5, azimuth_rad=-math.pi / 2)
    house = Obstacle("house", -8.0, 12.0, 0.0, 6.0, 9.0, 10.0, (1, 1, 1))
    cars = tuple(Obstacle("car", x_m, 12.0, 0.0, 1.8, 1.5, 4.2, (1, 1, 1)) for x_m in (0.0, 9.0))
    obstacles = (house, *cars, wall(6.5, 12.0))
    assert find_shaded(obstacles, throw_shadows(obstacles, sunny)) == {1}
    assert find_shaded(obstacles, throw_shadows(obstacles, light)) == set()


def test_sun_falls_through_the_crowns_of_trees_in_spots(scene):
    sunny = replace(scene.light, sun=0.6, azimuth_rad=-math.pi / 2)
    tree = Obstacle("tree", -4.0, 10.0, 0.0, 7.0, 8.0, 0.4, (1, 1, 1))
    solid, dappled = (
        paint(replace(scene, light=replace(sunny, dapple=dapple), casters=(tree,)), SIZE).image
        for dapple in (0.0, 0.5)
    )
    lighter = dappled.astype(int).sum(axis=2) - solid.astype(int).sum(axis=2)
    assert 500 < (lighter > 60).sum() < 30_000
    assert (lighter >= -12).all()


def test_the_dark_beneath_somebody_on_a_pavement_lies_on_the_pavement(light):
    """Half a metre above the road it is seen half a metre higher, not on the road below."""
    person = Obstacle("person", 1.0, 8.0, 0.0, 0.6, 1.7, 0.5, (1, 1, 1), base_m=0.5)
    shade = shade_of((person,), light)
    u, v, depth = PROJECTION @ [1.0, -0.5, 8.0, 1.0]
    assert shade[round(v / depth), round(u / depth)] < 0.6
    assert factor_at(shade, 1.0, 8.0) == pytest.approx(1, abs=0.02)
