"""The tables of `roadfcn predict`, and the map from above."""

import csv
import json
import shutil

import av
import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import CalibrationError, ConfigError, OutputError


@pytest.fixture
def predict(roadfcn, road_run, tmp_path):
    """Give a function that predicts into `out` with a tiny model."""

    def run(*words, model=road_run):
        return roadfcn("predict", *words, "--model", model, "--out", tmp_path / "out")

    return run


def labels_of(tmp_path, name):
    with Image.open(tmp_path / "out" / "labels" / f"{name}.png") as picture:
        return np.array(picture)


def test_the_table_agrees_with_the_label_and_probability_pictures(predict, pictures, tmp_path):
    result = predict(pictures, "--csv", tmp_path / "a.csv", "--probabilities")
    assert f"table                {tmp_path / 'a.csv'}" in result.stdout
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["height"], row["width"]) for row in rows] == [
        ("a", "10", "20"), ("sub/b", "9", "7"),
    ]  # fmt: skip
    for row in rows:
        assert float(row["road_share"]) == pytest.approx(labels_of(tmp_path, row["name"]).mean())
        with Image.open(tmp_path / "out" / "probabilities" / f"{row['name']}.png") as picture:
            mean = np.array(picture).mean() / 255
        assert float(row["road_probability"]) == pytest.approx(mean, abs=1e-5)
        assert float(row["seconds"]) > 0


def test_what_was_skipped_stands_in_the_table_with_the_reason(predict, pictures, tmp_path):
    (pictures / "broken.png").touch()
    assert predict(pictures, "--csv", tmp_path / "a.csv").exit_code == 1
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        found = {row["name"]: (row["width"], row["problem"]) for row in csv.DictReader(file)}
    assert found.pop("broken") == ("", f"{pictures / 'broken.png'} is empty (0 bytes)")
    assert found == {"a": ("20", ""), "sub/b": ("7", "")}


def test_another_class_is_measured_on_demand(predict, camvid_run, pictures, tmp_path):
    words = ("--csv", tmp_path / "a.csv", "--probability-of", "car")
    predict(pictures, *words, model=camvid_run)
    header = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "name,time_s,height,width,car_share,car_probability,seconds,problem"


@pytest.mark.parametrize("form", ["rle", "polygons"])
def test_the_coco_file_has_as_many_pixels_as_the_labels(
    predict, camvid_run, pictures, tmp_path, form
):
    words = ("--coco", tmp_path / "a.json", "--coco-form", form)
    predict(pictures, *words, model=camvid_run)
    coco = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert [image["file_name"] for image in coco["images"]] == ["a.png", "sub/b.jpg"]
    for image, name in zip(coco["images"], ("a", "sub/b"), strict=True):
        labels = labels_of(tmp_path, name)
        found = {
            item["category_id"] - 1: item["area"]
            for item in coco["annotations"]
            if item["image_id"] == image["id"]
        }
        classes, counts = np.unique(labels, return_counts=True)
        assert found == dict(zip(classes.tolist(), counts.tolist(), strict=True))
    kinds = {type(item["segmentation"]) for item in coco["annotations"]}
    assert kinds == {dict if form == "rle" else list}


