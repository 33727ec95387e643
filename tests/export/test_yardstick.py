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


def test_labels_are_the_likeliest_classes():
    logits = np.array([[[0.0, 2.0]], [[1.0, 1.0]]], np.float32)
    np.testing.assert_array_equal(Yardstick(ROAD).labels(logits), row(1, 0))
