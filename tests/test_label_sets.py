"""Label sets: names and indices, palettes, and translation with void kept apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadfcn.errors import LabelSetError
from roadfcn.label_sets import (
    CAMVID_11,
    CITYSCAPES_19,
    EGO_LANE,
    LABEL_SETS,
    MAX_CLASSES,
    ROAD,
    VOC_21,
    VOID,
    LabelSet,
    common_label_set,
    drivable_class,
    translate,
)

BUILT_IN = pytest.mark.parametrize("label_set", LABEL_SETS.values(), ids=LABEL_SETS.keys())


@BUILT_IN
def test_built_in_sets_have_lower_case_names_and_distinct_colours(label_set):
    assert all(name == name.lower() for name in label_set.classes)
    assert len(set(label_set.colours)) == len(label_set)
    assert LABEL_SETS[label_set.name] is label_set


@BUILT_IN
def test_built_in_sets_survive_json_form(label_set):
    assert LabelSet.from_dict(label_set.to_dict()) == label_set


def test_set_sizes_are_those_of_their_names():
    assert [len(labels) for labels in (ROAD, EGO_LANE, CAMVID_11, CITYSCAPES_19, VOC_21)] == [
        2,
        2,
        11,
        19,
        21,
    ]


def test_voc_colours_are_the_published_ones():
    """Checked against colours of the VOC devkit's colour map that are commonly quoted."""
    assert VOC_21.colours[VOC_21.index("aeroplane")] == (128, 0, 0)
    assert VOC_21.colours[VOC_21.index("person")] == (192, 128, 128)
    assert VOC_21.colours[VOC_21.index("tvmonitor")] == (0, 64, 128)
    assert VOC_21.colours[0] == (0, 0, 0)


def test_palette_holds_colours_then_black_and_cannot_be_changed():
    assert ROAD.palette.shape == (256, 3)
    assert ROAD.palette.dtype == np.uint8
    assert ROAD.palette[:2].tolist() == [list(colour) for colour in ROAD.colours]
    assert not ROAD.palette[2:].any()
    with pytest.raises(ValueError, match="read-only"):
        ROAD.palette[0] = 1


def test_index_finds_a_class_or_lists_the_classes():
    assert CAMVID_11.index("road") == 3
    with pytest.raises(LabelSetError, match="no class 'street'") as caught:
        CAMVID_11.index("street")
    assert "pavement" in caught.value.allowed


@pytest.mark.parametrize(
    ("classes", "colours", "words"),
    [
        ((), (), "has 0 classes"),
        (
            tuple(f"c{number}" for number in range(256)),
            ((0, 0, 0),) * 256,
            "has 256 classes",
        ),
        (("a", "b", "a"), ((0, 0, 0),) * 3, "names a more than once"),
        (("a", "b"), ((0, 0, 0),), "has 2 classes and the colours"),
        (("a",), ((0, 0, 256),), "has 1 classes and the colours"),
        (("a",), ((0, 0),), "has 1 classes and the colours"),
    ],
)
def test_impossible_sets_are_refused(classes, colours, words):
    with pytest.raises(LabelSetError, match=words):
        LabelSet("mine", classes, colours)


def test_the_largest_set_leaves_room_for_void():
    names = tuple(f"c{number}" for number in range(MAX_CLASSES))
    assert len(LabelSet("large", names, ((1, 2, 3),) * MAX_CLASSES)) == VOID


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": "x", "classes": ["a"]},
        {"name": "x", "classes": ["a"], "colours": [[1, 2]]},
        {"name": "x", "classes": 5, "colours": []},
        [],
        {"name": "x", "classes": ["a"], "colours": [["red", 0, 0]]},
    ],
)
def test_broken_descriptions_are_refused(values):
    with pytest.raises(LabelSetError, match="a label set is described by"):
        LabelSet.from_dict(values)


def test_camvid_folds_to_road_and_void_stays_void():
    mask = np.array([[3, 4, VOID], [0, 10, 3]], np.uint8)
    folded = translate(CAMVID_11, ROAD).fold_mask(mask)
    assert folded.tolist() == [[1, 0, VOID], [0, 0, 1]]
    assert folded.dtype == np.uint8


def test_probabilities_are_summed_before_deciding():
    """0.4 road against 0.3 building and 0.3 tree: the best single class is road, the sum is not."""
    probabilities = np.zeros((11, 1, 1), np.float32)
    for name, share in (("road", 0.4), ("building", 0.3), ("tree", 0.3)):
        probabilities[CAMVID_11.index(name)] = share
    summed = translate(CAMVID_11, ROAD).sum_probabilities(probabilities)
    assert summed.shape == (2, 1, 1)
    assert summed.dtype == np.float32
    np.testing.assert_allclose(summed[:, 0, 0], [0.6, 0.4], atol=1e-7)


@given(st.integers(0, 2**32 - 1))
def test_summed_probabilities_keep_their_total(seed):
    scores = np.random.default_rng(seed).random((19, 2, 3), np.float32)
    probabilities = scores / scores.sum(0)
    summed = translate(CITYSCAPES_19, ROAD).sum_probabilities(probabilities)
    np.testing.assert_allclose(summed.sum(0), 1, atol=1e-5)
    np.testing.assert_array_equal(summed[1], probabilities[CITYSCAPES_19.index("road")])


def test_a_set_translates_to_itself_unchanged():
    assert translate(CAMVID_11, CAMVID_11).table == tuple(range(11))


@pytest.mark.parametrize(
    ("fine", "coarse", "words"),
    [
        (ROAD, CAMVID_11, "'road' lacks sky, building"),
        (VOC_21, ROAD, "'voc-21' lacks road"),
        (CAMVID_11, CITYSCAPES_19, "'camvid-11' lacks sidewalk"),
        (
            CAMVID_11,
            LabelSet("two", ("road", "sky"), ((0, 0, 0), (1, 1, 1))),
            "'two' has no place for building",
        ),
    ],
)
def test_impossible_translations_say_what_is_in_the_way(fine, coarse, words):
    with pytest.raises(LabelSetError, match=words):
        translate(fine, coarse)


def test_common_set_is_the_coarser_one_in_either_order():
    assert common_label_set(CAMVID_11, ROAD) is ROAD
    assert common_label_set(ROAD, CAMVID_11) is ROAD
    assert common_label_set(CAMVID_11, CAMVID_11) is CAMVID_11
    with pytest.raises(LabelSetError, match="have no common classes to score on"):
        common_label_set(CAMVID_11, CITYSCAPES_19)


def test_drivable_class_is_road_before_lane():
    assert drivable_class(CAMVID_11) == "road"
    assert drivable_class(EGO_LANE) == "lane"
    assert drivable_class(VOC_21) is None
