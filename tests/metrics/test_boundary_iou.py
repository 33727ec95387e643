import numpy as np
import pytest

from roadfcn.label_sets import CAMVID_11, ROAD, VOID, LabelSet
from roadfcn.metrics.boundary_iou import (
    boundary_iou,
    count_boundary,
    mean_boundary_iou,
    width_px,
)

THREE = LabelSet("three", ("a", "b", "c"), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def blobs(random, shape, values):
    """Give a map of patches, as truth has them, and not of noise."""
    coarse = random.choice(values, (-(-shape[0] // 4), -(-shape[1] // 4)))
    return np.kron(coarse, np.ones((4, 4), int))[: shape[0], : shape[1]].astype(np.uint8)


def slow_region(area, width):
    """List the pixels of an area that have what is not of it within `width` rows and columns."""
    height, length = area.shape
    near = set()
    for row, column in zip(*np.nonzero(area), strict=True):
        for r in range(row - width, row + width + 1):
            for c in range(column - width, column + width + 1):
                inside = 0 <= r < height and 0 <= c < length
                if not inside or not area[r, c]:
                    near.add((row, column))
    return near


def slow_counts(mask, labels, classes, width):
    counts = []
    for index in range(classes):
        true = slow_region((mask == index), width)
        called = slow_region((labels == index) & (mask != VOID), width)
        counts.append([len(true & called), len(true | called)])
    return counts


@pytest.mark.parametrize(
    ("shape", "share", "width"), [((23, 31), 0.02, 1), ((23, 31), 0.08, 3), ((5, 40), 0.1, 4)]
)
def test_counts_equal_a_loop_over_pixels(shape, share, width):
    random = np.random.default_rng(1)
    mask, labels = blobs(random, shape, [0, 1, 2, VOID]), blobs(random, shape, [0, 1, 2])
    assert width_px(mask, share) == width
    counts = count_boundary(mask, labels, THREE, share)
    np.testing.assert_array_equal(counts, slow_counts(mask, labels, 3, width))


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.02, [[3194, 6474], [1079, 4381]]), (0.005, [[523, 1513], [89, 1067]])],
)
def test_counts_equal_those_of_the_authors_program(share, expected):
    # `mask_to_boundary` of bowenc0221/boundary-iou-api (8006aa9) was run on each of these areas
    # and on what is left by it.
    y, x = np.mgrid[:120, :200]
    mask = (((x - 90) / 60) ** 2 + ((y - 70) / 55) ** 2 < 1).astype(np.uint8)
    labels = (((x - 96) / 58) ** 2 + ((y - 66) / 50) ** 2 < 1).astype(np.uint8)
    mask[:40, 170:] = labels[:44, 165:] = 1
    np.testing.assert_array_equal(count_boundary(mask, labels, ROAD, share), expected)


@pytest.mark.parametrize(
    ("shape", "width"), [((360, 480), 12), ((375, 1242), 26), ((1024, 2048), 46), ((3, 3), 1)]
)
def test_the_width_is_two_per_cent_of_the_diagonal(shape, width):
    assert width_px(np.zeros(shape, np.uint8)) == width


def test_a_shift_costs_more_near_the_outline_than_over_the_area():
    mask, labels = np.zeros((2, 100, 100), np.uint8)
    mask[20:80, 20:80] = labels[20:80, 22:82] = 1
    iou = 58 / 62
    assert boundary_iou(count_boundary(mask, labels, ROAD))[1] < iou - 0.2


def test_a_prediction_that_is_right_where_truth_is_known_has_the_full_score():
    random = np.random.default_rng(2)
    mask = blobs(random, (40, 60), [0, 1, 2, VOID])
    for guess in (0, 1, 2):
        labels = np.where(mask == VOID, np.uint8(guess), mask)
        np.testing.assert_array_equal(boundary_iou(count_boundary(mask, labels, THREE)), 1)


def test_a_class_that_never_occurs_is_left_out_of_the_mean():
    mask, labels = np.zeros((2, 8, 8), np.uint8)
    counts = count_boundary(mask, labels, CAMVID_11)
    np.testing.assert_array_equal(boundary_iou(counts), [1] + [np.nan] * 10)
    labels[:4] = 5  # there, and only there: the upper half of the sky is lost
    counts = count_boundary(mask, labels, CAMVID_11)
    assert boundary_iou(counts)[5] == 0
    assert mean_boundary_iou(counts) == boundary_iou(counts)[0] / 2


def test_rows_of_several_pictures_are_scored_at_once():
    rows = np.array([[[1, 2], [0, 0]], [[3, 4], [1, 5]]])
    np.testing.assert_array_equal(boundary_iou(rows), [[0.5, np.nan], [0.75, 0.2]])
