import math

import numpy as np
import pytest

from roadfcn.errors import LabelSetError, MaskError
from roadfcn.label_sets import CAMVID_11, ROAD, VOID, LabelSet
from roadfcn.metrics.confusion_matrix import ConfusionMatrix

THREE = LabelSet("three", ("a", "b", "c"), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def uint8(*rows):
    return np.array(rows, np.uint8)


def slow_counts(mask, labels, size):
    counts = np.zeros((size, size), np.int64)
    for truth, predicted in zip(mask.ravel().tolist(), labels.ravel().tolist(), strict=True):
        if truth != VOID:
            counts[truth, predicted] += 1
    return counts


def test_counts_equal_a_loop_over_pixels():
    random = np.random.default_rng(0)
    matrix = ConfusionMatrix(CAMVID_11)
    expected = np.zeros((11, 11), np.int64)
    for shape in ((37, 41), (1, 1), (3, 200)):
        mask = random.choice([*range(11), VOID], shape).astype(np.uint8)
        labels = random.integers(0, 11, shape, dtype=np.uint8)
        matrix.add(mask, labels)
        expected += slow_counts(mask, labels, 11)
    np.testing.assert_array_equal(matrix.counts, expected)
    assert matrix.counts.dtype == np.int64


def test_scores_of_a_matrix_worked_out_by_hand():
    # Rows truth, columns predicted.
    matrix = ConfusionMatrix(THREE, np.array([[4, 1, 0], [2, 2, 0], [0, 0, 1]]))
    assert matrix.pixel_accuracy == 7 / 10
    np.testing.assert_allclose(matrix.accuracy, [4 / 5, 2 / 4, 1])
    np.testing.assert_allclose(matrix.iou, [4 / 7, 2 / 5, 1])
    assert matrix.mean_accuracy == pytest.approx((4 / 5 + 2 / 4 + 1) / 3, abs=1e-15)
    assert matrix.mean_iou == pytest.approx((4 / 7 + 2 / 5 + 1) / 3, abs=1e-15)
    expected = (5 * 4 / 7 + 4 * 2 / 5 + 1 * 1) / 10
    assert matrix.frequency_weighted_iou == pytest.approx(expected, abs=1e-15)
    np.testing.assert_array_equal(matrix.pixels, [5, 4, 1])


def test_a_class_that_never_occurs_is_left_out_of_the_means():
    matrix = ConfusionMatrix(THREE)
    matrix.add(uint8([0, 0, 1, 1]), uint8([0, 0, 1, 0]))
    assert math.isnan(matrix.iou[2])
    assert math.isnan(matrix.accuracy[2])
    assert matrix.mean_iou == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert matrix.mean_accuracy == pytest.approx((1 + 1 / 2) / 2)


def test_a_class_that_is_only_predicted_has_iou_0_and_no_accuracy():
    matrix = ConfusionMatrix(THREE)
    matrix.add(uint8([0, 0, 0, 0]), uint8([0, 0, 0, 2]))
    assert matrix.iou[2] == 0
    assert math.isnan(matrix.accuracy[2])
    assert matrix.mean_iou == pytest.approx((3 / 4 + 0) / 2)
    assert matrix.mean_accuracy == 3 / 4
    assert matrix.frequency_weighted_iou == 3 / 4


def test_void_pixels_count_nowhere_whatever_is_predicted_there():
    matrix = ConfusionMatrix(ROAD)
    matrix.add(uint8([VOID, VOID, 1]), uint8([0, VOID, 1]))
    np.testing.assert_array_equal(matrix.counts, [[0, 0], [0, 1]])


def test_without_pixels_every_score_is_nan():
    matrix = ConfusionMatrix(ROAD)
    matrix.add(uint8([VOID]), uint8([0]))
    scores = (
        matrix.pixel_accuracy,
        matrix.mean_accuracy,
        matrix.mean_iou,
        matrix.frequency_weighted_iou,
    )
    assert all(map(math.isnan, scores))


def test_merging_equals_adding_all_pictures_to_one_matrix():
    first, second, both = (ConfusionMatrix(ROAD) for _ in range(3))
    for matrix in (first, both):
        matrix.add(uint8([0, 1]), uint8([1, 1]))
    for matrix in (second, both):
        matrix.add(uint8([1, 1]), uint8([0, 1]))
    first.merge(second)
    np.testing.assert_array_equal(first.counts, both.counts)


def test_start_counts_are_copied():
    counts = np.zeros((2, 2), np.int64)
    ConfusionMatrix(ROAD, counts).add(uint8([1]), uint8([1]))
    assert not counts.any()


def test_merging_other_classes_is_refused():
    with pytest.raises(LabelSetError, match="counts over 'three' to be added to 'road'"):
        ConfusionMatrix(ROAD).merge(ConfusionMatrix(THREE))


def test_counts_of_another_size_are_refused():
    with pytest.raises(LabelSetError, match=r"counts of shape \(3, 3\) for the 2 classes"):
        ConfusionMatrix(ROAD, np.zeros((3, 3)))


def test_labels_of_another_size_are_refused():
    with pytest.raises(MaskError, match=r"truth of size \(1, 2\) and labels of size \(2, 1\)"):
        ConfusionMatrix(ROAD).add(uint8([0, 0]), uint8([0], [0]))


def test_truth_that_is_neither_class_nor_void_is_refused_and_nothing_is_counted():
    matrix = ConfusionMatrix(ROAD)
    with pytest.raises(MaskError, match="truth holds the values 2, 254") as caught:
        matrix.add(uint8([0, 2, 254]), uint8([0, 0, 0]))
    assert caught.value.allowed == "0 to 1 of 'road', and 255 for void"
    assert not matrix.counts.any()


def test_labels_that_are_no_class_are_refused():
    with pytest.raises(MaskError, match="labels hold the values 7") as caught:
        ConfusionMatrix(ROAD).add(uint8([0, 1]), uint8([0, 7]))
    assert caught.value.allowed == "0 to 1 of 'road'"
