import numpy as np
import pytest

from roadfcn.export.yardstick import Yardstick
from roadfcn.label_sets import CAMVID_11, EGO_LANE, ROAD, VOC_21, LabelSet


def row(*values):
    return np.array([values], np.uint8)


def test_road_is_what_counts_where_a_model_knows_it():
    yardstick = Yardstick(CAMVID_11)
    road, tree = CAMVID_11.index("road"), CAMVID_11.index("tree")
    assert yardstick.name == "IoU of road"
    matrix = yardstick.matrix()
    truth = yardstick.truth(row(road, road, tree, 255), CAMVID_11)
    np.testing.assert_array_equal(truth, row(1, 1, 0, 255))
    matrix.add(truth, yardstick.scored(row(road, tree, road, road)))
    assert yardstick.iou(matrix) == pytest.approx(1 / 3)  # found 1, missed 1, 1 too many


def test_truth_in_other_classes_still_says_where_the_road_is():
    np.testing.assert_array_equal(Yardstick(CAMVID_11).truth(row(0, 1, 255), ROAD), row(0, 1, 255))
    assert Yardstick(ROAD).truth(row(0, 1), VOC_21) is None
    assert Yardstick(ROAD).truth(row(0, 1), EGO_LANE) is None


def test_a_model_of_the_own_lane_is_compared_on_that():
    yardstick = Yardstick(EGO_LANE)
    assert (yardstick.name, yardstick.target) == ("IoU of lane", "lane")
    assert Yardstick(ROAD).target == "road"
    np.testing.assert_array_equal(yardstick.truth(row(1, 0), EGO_LANE), row(1, 0))


def test_without_road_it_is_the_mean_over_the_classes():
    things = LabelSet("things", ("cup", "plate", "fork"), ((0, 0, 0), (1, 0, 0), (2, 0, 0)))
    yardstick = Yardstick(things)
    assert yardstick.name == "mean IoU"
    matrix = yardstick.matrix()
    truth = yardstick.truth(row(0, 0, 1, 2), things)
    matrix.add(truth, yardstick.scored(row(0, 1, 1, 2)))
    assert yardstick.iou(matrix) == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)
    assert yardstick.truth(row(0, 1), ROAD) is None


def test_nothing_to_find_and_nothing_found_is_no_loss():
    yardstick = Yardstick(ROAD)
    matrix = yardstick.matrix()
    matrix.add(row(0, 0), row(0, 0))
    assert yardstick.iou(matrix) == 1


def test_beside_road_the_mean_over_common_classes_is_taken():
    yardstick = Yardstick(CAMVID_11)
    assert yardstick.has_classes
    road, tree, pole = (CAMVID_11.index(name) for name in ("road", "tree", "pole"))
    truth = np.full((1, 4001), road, np.uint8)
    truth[0, 2000:4000], truth[0, 4000:] = tree, pole  # one pixel in 4001 is too few
    labels = truth.copy()
    labels[0, 1500:2000], labels[0, 4000:] = tree, road
    matrix = yardstick.class_matrix()
    assert yardstick.mean_iou(matrix) == 1
    matrix.add(truth, labels)
    assert yardstick.mean_iou(matrix) == pytest.approx((1500 / 2001 + 2000 / 2500) / 2)


def test_truth_of_the_classes_is_that_in_the_models_own():
    mask = row(3, 255)
    assert Yardstick(CAMVID_11).class_truth(mask, CAMVID_11) is mask
    assert Yardstick(CAMVID_11).class_truth(mask, ROAD) is None
    assert Yardstick(ROAD).class_truth(mask, ROAD) is None  # the IoU of road says all
    assert Yardstick(VOC_21).class_truth(mask, VOC_21) is None  # the mean is taken already


def test_nothing_is_found_without_road_or_without_a_second_class():
    assert Yardstick(ROAD).is_found(row(0, 1))
    assert not Yardstick(ROAD).is_found(row(0, 0))
    assert not Yardstick(CAMVID_11).is_found(row(0, 1))
    assert Yardstick(VOC_21).is_found(row(3, 3, 4))
    assert not Yardstick(VOC_21).is_found(row(3, 3, 3))


def test_labels_are_the_likeliest_classes():
    logits = np.array([[[0.0, 2.0]], [[1.0, 1.0]]], np.float32)
    np.testing.assert_array_equal(Yardstick(ROAD).labels(logits), row(1, 0))
