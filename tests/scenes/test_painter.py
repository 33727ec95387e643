"""What is painted lies where the calibration says, and the truth is that of the nearest surface."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from matplotlib.path import Path as Outline

from roadfcn.kitti.calibration import read_calibration, write_calibration
from roadfcn.scenes.description.scene import Obstacle, SideRoad, State
from roadfcn.scenes.painter import paint
from roadfcn.scenes.things.objects import KINDS

SIZE = (188, 621)


def pixels(calibration, points):
    """Project N,3 road points by the formula of KITTI's development kit; N,2."""
    rectify, to_road = np.eye(4), np.eye(4)
    rectify[:3, :3] = calibration.r0_rect
    to_road[:3] = calibration.tr_cam_to_road
    matrix = calibration.p2 @ rectify @ np.linalg.inv(to_road)
    seen = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return seen[:, :2] / seen[:, 2:]


def box_corners(obstacle):
    sine, cosine = np.sin(obstacle.heading_rad), np.cos(obstacle.heading_rad)
    return np.array(
        [
            [
                obstacle.x_m + cosine * right + sine * forward,
                -up,
                obstacle.z_m - sine * right + cosine * forward,
            ]
            for right in (-obstacle.width_m / 2, obstacle.width_m / 2)
            for up in (0, obstacle.height_m)
            for forward in (-obstacle.length_m / 2, obstacle.length_m / 2)
        ]
    )


def silhouette(calibration, obstacle, size):
    """Tell by an independent hull which pixel centres a box hides; its rim is left undecided."""
    seen = pixels(calibration, box_corners(obstacle))
    outline = Outline(cv2.convexHull(seen.astype(np.float32))[:, 0])
    rows, columns = np.indices(size)
    centres = np.column_stack([columns.ravel(), rows.ravel()])
    inside, outside = (
        outline.contains_points(centres, radius=radius).reshape(size) for radius in (-1e-2, 1e-2)
    )
    grown, shrunk = inside | outside, inside & outside
    return shrunk, ~grown


@pytest.mark.parametrize("size", [(375, 1242), (160, 576)])
def test_the_calibration_file_projects_the_road_to_where_it_is_painted(scene, size, tmp_path):
    """A tenth of a pixel inside an edge is road, a tenth outside is what lies beyond."""
    painted = paint(scene, size)
    write_calibration(tmp_path / "calib.txt", painted.calibration)
    calibration = read_calibration(tmp_path / "calib.txt")
    # Beyond 30 m the bend makes the camera look across the raised kerb, which hides the edge.
    z_m = np.linspace(7, 28, 120)
    curve_m = -1.7 + 0.01 * z_m + 0.004 * z_m**2 / 2
    checked = 0
    edges = [
        (-9.0, State.NOT_ROAD, State.VOID),
        (-5.0, State.VOID, State.NOT_ROAD),
        (-3.5, State.NOT_ROAD, State.ROAD),
        (3.5, State.ROAD, State.NOT_ROAD),
    ]
    for s_m, left, right in edges:
        seen = pixels(calibration, np.column_stack([curve_m + s_m, 0 * z_m, z_m]))
        lowest, highest = seen[0, 1], seen[-1, 1]
        for row in range(int(np.ceil(highest)), min(int(lowest), size[0] - 1) + 1):
            u = np.interp(row, seen[::-1, 1], seen[::-1, 0])  # where the edge crosses the row
            if 2 <= u < size[1] - 3:
                assert painted.state[row, int(np.floor(u - 0.1))] == left
                assert painted.state[row, int(np.ceil(u + 0.1))] == right
                checked += 1
    assert checked > size[0] / 3


def test_the_lane_ends_at_the_middle_of_the_dashes(scene):
    """Dashes are the brightest thing on the road: their centroid lies on the lane's left limit."""
    painted = paint(scene, (375, 1242))
    grey = painted.image.mean(axis=2) * (painted.state == State.ROAD)
    rows = [row for row in range(230, 370) if (grey[row] > 170).sum() >= 4]
    assert len(rows) > 20
    for row in rows:
        middle = np.flatnonzero(grey[row] > 170).mean()
        assert np.flatnonzero(painted.lane[row])[0] == pytest.approx(middle, abs=1.5)


