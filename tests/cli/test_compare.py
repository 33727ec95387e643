import json
import re

import pytest

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
    assert "1000 draws of 3" in out


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
