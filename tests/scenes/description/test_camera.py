import numpy as np
import pytest

from roadfcn.scenes.description.camera import (
    linear_field,
    plane_from_pixels,
    pose_camera,
    project,
    scale_to,
)


def pixel(calibration, point):
    """Project a road point by the formula of KITTI's development kit."""
    rectify, to_road = np.eye(4), np.eye(4)
    rectify[:3, :3] = calibration.r0_rect
    to_road[:3] = calibration.tr_cam_to_road
    u, v, depth = calibration.p2 @ rectify @ np.linalg.inv(to_road) @ [*point, 1]
    return u / depth, v / depth


def level(height=1.6, **angles):
    return pose_camera(height_m=height, **{"pitch": 0.0, "yaw": 0.0, "roll": 0.0, **angles})


def test_a_level_camera_sees_a_point_where_the_pinhole_formula_says():
    """The colour camera of KITTI sits 6 cm to the left of the grey one that is the origin."""
    u, v = pixel(level(), (2.0, 0.0, 20.28))
    assert u == pytest.approx(721.5377 * (2.0 - 0.01 + 0.0598) / 20.0027 + 609.5593, abs=0.05)
    assert v == pytest.approx(721.5377 * 1.6 / 20.0027 + 172.854, abs=0.05)


def test_the_height_of_the_camera_is_recorded():
    assert level(1.72).tr_cam_to_road[1, 3] == -1.72


@pytest.mark.parametrize(("angle", "axis", "sign"), [("pitch", 1, 1), ("yaw", 0, -1)])
def test_looking_up_lowers_the_horizon_and_looking_right_shifts_it_left(angle, axis, sign):
    far = (0.0, 0.0, 1e6)
    straight, turned = pixel(level(), far), pixel(level(**{angle: 0.01}), far)
    assert turned[axis] - straight[axis] == pytest.approx(sign * 7.2154, abs=0.03)


def test_rolling_tilts_the_horizon():
    camera = level(roll=0.02)
    left, right = (pixel(camera, (x, 0.0, 1e6)) for x in (-5e5, 5e5))
    slope = (right[1] - left[1]) / (right[0] - left[0])
    assert slope == pytest.approx(-np.tan(0.02), abs=1e-4)


def test_rotations_are_rotations():
    camera = level(pitch=0.02, yaw=-0.03, roll=0.01)
    for matrix in (camera.r0_rect, camera.tr_cam_to_road[:, :3]):
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(matrix) == pytest.approx(1)


@pytest.mark.parametrize("size", [(160, 576), (750, 2484), (376, 1241)])
def test_another_size_sees_what_the_resized_picture_shows(size):
    """Resizing maps pixel centre u to (u + 1/2) w'/w - 1/2."""
    u, v = pixel(level(), (3.0, -1.0, 12.0))
    small_u, small_v = pixel(scale_to(level(), size), (3.0, -1.0, 12.0))
    assert small_u == pytest.approx((u + 0.5) * size[1] / 1242 - 0.5)
    assert small_v == pytest.approx((v + 0.5) * size[0] / 375 - 0.5)


def test_projecting_many_points_agrees_with_one_by_one():
    camera = level(pitch=0.01)
    points = np.array([[0.0, 0.0, 10.0], [-3.0, -2.0, 40.0]])
    seen = project(camera.projection_from_road(), points)
    for point, (u, v, _) in zip(points, seen, strict=True):
        assert (u, v) == pytest.approx(pixel(camera, point))


def test_a_pixel_leads_back_to_its_point_on_a_plane_and_its_depth():
    projection = level(yaw=0.1).projection_from_road()
    origin, axis_a, axis_b = np.array([[1.0, -0.5, 8.0], [2.0, 0.0, 1.0], [0.0, -1.5, 0.2]])
    plane = plane_from_pixels(projection, origin, axis_a, axis_b)
    u, v, depth = project(projection, (origin + 0.3 * axis_a + 0.8 * axis_b)[None])[0]
    a, b, inverse_depth = plane @ [u, v, 1]
    assert (a / inverse_depth, b / inverse_depth) == pytest.approx((0.3, 0.8))
    assert 1 / inverse_depth == pytest.approx(depth)


def test_a_linear_field_is_evaluated_at_the_pixels_of_its_window():
    field = linear_field(np.array([2.0, -3.0, 0.5]), slice(4, 6), slice(10, 13))
    expected = [[2.0 * u - 3.0 * v + 0.5 for u in (10, 11, 12)] for v in (4, 5)]
    np.testing.assert_allclose(field, expected)
    assert field.dtype == np.float32
