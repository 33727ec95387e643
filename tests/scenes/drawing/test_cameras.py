import numpy as np
import pytest

from roadfcn.scenes.description.camera import focal_length, pinhole, pose_camera
from roadfcn.scenes.drawing.cameras import draw_dash_camera, draw_kitti_camera

SIZE = (360, 480)


def test_kittis_camera_keeps_its_optics_and_differs_in_its_pose():
    first, second = (draw_kitti_camera(np.random.default_rng(seed)) for seed in (1, 2))
    np.testing.assert_array_equal(first.p2, second.p2)
    assert first.tr_cam_to_road[1, 3] != second.tr_cam_to_road[1, 3]


def test_dash_cameras_are_within_what_people_use():
    """Views of 36 to 88 degrees, 0.95 to 2.6 m above the road, the horizon in the picture."""
    cameras = [draw_dash_camera(np.random.default_rng(seed), SIZE) for seed in range(300)]
    heights = [-camera.tr_cam_to_road[1, 3] for camera in cameras]
    assert min(heights) >= 0.95
    assert max(heights) <= 2.6
    focal = np.array([camera.p2[0, 0] for camera in cameras])
    views = 2 * np.degrees(np.arctan(240 / focal))
    assert 35.9 < views.min() < 40
    assert 84 < views.max() < 88.1
    for camera in cameras:
        _, v, depth = camera.projection_from_road() @ [0.0, 0.0, 1e6, 1.0]
        assert 0.1 * SIZE[0] < v / depth < 0.8 * SIZE[0]


def test_pixels_are_square_and_the_axis_is_shifted():
    optics = pinhole(500.0, (361, 481), (5.0, -7.0))
    assert optics[0, 0] == optics[1, 1] == 500
    assert tuple(optics[:2, 2]) == (245.0, 173.0)


@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_the_focal_length_is_read_back_from_a_projection(angle):
    camera = pose_camera(
        height_m=1.2, pitch=angle, yaw=-angle, roll=angle, optics=pinhole(432.1, SIZE, (9.0, 4.0))
    )
    assert focal_length(camera.projection_from_road()) == pytest.approx(432.1)
