import zipfile

import numpy as np
import pytest
from PIL import Image

from golden_frame import calibration_text, golden_frame
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import CalibrationError, DatasetError, LabelSetError
from roadfcn.evaluation.kitti_submission import submit
from roadfcn.kitti.birds_eye import to_birds_eye
from roadfcn.kitti.calibration import read_calibration
from roadfcn.label_sets import EGO_LANE, ROAD
from roadfcn.prediction.network.predictor import Predictor


@pytest.fixture
def testing(tmp_path):
    """Give a function that writes test frames, as red as the golden frame, and opens them."""
    folder = tmp_path / "testing"

    def write(*names, calibrated=True):
        for place in ("image_2", "calib"):
            (folder / place).mkdir(parents=True)
        image = np.repeat(golden_frame()[0][..., None], 3, axis=2)
        for name in names:
            Image.fromarray(image).save(folder / "image_2" / f"{name}.png")
            if calibrated:
                (folder / "calib" / f"{name}.txt").write_text(calibration_text())
        return open_dataset(tmp_path, "test", layout="kitti-road")

    return write


def pictures_in(path):
    with zipfile.ZipFile(path) as archive:
        found = {}
        for name in archive.namelist():
            with archive.open(name) as file, Image.open(file) as picture:
                found[name] = np.array(picture)
        return found


def test_pictures_are_the_models_probabilities_seen_from_above(testing, red_road, tmp_path):
    dataset = testing("um_000007")
    done = []
    out = tmp_path / "s.zip"
    count = submit(
        out, dataset, red_road, allow_incomplete=True, progress=lambda *pair: done.append(pair)
    )
    assert (count, done) == (1, [(1, 1)])
    pictures = pictures_in(out)
    assert list(pictures) == ["um_road_000007.png"]
    # The sum that the development kit's warp of this frame has.
    assert pictures["um_road_000007.png"].sum() == 44994957
    calibration = read_calibration(dataset.frames[0].calibration_path)
    expected = to_birds_eye(calibration, (375, 1242)).apply(golden_frame()[0])
    np.testing.assert_array_equal(pictures["um_road_000007.png"], expected)


def test_own_lanes_are_predicted_in_um_frames_only(testing, red_road, constant_backend, tmp_path):
    lane = Predictor(constant_backend(EGO_LANE, 1))
    dataset = testing("um_000000", "uu_000000")
    assert submit(tmp_path / "s.zip", dataset, red_road, lane, allow_incomplete=True) == 3
    pictures = pictures_in(tmp_path / "s.zip")
    assert sorted(pictures) == ["um_lane_000000.png", "um_road_000000.png", "uu_road_000000.png"]
    # Lane everywhere, but where the picture does not show the road from above.
    assert np.unique(pictures["um_lane_000000.png"]).tolist() == [0, 255]
    assert (pictures["um_lane_000000.png"] == 255).sum() == 307362


def test_an_incomplete_set_is_refused_before_anything_is_written(testing, red_road, tmp_path):
    dataset = testing("um_000000")
    with pytest.raises(DatasetError, match="lacks 289 of the 290 test frames: um_000001, um_0000"):
        submit(tmp_path / "s.zip", dataset, red_road)
    assert not (tmp_path / "s.zip").exists()


def test_a_frame_without_calibration_is_refused(testing, red_road, tmp_path):
    dataset = testing("um_000000", "um_000001", calibrated=False)
    with pytest.raises(DatasetError, match="2 of 2 test frames have no calibration: um_000000, um"):
        submit(tmp_path / "s.zip", dataset, red_road, allow_incomplete=True)


def test_a_picture_that_changes_under_way_is_told_with_its_calibrations_file(
    testing, red_road, tmp_path
):
    dataset = testing("um_000000", "um_000001")

    def halve_the_second(done, total):
        Image.new("RGB", (621, 187)).save(dataset.frames[1].image_path)

    words = r"testing/calib/um_000001\.txt puts the road from 6 to 46 m ahead nowhere"
    with pytest.raises(CalibrationError, match=words):
        submit(
            tmp_path / "s.zip", dataset, red_road, allow_incomplete=True, progress=halve_the_second
        )
    assert not (tmp_path / "s.zip").exists()


def test_a_model_that_does_not_know_its_class_is_refused(testing, constant_backend, tmp_path):
    dataset = testing("um_000000")
    road, lane = (Predictor(constant_backend(classes, 1)) for classes in (ROAD, EGO_LANE))
    with pytest.raises(LabelSetError, match="'ego-lane' cannot be translated to 'road'"):
        submit(tmp_path / "s.zip", dataset, lane, allow_incomplete=True)
    with pytest.raises(LabelSetError, match="'road' cannot be translated to 'ego-lane'"):
        submit(tmp_path / "s.zip", dataset, road, road, allow_incomplete=True)
