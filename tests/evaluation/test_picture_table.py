import csv
from dataclasses import replace

import numpy as np
import pytest

from roadfcn.errors import OutputError
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.evaluation.picture_table import TABLE_NAME, picture_scores, write_picture_table
from roadfcn.label_sets import LabelSet

R, M, K = (255, 0, 0), (255, 0, 255), (0, 0, 0)  # truth: not road, road, void
SHOES = LabelSet("shoes", ("left", "right"), ((1, 0, 0), (0, 1, 0)))

FRAMES = {
    # Called road (a value above 127): 255, 204, 153. Two of three road pixels, one of the others.
    "um_000000": ([[255, 204, 51, 153, 0, 255]], [[M, M, M, R, R, K]]),
    "umm_000000": ([[255, 0, 0, 0, 0, 0]], [[R, R, K, K, K, K]]),  # no road to be found
    "uu_000000": ([[255, 200, 0, 0, 0, 0]], [[M, M, R, R, R, R]]),
}


@pytest.fixture
def per_image(red_road, write_kitti):
    return evaluate(red_road, write_kitti(FRAMES)).per_image


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_holds_scores_worked_out_by_hand(per_image, tmp_path):
    write_picture_table(tmp_path / TABLE_NAME, per_image)
    um, _, uu = read(tmp_path / TABLE_NAME)
    assert list(um) == [
        *("name", "category", "pixels", "pixel_accuracy", "mean_iou"),
        *("iou_background", "iou_road", "road_f1", "road_max_f", "road_threshold"),
    ]
    assert (um["name"], um["category"]) == ("um_000000", "um")
    assert um["pixels"] == "5"
    assert float(um["pixel_accuracy"]) == 3 / 5
    assert float(um["iou_background"]) == 1 / 3
    assert float(um["iou_road"]) == 2 / 4
    assert float(um["mean_iou"]) == pytest.approx((1 / 3 + 2 / 4) / 2)
    # Alone it is best at 1..51: 3 found, 1 too many. Of all 5 road pixels, 154..200 finds 4 and
    # one too many (F1 8/10); 1..51 finds 5 and 2 too many (10/12); so 1 is best for all.
    assert float(um["road_f1"]) == 6 / 7
    assert float(um["road_max_f"]) == pytest.approx(6 / 7)
    assert float(um["road_threshold"]) == 1 / 255
    assert uu["pixel_accuracy"] == uu["iou_road"] == uu["road_f1"] == "1"


def test_what_is_undefined_in_a_picture_is_left_empty(per_image, tmp_path):
    write_picture_table(tmp_path / TABLE_NAME, per_image)
    umm = read(tmp_path / TABLE_NAME)[1]
    assert umm["road_f1"] == umm["road_max_f"] == umm["road_threshold"] == ""
    assert float(umm["iou_road"]) == 0  # it was predicted, and is not there


def test_one_threshold_serves_all_pictures(red_road, write_kitti):
    frames = {
        "um_000000": ([[90, 90, 10]], [[M, M, R]]),
        "um_000001": ([[90, 90, 90, 200]], [[R, R, R, M]]),
    }
    columns = picture_scores(evaluate(red_road, write_kitti(frames)).per_image)
    # Pooled over 3 road pixels: at 11..90 3 found and 3 too many (6/9), above it 1 found (2/4).
    np.testing.assert_allclose(columns["road_f1"], [1, 2 / 5])
    np.testing.assert_allclose(columns["road_max_f"], [1, 1])
    np.testing.assert_allclose(columns["road_threshold"], [11 / 255, 91 / 255])


def test_each_class_has_its_iou(red_classes, write_camvid):
    columns = picture_scores(
        evaluate(red_classes, write_camvid({"a": ([[0, 1]], [[0, 2]])})).per_image
    )
    assert columns["iou_sky"] == 1
    assert columns["iou_building"] == 0
    assert np.isnan(columns["iou_tree"])


def test_classes_without_a_road_have_no_road_columns(per_image):
    columns = picture_scores(replace(per_image, label_set=SHOES, road=None))
    assert list(columns)[3:] == ["iou_left", "iou_right"]


def test_further_columns_stand_at_the_end(per_image, tmp_path):
    write_picture_table(tmp_path / "x.csv", per_image, {"extra": np.array([0.25, np.nan, 3])})
    rows = read(tmp_path / "x.csv")
    assert list(rows[0])[-1] == "extra"
    assert [row["extra"] for row in rows] == ["0.25", "", "3"]


def test_a_table_that_cannot_be_written_leaves_nothing(per_image, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="part of its path is a file"):
        write_picture_table(tmp_path / "file" / TABLE_NAME, per_image)
    assert (tmp_path / "file").read_text() == ""
