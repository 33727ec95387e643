import hashlib
import html
import json
import re
import shlex

import numpy as np
import pytest

from roadfcn.errors import ConfigError, DatasetError, OutputError
from roadfcn.evaluation.evaluate import Evaluation
from roadfcn.weights.shipped_models import shipped_path


def test_scores_are_shown_as_tables(roadfcn, road_run, kitti):
    result = roadfcn("evaluate", road_run, kitti, "--split", "all")
    assert result.exit_code == 0
    for expected in (
        "kitti-road, split all, 3 pictures",
        "Classes, in %",
        "Road in the image, in %",
        "urban_road",
        "umm_road",
        "MaxF",
        "288",  # pixels of road: 3 frames of 6 rows of 16
    ):
        assert expected in result.stdout


def test_json_on_standard_output_is_nothing_but_json(roadfcn, road_run, kitti):
    result = roadfcn("evaluate", road_run, kitti, "--split", "all", "--json", "-")
    scores = json.loads(result.stdout)
    assert list(scores) == [
        "dataset",
        "split",
        "images",
        "pixel_accuracy",
        "mean_accuracy",
        "mean_iou",
        "frequency_weighted_iou",
        "per_class",
        "road",
        "images_without_calibration",
    ]
    assert list(scores["road"]["image"]["um_road"]) == [
        "MaxF",
        "AP",
        "PRE",
        "REC",
        "FPR",
        "FNR",
        "threshold",
    ]


def test_a_shipped_model_is_scored_by_its_name_and_its_page_says_which_file_it_was(
    roadfcn, kitti, tmp_path
):
    words = ("evaluate", "slim-road", kitti, "--split", "all", "--report", tmp_path)
    assert roadfcn(*words).exit_code == 0
    page = html.unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert str(shipped_path("slim-road")) in page
    assert hashlib.sha256(shipped_path("slim-road").read_bytes()).hexdigest() in page


def test_json_goes_to_a_file_over_an_older_one(roadfcn, road_run, kitti, tmp_path):
    file = tmp_path / "scores.json"
    file.write_text("old")
    result = roadfcn("evaluate", road_run, kitti, "--split", "all", "--json", file)
    assert json.loads(file.read_text(encoding="utf-8"))["images"] == 3
    assert f"as JSON: {file}\n" in result.stderr
    assert "urban_road" in result.stdout


def test_counts_of_each_picture_go_to_a_folder(roadfcn, camvid_run, kitti, tmp_path):
    out = tmp_path / "evaluation"
    result = roadfcn("evaluate", camvid_run, kitti, "--split", "all", "--out", out)
    assert f"scores and counts of each picture: {out}\n" in result.stderr
    scores = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    with np.load(out / "per_image.npz", allow_pickle=False) as rows:
        assert rows["confusion"].shape == (3, 2, 2)
        total = rows["confusion"].sum(axis=0)
    assert scores["per_class"]["road"]["pixels"] == total[1].sum()


@pytest.mark.parametrize("option", ["--json", "--out", "--report"])
def test_a_place_that_cannot_be_written_is_refused_before_scoring(
    roadfcn, road_run, kitti, tmp_path, monkeypatch, option
):
    def score(*_):
        pytest.fail("pictures were scored for nothing")

    monkeypatch.setattr("roadfcn.evaluation.evaluate.evaluate", score)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="a part of its path is a file"):
        roadfcn("evaluate", road_run, kitti, option, tmp_path / "file" / "below")


def test_scores_are_shown_even_if_they_cannot_be_saved(
    command, road_run, kitti, tmp_path, monkeypatch
):
    def fail(_, folder):
        raise OutputError("the disk is full", allowed="space", do="make some")

    monkeypatch.setattr(Evaluation, "save", fail)
    words = ("evaluate", road_run, kitti, "--split", "all", "--out", tmp_path / "out")
    code, out, err = command(*words)
    assert code == 2
    assert "urban_road" in out
    assert "the disk is full" in err


def test_missing_data_is_refused(roadfcn, road_run, tmp_path):
    with pytest.raises(DatasetError, match="there is no folder"):
        roadfcn("evaluate", road_run, tmp_path / "no")


