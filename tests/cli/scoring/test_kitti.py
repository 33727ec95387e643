import json
import shutil
import zipfile

import pytest
from PIL import Image

from roadfcn.backends.opening import open_backend
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import ConfigError, DatasetError, OutputError
from roadfcn.evaluation.kitti_submission import submit
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.network.views import Views


@pytest.fixture
def truth(frames):
    return frames / "training" / "gt_image_2"


def grey_copies(truth, tmp_path, pattern="*.png"):
    """Make predictions of the truth: as grey, magenta is brighter than red, and red than black."""
    folder = tmp_path / "grey"
    folder.mkdir()
    for path in truth.glob(pattern):
        with Image.open(path) as picture:
            picture.convert("L").save(folder / path.name)
    return folder


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_models_scores_equal_those_of_its_pictures(roadfcn, road_run, frames, truth, tmp_path):
    own, theirs, out = (tmp_path / name for name in ("own.json", "theirs.json", "out"))
    roadfcn("evaluate", road_run, frames, "--split", "all", "--json", own)
    pictures = frames / "training" / "image_2"
    options = ("--out", out, "--probabilities", "--precision", "float32")
    roadfcn("predict", pictures, "--model", road_run, *options)
    roadfcn("kitti", "score", out / "probabilities", truth, "--birds-eye", "--json", theirs)
    assert list(read(theirs)) == ["images", "road"]
    assert list(read(theirs)["road"]) == ["image", "birds_eye", "birds_eye_by_distance"]
    assert read(theirs)["road"] == read(own)["road"]
    assert read(theirs)["images"] == 6
    assert read(own)["images_without_calibration"] == 0


def test_scores_are_shown_as_tables(roadfcn, truth, tmp_path):
    predictions = grey_copies(truth, tmp_path, "um_road_*.png")
    result = roadfcn("kitti", "score", predictions, truth, "--birds-eye")
    assert result.exit_code == 0
    for expected in (
        "Road in the image, in %",
        "Road in bird's-eye view, in %",
        "MaxF by distance, from above, in %",
        "6-16 m",
    ):
        assert expected in result.stdout
    row = next(line.split() for line in result.stdout.splitlines() if "um_road" in line)
    assert row[:3] == ["um_road", "100.00", "100.00"]
    assert "not predicted, so not scored: umm_road, uu_road\n" in result.stderr


def test_scores_of_generated_scenes_say_so_and_have_the_categories_of_the_files(roadfcn, tmp_path):
    scenes, out = tmp_path / "scenes", tmp_path / "scores.json"
    roadfcn("scenes", scenes, "--train", 3, "--test", 0, "--size", "94x311", "--workers", 1)
    truth = scenes / "training" / "gt_image_2"
    predictions = grey_copies(truth, tmp_path, "*_road_*.png")
    names = sorted(path.stem[: -len("_000000")] for path in predictions.iterdir())
    assert names == ["um_road", "umm_road", "uu_road"]
    result = roadfcn("kitti", "score", predictions, truth, "--birds-eye", "--json", out)
    scores = read(out)
    assert scores["origin"] == "generated scenes"
    for view in ("image", "birds_eye", "birds_eye_by_distance"):
        # As JSON the pool has one name whatever is scored; people read what it holds.
        assert list(scores["road"][view]) == ["urban_road", *names]
    assert "urban_road" not in result.stdout
    assert result.stdout.count("all pictures  ") == 3
    assert "the truth is of generated scenes: these are not the benchmark's scores\n" in (
        result.stderr
    )


def test_one_category_alone_has_its_own_name_and_the_pools(roadfcn, truth, tmp_path):
    predictions = grey_copies(truth, tmp_path, "uu_road_*.png")
    result = roadfcn("kitti", "score", predictions, truth, "--json", "-")
    scores = json.loads(result.stdout)
    assert "origin" not in scores
    assert list(scores["road"]["image"]) == ["urban_road", "uu_road"]
    assert scores["road"]["image"]["urban_road"] == scores["road"]["image"]["uu_road"]


def test_truth_without_a_road_pixel_gets_dashes_and_one_line_that_says_why(
    roadfcn, truth, tmp_path
):
    predictions = grey_copies(truth, tmp_path, "um_road_*.png")
    for path in truth.glob("um_road_*.png"):
        Image.new("RGB", (64, 32), (255, 0, 0)).save(path)
    lines = roadfcn("kitti", "score", predictions, truth).stdout.splitlines()
    assert ["um_road", *"-------"] in [line.split() for line in lines]
    assert lines.count("no road pixel in the truth: undefined (urban_road, um_road)") == 1


def test_without_birds_eye_no_calibration_is_needed(roadfcn, truth, tmp_path):
    shutil.rmtree(truth.parent / "calib")
    result = roadfcn("kitti", "score", grey_copies(truth, tmp_path), truth, "--json", "-")
    assert list(json.loads(result.stdout)["road"]) == ["image"]