@pytest.mark.parametrize("option", ["--csv", "--coco"])
def test_a_table_on_standard_output_is_alone_there_and_the_same(
    predict, pictures, tmp_path, option, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    predict(pictures, option, "table")
    told = predict(pictures, option, "-", "--overwrite").stdout
    kept = (tmp_path / "table").read_text(encoding="utf-8")
    if option == "--csv":  # whose last column but one is the time
        told, kept = ([row[:-2] for row in csv.reader(text.splitlines())] for text in (told, kept))
    assert told == kept
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("option", ["--csv", "--coco", "--json"])
def test_what_was_skipped_is_named_where_a_table_takes_standard_output(predict, pictures, option):
    (pictures / "broken.png").touch()
    result = predict(pictures, option, "-")
    assert result.exit_code == 1
    assert f"skipped: {pictures / 'broken.png'} is empty (0 bytes)" in result.stderr
    assert "skipped:" not in result.stdout


def test_rows_of_frames_have_their_time(predict, make_video, grey_frames, tmp_path):
    video = make_video(tmp_path / "v.mp4", grey_frames(1, 2, 3))
    predict(video, "--csv", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        found = [(row["name"], row["time_s"]) for row in csv.DictReader(file)]
    assert found == [("v/000000", "0"), ("v/000001", "0.1"), ("v/000002", "0.2")]


@pytest.mark.parametrize("option", ["--csv", "--coco", "--json"])
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    predict, pictures, tmp_path, option
):
    with pytest.raises(OutputError, match="is a folder"):
        predict(pictures, option, tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def wide(tmp_path):
    """Give a picture of KITTI's size."""
    Image.new("RGB", (1242, 375), (90, 90, 90)).save(tmp_path / "wide.png")
    return tmp_path / "wide.png"


@pytest.fixture
def calibration(tmp_path):
    """Give the calibration of a camera 1.6 m above the road."""
    to_road = np.eye(3, 4)
    to_road[1, 3] = -1.6
    values = {
        "P2": np.array([[720.0, 0, 621, 0], [0, 720, 173, 0], [0, 0, 1, 0]]),
        "R0_rect": np.eye(3),
        "Tr_cam_to_road": to_road,
    }
    lines = [f"{key}: {' '.join(map(str, value.ravel()))}" for key, value in values.items()]
    (tmp_path / "calib.txt").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "calib.txt"


def test_a_calibration_draws_the_road_from_above(predict, wide, calibration, tmp_path):
    predict(wide, "--calibration", calibration, "--opacity", "0")
    with Image.open(tmp_path / "out" / "overlays" / "wide.png") as picture:
        overlay = np.array(picture)
    changed = (overlay != 90).any(axis=2)
    assert changed[:, :1000].sum() == 0
    assert changed[:240, 1110:].sum() > 1500  # frame, lines, letters, what is not seen


def test_a_calibration_draws_the_road_from_above_into_a_video(
    predict, make_video, calibration, tmp_path
):
    grey = np.full((376, 1242, 3), 90, np.uint8)
    video = make_video(tmp_path / "wide.mp4", [grey] * 3)
    predict(video, "--calibration", calibration, "--opacity", "0")
    with av.open(str(tmp_path / "out" / "overlays" / "wide.mp4")) as file:
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(frames) == 3
    for frame in frames:
        changed = (abs(frame.astype(int) - 90) > 40).any(axis=2)
        assert changed[:, :1000].sum() == 0
        assert changed[:240, 1110:].sum() > 1000


def test_the_road_from_above_may_be_larger_and_elsewhere(predict, wide, calibration, tmp_path):
    words = ("--calibration", calibration, "--opacity", "0")
    predict(wide, *words, "--map-corner", "lower-left", "--map-size", "0.9")
    with Image.open(tmp_path / "out" / "overlays" / "wide.png") as picture:
        changed = (np.array(picture) != 90).any(axis=2)
    # 0.9 * 375 = 338 px tall and 169 wide, 9 px from the edges, with a frame of 2 px.
    assert changed[:20].sum() == changed[:, 190:].sum() == 0
    assert changed[100, 5:15].any()
    assert changed[100, 175:185].any()


def test_pictures_that_a_calibration_does_not_fit_are_skipped(
    predict, pictures, wide, calibration, tmp_path
):
    result = predict(pictures, wide, "--calibration", calibration)
    assert result.exit_code == 1
    assert [path.name for path in (tmp_path / "out" / "labels").iterdir()] == ["wide.png"]
    assert f"skipped: {pictures / 'a.png'}: {calibration} puts the road" in result.stderr
    with pytest.raises(CalibrationError, match="there is no calibration file"):
        predict(pictures, "--calibration", tmp_path / "no.txt", "--overwrite")


def test_windows_that_overlap_too_little_are_told_once(predict, pictures, wide, tmp_path, caplog):
    shutil.copy(wide, tmp_path / "again.png")
    words = (wide, tmp_path / "again.png", pictures)
    predict(*words)
    assert caplog.text == ""
    predict(*words, "--overwrite", "--tile", "64")
    assert caplog.text.count("windows of 64 x 64 px overlap by 32 px, and only from ") == 1


def test_windows_and_smoothing_out_of_range_are_refused(predict, pictures, tmp_path):
    with pytest.raises(ConfigError, match="a picture cannot be cut into"):
        predict(pictures, "--tile", "100")
    with pytest.raises(ConfigError, match=r"smoothing is 1\.0"):
        predict(pictures, "--smooth", "1")
    assert not (tmp_path / "out").exists()
