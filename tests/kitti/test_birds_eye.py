"""The view from above: equal to the development kit's, which printed these counts and hashes."""

import hashlib
import math
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from golden_frame import CAM_TO_ROAD, P2, R0_RECT, calibration_text, golden_frame, golden_truth
from roadfcn.errors import CalibrationError, MaskError
from roadfcn.kitti.birds_eye import check_view, from_birds_eye, to_birds_eye
from roadfcn.kitti.calibration import Calibration, read_calibration
from roadfcn.kitti.scores import count_thresholds, road_scores

SIZE = (375, 1242)


@pytest.fixture
def calibration(tmp_path):
    (tmp_path / "um_000000.txt").write_text(calibration_text())
    return read_calibration(tmp_path / "um_000000.txt")


def camera(p2=P2, cam_to_road=CAM_TO_ROAD):
    return Calibration(
        np.reshape(p2, (3, 4)), np.reshape(R0_RECT, (3, 3)), np.reshape(cam_to_road, (3, 4))
    )


def digest(array):
    return hashlib.sha256(array.tobytes()).hexdigest()


def test_every_cell_has_the_development_kits_source(calibration):
    sources = to_birds_eye(calibration, SIZE).sources
    assert np.count_nonzero(sources) == 307362
    assert digest(sources.astype("<i4")) == (
        "983c2c430556f5fdded1251afcc2a14b82bef7a052951a6dd4ded49fe7f40155"
    )


@pytest.mark.parametrize(
    ("cell", "pixel"),
    [
        ((0, 0), (204, 452)),
        ((0, 200), (201, 610)),
        ((400, 200), (221, 611)),
        ((600, 100), (253, 383)),
        ((700, 200), (284, 615)),
    ],
)
def test_a_cell_copies_the_development_kits_pixel(calibration, cell, pixel):
    row, column = pixel
    assert to_birds_eye(calibration, SIZE).sources[cell] == 1 + row * 1242 + column


def test_warped_pictures_are_the_development_kits_to_the_last_bit(calibration):
    view = to_birds_eye(calibration, SIZE)
    above = view.apply(golden_frame()[0])
    assert above.sum() == 44994957
    assert digest(above).startswith("aad4fa14632ed602")
    truth = view.apply(golden_truth())
    assert digest(truth[..., ::-1].copy()).startswith("24842a550cf3b33a")  # the kit's is BGR


def test_warping_back_gives_the_development_kits_picture(calibration):
    back = from_birds_eye(calibration, SIZE)
    assert np.count_nonzero(back.sources) == 179509
    assert digest(back.sources.astype("<i4")).startswith("d903fd28")
    picture = back.apply(to_birds_eye(calibration, SIZE).apply(golden_frame()[0]))
    assert picture.shape == SIZE
    assert picture.sum() == 30891617
    assert digest(picture).startswith("78e57f738072252c")


def test_the_example_of_the_page_brings_back_what_lies_in_the_window(tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "scores.md").read_text(encoding="utf-8")
    (program,) = (
        one
        for one in re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        if "from_birds_eye" in one
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "um_000007.txt").write_text(calibration_text())
    Image.new("RGB", (1242, 375), (10, 20, 30)).save("um_000007.png")
    variables = {}
    exec(program, variables)
    assert variables["above"].shape == (800, 400, 3)
    back = variables["back"]
    assert back.shape == (375, 1242, 3)
    assert set(map(tuple, back.reshape(-1, 3).tolist())) == {(10, 20, 30), (0, 0, 0)}
    assert not back[:150].any()  # the sky


def test_scores_from_above_equal_those_of_the_development_kit_to_the_last_digit(calibration):
    view = to_birds_eye(calibration, SIZE)
    quantised, road, valid = (view.apply(plane.astype(np.uint8)) for plane in golden_frame())
    counts = count_thresholds(quantised, road == 1, valid == 1)
    assert (counts.positives, counts.negatives) == (104605, 202757)
    assert (counts.false_negatives[149], counts.false_positives[149]) == (23202, 44030)
    scores = road_scores(counts)
    assert scores.max_f == 0.7077352436927478
    assert scores.average_precision == 0.7537800580610887
    assert scores.threshold == 149 / 255
    assert scores.precision == 0.6489759683609009
    assert scores.recall == 0.7781941294670105
    assert scores.false_positive_rate == 0.21715649962425232
    assert scores.false_negative_rate == 0.22180584073066711


def test_sources_equal_those_worked_out_cell_by_cell():
    small = camera([0.25 * value for value in P2[:8]] + P2[8:])
    height, width = 94, 311
    sources = to_birds_eye(small, (height, width)).sources
    rectify, to_road = np.eye(4), np.eye(4)
    rectify[:3, :3] = small.r0_rect
    to_road[:3] = small.tr_cam_to_road
    projection = small.p2 @ rectify @ np.linalg.inv(to_road)
    for i in range(0, 800, 23):
        for j in range(0, 400, 17):
            x, z = np.float32(-9.975 + 0.05 * j), np.float32(45.975 - 0.05 * i)
            u, v, w = projection @ [x, 0, z, 1]
            u, v = u / w, v / w
            seen = 1 <= u <= width and 1 <= v <= height
            expected = 1 + (math.floor(v) - 1) * width + math.floor(u) - 1 if seen else 0
            assert sources[i, j] == expected, (i, j)
    assert 0 in sources[::23, ::17]


