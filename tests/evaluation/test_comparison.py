"""Runs side by side, against differences worked out by hand; what cannot be compared."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from roadfcn.errors import DatasetError
from roadfcn.evaluation.comparison import compare
from roadfcn.evaluation.comparison_words import count_differences, has_dashes, verdict
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.saved_evaluations import SavedEvaluation
from roadfcn.label_sets import EGO_LANE, ROAD

PICTURES = 12


def saved(name, missed, *, order=None, label_set=ROAD, names=None, split="val", calibrated=()):
    """Make an evaluation: of 50 road pixels, so many are missed in each picture; 50 are not road.

    The road that is found has probability 1, all else 0.
    """
    missed = np.asarray(missed)
    count = len(missed)
    confusion = np.zeros((count, 2, 2), np.int64)
    confusion[:, 0, 0], confusion[:, 1, 0], confusion[:, 1, 1] = 50, missed, 50 - missed
    road = np.zeros((count, 2, 256), np.int64)
    road[:, 0, 0], road[:, 0, 255], road[:, 1, 0] = missed, 50 - missed, 50
    above = np.zeros((count, 4, 2, 256), np.int64)
    above[:, 0] = road
    names = names or [f"um_{n:06d}" for n in range(count)]
    order = np.arange(count) if order is None else np.asarray(order)
    rows = PerImageCounts(
        tuple(names[i] for i in order),
        ("um",) * count,
        label_set,
        confusion[order],
        road[order],
        np.isin(order, calibrated),
        above[order],
    )
    return SavedEvaluation(name, Path("runs") / name, "kitti-road", split, "road", rows)


def entry(comparison, **wanted):
    (found,) = [e for e in comparison["scores"] if wanted.items() <= e.items()]
    return found


def test_differences_are_those_worked_out_by_hand():
    comparison = compare([saved("a", [10] * PICTURES), saved("b", [5] * PICTURES)])
    road = entry(comparison, score="iou", of="road")
    assert [run["value"] for run in road["runs"]] == [0.8, 0.9]
    (found,) = road["differences"]
    assert found["value"] == pytest.approx(0.1)
    # All pictures are alike, so every draw says the same, and none that the first is ahead.
    assert (found["low"], found["high"]) == pytest.approx((0.1, 0.1))
    assert found["p_value"] == pytest.approx(2 / 1001)
    accuracy = entry(comparison, score="pixel_accuracy")
    assert accuracy["differences"][0]["value"] == pytest.approx(0.95 - 0.9)
    max_f = entry(comparison, score="MaxF", of="um_road", view="image")
    assert [run["value"] for run in max_f["runs"]] == pytest.approx([1.6 / 1.8, 1.8 / 1.9])
    assert comparison["runs"] == [
        {"name": "a", "folder": str(Path("runs/a")), "details": False},
        {"name": "b", "folder": str(Path("runs/b")), "details": False},
    ]
    assert json.loads(json.dumps(comparison, allow_nan=False)) == comparison


def test_what_makes_pictures_hard_for_both_cancels_out():
    hard = np.where(np.arange(PICTURES) % 2, 40, 5)
    comparison = compare([saved("a", hard), saved("b", hard - 2)])
    road = entry(comparison, score="iou", of="road")
    first, second = road["runs"]
    assert first["high"] > second["low"]  # the intervals overlap widely
    (found,) = road["differences"]
    assert found["value"] == pytest.approx(2 / 50)
    assert (found["low"], found["high"]) == pytest.approx((0.04, 0.04))
    assert found["p_value"] < 0.01


def test_a_difference_of_a_few_pictures_is_told_as_chance():
    one_better = [10] * (PICTURES - 2) + [0, 12]
    comparison = compare([saved("a", [10] * PICTURES), saved("b", one_better)])
    (found,) = entry(comparison, score="iou", of="road")["differences"]
    assert found["value"] == pytest.approx(8 / (50 * PICTURES))
    assert found["low"] < 0 < found["high"]
    assert found["p_value"] > 0.3


def test_every_further_run_is_compared_with_the_first():
    runs = [saved(name, [missed] * 4) for name, missed in (("a", 10), ("b", 5), ("c", 20))]
    found = entry(compare(runs), score="iou", of="road")["differences"]
    assert [d["value"] for d in found] == pytest.approx([0.1, -0.2])


def test_pictures_in_another_order_are_brought_into_the_same():
    missed = [0, 10, 20, 30, 5, 15]
    comparison = compare([saved("a", missed), saved("b", missed, order=[2, 0, 5, 3, 1, 4])])
    (found,) = entry(comparison, score="iou", of="road")["differences"]
    assert (found["value"], found["low"], found["high"], found["p_value"]) == (0, 0, 0, 1)


def test_from_above_only_frames_with_a_calibration_are_compared():
    missed = [10, 10, 20, 20]
    runs = [saved("a", missed, calibrated=[0, 1]), saved("b", [5] * 4, calibrated=[0, 1, 2])]
    found = entry(compare(runs), score="MaxF", of="um_road", view="birds_eye")
    assert found["runs"][0]["value"] == pytest.approx(1.6 / 1.8)
    bare = compare([saved("a", missed), saved("b", missed)])
    assert {e.get("view") for e in bare["scores"]} == {None, "image"}


def test_runs_of_one_name_are_called_by_their_folders():
    other = replace(saved("a", [1, 2]), folder=Path("others/a"))
    comparison = compare([saved("a", [1, 2]), other, saved("b", [1, 2])])
    folders = [str(Path("runs/a")), str(Path("others/a"))]
    assert [run["name"] for run in comparison["runs"]] == [*folders, "b"]


def test_a_run_is_not_compared_with_itself_however_its_path_is_written():
    again = replace(saved("a", [1, 2]), folder=Path("runs/b/../a"))
    with pytest.raises(DatasetError, match=r"b/\.\./a is to be compared with itself") as caught:
        compare([saved("a", [1, 2]), saved("b", [1, 2]), again])
    assert "another run" in caught.value.do


def test_of_a_single_drive_stretches_are_drawn_and_intervals_are_wider_than_of_frames():
    missed = np.repeat([5, 25, 5, 25, 5, 25], 10)  # ten frames that follow each other are alike
    names = [f"drive_{n:03d}" for n in range(60)]
    runs = [saved(name, missed + more, names=names) for name, more in (("a", 0), ("b", missed))]
    of_drive = compare([replace(run, dataset="camvid") for run in runs])
    assert (of_drive["drawn"], of_drive["of"]) == ("stretches of a drive", 6)
    assert of_drive["single_drive"]
    of_frames = compare(runs)
    wide, narrow = (
        entry(found, score="iou", of="road")["differences"][0] for found in (of_drive, of_frames)
    )
    # Six stretches against sixty frames: the mean of a tenth as many varies sqrt(10) as much.
    ratio = (wide["high"] - wide["low"]) / (narrow["high"] - narrow["low"])
    assert 2.6 < ratio < 3.7
    assert wide["value"] == narrow["value"]


def test_all_differences_are_counted_as_tests():
    comparison = compare([saved(name, [1, 2] * 3) for name in "abc"])
    # 4 scores of all classes, IoU of 2 classes, MaxF and AP of 2 pools; 2 runs against the first.
    assert count_differences(comparison) == (4 + 2 + 4) * 2


def test_of_two_pictures_that_agree_nothing_is_called_certain():
    comparison = compare([saved("a", [10, 10]), saved("b", [5, 5])])
    for scored in comparison["scores"]:
        (found,) = scored["differences"]
        assert (found["low"], found["high"], found["p_value"]) == (None, None, None)
        assert verdict(scored) == ""
    assert entry(comparison, score="iou", of="road")["differences"][0]["value"] > 0.09
    assert count_differences(comparison) == 0
    assert has_dashes(comparison)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([], "1 evaluation to compare"),
        (
            [saved("b", [0, 1, 2])],
            r"runs/b was scored on other pictures \(val\) than runs/a \(val\): 1 of its 3 "
            "pictures are not in runs/a: um_000002",
        ),
        (
            [saved("b", [0, 1], names=["um_000000", "x"], split="test")],
            "1 of its 2 pictures are not in runs/b: um_000001; 1 of its 2 pictures are not in "
            "runs/a: x",
        ),
        (
            [saved("b", [0, 1], label_set=EGO_LANE)],
            "scored in the classes background, road, and runs/b in background, lane",
        ),
    ],
)
def test_what_cannot_be_compared_is_told_with_what_differs(others, words):
    with pytest.raises(DatasetError, match=words) as caught:
        compare([saved("a", [0, 1]), *others])
    assert caught.value.do


def test_other_truth_under_the_same_names_is_told():
    other = saved("b", [0, 1, 2])
    other.rows.confusion[1, 0, 0] += 7
    with pytest.raises(
        DatasetError, match="different truth: of 1 of 3 pictures, such as um_000001"
    ):
        compare([saved("a", [0, 1, 2]), other])
