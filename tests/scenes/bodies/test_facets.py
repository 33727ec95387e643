import numpy as np
import pytest

from roadfcn.scenes.bodies.facets import Facet, paint_facet
from roadfcn.scenes.description.camera import pose_camera
from roadfcn.scenes.description.scene import State

PROJECTION = pose_camera(height_m=1.6, pitch=0.0, yaw=0.0, roll=0.0).projection_from_road()
SIZE = (375, 1242)
WHITE = (1.0, 1.0, 1.0)


def triangle(z_m=10.0):
    return np.array([[-1.0, -0.5, z_m], [1.2, -0.7, z_m], [0.1, -2.9, z_m]])


def square(x_m=0.0, z_m=10.0, side=2.0):
    return np.array(
        [
            [x_m, 0.0, z_m],
            [x_m + side, 0.0, z_m],
            [x_m + side, -side, z_m],
            [x_m, -side, z_m],
        ]
    )


def test_the_rim_is_blended_by_coverage_and_the_truth_is_not(canvas):
    """Against the share of 16 x 16 points in each pixel that lie in the triangle."""
    paint_facet(canvas, PROJECTION, Facet(triangle(), WHITE), WHITE)
    seen = np.column_stack([triangle(), np.ones(3)]) @ PROJECTION.T
    corners = seen[:, :2] / seen[:, 2:]
    # The triangle and some pixels around it.
    window = (slice(60, 270), slice(520, 720))
    row, column = (index[window] for index in np.indices(SIZE))

    def is_inside(down, across):
        u, v = column + across, row + down
        inside = np.ones(u.shape, bool)
        for (u0, v0), (u1, v1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            inside &= (u1 - u0) * (v - v0) - (v1 - v0) * (u - u0) <= 0
        return inside

    steps = (np.arange(16) + 0.5) / 16 - 0.5
    share = np.mean([is_inside(down, across) for down in steps for across in steps], axis=0)
    # The distance to the nearest edge is the share for edges along an axis, else nearly so.
    assert np.abs(canvas.colour[0][window] - share).max() < 0.25
    assert np.abs(canvas.colour[0][window] - share).mean() < 1e-3
    np.testing.assert_array_equal(canvas.state[window] == State.NOT_ROAD, is_inside(0, 0))
    np.testing.assert_array_equal(canvas.lane[window], ~is_inside(0, 0))
    canvas.colour[0][window] = 0
    assert not canvas.colour[0].any()


def test_a_facet_is_not_seen_from_behind(canvas):
    paint_facet(canvas, PROJECTION, Facet(triangle()[::-1], WHITE), WHITE)
    assert not canvas.colour.any()
    assert (canvas.state == State.ROAD).all()


@pytest.mark.parametrize(
    "corners",
    [triangle(-10.0), triangle(0.4), square(x_m=100.0), square(z_m=10.0, side=0.0)],
    ids=["behind the camera", "at the lens", "beside the picture", "without extent"],
)
def test_what_cannot_be_seen_changes_nothing(canvas, corners):
    paint_facet(canvas, PROJECTION, Facet(corners, WHITE), WHITE)
    assert not canvas.colour.any()


def test_the_depth_buffer_holds_the_distance(canvas):
    paint_facet(canvas, PROJECTION, Facet(square(z_m=10.28), WHITE), WHITE)
    hit = canvas.inverse_depth > 0
    # The lens stands at Z = 0.28, and the colour camera 3 mm behind it.
    assert 1 / canvas.inverse_depth[hit] == pytest.approx(10.0027, abs=1e-3)


def test_a_pane_in_the_plane_of_its_wall_is_seen_on_it(canvas):
    paint_facet(canvas, PROJECTION, Facet(square(), WHITE), WHITE)
    pane = square(x_m=0.5, side=1.0)
    paint_facet(canvas, PROJECTION, Facet(pane, (0.2, 0.2, 0.2)), WHITE)
    side_px = 721.5377 / (10 - 0.28)
    assert np.isclose(canvas.colour[0], 0.2, atol=1e-6).sum() == pytest.approx(side_px**2, rel=0.03)


def test_clear_parts_of_a_texture_hide_nothing(canvas):
    texture = np.ones((8, 8, 4), np.float32)
    texture[:, :4, 3] = 0
    paint_facet(canvas, PROJECTION, Facet(square(), WHITE, (texture,)), WHITE)
    _, columns = np.nonzero(canvas.state == State.NOT_ROAD)
    u, _, depth = PROJECTION @ [1.0, 0.0, 10.0, 1.0]
    assert columns.min() == pytest.approx(u / depth, abs=1)


def test_a_texture_stands_upright_and_repeats(canvas):
    """Top row red, bottom row green; twice across and three times up."""
    texture = np.zeros((2, 2, 3), np.float32)
    texture[0, :, 0] = texture[1, :, 1] = 1
    paint_facet(canvas, PROJECTION, Facet(square(), WHITE, (texture,), (2.0, 3.0)), WHITE)
    rows, columns = np.nonzero(canvas.inverse_depth)
    column = canvas.colour[:, rows.min() + 2 : rows.max() - 1, (columns.min() + columns.max()) // 2]
    is_red = column[0] > column[1]
    assert is_red[:8].all()
    assert not is_red[-8:].any()
    assert np.count_nonzero(np.diff(is_red.astype(int))) == 5


def test_a_far_texture_is_read_from_a_coarse_level(canvas):
    fine, coarse = np.ones((64, 64, 3), np.float32), np.full((8, 8, 3), 0.5, np.float32)
    levels = (fine, fine, fine, coarse)
    for z_m, brightness in ((10.0, 1.0), (150.0, 0.5)):
        canvas.colour[:] = 0
        canvas.inverse_depth[:] = 0
        paint_facet(canvas, PROJECTION, Facet(square(z_m=z_m), WHITE, levels), WHITE)
        assert canvas.colour.max() == pytest.approx(brightness)


def test_light_multiplies_the_colour(canvas):
    paint_facet(canvas, PROJECTION, Facet(square(), (0.5, 0.4, 0.2)), (1.0, 0.5, 2.0))
    assert canvas.colour.max(axis=(1, 2)) == pytest.approx([0.5, 0.2, 0.4])


def test_a_corner_given_twice_changes_nothing(canvas):
    paint_facet(canvas, PROJECTION, Facet(triangle()[[0, 1, 1, 2]], WHITE), WHITE)
    once = canvas.colour.copy()
    canvas.colour[:] = 0
    canvas.inverse_depth[:] = 0
    paint_facet(canvas, PROJECTION, Facet(triangle(), WHITE), WHITE)
    np.testing.assert_array_equal(canvas.colour, once)


def test_the_normal_points_to_the_viewer():
    assert Facet(square(), WHITE).normal() == pytest.approx([0, 0, -1])
    assert Facet(np.zeros((3, 3)), WHITE).normal() == pytest.approx([0, 0, 0])