def test_calibrations_are_found_from_inside_the_truths_folder(
    roadfcn, truth, tmp_path, monkeypatch
):
    predictions = grey_copies(truth, tmp_path)
    monkeypatch.chdir(truth)
    result = roadfcn("kitti", "score", predictions, ".", "--birds-eye", "--json", "-")
    assert "birds_eye" in json.loads(result.stdout)["road"]


def test_calibrations_may_lie_elsewhere(roadfcn, truth, tmp_path):
    (truth.parent / "calib").rename(tmp_path / "cameras")
    predictions = grey_copies(truth, tmp_path)
    words = ("kitti", "score", predictions, truth, "--birds-eye", "--json", "-")
    result = roadfcn(*words, "--calib", tmp_path / "cameras")
    assert "birds_eye" in json.loads(result.stdout)["road"]


def test_predictions_without_truth_are_counted(roadfcn, truth, tmp_path):
    predictions = grey_copies(truth, tmp_path)
    (truth / "uu_road_000001.png").unlink()
    result = roadfcn("kitti", "score", predictions, truth)
    assert "1 prediction without truth not scored, such as uu_road_000001.png\n" in result.stderr


def test_a_calibration_folder_without_birds_eye_is_refused(roadfcn, truth, tmp_path):
    with pytest.raises(ConfigError, match="--calib is given without --birds-eye"):
        roadfcn("kitti", "score", tmp_path, truth, "--calib", tmp_path)


def test_json_that_cannot_be_written_is_refused_before_scoring(roadfcn, truth, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="a part of its path is a file"):
        roadfcn("kitti", "score", "gone", truth, "--json", tmp_path / "file" / "scores.json")


def test_a_submission_of_a_part_is_written_if_asked_for(roadfcn, road_run, frames, tmp_path):
    shutil.copytree(frames / "training", frames / "testing")
    shutil.rmtree(frames / "testing" / "gt_image_2")
    out = tmp_path / "submission.zip"
    words = ("kitti", "submission", road_run, frames, "--out", out)
    with pytest.raises(DatasetError, match="lacks 284 of the 290 test frames: um_000002, "):
        roadfcn(*words)
    assert not out.exists()
    result = roadfcn(*words, "--allow-incomplete")
    assert result.stdout == (
        f"6 pictures, each read back: {out}\n"
        "these are not the benchmark's 290 frames: the benchmark's server will not take it\n"
    )
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == [
            f"{category}_road_00000{number}.png"
            for category in ("um", "umm", "uu")
            for number in (0, 1)
        ]


def test_a_shipped_model_can_be_submitted_by_its_name(roadfcn, frames, tmp_path):
    shutil.copytree(frames / "training", frames / "testing")
    words = ("kitti", "submission", "slim-road", frames, "--out", tmp_path / "s.zip")
    assert roadfcn(*words, "--allow-incomplete").stdout.startswith("6 pictures, each read back")


def test_a_submission_averages_over_views(roadfcn, frames, tmp_path):
    shutil.copytree(frames / "training", frames / "testing")
    words = ("kitti", "submission", "slim-road", frames, "--allow-incomplete")
    roadfcn(*words, "--out", tmp_path / "flip.zip", "--flip", "--scales", "1,1.5")
    views = Views(True, (1, 1.5))
    expected = tmp_path / "expected.zip"
    road = Predictor(open_backend("slim-road", precision="float32"), views=views)
    submit(expected, open_dataset(frames, "test"), road, allow_incomplete=True)
    assert (tmp_path / "flip.zip").read_bytes() == expected.read_bytes()
    with pytest.raises(ConfigError, match="scale"):
        roadfcn(*words, "--out", tmp_path / "no.zip", "--scales", "0")


def test_a_submission_is_called_zip_and_can_be_written(roadfcn, road_run, frames, tmp_path):
    with pytest.raises(ConfigError, match=r"submission.tar does not end in \.zip"):
        roadfcn("kitti", "submission", road_run, frames, "--out", tmp_path / "submission.tar")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="a part of its path is a file"):
        roadfcn("kitti", "submission", road_run, frames, "--out", tmp_path / "file" / "s.zip")


def test_a_lane_model_that_knows_no_lane_is_refused(command, road_run, frames, tmp_path):
    shutil.copytree(frames / "training", frames / "testing")
    words = ("kitti", "submission", road_run, frames, "--out", tmp_path / "s.zip")
    code, _, err = command(*words, "--lane-model", road_run)
    assert code == 2
    assert "label set 'road' cannot be translated to 'ego-lane': 'road' lacks lane" in err
    assert "do this: train one with data.target=lane, or leave the lane model out" in err
