import math

import numpy as np
import pytest

from roadfcn.errors import MaskError
from roadfcn.label_sets import ROAD, VOID, LabelSet
from roadfcn.metrics.trimap import RADII_PX, count_trimaps, outline_distance_px

THREE = LabelSet("three", ("a", "b", "c"), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def slow_counts(mask, labels, classes, radius):
    height, width = mask.shape
    points = [(r, c) for r in range(height) for c in range(width)]

    def at_outline(r, c):
        around = [(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)]
        inside = [(i, j) for i, j in around if 0 <= i < height and 0 <= j < width]
        return any(mask[i, j] != mask[r, c] for i, j in inside)

    outline = [point for point in points if at_outline(*point)]
    counts = np.zeros((classes, classes), int)
    for r, c in points:
        near = any((r - i) ** 2 + (c - j) ** 2 < radius**2 for i, j in outline)
        if near and mask[r, c] != VOID:
            counts[mask[r, c], labels[r, c]] += 1
    return counts


def test_counts_equal_a_loop_over_pixels():
    random = np.random.default_rng(5)
    mask = np.kron(random.choice([0, 1, 2, VOID], (4, 5)), np.ones((5, 5), int)).astype(np.uint8)
    labels = random.integers(0, 3, mask.shape, dtype=np.uint8)
    radii = (1, 1.5, 2, 3)
    expected = [slow_counts(mask, labels, 3, radius) for radius in radii]
    np.testing.assert_array_equal(count_trimaps(mask, labels, THREE, radii), expected)


def test_a_band_reaches_its_radius_to_either_side_of_a_straight_edge():
    mask, labels = np.zeros((2, 1, 60), np.uint8)
    mask[:, 30:] = 1
    counts = count_trimaps(mask, labels, ROAD)
    np.testing.assert_array_equal(counts[:, :, 0], [[r, r] for r in RADII_PX])


def test_an_edge_against_void_is_an_edge_and_void_counts_nowhere():
    mask = np.array([[0, 0, 0, VOID, VOID, 1, 1, 1]], np.uint8)
    counts = count_trimaps(mask, np.ones_like(mask), ROAD, (1, 2))
    np.testing.assert_array_equal(counts, [[[0, 1], [0, 1]], [[0, 2], [0, 2]]])


def test_the_border_of_the_picture_is_no_edge():
    mask = np.zeros((5, 5), np.uint8)
    assert np.isinf(outline_distance_px(mask)).all()
    assert not count_trimaps(mask, mask, ROAD).any()


def test_distances_are_exact():
    mask = np.zeros((50, 70), np.uint8)
    mask[0, 0] = 1
    # The outline is the corner and its two neighbours.
    assert outline_distance_px(mask)[49, 69] == pytest.approx(math.hypot(49, 68), abs=1e-4)


def test_a_wide_band_holds_the_whole_picture():
    random = np.random.default_rng(6)
    mask, labels = random.integers(0, 3, (2, 20, 20), dtype=np.uint8)
    counts = count_trimaps(mask, labels, THREE, (100,))[0]
    assert counts.sum() == 400
    assert np.trace(counts) == (mask == labels).sum()


def test_labels_of_another_size_are_refused():
    with pytest.raises(MaskError, match="truth of size"):
        count_trimaps(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), ROAD)
