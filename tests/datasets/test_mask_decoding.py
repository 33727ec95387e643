from pathlib import Path

import numpy as np
import pytest

from roadfcn.datasets.camvid import TRUTH_CODE as CAMVID_CODE
from roadfcn.datasets.kitti_road import TRUTH_CODE as KITTI_CODE
from roadfcn.errors import MaskError

PATH = Path("um_road_000003.png")


def test_kitti_colours_become_three_states():
    picture = np.array([[[255, 0, 0], [255, 0, 255]], [[0, 0, 0], [0, 0, 255]]], np.uint8)
    assert KITTI_CODE.decode(picture, PATH).tolist() == [[0, 1], [255, 255]]


def test_a_blended_colour_is_an_error_that_names_colour_count_and_file():
    picture = np.full((4, 5, 3), (255, 0, 0), np.uint8)
    picture[1, :3] = (254, 0, 0)
    with pytest.raises(MaskError) as caught:
        KITTI_CODE.decode(picture, PATH)
    assert caught.value.found == "the mask um_road_000003.png holds 3 px of (254, 0, 0)"
    assert caught.value.allowed == (
        "only the colours (255, 0, 0), (255, 0, 255), (0, 0, 0), (0, 0, 255)"
    )
    assert "resized or JPEG copies blend the colours" in caught.value.do


def test_the_most_frequent_unknown_colours_are_named_first_and_the_rest_counted():
    picture = np.zeros((1, 15, 3), np.uint8)
    for start, stop, colour in ((0, 1, 1), (1, 3, 2), (3, 6, 3), (6, 10, 4), (10, 15, 5)):
        picture[0, start:stop] = (colour, 2 * colour, 3 * colour)
    with pytest.raises(MaskError) as caught:
        KITTI_CODE.decode(picture, PATH)
    assert caught.value.found.endswith(
        "holds 5 px of (5, 10, 15), 4 px of (4, 8, 12), 3 px of (3, 6, 9) and 2 further colours"
    )


def test_a_one_channel_picture_is_no_colour_mask():
    with pytest.raises(MaskError, match=r"one channel \(grey or palette\)"):
        KITTI_CODE.decode(np.zeros((4, 5), np.uint8), PATH)


def test_camvid_value_11_is_void_and_0_to_10_are_classes():
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    expected = [*range(11), 255]
    assert CAMVID_CODE.decode(picture, PATH).ravel().tolist() == expected


@pytest.mark.parametrize("value", [12, 200, 255])
def test_another_value_is_an_error_that_names_value_count_and_file(value):
    picture = np.zeros((4, 5), np.uint8)
    picture[2] = value
    with pytest.raises(MaskError) as caught:
        CAMVID_CODE.decode(picture, PATH)
    assert caught.value.found == f"the mask um_road_000003.png holds 5 px of value {value}"
    assert caught.value.allowed == "only the values 0..10 and 11 for void"


def test_many_unknown_values_are_counted():
    picture = np.arange(20, dtype=np.uint8).reshape(4, 5)
    with pytest.raises(MaskError, match=r"1 px of value 14 and 5 further values"):
        CAMVID_CODE.decode(picture, PATH)


def test_a_colour_picture_is_no_index_mask():
    with pytest.raises(MaskError, match="has RGB colours"):
        CAMVID_CODE.decode(np.zeros((4, 5, 3), np.uint8), PATH)