def test_what_the_picture_does_not_show_gets_the_value_asked_for(calibration):
    view = to_birds_eye(calibration, SIZE)
    above = view.apply(np.ones(SIZE, np.uint8), outside=255)
    assert np.unique(above, return_counts=True)[1].tolist() == [307362, 320000 - 307362]
    assert (above[-1, [0, 200, 399]] == 255).all()  # too near for the camera


def test_a_picture_of_another_size_is_not_warped(calibration):
    view = to_birds_eye(calibration, SIZE)
    with pytest.raises(MaskError, match="a picture of 376 x 1242 pixels is to be warped as one of"):
        view.apply(np.zeros((376, 1242), np.uint8))


def turned(degrees, axis):
    """Give the published camera turned about an axis of the road: 0 right, 1 down."""
    angle = math.radians(degrees)
    turn = np.eye(3)
    a, b = (1, 2) if axis == 0 else (2, 0)
    turn[a, a] = turn[b, b] = math.cos(angle)
    turn[a, b], turn[b, a] = -math.sin(angle), math.sin(angle)
    pose = np.reshape(CAM_TO_ROAD, (3, 4)).copy()
    pose[:, :3] = turn @ pose[:, :3]
    return camera(cam_to_road=pose)


UNDER_THE_ROAD = [*CAM_TO_ROAD[:7], 1.597, *CAM_TO_ROAD[8:]]


@pytest.mark.parametrize(
    ("unfit", "size", "words"),
    [
        (turned(180, 1), SIZE, "ahead behind the camera"),
        (camera(cam_to_road=UNDER_THE_ROAD), SIZE, "above the camera's horizon: near road lies"),
        (turned(60, 0), SIZE, r"ahead nowhere in its picture of 375 x 1242 pixels"),
        (camera(), (187, 621), r"ahead nowhere in its picture of 187 x 621 pixels"),
    ],
)
@pytest.mark.parametrize("use", [check_view, to_birds_eye, from_birds_eye])
def test_a_calibration_that_does_not_fit_its_picture_is_refused(use, unfit, size, words):
    with pytest.raises(CalibrationError, match=f"^um_000007.txt puts the road .*{words}") as caught:
        use(unfit, size, "um_000007.txt")
    assert "scale or shift the first two rows of P2" in caught.value.do


@pytest.mark.parametrize(
    ("size", "share"),
    [
        ((750, 2484), "25%"),  # doubled
        ((300, 994), "61%"),  # 0.8
        ((375, 621), "98%"),  # one half of it
        ((360, 480), "127%"),
    ],
)
@pytest.mark.parametrize("use", [check_view, to_birds_eye, from_birds_eye])
def test_a_picture_that_was_scaled_without_its_calibration_is_refused(use, size, share):
    words = (
        "um_000007.txt has the camera's optical axis at column 610 of its picture of "
        f"{size[0]} x {size[1]} pixels (height x width), at {share} of the width"
    )
    with pytest.raises(CalibrationError, match=re.escape(words)) as caught:
        use(camera(), size, "um_000007.txt")
    assert caught.value.allowed.endswith("its axis at 40% to 60% of the width")
    assert "scale the first two rows of P2 as well" in caught.value.do


# Of the sizes and cameras of KITTI's recording days: width and column of the optical axis.
RECORDED = [(1242, 609.5593), (1241, 607.1928), (1224, 604.0814), (1226, 601.8873)]


@pytest.mark.parametrize(("width", "column"), RECORDED)
def test_the_published_cameras_fit_their_pictures_whole_or_cut_at_the_top(width, column):
    fitting = camera([*P2[:2], column, *P2[3:]])
    check_view(fitting, (370, width))
    check_view(camera([*P2[:2], column, *P2[3:6], P2[6] - 150, *P2[7:]]), (220, width))


def test_a_picture_scaled_with_its_calibration_is_taken():
    for factor in (0.5, 0.8, 2):
        scaled = camera([factor * value for value in P2[:8]] + P2[8:])
        size = (round(375 * factor), round(1242 * factor))
        assert np.count_nonzero(to_birds_eye(scaled, size).sources) > 300_000


@pytest.mark.real_data
def test_the_published_test_frames_map_is_the_development_kits(kitti_sample):
    calibration = read_calibration(kitti_sample / "testing" / "calib" / "um_000000.txt")
    assert digest(to_birds_eye(calibration, SIZE).sources.astype("<i4")) == (
        "8117639c57435162b3cf2358c8f022ac61df6aeebfece1df7e13e0eaa68deb25"
    )
    assert digest(from_birds_eye(calibration, SIZE).sources.astype("<i4")).startswith("ecc8ab8b")
