import io
import json
import re

import pytest
from rich.console import Console

from roadfcn.cli.scoring.compare_tables import show_comparison
from roadfcn.errors import DatasetError, OutputError


@pytest.fixture
def scored(roadfcn, road_run, camvid_run, kitti, tmp_path):
    """Give the folders of two models' scores on the same three pictures."""
    folders = []
    for name, run in (("first", road_run), ("second", camvid_run)):
        folders.append(tmp_path / name)
        roadfcn("evaluate", run, kitti, "--split", "all", "--out", folders[-1])
    return folders


def test_runs_are_shown_side_by_side(command, scored):
    code, out, _ = command("compare", *scored)
    assert code == 0
    for words in ("3 pictures of kitti-road all; first: first", "second against it, in %"):
        assert words in out
    values = []
    for folder in scored:
        scores = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        values.append(100 * scores["per_class"]["road"]["iou"])
    row = re.search(r"IoU of road +([\d.]+) +([\d.]+) +([+-]?[\d.]+)", out)
    assert [float(number) for number in row.groups()] == [
        pytest.approx(value, abs=0.006) for value in (*values, values[1] - values[0])
    ]
    assert "MaxF, uu_road" in out
    assert "No intervals and no p: 3 pictures are too few to say" in out
    assert "by chance" not in out


def comparison_of(found, drawn="stretches of a drive", of=10, **head):
    run = {"value": 0.5, "low": None, "high": None}
    scores = [
        {"score": "iou", "of": name, "runs": [run, run], "differences": [difference], **head}
        for name, difference in found.items()
    ]
    return {
        **{
            "dataset": "camvid",
            "origin": "",
            "split": "val",
            "images": 101,
            "draws": 1000,
            "drawn": drawn,
        },
        **{"of": of, "single_drive": drawn != "pictures", "scores": scores},
        "runs": [{"name": name, "folder": name, "details": False} for name in "ab"],
    }


def shown(comparison):
    text = io.StringIO()
    show_comparison(comparison, Console(file=text, width=120, force_terminal=True, highlight=False))
    return text.getvalue()


def test_only_what_is_called_better_or_worse_is_bold():
    found = {
        "sure": {"value": -0.02, "low": -0.03, "high": -0.01, "p_value": 0.0},
        "rounded": {"value": 0.00001, "low": 0.00001, "high": 0.00002, "p_value": 0.002},
        "chance": {"value": 0.02, "low": -0.01, "high": 0.03, "p_value": 0.2},
        "unknown": {"value": None, "low": None, "high": None, "p_value": None},
    }
    lines = shown(comparison_of(found)).splitlines()
    bold = [name for name in found for line in lines if name in line and "\x1b[1m" in line]
    assert bold == ["sure"]
    assert "-2.00" in next(line for line in lines if "sure" in line)


def test_runs_that_are_the_same_to_the_last_digit_have_no_table():
    same = {"value": 0.0, "low": 0.0, "high": 0.0, "p_value": 1.0}
    text = shown(comparison_of({"one": same, "two": same}))
    assert "all 2 scores are the same" in text
    assert "against it" not in text
    assert "against it" in shown(comparison_of({"one": same, "two": same | {"value": 1e-9}}))
    assert "against it" in shown(comparison_of({"one": same, "two": same | {"value": None}}))


def test_on_a_narrow_terminal_names_are_broken_and_numbers_are_not():
    wide = {"value": -0.1234, "low": -0.1357, "high": -0.1111, "p_value": 0.0}
    text = io.StringIO()
    comparison = comparison_of({"a class of its own that has a very long name": wide})
    show_comparison(comparison, Console(file=text, width=80, highlight=False))
    assert max(map(len, text.getvalue().splitlines()[:9])) <= 80
    numbers = ("50.00", "50.00", "-12.34", "-13.57 to -11.11", "0.000")
    assert re.search(" +".join(numbers), text.getvalue())
    assert "very long" in text.getvalue()


def test_of_a_single_drive_it_is_said_what_is_drawn():
    text = shown(comparison_of({}))
    assert "other stretches of a drive would change a difference (1000 draws of 10)" in text
    assert "All pictures are of one drive: of other drives they say nothing." in text
    nothing = shown(comparison_of({}, of=1))
    assert "No intervals and no p: 1 stretch of a drive is too few to say" in nothing
    assert "one drive" not in shown(comparison_of({}, drawn="pictures"))


def test_of_errors_it_is_said_that_lower_is_better():
    less = {"less": {"value": -0.02, "low": -0.03, "high": -0.01, "p_value": 0.002}}
    assert "Of calibration errors lower is better." in shown(
        comparison_of(less, lower_is_better=True)
    )
    assert "lower is better" not in shown(comparison_of(less))


def test_outlines_and_confidence_are_compared_where_both_sides_have_them(
    command, roadfcn, road_run, camvid_run, kitti, tmp_path
):
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    for folder, run, more in (
        (first, road_run, ["--details"]),
        (second, road_run, []),
        (third, camvid_run, ["--details"]),
    ):
        roadfcn("evaluate", run, kitti, "--split", "all", "--out", folder, *more)
    _, out, _ = command("compare", first, second)
    assert "second: all 14 scores are the same" in out
    assert "were scored in first, not in second: they are not compared" in out
    _, out, _ = command("compare", first, third)
    for name in ("boundary IoU of road", "BF score by picture", "calibration error of road"):
        assert re.search(rf"{name} .* [+-]?\d+\.\d\d +- +-", out), name
    assert re.search(r"mean IoU within 20 px +[\d.]+ +[\d.]+ +[+-]?\d+\.\d\d", out)
    assert "Of calibration errors lower is better" in out
    assert "not compared" not in out


def test_a_run_is_not_compared_with_itself(roadfcn, scored):
    with pytest.raises(DatasetError, match="first is to be compared with itself"):
        roadfcn("compare", scored[0], scored[0])


def test_json_on_standard_output_is_nothing_but_json(roadfcn, scored):
    comparison = json.loads(roadfcn("compare", *scored, "--json", "-").stdout)
    assert [run["name"] for run in comparison["runs"]] == ["first", "second"]
    assert comparison["scores"][0]["score"] == "pixel_accuracy"


def test_a_page_is_written_and_told(roadfcn, scored, tmp_path):
    result = roadfcn("compare", *scored, "--report", tmp_path / "page")
    page = tmp_path / "page" / "comparison.html"
    assert f"report: {page}\n" in result.stderr
    assert "second against the first" in page.read_text(encoding="utf-8")


def test_a_single_run_and_a_folder_without_scores_are_refused(roadfcn, scored, tmp_path):
    with pytest.raises(DatasetError, match="1 evaluation to compare"):
        roadfcn("compare", scored[0])
    with pytest.raises(DatasetError, match=r"holds no per_image\.npz"):
        roadfcn("compare", scored[0], tmp_path)


@pytest.mark.parametrize("option", ["--json", "--report"])
def test_a_place_that_cannot_be_written_is_refused_first(roadfcn, tmp_path, option):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="a part of its path is a file"):
        roadfcn("compare", tmp_path, tmp_path, option, tmp_path / "file" / "below")
