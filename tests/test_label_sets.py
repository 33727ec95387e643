"""Label sets: names and indices, colours and palettes, and what cannot be a set."""

import numpy as np
import pytest

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
    drivable_class,
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


# PASCAL VOC's classes in their order, with the colours of the devkit's colour map.
VOC_PUBLISHED = """\
background 0 0 0
aeroplane 128 0 0
bicycle 0 128 0
bird 128 128 0
boat 0 0 128
bottle 128 0 128
bus 0 128 128
car 128 128 128
cat 64 0 0
chair 192 0 0
cow 64 128 0
diningtable 192 128 0
dog 64 0 128
horse 192 0 128
motorbike 64 128 128
person 192 128 128
pottedplant 0 64 0
sheep 128 64 0
sofa 0 192 0
train 128 192 0
tvmonitor 0 64 128
"""


def test_voc_names_and_colours_are_the_published_ones():
    rows = [line.split() for line in VOC_PUBLISHED.splitlines()]
    assert list(VOC_21.classes) == [name for name, *_ in rows]
    assert [list(map(str, colour)) for colour in VOC_21.colours] == [row[1:] for row in rows]


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
        {"name": "x", "classes": ["a"], "colours": [[float("inf"), 0, 0]]},
    ],
)
def test_broken_descriptions_are_refused(values):
    with pytest.raises(LabelSetError, match="a label set is described by"):
        LabelSet.from_dict(values)


def test_drivable_class_is_road_before_lane():
    assert drivable_class(CAMVID_11) == "road"
    assert drivable_class(EGO_LANE) == "lane"
    assert drivable_class(VOC_21) is None
