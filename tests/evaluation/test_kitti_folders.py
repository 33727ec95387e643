"""Folders of predicted pictures: the development kit's scores, and every way they can be wrong."""

import re

import numpy as np
import pytest
from PIL import Image

from golden_frame import calibration_text, golden_frame, golden_truth
from roadfcn.errors import CalibrationError, DatasetError, ImageFileError, MaskError
from roadfcn.evaluation.kitti_folders import pair_folders, score_pairs

M, R, K = (255, 0, 255), (255, 0, 0), (0, 0, 0)
SCORES = ("MaxF", "AP", "PRE", "REC", "FPR", "FNR", "threshold")


@pytest.fixture
def folders(tmp_path):
    """Give the folders of predictions, truth and calibrations, and a function that fills them."""
    places = [tmp_path / name for name in ("predicted", "gt_image_2", "calib")]
    for place in places:
        place.mkdir()
    return places


@pytest.fixture
def write(folders):
    """Give a function that writes grey values and truth colours, each if given."""

    def fill(stem, values=None, truth=None):
        for folder, pixels in zip(folders, (values, truth), strict=False):
            if pixels is not None:
                Image.fromarray(np.array(pixels, np.uint8)).save(folder / f"{stem}.png")

    return fill


@pytest.fixture
def score(folders):
    """Give a function that scores the folders."""

    def run(*, birds_eye=False, progress=None):
        predictions, truths, calib = folders
        return score_pairs(
            pair_folders(predictions, truths).pairs, calib if birds_eye else None, progress
        )

    return run


def test_scores_in_both_views_are_those_of_the_development_kit(folders, write, score):
    write("um_road_000000", golden_frame()[0], golden_truth())
    (folders[2] / "um_000000.txt").write_text(calibration_text())
    road = score(birds_eye=True)["road"]
    assert list(road) == ["image", "birds_eye", "birds_eye_by_distance"]
    assert road["image"]["um_road"]["MaxF"] == 0.7863520365824967
    assert road["image"]["um_road"]["AP"] == 0.8694857259659234
    assert road["birds_eye"]["um_road"]["MaxF"] == 0.7077352436927478
    assert road["birds_eye"]["um_road"]["AP"] == 0.7537800580610887
    assert road["birds_eye"]["urban_road"] == road["birds_eye"]["um_road"]


def test_categories_are_pooled_over_pixels_and_roads_over_categories(write, score):
    write("um_road_000000", [[200, 100]], [[M, R]])
    write("um_road_000001", [[50, 60, 9]], [[M, R, K]])
    write("uu_road_000000", [[255]], [[M]])
    write("um_lane_000000", [[0, 255]], [[M, R]])
    scores = score()
    assert scores["images"] == 4
    image = scores["road"]["image"]
    assert list(image) == ["urban_road", "um_lane", "um_road", "uu_road"]
    # um: road at 200 and 50, others at 100 and 60. From threshold 0 on, 2 of 4; from 101, 1 of 1.
    assert image["um_road"]["MaxF"] == pytest.approx(2 * 0.5 / 1.5, abs=1e-9)
    assert image["um_road"]["threshold"] == 0
    # All roads: 255, 200, 50 against 100, 60. From 101 on, 2 of 2 right and 2 of 3 found.
    assert image["urban_road"]["MaxF"] == pytest.approx(2 * (2 / 3) / (1 + 2 / 3), abs=1e-9)
    assert image["urban_road"]["threshold"] == 101 / 255
    assert image["um_lane"]["PRE"] == 0.5


def test_an_all_black_map_gets_the_defined_values(write, score):
    write("umm_road_000000", [[0] * 5], [[M, M, R, R, R]])
    image = score()["road"]["image"]
    assert image["umm_road"]["MaxF"] == pytest.approx(2 * 2 / (2 * 2 + 3), abs=1e-9)
    assert image["umm_road"]["AP"] == pytest.approx(2 / 5, abs=1e-9)
    assert image["umm_road"]["threshold"] == 0


def test_a_category_without_road_pixels_is_undefined(write, score):
    write("um_road_000000", [[9, 9]], [[R, K]])
    write("uu_road_000000", [[9, 9]], [[M, R]])
    image = score()["road"]["image"]
    assert image["um_road"] == dict.fromkeys(SCORES)
    assert image["uu_road"]["REC"] == 1


def test_lanes_alone_have_no_pool_of_roads(write, score):
    write("um_lane_000000", [[9]], [[M]])
    assert list(score()["road"]["image"]) == ["um_lane"]


def test_a_plain_name_is_a_prediction_of_road(folders, write):
    write("um_000000", [[9]])
    write("um_road_000000", truth=[[M]])
    write("um_lane_000000", truth=[[M]])
    found = pair_folders(*folders[:2])
    assert [(pair.category, pair.prediction.name) for pair in found.pairs] == [
        ("um_road", "um_000000.png")
    ]
    assert found.not_predicted == ("um_lane",)


def test_what_is_not_scored_is_told(folders, write):
    for stem in ("um_road_000000", "uu_road_000000"):
        write(stem, truth=[[M]])
    for stem in ("um_road_000000", "umm_road_000009", "notes"):
        write(stem, [[9]])
    found = pair_folders(*folders[:2])
    assert found.not_predicted == ("uu_road",)
    assert [path.name for path in found.without_truth] == ["umm_road_000009.png"]


