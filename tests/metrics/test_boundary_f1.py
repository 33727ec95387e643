import math

import numpy as np
import pytest

from roadfcn.label_sets import CAMVID_11, ROAD, VOID, LabelSet
from roadfcn.metrics.boundary_f1 import count_outlines, picture_f1, pooled_f1

THREE = LabelSet("three", ("a", "b", "c"), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))


def blobs(random, shape, values):
    coarse = random.choice(values, (-(-shape[0] // 4), -(-shape[1] // 4)))
    return np.kron(coarse, np.ones((4, 4), int))[: shape[0], : shape[1]].astype(np.uint8)


def slow_outline(area):
    here = {(int(r), int(c)) for r, c in zip(*np.nonzero(area), strict=True)}
    return [(r, c) for r, c in here if any((r + i, c + j) not in here for i, j in STEPS)]


def slow_near(points, others, tolerance):
    """Count the points that have one of the others nearer than the tolerance."""
    return sum(
        any((r - i) ** 2 + (c - j) ** 2 < tolerance**2 for i, j in others) for r, c in points
    )


def slow_counts(mask, labels, classes, tolerance):
    counts = []
    for index in range(classes):
        true = slow_outline(mask == index)
        called = slow_outline((labels == index) & (mask != VOID))
        near_called = slow_near(called, true, tolerance)
        counts.append([near_called, len(called), slow_near(true, called, tolerance), len(true)])
    return counts


@pytest.mark.parametrize("tolerance", [0.2, 1, 1.5, 2.25, 3, 4.5])
def test_counts_equal_distances_of_all_pairs_of_points(tolerance):
    random = np.random.default_rng(3)
    shape = (24, 32)  # diagonal 40
    mask, labels = blobs(random, shape, [0, 1, 2, VOID]), blobs(random, shape, [0, 1, 2])
    counts = count_outlines(mask, labels, THREE, tolerance / 40)
    np.testing.assert_array_equal(counts, slow_counts(mask, labels, 3, tolerance))


def test_a_point_at_the_tolerance_is_too_far():
    mask, labels = np.zeros((2, 30, 40), np.uint8)  # diagonal 50
    mask[15, 10], labels[15, 13] = 1, 1
    assert count_outlines(mask, labels, ROAD, 3 / 50)[1].tolist() == [0, 1, 0, 1]
    assert count_outlines(mask, labels, ROAD, 3.01 / 50)[1].tolist() == [1, 1, 1, 1]


def test_scores_of_two_squares_worked_out_by_hand():
    mask, labels = np.zeros((2, 30, 40), np.uint8)
    mask[10:14, 10:14] = 1  # outline of 12 points
    labels[10:14, 10:19] = 1  # 22 points: its left columns 10 to 13 are at the truth, the rest not
    counts = count_outlines(mask, labels, ROAD, 1 / 50)
    # Shared: left column (4), and rows 10 and 13 at columns 11 to 13 (6).
    assert counts[1].tolist() == [10, 22, 10, 12]
    scores = pooled_f1(counts)
    assert scores.precision[1] == 10 / 22
    assert scores.recall[1] == 10 / 12
    assert scores.f1[1] == pytest.approx(2 * 10 / (22 + 12))


def test_the_tolerance_is_three_quarters_of_a_per_cent_of_the_diagonal():
    mask, labels = np.zeros((2, 360, 480), np.uint8)  # 4.5 pixels
    mask[100, 100], labels[100, 104] = 1, 1
    assert pooled_f1(count_outlines(mask, labels, ROAD)).f1[1] == 1
    mask[100, 100], mask[100, 99] = 0, 1
    assert pooled_f1(count_outlines(mask, labels, ROAD)).f1[1] == 0


def test_a_prediction_that_is_right_where_truth_is_known_has_the_full_score():
    mask = blobs(np.random.default_rng(4), (40, 60), [0, 1, 2, VOID])
    for guess in (0, 1, 2):
        labels = np.where(mask == VOID, np.uint8(guess), mask)
        for scores in pooled_f1(count_outlines(mask, labels, THREE)):
            np.testing.assert_array_equal(scores, 1)


def test_a_class_in_one_of_the_maps_has_f1_0_and_one_in_neither_has_none():
    mask, labels = np.zeros((2, 8, 8), np.uint8)
    mask[:4], labels[:4] = 1, 2
    scores = pooled_f1(count_outlines(mask, labels, CAMVID_11))
    np.testing.assert_array_equal(scores.precision[:4], [1, np.nan, 0, np.nan])
    np.testing.assert_array_equal(scores.recall[:4], [1, 0, np.nan, np.nan])
    np.testing.assert_array_equal(scores.f1[:4], [1, 0, 0, np.nan])


def test_the_score_of_a_picture_is_over_the_classes_in_its_truth():
    counts = np.array([[4, 4, 4, 4], [0, 0, 0, 6], [0, 0, 0, 9], [0, 5, 0, 0], [0, 0, 0, 0]])
    assert picture_f1(counts) == (1 + 0 + 0) / 3
    assert math.isnan(picture_f1(np.zeros((4, 4), int)))


def test_counts_of_pictures_add_up():
    one, two = np.array([[1, 2, 1, 4]]), np.array([[3, 3, 2, 2]])
    # precision 4/5, recall 3/6
    assert pooled_f1(one + two).f1[0] == pytest.approx(2 * 0.8 * 0.5 / 1.3)
    np.testing.assert_allclose(pooled_f1(np.stack([one, two])).f1, [[1 / 3], [1]])
