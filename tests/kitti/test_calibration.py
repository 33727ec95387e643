"""Calibration files: the matrices of a published frame, and every way a file can be wrong."""

import re
from pathlib import Path

import numpy as np
import pytest

from golden_frame import CAM_TO_ROAD, P2, R0_RECT
from roadfcn.errors import CalibrationError
from roadfcn.kitti.calibration import SHAPES, Calibration, read_calibration, write_calibration

# Computed from these matrices with the benchmark's own devkit.
HOMOGRAPHY = [
    [721.4073690265021, 609.6736439273776, -120.95160753239807],
    [-11.085497664247024, 177.69973687548494, 1101.1443136547],
    [-7.439434100186319e-05, 0.9999774089845492, -0.2868455702838672],
]


@pytest.fixture
def calibration():
    return Calibration(
        np.reshape(P2, (3, 4)), np.reshape(R0_RECT, (3, 3)), np.reshape(CAM_TO_ROAD, (3, 4))
    )


@pytest.fixture
def write_file(tmp_path):
    """Give a function that writes a good file with one key's values replaced (None: left out)."""

    def write(**changes) -> Path:
        values = {"P2": P2, "R0_rect": R0_RECT, "Tr_cam_to_road": CAM_TO_ROAD} | changes
        path = tmp_path / "um_000000.txt"
        path.write_text(
            "".join(
                f"{key}: {' '.join(map(str, numbers))}\n"
                for key, numbers in values.items()
                if numbers is not None
            )
        )
        return path

    return write


def test_road_homography_is_the_devkits(calibration):
    np.testing.assert_allclose(calibration.road_homography(), HOMOGRAPHY, rtol=1e-11)


@pytest.mark.parametrize(
    ("x_m", "z_m", "u_px", "v_px"),
    [
        (-9.975, 45.975, 453.3536065863564, 205.33831164526526),
        (9.975, 45.975, 768.3873841100897, 200.5042458209612),
        (0.025, 25.975, 612.4891949226615, 222.54416304073322),
        (0.025, 10.975, 616.4212764276512, 285.47426758976906),
    ],
)
def test_road_points_land_on_the_devkits_pixels(calibration, x_m, z_m, u_px, v_px):
    u, v, w = calibration.projection_from_road() @ [x_m, 0, z_m, 1]
    # The devkit rounds its grid of road points to float32.
    np.testing.assert_allclose([u / w, v / w], [u_px, v_px], atol=1e-4)


def test_reading_gives_back_what_was_written(calibration, tmp_path):
    write_calibration(tmp_path / "a.txt", calibration)
    read = read_calibration(tmp_path / "a.txt")
    for name in ("p2", "r0_rect", "tr_cam_to_road"):
        np.testing.assert_allclose(getattr(read, name), getattr(calibration, name), rtol=1e-12)
        assert getattr(read, name).dtype == np.float64


def test_written_file_has_kittis_keys_order_and_number_format(calibration, tmp_path):
    write_calibration(tmp_path / "a.txt", calibration)
    *lines, last = (tmp_path / "a.txt").read_text().removesuffix("\n").split("\n")
    assert last == ""
    number = r"-?\d\.\d{12}e[+-]\d\d"
    assert [line.split(":")[0] for line in lines] == list(SHAPES)
    for line, (rows, columns) in zip(lines, SHAPES.values(), strict=True):
        assert re.fullmatch(rf"\w+:( {number}){{{rows * columns}}}", line)


def test_comments_blank_lines_and_other_keys_are_passed_over(write_file):
    path = write_file(T_new=[1, 2])
    path.write_text("# a comment\n\n" + path.read_text())
    np.testing.assert_array_equal(read_calibration(path).p2.ravel(), P2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"P2": None}, "lacks P2"),
        ({"P2": None, "Tr_cam_to_road": None}, "lacks P2, Tr_cam_to_road"),
        ({"R0_rect": R0_RECT[:8]}, "has 8 values for R0_rect where 9 belong"),
        ({"P2": [*P2[:11], "nan"]}, "not finite.* for P2"),
        ({"P2": [*P2[:11], "inf"]}, "not finite.* for P2"),
        ({"P2": [*P2[:11], "1e300"]}, "beyond all measure, for P2"),
        ({"P2": [*P2[:11], "abc"]}, "no number in line 1"),
        ({"Tr_cam_to_road": [0] * 12}, "has a Tr_cam_to_road without inverse"),
        ({"P2": [0] * 12}, "sees the road plane as a line"),
    ],
)
def test_wrong_values_are_named(write_file, changes, words):
    with pytest.raises(CalibrationError, match=words):
        read_calibration(write_file(**changes))


def test_a_camera_lying_on_the_road_is_refused(tmp_path):
    level = Calibration(
        np.array([[700, 0, 600, 0], [0, 700, 170, 0], [0, 0, 1, 0.0]]), np.eye(3), np.eye(3, 4)
    )
    write_calibration(tmp_path / "a.txt", level)
    with pytest.raises(CalibrationError, match="sees the road plane as a line"):
        read_calibration(tmp_path / "a.txt")


def test_a_line_without_colon_is_quoted(write_file):
    path = write_file()
    path.write_text(path.read_text() + "P3 1 2 3\n")
    with pytest.raises(CalibrationError, match="no colon in line 4: 'P3 1 2 3'"):
        read_calibration(path)


def test_a_missing_file_asks_for_the_calib_folder(tmp_path):
    with pytest.raises(CalibrationError, match="there is no calibration file") as caught:
        read_calibration(tmp_path / "um_000000.txt")
    assert "calib folder" in caught.value.do


def test_a_folder_or_binary_file_is_refused(tmp_path):
    with pytest.raises(CalibrationError, match="cannot be read: "):
        read_calibration(tmp_path)
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(CalibrationError, match=r"a\.png is no text file") as caught:
        read_calibration(tmp_path / "a.png")
    assert caught.value.do.startswith("name the file of the picture in the calib folder")


@pytest.mark.real_data
def test_the_real_file_of_um_000000_gives_these_matrices(calibration, kitti_sample):
    read = read_calibration(kitti_sample / "training" / "calib" / "um_000000.txt")
    np.testing.assert_allclose(read.road_homography(), HOMOGRAPHY, rtol=1e-11)
    np.testing.assert_array_equal(read.p2, calibration.p2)