def test_progress_is_called_after_each_picture(write, score):
    for number in range(3):
        write(f"uu_road_00000{number}", [[9]], [[M]])
    calls = []
    score(progress=lambda *numbers: calls.append(numbers))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_a_missing_prediction_is_named(folders, write):
    for number in range(5):
        write(f"um_road_00000{number}", truth=[[M]])
    write("um_road_000001", [[9]])
    words = (
        "predicted lacks 4 of 5 predictions: um_road_000000.png, um_road_000002.png, "
        "um_road_000003.png, ..."
    )
    with pytest.raises(DatasetError, match=re.escape(words)) as caught:
        pair_folders(*folders[:2])
    assert caught.value.allowed == "all pictures of a category, or none of it"


def test_a_picture_predicted_twice_is_refused(folders, write):
    write("um_road_000000", [[9]], [[M]])
    write("um_000000", [[9]])
    with pytest.raises(
        DatasetError, match=r"holds um_000000\.png and um_road_000000\.png, which are"
    ):
        pair_folders(*folders[:2])


def test_folders_without_anything_in_common_are_refused(folders, write):
    write("um_000000", [[9]])
    write("um_lane_000000", truth=[[M]])
    with pytest.raises(DatasetError, match=r"no picture in .*predicted has its truth in") as caught:
        pair_folders(*folders[:2])
    assert "never for the own lane" in caught.value.do


def test_missing_foreign_and_empty_folders_are_told_apart(folders, write, tmp_path):
    write("um_road_000000", [[9]])
    with pytest.raises(DatasetError, match=r"there is no folder .*gone"):
        pair_folders(tmp_path / "gone", folders[1])
    with pytest.raises(DatasetError, match=r"um_road_000000\.png is a file"):
        pair_folders(folders[0] / "um_road_000000.png", folders[1])
    with pytest.raises(DatasetError, match="gt_image_2 holds no truth of KITTI Road") as caught:
        pair_folders(*folders[:2])
    assert "such as training/gt_image_2" in caught.value.do


def test_who_gives_no_predictions_is_not_sent_to_the_truth(folders, write):
    write("um_road_000000", truth=[[M]])
    words = r"predicted holds no predictions of KITTI Road\n"
    with pytest.raises(DatasetError, match=words) as caught:
        pair_folders(*folders[:2])
    assert "roadfcn predict --probabilities" in caught.value.do
    assert "gt_image_2" not in caught.value.do


def test_predictions_as_jpeg_are_named(folders, write):
    write("um_road_000000", truth=[[M]])
    for name in ("um_000000.jpg", "um_000001.JPEG"):
        Image.new("L", (1, 1)).save(folders[0] / name)
    words = "no predictions of KITTI Road, but 2 JPEG pictures, such as um_000000.jpg"
    with pytest.raises(DatasetError, match=words) as caught:
        pair_folders(*folders[:2])
    assert "JPEG changes the values" in caught.value.do


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.full((1, 2), 300, np.uint16), "um_road_000000.png is 16-bit grey"),
        (np.zeros((1, 2, 3), np.uint8), "um_road_000000.png is in colour"),
    ],
)
def test_a_prediction_that_is_not_8_bit_grey_is_named(folders, write, score, pixels, words):
    write("um_road_000000", truth=[[M, R]])
    Image.fromarray(pixels).save(folders[0] / "um_road_000000.png")
    with pytest.raises(ImageFileError, match=words) as caught:
        score()
    assert caught.value.allowed == "8-bit grey"


def test_a_prediction_of_another_size_is_named_with_its_truth(write, score):
    write("um_road_000000", [[9, 9, 9]], [[M, R]])
    words = r"um_road_000000.png is 1 x 3 pixels \(height x width\) and its truth .* 1 x 2\n"
    with pytest.raises(ImageFileError, match=words):
        score()


def test_a_prediction_from_above_is_recognised(write, score):
    write("um_road_000000", np.zeros((800, 400)), [[M, R]])
    with pytest.raises(ImageFileError, match=r"that of bird's-eye view\) and its truth") as caught:
        score()
    assert "--birds-eye warps truth and prediction" in caught.value.do


def test_a_header_that_promises_gigabytes_is_compared_before_it_is_decoded(
    folders, write, score, png_file
):
    write("um_road_000000", truth=[[M, R]])
    (folders[0] / "um_road_000000.png").write_bytes(png_file(20_000, 20_000, 8, 0, [b""]))
    with pytest.raises(ImageFileError, match="is 20000 x 20000 pixels"):
        score()


def test_a_colour_that_is_no_truth_is_named(write, score):
    write("um_road_000000", [[9, 9]], [[M, (9, 9, 9)]])
    with pytest.raises(MaskError, match=r"um_road_000000.png holds 1 px of \(9, 9, 9\)"):
        score()


def test_a_missing_or_unfit_calibration_is_named(folders, write, score):
    write("um_road_000000", [[9, 9]], [[M, R]])
    with pytest.raises(
        CalibrationError, match=r"there is no calibration file .*um_000000\.txt, so um_road_000000"
    ) as caught:
        score(birds_eye=True)
    assert "name a truth folder without this frame" in caught.value.do
    (folders[2] / "um_000000.txt").write_text(calibration_text())
    with pytest.raises(CalibrationError, match=r"um_000000.txt puts the road .* of 1 x 2 pixels"):
        score(birds_eye=True)
