import numpy as np
import pytest

from roadfcn.errors import MaskError
from roadfcn.label_sets import CAMVID_11, ROAD, VOID
from roadfcn.metrics.class_areas import class_areas, diagonal_px, erode


def uint8(*rows):
    return np.array(rows, np.uint8)


def test_each_class_is_cut_out_of_both_maps_by_one_box():
    mask = uint8([0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0])
    labels = uint8([0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0])
    rest, road = class_areas(mask, labels, ROAD)
    assert (rest.index, road.index) == (0, 1)
    assert rest.true.shape == mask.shape
    np.testing.assert_array_equal(road.true, [[1, 0], [0, 0]])
    np.testing.assert_array_equal(road.called, [[0, 1], [0, 1]])


def test_void_is_cut_out_of_both_maps():
    (road,) = class_areas(uint8([1, VOID, 1, VOID]), uint8([1, 1, 1, 0]), ROAD)
    np.testing.assert_array_equal(road.true, [[1, 0, 1]])
    np.testing.assert_array_equal(road.called, [[1, 0, 1]])


def test_classes_that_do_not_occur_are_not_given():
    areas = class_areas(uint8([3, VOID]), uint8([7, 9]), CAMVID_11)
    assert [area.index for area in areas] == [3, 7]


def test_what_lies_outside_the_box_is_not_part_of_an_area():
    eroded = erode(np.ones((4, 5), np.uint8), np.ones((3, 3), np.uint8))
    np.testing.assert_array_equal(eroded, np.pad(np.ones((2, 3)), 1))


def test_the_diagonal_is_that_of_the_picture():
    assert diagonal_px(np.zeros((360, 480), np.uint8)) == 600


@pytest.mark.parametrize(
    ("mask", "labels", "message"),
    [
        (uint8([0, 0]), uint8([0]), "truth of size"),
        (uint8([0, 9]), uint8([0, 0]), "the truth holds the values 9"),
        (uint8([0, 1]), uint8([0, VOID]), "the labels hold the values 255"),
    ],
)
def test_maps_that_make_no_sense_are_refused(mask, labels, message):
    with pytest.raises(MaskError, match=message):
        class_areas(mask, labels, ROAD)
