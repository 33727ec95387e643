"""Rays meet rising and falling ground where a slow march along each of them does."""

from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.description.camera import pose_camera, scale_to
from roadfcn.scenes.description.rays import (
    HORIZON_M,
    cast_rays,
    end_of_ground,
    first_ground_row,
    last_backdrop_row,
    make_rays,
)
from roadfcn.scenes.description.scene import LEVEL, Relief
from roadfcn.scenes.painter import paint

SIZE = (94, 311)
RELIEFS = {
    "level": LEVEL,
    "climb": Relief(start_m=15.0, rise_per_m=0.0012, length_m=50.0),
    "early climb": Relief(start_m=4.0, rise_per_m=0.002, length_m=30.0),
    "crest": Relief(start_m=12.0, rise_per_m=-0.0008, length_m=60.0),
    "short crest": Relief(start_m=25.0, rise_per_m=-0.002, length_m=10.0),
}


@pytest.fixture
def projection():
    camera = pose_camera(height_m=1.5, pitch=-0.01, yaw=0.02, roll=0.015)
    return scale_to(camera, SIZE).projection_from_road()


def march(projection, row, column, height_m, relief):
    """Walk along a ray in steps of 2 cm of depth; give Z of the first point below the ground."""
    inverse = np.linalg.inv(projection[:, :3])
    centre = -inverse @ projection[:, 3]
    depth = np.arange(0.0, 1.2 * HORIZON_M, 0.02)
    points = centre + depth[:, None] * (inverse @ [column, row, 1.0])
    ground = np.array([relief.height(z_m) for z_m in points[:, 2]]) + height_m
    below = np.flatnonzero(-points[:, 1] <= ground)
    return points[below[0]] if len(below) else None


@pytest.mark.parametrize("height_m", [0.0, 0.12])
@pytest.mark.parametrize("relief", RELIEFS.values(), ids=RELIEFS)
def test_every_ray_ends_where_a_march_along_it_does(projection, road, relief, height_m):
    rays = make_rays(projection, slice(0, SIZE[0]), slice(0, SIZE[1]))
    hit = cast_rays(rays, replace(road, relief=relief), height_m)
    met = 0
    for row in range(30, SIZE[0], 3):
        for column in (0, 150, 310):
            point = march(projection, row, column, height_m, relief)
            inverse_depth = hit.inverse_depth[row, column]
            if point is None or point[2] > 0.98 * HORIZON_M:
                assert inverse_depth == 0 or point is not None
                continue
            assert hit.x_m[row, column] == pytest.approx(point[0], abs=0.05, rel=1e-3)
            assert hit.z_m[row, column] == pytest.approx(point[2], abs=0.05, rel=1e-3)
            depth = projection[2] @ [*point, 1.0]
            assert 1 / inverse_depth == pytest.approx(depth, abs=0.05, rel=1e-3)
            met += 1
    assert met > 30


@pytest.mark.parametrize("relief", RELIEFS.values(), ids=RELIEFS)
def test_what_one_pixel_sees_is_the_way_to_its_neighbours(projection, road, relief):
    rays = make_rays(projection, slice(0, SIZE[0]), slice(0, SIZE[1]))
    hit = cast_rays(rays, replace(road, relief=relief), 0.0)
    near = slice(80, 93)
    across = np.diff(hit.x_m, axis=1)[near]
    along = -np.diff(hit.z_m, axis=0)[near]
    np.testing.assert_allclose(hit.across_m[near, 1:], across, rtol=0.1)
    np.testing.assert_allclose(hit.along_m[near], along, rtol=0.25)


def test_a_height_is_the_sum_of_the_slope_before_it():
    relief = RELIEFS["climb"]
    z_m = np.linspace(0, 120, 12001)
    summed = np.cumsum([relief.grade(z) for z in z_m]) * 0.01
    heights = [relief.height(z) for z in z_m]
    np.testing.assert_allclose(heights, summed, atol=0.001)


@pytest.mark.parametrize("relief", RELIEFS.values(), ids=RELIEFS)
def test_ground_lies_between_its_first_row_and_the_bottom(projection, road, relief):
    rays = make_rays(projection, slice(0, SIZE[0]), slice(0, SIZE[1]))
    seen = cast_rays(rays, replace(road, relief=relief), 0.0).inverse_depth > 0
    first = first_ground_row(projection, SIZE, relief)
    assert not seen[:first].any()
    last = last_backdrop_row(projection, SIZE, relief)
    assert seen[last:].all()
    highest = end_of_ground(projection, np.arange(SIZE[1]), relief)
    for column in (0, 310):
        if relief.rise_per_m >= 0:
            assert np.flatnonzero(seen[:, column])[0] == pytest.approx(highest[column], abs=1.5)


@pytest.mark.parametrize("relief", RELIEFS.values(), ids=RELIEFS)
def test_the_edge_of_a_climbing_road_is_painted_where_it_projects(scene, relief):
    """Points left and right of the edge, at the height of the ground, if nothing hides them."""
    road = replace(scene.road, relief=relief)
    painted = paint(replace(scene, road=road))
    projection = painted.calibration.projection_from_road()
    checked = 0
    for z_m in np.arange(8.0, 24.0, 0.5):
        for beside_m, is_road in ((-0.1, True), (0.1, False)):
            x_m = road.curve.lateral(z_m) + road.right_m + beside_m
            u, v, depth = projection @ [x_m, -relief.height(z_m), z_m, 1.0]
            row, column = round(v / depth), round(u / depth)
            if row < 375 and 0 <= column < 1242:
                assert (painted.state[row, column] == 1) == is_road
                checked += 1
    assert checked > 40


def test_a_crest_hides_the_road_behind_it(scene):
    level = paint(scene, (188, 621)).state == 1
    relief = Relief(start_m=10.0, rise_per_m=-0.002, length_m=60.0)
    crest = paint(replace(scene, road=replace(scene.road, relief=relief)), (188, 621)).state == 1
    assert np.flatnonzero(crest.any(axis=1))[0] > np.flatnonzero(level.any(axis=1))[0] + 3