def test_an_obstacle_hides_exactly_its_silhouette(scene, stand, wall):
    box = wall(0.5, 9.0)
    empty, full = paint(scene, SIZE), paint(stand(scene, box), SIZE)
    hidden, free = silhouette(full.calibration, box, SIZE)
    assert (empty.state[hidden] == State.ROAD).any()
    assert (full.state[hidden] == State.NOT_ROAD).all()
    assert not full.lane[hidden].any()
    assert (full.state[free] == empty.state[free]).all()
    assert (full.lane[free] == empty.lane[free]).all()
    assert (hidden | free).mean() > 0.999


def test_the_nearer_of_two_is_seen_in_any_order(scene, stand, wall):
    near = wall(0.0, 8.0, colour=(0.9, 0.1, 0.1))
    far = wall(0.3, 14.0, size=(4.0, 2.5, 1.0), colour=(0.1, 0.1, 0.9))
    both, reverse = paint(stand(scene, near, far), SIZE), paint(stand(scene, far, near), SIZE)
    np.testing.assert_array_equal(both.image, reverse.image)
    hidden, _ = silhouette(both.calibration, near, SIZE)
    red, _, blue = both.image[hidden].astype(int).T
    assert (red > blue).mean() > 0.9


def test_intersecting_boxes_are_cut_where_they_meet(scene, stand, wall):
    """A long and a broad box in one another: the depth buffer sorts what no order could."""
    long_one = wall(0.0, 12.0, size=(0.5, 1.0, 8.0), heading=0.0, colour=(0.9, 0.1, 0.1))
    broad = wall(0.0, 12.0, size=(5.0, 1.5, 0.5), heading=0.0, colour=(0.1, 0.1, 0.9))
    image = paint(stand(scene, long_one, broad), SIZE).image.astype(int)
    calibration = paint(scene, SIZE).calibration
    (u, v), (far_u, far_v) = pixels(calibration, np.array([[0.0, -0.5, 8.0], [2.0, -0.5, 11.7]]))
    assert image[round(v), round(u), 0] > image[round(v), round(u), 2]
    assert image[round(far_v), round(far_u), 2] > image[round(far_v), round(far_u), 0]


def test_one_can_look_through_a_railing(scene, stand):
    railing = Obstacle("railing", 0.5, 9.0, np.pi / 2, 0.05, 1.1, 6.0, (0.2, 0.2, 0.2))
    empty, full = paint(scene, SIZE), paint(stand(scene, railing), SIZE)
    behind = silhouette(full.calibration, railing, SIZE)[0] & (empty.state == State.ROAD)
    assert 0.2 < (full.state[behind] == State.ROAD).mean() < 0.9


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_obstacle_hides_road_and_changes_the_picture(scene, stand, kind):
    for variant in range(4):
        obstacle = Obstacle(kind, 0.3, 10.0, 0.4, 1.2, 1.8, 2.5, (0.5, 0.3, 0.3), variant)
        empty, full = paint(scene, SIZE), paint(stand(scene, obstacle), SIZE)
        gone = (empty.state == State.ROAD) & (full.state == State.NOT_ROAD)
        assert gone.sum() > 20
        assert (full.image[gone] != empty.image[gone]).any(axis=1).mean() > 0.9
        assert (full.state[full.state != empty.state] == State.NOT_ROAD).all()


def test_what_stands_behind_the_camera_or_across_it_is_left_out(scene, stand, wall):
    empty = paint(scene, SIZE)
    for z_m in (-5.0, 0.2):
        np.testing.assert_array_equal(paint(stand(scene, wall(0.0, z_m)), SIZE).state, empty.state)


def test_a_raised_kerb_hides_road_behind_it(scene):
    """Left of a raised median the other side's ground begins later than it would when level."""
    strips = list(scene.road.strips)
    raised = replace(strips[2], raised=True)
    level = paint(scene, SIZE)
    high = paint(
        replace(scene, road=replace(scene.road, strips=(*strips[:2], raised, *strips[3:]))), SIZE
    )
    gone = (level.state == State.VOID) & (high.state == State.NOT_ROAD)
    assert gone.sum() > 50
    np.testing.assert_array_equal(level.state == State.ROAD, high.state == State.ROAD)


