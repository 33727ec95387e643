import json

import numpy as np
import pytest

from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.prediction.network.predictor import LabelMap
from roadfcn.prediction.results.coco_file import write_coco
from roadfcn.prediction.results.record import make_record


def record(name, labels, label_set=ROAD, form="rle"):
    answer = LabelMap(np.array(labels, np.uint8), None, label_set)
    return make_record(name, f"{name}.jpg", answer, measured=None, seconds=0, shapes=form)


def written(path, records, label_set=ROAD):
    write_coco(path, lambda: records, label_set, "labels by a model")
    return json.loads(path.read_text(encoding="utf-8"))


def test_pictures_annotations_and_categories_belong_together(tmp_path):
    car, road = CAMVID_11.index("car"), CAMVID_11.index("road")
    records = [
        record("x/a", [[car, road]], CAMVID_11),
        record("b", [[road, road], [road, road]], CAMVID_11),
    ]
    coco = written(tmp_path / "a.json", records, CAMVID_11)
    assert coco["info"] == {"description": "labels by a model"}
    assert coco["images"] == [
        {"id": 1, "file_name": "x/a.jpg", "height": 1, "width": 2},
        {"id": 2, "file_name": "b.jpg", "height": 2, "width": 2},
    ]
    names = {category["id"]: category["name"] for category in coco["categories"]}
    found = [
        (item["id"], item["image_id"], names[item["category_id"]], item["area"])
        for item in coco["annotations"]
    ]
    assert found == [(1, 1, "road", 1), (2, 1, "car", 1), (3, 2, "road", 4)]
    assert all(item["iscrowd"] == 0 for item in coco["annotations"])
    assert coco["annotations"][1]["bbox"] == [0, 0, 1, 1]


def test_background_is_no_category(tmp_path):
    coco = written(tmp_path / "a.json", [record("a", [[0, 1]])])
    assert coco["categories"] == [{"id": 2, "name": "road", "supercategory": "road"}]
    assert [item["category_id"] for item in coco["annotations"]] == [2]


def test_pictures_without_anything_in_them_are_listed(tmp_path):
    coco = written(tmp_path / "a.json", [record("a", [[0, 0]])])
    assert (len(coco["images"]), coco["annotations"]) == (1, [])
    assert written(tmp_path / "b.json", [])["images"] == []


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of theirs
@pytest.mark.parametrize("form", ["rle", "polygons"])
def test_cocos_own_tools_read_it_and_find_the_same_pixels(tmp_path, form):
    pycocotools = pytest.importorskip("pycocotools.coco")
    labels = np.random.default_rng(3).integers(0, 2, (9, 13), np.uint8)
    if form == "polygons":
        labels = np.zeros((9, 13), np.uint8)
        labels[2:7, 3:9] = 1
    written(tmp_path / "a.json", [record("a", labels, form=form)])
    coco = pycocotools.COCO(str(tmp_path / "a.json"))
    (annotation,) = coco.loadAnns(coco.getAnnIds(imgIds=[1], catIds=coco.getCatIds(["road"])))
    np.testing.assert_array_equal(coco.annToMask(annotation), labels)


def test_an_error_among_the_records_leaves_nothing(tmp_path):
    def broken():
        yield record("a", [[1]])
        raise ValueError("the journal is gone")

    with pytest.raises(ValueError, match="the journal is gone"):
        write_coco(tmp_path / "a.json", broken, ROAD, "")
    assert list(tmp_path.iterdir()) == []
