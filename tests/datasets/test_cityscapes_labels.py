from pathlib import Path

import numpy as np
import pytest

from roadfcn.datasets.cityscapes_labels import LABEL_IDS, CityscapesCode
from roadfcn.errors import MaskError
from roadfcn.label_sets import CITYSCAPES_19

# Name, id, training id and colour out of labels.py of cityscapesScripts 2.3; 255 and -1: not used.
PUBLISHED = """\
unlabeled,0,255,0 0 0
ego vehicle,1,255,0 0 0
rectification border,2,255,0 0 0
out of roi,3,255,0 0 0
static,4,255,0 0 0
dynamic,5,255,111 74 0
ground,6,255,81 0 81
road,7,0,128 64 128
sidewalk,8,1,244 35 232
parking,9,255,250 170 160
rail track,10,255,230 150 140
building,11,2,70 70 70
wall,12,3,102 102 156
fence,13,4,190 153 153
guard rail,14,255,180 165 180
bridge,15,255,150 100 100
tunnel,16,255,150 120 90
pole,17,5,153 153 153
polegroup,18,255,153 153 153
traffic light,19,6,250 170 30
traffic sign,20,7,220 220 0
vegetation,21,8,107 142 35
terrain,22,9,152 251 152
sky,23,10,70 130 180
person,24,11,220 20 60
rider,25,12,255 0 0
car,26,13,0 0 142
truck,27,14,0 0 70
bus,28,15,0 60 100
caravan,29,255,0 0 90
trailer,30,255,0 0 110
train,31,16,0 80 100
motorcycle,32,17,0 0 230
bicycle,33,18,119 11 32
license plate,-1,-1,0 0 142
"""
ROWS = [line.split(",") for line in PUBLISHED.splitlines()]
TRAINED = [row for row in ROWS if row[2] not in ("255", "-1")]


def test_the_35_labels_have_their_published_ids():
    assert list(LABEL_IDS.items()) == [(name, int(label_id)) for name, label_id, _, _ in ROWS]


def test_the_19_classes_have_their_published_training_ids_and_colours():
    classes = zip(CITYSCAPES_19.classes, CITYSCAPES_19.colours, strict=True)
    assert [
        (name, str(index), " ".join(map(str, colour)))
        for index, (name, colour) in enumerate(classes)
    ] == [(name, train_id, colour) for name, _, train_id, colour in TRAINED]


def test_ids_become_training_ids_and_all_other_labels_void():
    picture = np.arange(34, dtype=np.uint8)[None]
    mask = CityscapesCode().decode(picture, Path("a_gtFine_labelIds.png"))
    assert mask[0].tolist() == [int(train_id) for _, label_id, train_id, _ in ROWS[:34]]


def test_training_ids_stay_as_they_are():
    picture = np.array([[*range(19), 255]], np.uint8)
    mask = CityscapesCode().decode(picture, Path("a_gtFine_labelTrainIds.png"))
    assert mask.tolist() == picture.tolist()


@pytest.mark.parametrize(("kind", "value"), [("labelIds", 34), ("labelTrainIds", 19)])
def test_a_value_that_is_no_label_is_refused(kind, value):
    picture = np.array([[0, value]], np.uint8)
    with pytest.raises(MaskError, match=f"1 px of value {value}"):
        CityscapesCode().decode(picture, Path(f"a_gtFine_{kind}.png"))