def test_a_side_road_is_void_with_rounded_corners(scene):
    side = SideRoad(right=True, z_m=20.0, width_m=5.0, reach_m=30.0)
    road = replace(scene.road, side_roads=(side,))
    painted = paint(replace(scene, road=road), (375, 1242))

    def curve_m(z_m):
        return -1.7 + 0.01 * z_m + 0.004 * z_m**2 / 2

    def state(s_m, z_m):
        seen = pixels(painted.calibration, np.array([[curve_m(z_m) + s_m, 0.0, z_m]]))
        u, v = np.rint(seen[0]).astype(int)
        return painted.state[v, u]

    assert state(3.0, 20.0) == State.ROAD
    assert state(4.5, 20.0) == State.VOID
    assert state(3.7, 24.0) == State.VOID  # in the rounded corner
    assert state(8.0, 24.0) == State.NOT_ROAD
    assert state(8.0, 20.0) == State.VOID


def test_truth_pictures_hold_kittis_colours_and_share_their_void(scene):
    painted = paint(scene, SIZE)
    road, lane = painted.road_truth(), painted.lane_truth()
    legal = {(255, 0, 0), (255, 0, 255), (0, 0, 0)}
    for truth in (road, lane):
        assert {tuple(colour) for colour in np.unique(truth.reshape(-1, 3), axis=0)} == legal
        assert truth.dtype == np.uint8
    np.testing.assert_array_equal(road[..., 0], lane[..., 0])
    np.testing.assert_array_equal(road[..., 2] > 0, painted.state == State.ROAD)
    np.testing.assert_array_equal(lane[..., 2] > 0, painted.lane)
    assert 0 < painted.lane.sum() < (painted.state == State.ROAD).sum()


def test_a_road_without_own_lane_has_no_lane_truth(scene):
    painted = paint(replace(scene, road=replace(scene.road, lane=None)), (32, 64))
    assert painted.lane is None
    assert painted.lane_truth() is None


@pytest.mark.parametrize("size", [(32, 64), (101, 307), (370, 1224)])
def test_any_size_shows_the_same_scene(scene, size):
    small, full = paint(scene, size), paint(scene, (375, 1242))
    assert small.image.shape == (*size, 3)
    assert small.image.dtype == np.uint8
    rows = ((np.arange(size[0]) + 0.5) * 375 / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * 1242 / size[1]).astype(int)
    agreeing = full.state[np.ix_(rows, columns)] == small.state
    assert agreeing.mean() > 0.97


def test_truth_does_not_depend_on_light(scene, stand, wall):
    scene = stand(scene, wall(1.0, 12.0))
    bright = replace(scene.light, sun=0.7, haze=0.01, glare=1.0, rain=1.0, wet=1.0)
    dull, sunny = paint(scene, SIZE), paint(replace(scene, light=bright), SIZE)
    np.testing.assert_array_equal(dull.state, sunny.state)
    np.testing.assert_array_equal(dull.lane, sunny.lane)
    assert (dull.image != sunny.image).mean() > 0.5


def test_walls_that_face_the_sun_are_brighter(scene, stand, wall):
    """With the sun behind the camera the near side is lit; with the sun ahead it is not."""
    box = wall(0.0, 9.0, heading=0.0)
    means = []
    for azimuth in (np.pi, 0.0):
        light = replace(scene.light, sun=0.6, azimuth_rad=azimuth)
        painted = paint(stand(replace(scene, light=light), box), SIZE)
        means.append(painted.image[silhouette(painted.calibration, box, SIZE)[0]].mean())
    assert means[0] > 1.3 * means[1]


def test_haze_hides_what_is_far_more_than_what_is_near(scene):
    clear = paint(scene, SIZE).image.astype(float)
    hazy = paint(replace(scene, light=replace(scene.light, haze=0.02)), SIZE).image.astype(float)
    change = np.abs(hazy - clear).mean(axis=(1, 2))
    assert change[100] > 2 * change[180]
    assert change[10] == 0