def test_an_unknown_device_is_refused(roadfcn, road_run, kitti):
    with pytest.raises(ConfigError, match="no device 'toaster'"):
        roadfcn("evaluate", road_run, kitti, "--split", "all", "--device", "toaster")


def test_details_are_scored_if_asked_for(roadfcn, road_run, kitti):
    words = ("evaluate", road_run, kitti, "--split", "all", "--json", "-")
    plain = json.loads(roadfcn(*words).stdout)
    scores = json.loads(roadfcn(*words, "--details").stdout)
    assert list(scores.pop("details")) == [
        "void_pixels",
        "boundary_iou",
        "boundary_f1",
        "trimap",
        "calibration",
        "intervals",
    ]
    assert scores == plain


def test_details_are_shown_as_tables(command, road_run, kitti):
    out = command("evaluate", road_run, kitti, "--split", "all", "--details").out
    for words in ("boundary IoU", "boundary F1", "Expected calibration error", "that takes 6."):
        assert words in out
    assert "boundary IoU" not in command("evaluate", road_run, kitti, "--split", "all").out


def test_the_report_tells_its_command(command, road_run, kitti, tmp_path):
    words = ("evaluate", road_run, kitti, "--split", "all", "--report", tmp_path / "a report")
    command(*words)
    text = (tmp_path / "a report" / "report.html").read_text(encoding="utf-8")
    told = html.unescape(re.search("<dt>command</dt><dd>(.*?)</dd>", text)[1])
    assert shlex.split(told) == ["roadfcn", *map(str, words)]


def test_a_report_is_written_and_told(roadfcn, road_run, kitti, tmp_path):
    words = ("evaluate", road_run, kitti, "--split", "all")
    result = roadfcn(*words, "--report", tmp_path / "report", "--json", tmp_path / "scores.json")
    page = tmp_path / "report" / "report.html"
    assert result.stderr.endswith(f"report: {page}\n")
    scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    text = page.read_text(encoding="utf-8")
    assert f"<b>{100 * scores['mean_iou']:.2f} <small>%</small></b>" in text
    assert "<dt>precision</dt><dd>float32</dd>" in text
    assert "<dt>device</dt><dd>c" in text  # cpu or cuda
    weights = (road_run / "model.safetensors").read_bytes()
    assert f"<dt>SHA-256</dt><dd>{hashlib.sha256(weights).hexdigest()}</dd>" in text
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["report.html"]


def test_test_time_augmentation_is_told_wherever_its_scores_are(roadfcn, road_run, kitti, tmp_path):
    words = ("evaluate", road_run, kitti, "--split", "all", "--flip", "--scales", "0.5,1")
    shown = roadfcn(*words, "--out", tmp_path / "out", "--report", tmp_path / "page").stdout
    assert "3 pictures, test-time augmentation (flip, scales 0.5, 1)" in " ".join(shown.split())
    scores = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert scores["test_time_augmentation"] == {"flip": True, "scales": [0.5, 1.0]}
    page = html.unescape((tmp_path / "page" / "report.html").read_text(encoding="utf-8"))
    assert "flip, scales 0.5, 1" in re.sub(r"<[^>]*>|\s+", " ", page)


def test_a_threshold_is_told_wherever_its_scores_are(roadfcn, road_run, kitti, tmp_path):
    words = ("evaluate", road_run, kitti, "--split", "all", "--threshold", "0")
    shown = roadfcn(*words, "--out", tmp_path / "out", "--report", tmp_path / "page").stdout
    assert "3 pictures, road from a probability of 0 on" in " ".join(shown.split())
    scores = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert scores["road_threshold"] == 0
    assert scores["per_class"]["road"]["accuracy"] == 1  # all of them are called road
    page = html.unescape((tmp_path / "page" / "report.html").read_text(encoding="utf-8"))
    assert "<dt>labelled road</dt><dd>from a probability of 0 on</dd>" in page


def test_an_impossible_threshold_is_refused_before_the_model_is_looked_for(command, tmp_path):
    code, _, err = command("evaluate", tmp_path / "gone", tmp_path, "--threshold", "1.5")
    assert code == 2
    assert "the threshold on the probability of road is 1.5" in err
