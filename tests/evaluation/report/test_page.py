"""A whole report: sound, self-contained, and with the numbers that were saved."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from golden_frame import golden_frame, golden_truth
from roadfcn.errors import OutputError
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.evaluation.report.page import write_report
from roadfcn.evaluation.report.summary import summary
from roadfcn.label_sets import CAMVID_11, EGO_LANE
from roadfcn.prediction.network.predictor import Predictor

M, R, K = (255, 0, 255), (255, 0, 0), (0, 0, 0)


@pytest.fixture
def report(tmp_path, read_page):
    """Give a function that scores a data set and reads its report: (page, scores, path)."""

    def make(predictor, dataset):
        evaluation = evaluate(predictor, dataset, details=True)
        path = write_report(
            tmp_path / "report", evaluation, dataset, predictor, model=Path("runs/my-run")
        )
        return read_page(path), evaluation.to_scores(), path

    return make


@pytest.fixture
def golden(write_kitti):
    """Two published-size frames with a calibration, and one without road."""
    picture, truth = golden_frame()[0], golden_truth()
    bare = np.full((*picture.shape[:2], 3), R, np.uint8)
    frames = {
        "um_000000": (picture, truth),
        "umm_000000": (picture // 2, truth),
        "uu_000000": (np.zeros_like(picture), bare),
    }
    return write_kitti(frames, calibrated=["um_000000", "umm_000000"])


def leaves(scores, path=()):
    """Give (path, number) of every score in JSON."""
    for name, value in scores.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        elif isinstance(value, float):
            yield (*path, name), value


def test_every_score_that_was_saved_is_shown(report, red_road, golden):
    page, scores, _ = report(red_road, golden)
    shown = set(re.findall(r"\d+\.\d\d+", page.text))
    missing = []
    for path, value in leaves(scores):
        told = f"{value:.3f}" if path[-1] == "threshold" else f"{100 * value:.2f}"
        # By distance and in calibration only the main figure is shown.
        if "birds_eye_by_distance" in path and path[-1] != "MaxF":
            continue
        if path[-1] in ("maximum_error", "per_picture", "level"):
            continue
        if path[-1] == "overconfidence":
            told = told.removeprefix("-")
        if told not in shown:
            missing.append((path, told))
    assert missing == []
    assert len(list(leaves(scores))) > 80


def test_the_road_figure_says_which_labels_it_is_of(report, red_road, golden):
    page, scores, _ = report(red_road, golden)
    assert "at each pixel's likeliest class" in page.text
    told = str(summary(scores | {"road_threshold": 0.75}, "road"))
    assert "from a probability of 0.75 on" in told
    assert "likeliest" not in told


def test_intervals_are_shown_with_a_dash_for_a_class_that_few_pictures_show(
    report, red_classes, write_camvid
):
    ids = np.arange(144).reshape(12, 12) % 10  # without the last class
    frames = {f"drive{n}_0": ((ids + n % 2) % 10, ids) for n in range(7)}
    frames["drive0_0"] = (ids, np.arange(144).reshape(12, 12) % 11)
    page, scores, _ = report(red_classes, write_camvid(frames))
    ends = scores["details"]["intervals"]["per_class"]
    *most, last = CAMVID_11.classes
    assert ends[last] is None
    for low, high in (ends[name] for name in most):
        assert f"{100 * low:.1f} to {100 * high:.1f}" in page.text
    assert f"{last} {100 * scores['per_class'][last]['iou']:.2f} \u2013 " in page.text
    assert "A dash instead of an interval: fewer than 6 drives speak of that score." in page.text


def test_it_says_what_was_run_and_on_what(report, red_road, golden):
    page, _, _ = report(red_road, golden)
    for words in (
        *("my-run on kitti-road, all", "3 pictures", "runs/my-run", str(golden.root)),
        *(golden.split_hash[:16], "road (2)", "numpy " + np.__version__, "roadfcn 0"),
    ):
        assert words in page.text


def test_chosen_frames_are_shown_with_four_pictures_each(report, red_road, golden):
    page, scores, path = report(red_road, golden)
    pictures = page.all("img")
    assert len(pictures) == 2 * 4  # the third has no road, and so no IoU of road
    for picture in pictures:
        assert re.match(r"(picture|truth|prediction|mistakes) of u", picture["alt"])
        assert int(picture["width"]) * int(picture["height"]) <= 640 * 360
    assert "void: the truth is unknown" in page.text
    assert scores["details"]["void_pixels"] > 0
    assert path.stat().st_size < 1_000_000


def test_charts_about_road_are_there_with_their_descriptions(report, red_road, golden):
    page, _, _ = report(red_road, golden)
    for words in ("Precision and recall", "F over the threshold", "By distance", "Is it road?"):
        assert words in page.text
    drawings = [svg for svg in page.all("svg") if svg.get("role") == "img"]
    assert len(drawings) == 3 + 3 + 1


def test_tables_say_what_their_rows_and_columns_are(report, red_road, golden):
    page, _, _ = report(red_road, golden)
    for head in page.all("th"):
        assert head["scope"] in ("row", "col")
    # Whatever can be scrolled can be reached with the keyboard, and is named.
    for part in page.all("div"):
        if "wide" in part.get("class", "").split():
            assert part["tabindex"] == "0"
            assert part["aria-label"]


def test_eleven_classes_have_their_colours_and_a_confusion_matrix(
    report, red_classes, write_camvid
):
    ids = np.arange(144).reshape(12, 12) % 12
    frames = {f"drive{drive}_{n}": ((ids + n) % 11, ids) for drive in "abcdef" for n in range(2)}
    page, scores, _ = report(red_classes, write_camvid(frames))
    chips = [chip["style"] for chip in page.all("span") if chip.get("class") == "chip"]
    assert "background:#804080" in chips  # CamVid's road: 128, 64, 128
    assert len(page.all("td")) > 11 * 11
    assert "1000 draws of 6 drives" in page.text
    assert "all pictures" in page.text
    assert "urban_road" not in page.text
    assert scores["details"]["intervals"]["drawn"] == "drives"


def test_colours_of_the_classes_stand_beside_the_pictures_where_they_are_many(
    report, red_classes, red_road, write_camvid, write_kitti
):
    ids = np.arange(144).reshape(12, 12) % 11
    _, _, path = report(red_classes, write_camvid({"drive_1": (ids, ids)}))
    text = path.read_text(encoding="utf-8")
    legend = text[text.index('aria-label="Colours of the classes"') : text.index("<article")]
    assert re.findall(r"</span>(\w+)</li>", legend) == list(CAMVID_11.classes)
    assert "background:#804080" in legend
    _, _, path = report(red_road, write_kitti({"um_000000": ([[255, 0]], [[M, R]])}))
    assert "Colours of the classes" not in path.read_text(encoding="utf-8")


def test_of_a_single_drive_stretches_are_drawn_and_few_pictures_shown(
    report, red_classes, write_camvid
):
    ids = np.arange(144).reshape(12, 12) % 11
    frames = {f"drive_{n:03d}": ((ids + n % 3) % 11, ids) for n in range(60)}
    page, _, _ = report(red_classes, write_camvid(frames))
    assert "1000 draws of 6 stretches of a drive). All pictures are of one drive" in page.text
    assert len(page.all("img")) == 3 * 4  # of 60 frames, three stretches of 20


def test_too_few_pictures_have_no_intervals_and_it_is_said(report, red_road, write_kitti):
    page, _, _ = report(red_road, write_kitti({"um_000000": ([[255, 0]], [[M, R]])}))
    assert "No intervals: 1 picture is too few to say how far other pictures would" in page.text
    assert "draws of" not in page.text


def test_generated_scenes_are_called_so_and_not_by_kittis_names(report, red_road, golden):
    page, _, _ = report(red_road, golden)
    assert "if neighbouring frames are alike" in page.text
    assert "urban_road" in page.text
    page, _, _ = report(red_road, replace(golden, origin="generated scenes"))
    name = "generated scenes (KITTI Road's layout)"
    assert f"my-run on {name}, all" in page.text
    assert f"layout {name} split" in page.text
    assert "urban_road" not in page.text
    assert "neighbouring frames" not in page.text


def test_the_weights_hash_and_the_command_are_told(red_road, write_kitti, tmp_path, read_page):
    dataset = write_kitti({"um_000000": ([[255, 0]], [[M, R]])})
    evaluation = evaluate(red_road, dataset, details=True)
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.safetensors").write_bytes(b"abc")
    for model in (run, run / "model.safetensors"):
        path = write_report(
            *(tmp_path / "page", evaluation, dataset, red_road),
            model=model,
            command="roadfcn evaluate 'my run' data",
        )
        text = read_page(path).text
        # Of "abc": FIPS 180-2, appendix B.1.
        assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" in text
        assert "command roadfcn evaluate 'my run' data" in text
    path = write_report(*(tmp_path / "x", evaluation, dataset, red_road), model=Path("no/file"))
    assert "SHA-256" not in read_page(path).text
    assert "command" not in read_page(path).text


def test_an_own_lane_is_called_so(report, red_road, write_kitti):
    backend = red_road.backend
    backend.card = replace(backend.card, label_set=EGO_LANE)
    reds = np.tile(np.arange(8) * 30, (8, 1))
    truth = np.where(reds[..., None] > 100, M, R)
    dataset = write_kitti({"um_000000": (reds, truth)}, target="lane")
    page, scores, _ = report(Predictor(backend), dataset)
    assert list(scores["road"]["image"]) == ["um_lane"]
    for words in ("MaxF of lane", "IoU of lane", "lane that was missed", "um_lane"):
        assert words in page.text


def test_one_picture_without_any_truth_has_a_report_too(report, red_road, write_kitti):
    dataset = write_kitti({"um_000000": (np.zeros((6, 8)), np.zeros((6, 8, 3)))})
    page, scores, _ = report(red_road, dataset)
    assert scores["mean_iou"] is None
    assert "\u2013" in page.text
    assert not page.all("img")


def test_names_are_text_whatever_they_hold(report, red_road, write_kitti, tmp_path, read_page):
    dataset = write_kitti({"um_000000": ([[255, 0]], [[M, R]])})
    evaluation = evaluate(red_road, dataset, details=True)
    model = Path("<script>alert('&')</script>")
    path = write_report(tmp_path / "x", evaluation, dataset, red_road, model=model)
    assert "<script>alert('&')</script>" in read_page(path).text


def test_a_report_needs_the_further_counts(red_road, write_kitti, tmp_path):
    dataset = write_kitti({"um_000000": ([[255, 0]], [[M, R]])})
    evaluation = evaluate(red_road, dataset)
    with pytest.raises(ValueError, match="details=True"):
        write_report(tmp_path, evaluation, dataset, red_road, model=Path("m"))


def test_a_place_that_cannot_be_written_is_told(red_road, write_kitti, tmp_path):
    dataset = write_kitti({"um_000000": ([[255, 0]], [[M, R]])})
    evaluation = evaluate(red_road, dataset, details=True)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="a part of its path is a file"):
        write_report(tmp_path / "file", evaluation, dataset, red_road, model=Path("m"))
