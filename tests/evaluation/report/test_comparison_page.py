import re
from dataclasses import replace

import numpy as np
import pytest

from roadfcn.evaluation.comparison import compare
from roadfcn.evaluation.report.comparison_page import write_comparison
from roadfcn.evaluation.saved_evaluations import SavedEvaluation


@pytest.fixture
def runs(make_rows, tmp_path):
    """Three runs on 12 pictures of 100 pixels, half of them road, of which some is missed."""
    missed = {
        "first <1>": np.full(12, 10),
        "better": np.arange(12) % 2 + 4,
        "unclear": np.array([10] * 10 + [0, 12]),
    }
    runs = []
    for name, pixels in missed.items():
        road = np.zeros((12, 2, 256), np.int64)
        road[:, 0, 0], road[:, 0, 255], road[:, 1, 0] = pixels, 50 - pixels, 50
        rows = make_rows([[[50, 0], [n, 50 - n]] for n in pixels], road=road)
        runs.append(SavedEvaluation(name, tmp_path / name, "kitti-road", "val", "road", rows))
    return runs


@pytest.fixture
def page(runs, tmp_path, read_page):
    path = write_comparison(tmp_path / "report", compare(runs), runs)
    assert path.stat().st_size < 200_000
    return read_page(path)


def test_every_value_of_the_comparison_is_shown(page, runs):
    numbers = set(re.findall(r"[+\u2212]?\d+\.\d+", page.text))
    for entry in compare(runs)["scores"]:
        for run in entry["runs"]:
            assert f"{100 * run['value']:.2f}" in numbers
        for found in entry["differences"]:
            value = f"{100 * found['value']:+.2f}".replace("-", "\u2212")
            assert (value if float(f"{100 * found['value']:.2f}") else "0.00") in numbers
            assert f"{found['p_value']:.3f}" in numbers


def test_what_is_certain_is_called_better_and_the_rest_unclear(page):
    better, unclear = page.text.split("unclear against the first")
    assert "IoU of road +11.00" in better  # 540 missed of 600 less: 546 / 600 - 480 / 600
    assert re.search(r"IoU of road \+11\.00 better 0\.002 ", better)
    assert re.search(r"IoU of road \+1\.33 unclear ", unclear)


def test_pictures_are_compared_one_by_one(page):
    assert "better is better on 12 pictures (above the diagonal), worse on 0, equal on 0." in (
        page.text
    )
    assert "unclear is better on 1 picture (above the diagonal), worse on 1, equal on 10." in (
        page.text
    )


def test_it_says_what_was_compared_and_how(page, runs):
    assert page.text.count("first <1>") >= 3
    for words in ("3 models on kitti-road val", "12 pictures", "1000 draws of 12 pictures"):
        assert words in page.text
    for run in runs:
        assert str(run.folder) in page.text


@pytest.fixture
def with_details(runs, make_details):
    """The first two runs, all but certain of 100 pixels, of which the first has 20 wrong."""
    right = (80, 100)
    return [
        replace(run, details=make_details(run.rows, reliability=(100, 100, count)))
        for run, count in zip(runs[:2], right, strict=True)
    ]


def test_less_calibration_error_lies_on_the_side_of_what_is_better(
    with_details, tmp_path, read_page
):
    path = write_comparison(tmp_path, compare(with_details), with_details)
    page = read_page(path)
    # All pictures are alike: every draw gives -20 points, better than chance, less is better.
    assert re.search(r"calibration error \u221220\.00 better 0\.002 .{0,40}20\.00 0\.00", page.text)
    assert "Of calibration errors lower is better" in page.text
    text = path.read_text(encoding="utf-8")
    row = text[text.index(">calibration error<") :].partition("</tr>")[0]
    # 20 points of a track that reaches 20 to either side
    assert [float(x) for x in re.findall(r"left:([\d.]+)%", row)] == [100, 100]


def test_a_page_says_which_run_lacks_outlines_and_confidence(
    runs, with_details, tmp_path, read_page
):
    some = [*with_details, runs[2]]
    page = read_page(write_comparison(tmp_path, compare(some), some))
    assert "were scored in first <1>, better, not in unclear" in page.text
    better, unclear = page.text.split("unclear against the first")
    assert "boundary IoU of road" in better
    assert "boundary IoU of road" not in unclear.partition("Side by side")[0]


def test_a_page_of_runs_without_them_says_nothing_of_them(page):
    for words in ("boundary", "Boundary", "lower is better"):
        assert words not in page.text


def test_of_few_pictures_there_is_no_verdict_and_it_is_said_why(make_rows, tmp_path, read_page):
    runs = []
    for name, missed in (("a", 10), ("b", 5)):
        road = np.zeros((2, 2, 256), np.int64)
        road[:, 0, 0], road[:, 0, 255], road[:, 1, 0] = missed, 50 - missed, 50
        rows = make_rows([[[50, 0], [missed, 50 - missed]]] * 2, road=road)
        runs.append(SavedEvaluation(name, tmp_path / name, "kitti-road", "val", "road", rows))
    page = read_page(write_comparison(tmp_path, compare(runs), runs))
    assert "No intervals, no p and no verdicts: 2 pictures are too few to say" in page.text
    assert re.search(r"IoU of road \+10\.00 \u2013 \u2013 ", page.text)
    for words in ("0.002", "unclear", "by chance", "p speaks"):
        assert words not in page.text


def test_what_matters_stands_first_and_captions_outside_the_box_that_scrolls(page, runs, tmp_path):
    assert "score difference verdict p worse | better interval first this" in page.text
    text = write_comparison(tmp_path, compare(runs), runs).read_text(encoding="utf-8")
    assert "<caption" not in text
    before, box, _ = text.partition('aria-label="better against the first"')
    assert box
    assert "the track reaches" in before
