"""Hints are given where the numbers support them, with these numbers, and not where they don't."""

import numpy as np
import pytest

from roadfcn.evaluation.drives import Drawn
from roadfcn.evaluation.report.hints import find_hints
from roadfcn.label_sets import ROAD, LabelSet

THREE = LabelSet("three", ("sky", "wall", "post"), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
MANY = Drawn(None, 40)


@pytest.fixture
def told(make_details):
    def told(rows, drawn=MANY, head="8s", **details):
        details.setdefault("near", (rows.confusion + 1) // 2)  # half of the mistakes: no hint
        return {
            hint.title: hint.text
            for hint in find_hints(rows, make_details(rows, **details), drawn, head)
        }

    return told


def histogram(road, rest):
    """Give 2,256 counts from {value: pixels}."""
    counts = np.zeros((2, 256), np.int64)
    for row, values in zip(counts, (road, rest), strict=True):
        for value, pixels in values.items():
            row[value] = pixels
    return counts


def test_a_model_without_faults_draws_no_hint(make_rows, told):
    road = np.stack([histogram({255: 50}, {0: 50})] * 40)
    rows = make_rows([[[50, 0], [0, 50]]] * 40, road=road)
    assert told(rows, reliability=(100, 90, 90)) == {}


def test_the_largest_confusion_is_named_with_its_shares(make_rows, told):
    counts = [[90, 10, 0], [1, 99, 0], [0, 0, 100]]
    found = told(make_rows([counts] * 40, THREE))
    assert list(found) == ["sky is taken for wall"]
    assert "10 % of the pixels of sky are called wall" in found["sky is taken for wall"]
    assert "That is 91 % of all mistakes" in found["sky is taken for wall"]


def test_rare_classes_that_are_weak_are_named(make_rows, told):
    counts = [[990, 0, 0], [0, 990, 0], [5, 4, 3]]
    text = told(make_rows([counts] * 40, THREE))["rare classes are weak"]
    # IoU 3 / 12; the others 990 / 995 and 990 / 994; 12 of 1992 pixels.
    assert "post (25.00 %)" in text
    assert "0.6 % of the pixels" in text
    assert "mean IoU of 74.70 %" in text


def test_mistakes_at_edges_and_whole_wrong_areas_are_told_apart(make_rows, told):
    rows = make_rows([[[80, 10], [10, 100]]] * 40)
    at_edges = told(rows, near=[[10, 8], [8, 10]])["mistakes sit at edges"]
    assert "80 % of the wrong pixels lie within 5 px of a true outline, where 18 %" in at_edges
    in_areas = told(rows, near=[[10, 2], [2, 10]])["whole areas are wrong"]
    assert "20 % of the wrong pixels" in in_areas
    between = told(rows, near=[[10, 5], [5, 10]])
    assert not {"mistakes sit at edges", "whole areas are wrong"} & set(between)


def test_a_finer_head_is_advised_only_where_there_is_one(make_rows, told):
    rows, near = make_rows([[[80, 10], [10, 100]]] * 40), [[10, 8], [8, 10]]
    for head in ("16s", "32s"):
        text = told(rows, head=head, near=near)["mistakes sit at edges"]
        assert text.endswith(f"longer training, and so does a finer head than {head}.")
    for head in ("8s", ""):
        assert "head" not in told(rows, head=head, near=near)["mistakes sit at edges"]


def test_false_confidence_is_told_by_its_direction(make_rows, told):
    rows = make_rows([[[50, 0], [0, 50]]] * 40)
    over = told(rows, reliability=(100, 90, 80))
    assert "off by 10.00 %" in over["the model is too sure of itself"]
    under = told(rows, reliability=(100, 80, 90))
    assert "(\u221210.00 points" in under["the model is less sure than it might be"]
    assert not told(rows, reliability=(100, 90, 89))


def test_few_pictures_and_a_single_drive_are_told(make_rows, told):
    rows = make_rows([[[50, 0], [0, 50]]] * 9)
    assert list(told(rows, Drawn(None, 9))) == ["the scores rest on 9 pictures"]
    assert list(told(rows, Drawn(("a",) * 4 + ("b",) * 5, 2))) == ["the scores rest on 2 drives"]
    assert list(told(rows, Drawn(None, 9, single_drive=True))) == ["all pictures are of one drive"]


def test_a_better_threshold_is_told_if_it_is_worth_it(make_rows, told):
    confusion = [[[50, 0], [2, 48]]] * 40
    low = np.stack([histogram({255: 30, 60: 20}, {0: 50})] * 40)
    text = told(make_rows(confusion, road=low))["road is underestimated"]
    # At 1..60 without a fault; at one half 30 of 50 are found: F = 60 / 80.
    assert "from a probability of 0.004 on: 100.00 %, against 75.00 % at one half" in text
    high = np.stack([histogram({255: 50}, {200: 20, 0: 30})] * 40)
    assert "0.788 on" in told(make_rows(confusion, road=high))["road is overestimated"]
    fine = np.stack([histogram({255: 999, 60: 1}, {0: 1000})] * 40)
    assert told(make_rows(confusion, road=fine)) == {}


def test_too_much_or_too_little_road_is_told(make_rows, told):
    road = np.stack([histogram({255: 50}, {0: 50})] * 40)
    text = told(make_rows([[[40, 10], [0, 50]]] * 40, road=road))["too much is called road"]
    assert text.startswith(
        "120 % as many pixels are labelled road as are road: 0.0 % of it is miss"
    )
    assert "17 % of what is called road is none" in text
    little = told(make_rows([[[50, 0], [10, 40]]] * 40, road=road))["too little is called road"]
    assert little.startswith("80 % as many")


def test_far_road_is_told_if_it_is_worse_beyond_chance(make_rows, told):
    near, far = histogram({255: 50}, {0: 50}), histogram({255: 40, 0: 10}, {0: 50})
    road = np.stack([near] * 40)
    above = np.stack([np.stack([near, near, near, far])] * 40)
    rows = make_rows([[[50, 0], [0, 50]]] * 40, road=road, above=above)
    text = told(rows)["far road is weakest at 36-46 m"]
    assert "MaxF is 88.89 % there and 100.00 % at 6-16 m" in text
    # One bad picture of forty: in a third of the draws it is missing.
    above = np.stack([np.stack([near] * 4)] * 40)
    above[0, 3] = histogram({0: 50}, {255: 50})
    rows = make_rows([[[50, 0], [0, 50]]] * 40, road=road, above=above)
    assert told(rows) == {}


def test_a_middle_band_that_is_worst_is_told_as_odd(make_rows, told):
    near, bad = histogram({255: 50}, {0: 50}), histogram({255: 40, 0: 10}, {0: 50})
    above = np.stack([np.stack([near, bad, near, near])] * 40)
    rows = make_rows([[[50, 0], [0, 50]]] * 40, road=np.stack([near] * 40), above=above)
    assert "not the far end" in told(rows)["road is weakest at 16-26 m"]


def test_pictures_without_road_draw_no_hint_about_it(make_rows, told):
    road = np.stack([histogram({}, {0: 100})] * 40)
    assert told(make_rows([[[100, 0], [0, 0]]] * 40, ROAD, road=road)) == {}
