import time

import numpy as np
import pytest

from roadfcn.prediction.results.mask_outlines import outlines


def mask_of(*rows):
    return np.array([[letter == "#" for letter in row] for row in rows])


def area(ring):
    """Give the area by the shoelace formula: positive if clockwise, where y points down."""
    return (
        sum(
            x * next_y - next_x * y
            for (x, y), (next_x, next_y) in zip(ring, ring[1:] + ring[:1], strict=True)
        )
        / 2
    )


def filled(rings, height, width):
    """Fill rings slowly: a pixel is inside if a ray to its left crosses an odd number of edges."""
    inside = np.zeros((height, width), int)
    for ring in rings:
        for (x, y), (next_x, next_y) in zip(ring, ring[1:] + ring[:1], strict=True):
            if x == next_x:
                inside[min(y, next_y) : max(y, next_y), x:] += 1
    return inside % 2 == 1


def test_an_outline_is_clockwise_and_has_a_corner_at_every_turn():
    (ring,) = outlines(mask_of("##.", "###"))
    assert ring == [(0, 0), (2, 0), (2, 1), (3, 1), (3, 2), (0, 2)]
    assert area(ring) == 5


def test_a_hole_is_joined_by_a_slit_straight_up():
    (ring,) = outlines(mask_of("###", "#.#", "###"))
    assert ring == [
        *((0, 0), (1, 0), (1, 1), (1, 2), (2, 2), (2, 1), (1, 1), (1, 0)),
        *((3, 0), (3, 3), (0, 3)),
    ]
    assert area(ring) == 8


def test_holes_below_each_other_are_joined_to_each_other():
    (ring,) = outlines(mask_of("####", "#.##", "####", "##.#", "#..#", "####"))
    assert area(ring) == 24 - 4


def test_an_island_in_a_hole_is_an_area_of_its_own():
    rings = outlines(mask_of("#####", "#...#", "#.#.#", "#...#", "#####"))
    assert [area(ring) for ring in rings] == [16, 1]
    assert rings[1] == [(2, 2), (3, 2), (3, 3), (2, 3)]


@pytest.mark.parametrize(
    ("rows", "areas"),
    [(("#.", ".#"), [1, 1]), ((".#", "#."), [1, 1]), (("###", "#.#", "##."), [7])],
)
def test_pixels_that_touch_at_a_corner_only_are_not_connected(rows, areas):
    assert [area(ring) for ring in outlines(mask_of(*rows))] == areas


@pytest.mark.parametrize("seed", range(30))
def test_outlines_filled_again_are_the_mask(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 14, 2)
    mask = rng.random((height, width)) < rng.random()
    rings = outlines(mask)
    np.testing.assert_array_equal(filled(rings, height, width), mask)
    assert sum(map(area, rings)) == mask.sum()
    assert min(map(area, rings), default=1) > 0


def test_thousands_of_holes_take_no_more_than_their_share_of_time():
    mask = np.ones((401, 401), bool)
    mask[1:-1:2, 1:-1:2] = False
    start = time.perf_counter()
    (ring,) = outlines(mask)
    assert area(ring) == 401 * 401 - 200 * 200
    # 40,000 holes take half a second; one walk along the outline for each would take minutes.
    assert time.perf_counter() - start < 20
