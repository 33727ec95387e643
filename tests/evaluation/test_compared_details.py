"""Outlines and confidence of two models, against differences worked out by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from roadfcn.evaluation.comparison import compare
from roadfcn.evaluation.comparison_words import verdict
from roadfcn.evaluation.details import Details
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.evaluation.saved_evaluations import open_evaluation

M, R = (255, 0, 255), (255, 0, 0)  # road, not road
SIZE, PICTURES = 12, 12
DETAILS = {"boundary_iou", "boundary_f1", "bf_score", "calibration_error"}


@pytest.fixture
def save(red_road, write_kitti, tmp_path):
    """Give a function that scores a model, saves its scores and opens them.

    It sees a road of 4 x 4 in pictures of 12 x 12 so many columns too far right.
    """

    def scored(name, shift, *, details=True):
        truth = np.full((SIZE, SIZE, 3), R, np.uint8)
        truth[4:8, 4:8] = M
        red = np.zeros((SIZE, SIZE), np.uint8)
        red[4:8, 4 + shift : 8 + shift] = 255
        dataset = write_kitti({f"um_{n:06d}": (red, truth) for n in range(PICTURES)})
        evaluate(red_road, dataset, details=details).save(tmp_path / name)
        return open_evaluation(tmp_path / name)

    return scored


def entry(comparison, **wanted):
    (found,) = [e for e in comparison["scores"] if wanted.items() <= e.items()]
    return found


def values(found):
    return [run["value"] for run in found["runs"]]


def test_differences_of_outlines_are_those_worked_out_by_hand(save):
    comparison = compare([save("shifted", 1), save("right", 0)])
    # Of a 4 x 4 square's rim, 12 pixels, 6 coincide with those of its neighbour by one column.
    iou = entry(comparison, score="boundary_iou", of="road")
    assert values(iou) == [6 / 18, 1]
    f1 = entry(comparison, score="boundary_f1", of="road")
    assert values(f1) == [6 / 12, 1]
    for found in (iou, f1):
        (change,) = found["differences"]
        # All pictures are alike, so every draw says the same.
        assert change["low"] == pytest.approx(change["value"])
        assert change["high"] == pytest.approx(change["value"])
        assert change["p_value"] == pytest.approx(2 / 1001)
        assert verdict(found) == "better"
    # 12 pixels inside the square and 16 outside lie along its outline; 4 + 4 are wrong.
    near = entry(comparison, score="trimap_pixel_accuracy", within_px=1)
    assert values(near) == [1 - 8 / 28, 1]


def test_less_calibration_error_is_better(save):
    comparison = compare([save("shifted", 1), save("right", 0)])
    for of in ("all classes", "road"):
        found = entry(comparison, score="calibration_error", of=of)
        # All but certain everywhere, and wrong at 8 of 144 pixels. Of road, as many are taken for
        # it as are not.
        assert found["runs"][0]["value"] == pytest.approx(8 / 144, abs=1e-4)
        assert found["runs"][1]["value"] == pytest.approx(0, abs=1e-4)
        assert found["lower_is_better"]
        assert verdict(found) == "better"


def test_values_are_those_that_the_evaluation_saved(save, tmp_path):
    comparison = compare([save("far", 3), save("near", 1)])
    for index, name in enumerate(("far", "near")):
        text = (tmp_path / name / "metrics.json").read_text(encoding="utf-8")
        details = json.loads(text)["details"]
        expected = {
            **{("trimap_mean_iou", "all classes", r): None for r in (1, 2, 5, 10, 20)},
            **{
                (score, of, None): value
                for score in ("boundary_iou", "boundary_f1")
                for of, value in (
                    ("all classes", details[score]["mean"]),
                    *details[score]["per_class"].items(),
                )
            },
            ("bf_score", "all classes", None): details["boundary_f1"]["per_picture"],
            ("calibration_error", "all classes", None): details["calibration"]["likeliest_class"][
                "expected_error"
            ],
            ("calibration_error", "road", None): details["calibration"]["road"]["expected_error"],
        }
        for radius in (1, 2, 5, 10, 20):
            for score in ("pixel_accuracy", "mean_iou"):
                key = (f"trimap_{score}", "all classes", radius)
                expected[key] = details["trimap"][f"{radius} px"][score]
        found = {
            (e["score"], e["of"], e.get("within_px")): e["runs"][index]["value"]
            for e in comparison["scores"]
            if e["score"] in DETAILS or "within_px" in e
        }
        assert found == pytest.approx(expected)
    assert json.loads(json.dumps(comparison, allow_nan=False)) == comparison


def test_pictures_in_another_order_are_brought_into_the_same(save):
    first, same, other = (save(name, 1) for name in ("first", "same", "other"))
    boundary = first.details.boundary.copy()
    boundary[0, :, 0] = 0  # one picture is harder, so it matters which is which
    first, same = (
        replace(run, details=replace(run.details, boundary=boundary)) for run in (first, same)
    )
    order = [2, 0, 3, 1, *range(4, PICTURES)]
    mixed = replace(
        same,
        rows=replace(same.rows, names=tuple(same.rows.names[n] for n in order)),
        details=Details(**{name: rows[order] for name, rows in same.details.arrays().items()}),
    )
    (change,) = entry(compare([first, mixed]), score="boundary_iou", of="road")["differences"]
    assert (change["value"], change["low"], change["high"], change["p_value"]) == (0, 0, 0, 1)
    (change,) = entry(compare([first, other]), score="boundary_iou", of="road")["differences"]
    assert change["low"] < change["value"] < change["high"]


@pytest.mark.parametrize("which", [(True, False), (False, True), (False, False)])
def test_where_one_side_has_no_counts_of_outlines_nothing_of_them_is_compared(save, which):
    runs = [save(f"run{n}", n, details=has) for n, has in enumerate(which)]
    comparison = compare(runs)
    assert tuple(run["details"] for run in comparison["runs"]) == which
    names = {e["score"] for e in comparison["scores"]}
    assert names == {
        *("pixel_accuracy", "mean_accuracy", "mean_iou", "frequency_weighted_iou"),
        *("iou", "MaxF", "AP"),
    }


def test_of_three_runs_those_two_are_compared_that_have_them(save):
    runs = [save("first", 1), save("bare", 0, details=False), save("third", 0)]
    found = entry(compare(runs), score="boundary_iou", of="road")
    assert values(found) == [6 / 18, None, 1]
    bare, third = found["differences"]
    assert bare == dict.fromkeys(("value", "low", "high", "p_value"))
    assert third["value"] == pytest.approx(12 / 18)
    assert verdict(found, 0) == ""
    assert verdict(found, 1) == "better"
