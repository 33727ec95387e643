import json

import numpy as np
import pytest

from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.prediction.network.predictor import LabelMap
from roadfcn.prediction.results.record import Record, make_record, shapes_of

LABELS = np.array([[0, 0, 1], [0, 1, 1]], np.uint8)


def test_the_share_and_the_mean_probability_are_those_of_the_measured_class():
    probability = np.array([[0, 51, 255], [0, 204, 255]], np.uint8)
    answer = LabelMap(LABELS, probability, ROAD)
    record = make_record("a/b", "a/b.jpg", answer, measured="road", seconds=0.123456, time_s=1.5)
    assert (record.name, record.file_name) == ("a/b", "a/b.jpg")
    assert (record.height, record.width, record.time_s) == (2, 3, 1.5)
    assert record.share == 0.5
    assert record.probability == pytest.approx((0 + 0.2 + 1 + 0 + 0.8 + 1) / 6)
    assert record.seconds == 0.1235
    assert record.shapes is None


def test_without_a_measured_class_there_are_no_numbers_of_it():
    answer = LabelMap(LABELS, None, ROAD)
    record = make_record("a", "a.png", answer, measured=None, seconds=0)
    assert (record.share, record.probability) == (None, None)


def test_a_record_comes_back_from_json():
    answer = LabelMap(LABELS, None, ROAD)
    record = make_record("a", "a.png", answer, measured="road", seconds=0, shapes="rle")
    assert Record.from_dict(json.loads(json.dumps(record.to_dict()))) == record


def test_shapes_are_those_of_classes_that_are_there_but_not_of_the_background():
    (road,) = shapes_of(LABELS, ROAD, "rle")
    # Down the columns: 3 pixels without (0,0 0,0 -> 0 0 | 0 1 | 1 1), then 3 with.
    assert road == {
        "class": 1,
        "area": 3,
        "bbox": [1.0, 0.0, 2.0, 2.0],
        "segmentation": {"size": [2, 3], "counts": "33"},
    }
    assert shapes_of(np.zeros((2, 2), np.uint8), ROAD, "rle") == []


def test_polygons_go_around_the_same_pixels():
    labels = np.zeros((4, 5), np.uint8)
    labels[1:3, 1:4] = CAMVID_11.index("car")
    sky, car = shapes_of(labels, CAMVID_11, "polygons")
    assert (sky["class"], car["class"]) == (0, CAMVID_11.index("car"))
    (ring,) = car["segmentation"]
    corners = set(zip(ring[::2], ring[1::2], strict=True))
    assert corners == {(1, 1), (4, 1), (4, 3), (1, 3)}
    assert (sky["area"], car["area"]) == (14, 6)
