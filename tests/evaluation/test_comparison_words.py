"""What a comparison says in words."""

import pytest

from roadfcn.evaluation.comparison_words import (
    count_differences,
    has_dashes,
    not_compared,
    score_name,
    shown_scores,
    verdict,
)


@pytest.mark.parametrize(
    ("value", "p_value", "called"),
    [
        (0.01, 0.049, "better"),
        (-0.01, 0.002, "worse"),
        (0.01, 0.05, ""),
        (0.00004, 0.002, ""),  # 0.00 points
        (0.00006, 0.002, "better"),
        (-0.02, 0.0, "worse"),
        (0.02, None, ""),
        (None, None, ""),
    ],
)
def test_what_is_beyond_chance_and_more_than_nothing_is_called_better_or_worse(
    value, p_value, called
):
    entry = {"differences": [{"value": 1.0, "p_value": 0.9}, {"value": value, "p_value": p_value}]}
    assert verdict(entry, 1) == called
    opposite = {"better": "worse", "worse": "better", "": ""}
    assert verdict(entry | {"lower_is_better": True}, 1) == opposite[called]
    assert verdict(entry) == ""


def test_scores_have_names_that_people_know():
    of_pool = {"score": "MaxF", "of": "urban_road", "view": "birds_eye"}
    kitti, camvid = ({"dataset": name, "origin": ""} for name in ("kitti-road", "camvid"))
    scenes = {**kitti, "origin": "generated scenes"}
    assert score_name(of_pool, kitti) == "MaxF, urban_road, from above"
    assert score_name(of_pool, camvid) == "MaxF, all pictures, from above"
    assert score_name(of_pool, scenes) == "MaxF, all pictures, from above"
    assert score_name({"score": "iou", "of": "car"}, camvid) == "IoU of car"
    assert score_name({"score": "mean_iou", "of": "all classes"}, camvid) == "mean IoU"


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ({"score": "boundary_iou", "of": "all classes"}, "boundary IoU"),
        ({"score": "boundary_f1", "of": "car"}, "boundary F1 of car"),
        ({"score": "bf_score", "of": "all classes"}, "BF score by picture"),
        (
            {"score": "trimap_pixel_accuracy", "of": "all classes", "within_px": 20},
            "accuracy within 20 px",
        ),
        ({"score": "trimap_mean_iou", "of": "all classes", "within_px": 1}, "mean IoU within 1 px"),
        ({"score": "calibration_error", "of": "all classes"}, "calibration error"),
        ({"score": "calibration_error", "of": "road"}, "calibration error of road"),
    ],
)
def test_scores_of_outlines_and_confidence_have_names_too(entry, name):
    assert score_name(entry, {"dataset": "kitti-road", "origin": ""}) == name


def comparison_of(**has_details):
    return {"runs": [{"name": name, "details": has} for name, has in has_details.items()]}


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ({"a": True, "b": False}, "were scored in a, not in b: they are not compared"),
        ({"a": False, "b": True, "c": True}, "scored in b, c, not in a: they are not compared"),
        ({"a": True, "b": False, "c": True}, "scored in a, c, not in b: a, c are compared"),
    ],
)
def test_runs_without_outlines_and_confidence_are_named_with_what_to_do(runs, words):
    text = not_compared(comparison_of(**runs))
    assert words in text
    assert text.endswith("roadfcn evaluate MODEL DATA --details --out OUT")


@pytest.mark.parametrize("has", [True, False])
def test_where_all_runs_have_the_same_counts_nothing_is_missing(has):
    assert not_compared(comparison_of(a=has, b=has)) == ""


def test_only_differences_that_are_known_are_counted():
    known, unknown, too_few = (
        {"value": value, "p_value": p} for value, p in ((0.0, 1.0), (None, None), (0.1, None))
    )
    scores = [{"differences": [known, unknown]}, {"differences": [known, known]}]
    assert count_differences({"scores": scores}) == 3
    assert not has_dashes({"scores": scores})
    scores.append({"differences": [too_few, known]})
    assert count_differences({"scores": scores}) == 4
    assert has_dashes({"scores": scores})


def test_a_run_without_details_is_shown_without_their_scores():
    scores = [{"score": "mean_iou"}, {"score": "boundary_iou"}, {"score": "calibration_error"}]
    comparison = comparison_of(a=True, b=False, c=True) | {"scores": scores}
    assert shown_scores(comparison, 0) == scores[:1]
    assert shown_scores(comparison, 1) == scores
