"""COCO's forms: against numbers worked out by hand, and against COCO's own tools if they are here.

pip install pycocotools
"""

import numpy as np
import pytest

from roadfcn.prediction.results.coco import bounding_box, polygons, rle, run_lengths

SQUARE = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0]], np.uint8)
RING = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)


def random_masks():
    """Give masks of every density, with noise, blobs, holes in holes, and the smallest sizes."""
    rng = np.random.default_rng(3)
    for height, width in ((1, 1), (1, 9), (9, 1), (7, 5), (40, 60)):
        for share in (0.0, 0.1, 0.5, 0.9, 1.0):
            yield rng.random((height, width)) < share
    rows, columns = np.mgrid[:60, :80]
    rings = (np.hypot(rows - 30, columns - 40) // 5) % 2 == 0  # islands in holes in islands
    yield rings
    yield rings ^ (rng.random((60, 80)) < 0.05)


def test_runs_go_down_the_columns_and_begin_outside():
    assert run_lengths(SQUARE) == [4, 2, 1, 2, 3]
    assert run_lengths(SQUARE == 0) == [0, 4, 2, 1, 2, 3]
    assert run_lengths(np.zeros((2, 3), bool)) == [6]
    assert run_lengths(np.ones((2, 3), bool)) == [0, 6]


def test_letters_are_those_worked_out_by_hand():
    # 4 2 1 2 3; the fourth and fifth are written as 2 - 2 = 0 and 3 - 1 = 2.
    assert rle(SQUARE) == {"size": [3, 4], "counts": "42102"}
    # 16 is 0b10000: alone it would mean -16, so a group 0 follows. 16 | 32, + 48 = "`", then "0".
    assert rle(np.zeros((4, 4), bool))["counts"] == "`0"
    # 100 = 3 * 32 + 4: 4 | 32, + 48 = "T"; 3 + 48 = "3".
    assert rle(np.zeros((10, 10), bool))["counts"] == "T3"
    # 1, 9, 1, and then 1 - 9 = -8 = 0b11000 in five bits: 24 + 48 = "H".
    mask = np.zeros((12, 1), bool)
    mask[1:10], mask[11:] = True, True
    assert rle(mask)["counts"] == "191H"


def test_letters_are_those_that_cocos_own_tools_gave():
    """What pycocotools 2.0.11 made of rings around a point, for machines without it."""
    rows, columns = np.mgrid[:24, :30]
    mask = ((rows - 11) ** 2 + (columns - 14) ** 2) // 40 % 2 == 0
    assert rle(mask)["counts"] == (
        "235000MNO1290GO00250KNOO11;0E000170IOOO11;0E000250KNOO1290GO013000MN01250KNOO2260JNN01290G"
        "00090G00O;0E10O;0E10O;0E10090G00090G01060JNN11250KNO023000MO0190G10050KN000;0E20O70IO000;0"
        "E20050KN00190G111000M00150KNO"
    )


def test_any_number_that_is_not_0_belongs_to_the_mask():
    assert rle(np.array([[0, 255], [7, 0]], np.uint8)) == rle(np.array([[0, 1], [1, 0]], bool))


def test_polygons_run_along_the_edges_of_pixels():
    assert polygons(SQUARE) == [[1, 1, 3, 1, 3, 3, 1, 3]]
    assert polygons(np.zeros((3, 3), bool)) == []
    assert polygons(np.ones((1, 1), bool)) == [[0, 0, 1, 0, 1, 1, 0, 1]]


def test_boxes_hold_whole_pixels():
    assert bounding_box(SQUARE) == [1, 1, 2, 2]
    assert bounding_box(np.zeros((3, 3), bool)) == [0, 0, 0, 0]
    assert bounding_box(np.ones((2, 5), bool)) == [0, 0, 5, 2]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of theirs
@pytest.mark.parametrize("mask", list(random_masks()))
def test_cocos_own_tools_read_the_same_mask_from_every_form(mask):
    tools = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    packed = rle(mask)
    np.testing.assert_array_equal(tools.decode(packed), mask)
    theirs = tools.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert packed == {"size": theirs["size"], "counts": theirs["counts"].decode("ascii")}
    assert bounding_box(mask) == tools.toBbox(theirs).tolist()

    height, width = mask.shape
    drawn = np.zeros_like(mask)
    for polygon in polygons(mask):
        # One by one: no two of them may claim the same pixel.
        (area,) = tools.frPyObjects([polygon], height, width)
        area = tools.decode(area).astype(bool)
        assert not (area & drawn).any()
        drawn |= area
    np.testing.assert_array_equal(drawn, mask)
