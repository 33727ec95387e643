import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadfcn.datasets.exports.shapes import Bitmap, Ellipse, Polygon, box


def filled(shape, size=(6, 10)):
    canvas = np.zeros(size, np.uint8)
    shape.fill(canvas, 1)
    return canvas


def slowly_filled(points, size):
    """Ask for each pixel centre how many edges lie at its right."""
    height, width = size
    canvas = np.zeros(size, np.uint8)
    for row in range(height):
        for column in range(width):
            x, y = column + 0.5, row + 0.5
            crossed = 0
            for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
                if (y0 <= y) != (y1 <= y):
                    crossed += x0 + (y - y0) * (x1 - x0) / (y1 - y0) > x
            canvas[row, column] = crossed % 2
    return canvas


def test_a_polygon_holds_the_pixels_whose_centres_are_inside():
    points = np.array([(1, 1), (4, 1), (4, 3), (1, 3)], float)
    expected = np.zeros((6, 10), np.uint8)
    expected[1:3, 1:4] = 1
    assert (filled(Polygon(points)) == expected).all()
    assert (filled(Polygon(points + 0.4)) == expected).all()
    assert (filled(Polygon(points + 0.6)) == np.roll(expected, (1, 1), (0, 1))).all()


@given(st.lists(st.tuples(st.integers(-60, 160), st.integers(-60, 120)), min_size=3, max_size=7))
def test_any_polygon_is_filled_as_by_asking_each_pixel(corners):
    # Tenths with an odd remainder keep corners and edges off the pixel centres' rows.
    points = [(x / 10 + 0.013, y / 10 + 0.027) for x, y in corners]
    assert (filled(Polygon(np.array(points))) == slowly_filled(points, (6, 10))).all()


@given(st.floats(0, 10), st.floats(0, 6))
def test_neighbours_share_no_pixel_and_leave_none_out(x, y):
    corners = [(0, 0), (10, 0), (10, 6), (0, 6)]
    triangles = [[corners[i - 1], corners[i], (x, y)] for i in range(4)]
    total = sum(filled(Polygon(np.array(t, float))) for t in triangles)
    assert (total == 1).all()


def test_what_lies_outside_is_cut():
    assert filled(Polygon(np.array([(-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6)]))).all()
    assert not filled(box(11, 0, 20, 6)).any()
    assert not filled(box(-9, -9, -1, -1)).any()


def test_boxes_turn_clockwise_about_their_centre():
    expected = np.zeros((6, 10), np.uint8)
    expected[1:5, 4:6] = 1
    assert (filled(box(3, 2, 7, 4, 90)) == expected).all()
    slanted = box(0, 0, 2, 1, 30)
    # Turned clockwise as seen on a screen, the right end goes down.
    cosine, sine = math.cos(math.radians(30)), math.sin(math.radians(30))
    right_top = (1 + cosine + sine * 0.5, 0.5 + sine - cosine * 0.5)
    np.testing.assert_allclose(slanted.points[1], right_top)


def test_ellipses_hold_the_centres_inside_and_turn():
    canvas = filled(Ellipse((5, 3), (2, 1)))
    expected = np.zeros((6, 10), np.uint8)
    expected[2:4, 4:6] = 1
    expected[2:4, 3:7] = 1  # (1.5/2)^2 + (0.5/1)^2 = 0.8125
    assert (canvas == expected).all()
    assert (filled(Ellipse((5, 3), (1, 2), 90)) == expected).all()
    assert not filled(Ellipse((5, 3), (0, 2))).any()


def test_bitmaps_are_cut_at_every_side():
    bits = np.ones((3, 4), np.bool_)
    bits[0, 0] = False
    assert filled(Bitmap(0, 0, bits)).sum() == 11
    assert filled(Bitmap(-1, -1, bits)).sum() == 2 * 3
    assert filled(Bitmap(8, 5, bits)).tolist()[5] == [0] * 9 + [1]
    assert not filled(Bitmap(20, 20, bits)).any()


@pytest.mark.parametrize("value", [7, 255])
def test_only_the_shape_is_painted(value):
    canvas = np.full((4, 4), 3, np.uint8)
    box(1, 1, 2, 2).fill(canvas, value)
    assert canvas[1, 1] == value
    assert (np.delete(canvas.ravel(), 5) == 3).all()
