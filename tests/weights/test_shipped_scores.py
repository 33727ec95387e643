"""Shipped models find road in pictures that nobody has seen, and score as their cards say."""

import pytest

from roadfcn.backends.opening import open_backend
from roadfcn.datasets.layouts import open_dataset
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.export.pictures import scene_pictures
from roadfcn.label_sets import ROAD
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.model_card import read_card
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.weights.shipped_models import SHIPPED_NAMES, shipped_path

HALVED = 0.002
"""Cards have the scores of whole weights; those in the package are halved."""


def predictor(name):
    return Predictor(open_backend(name, device="cpu", precision="float32"))


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_road_is_found_in_scenes_of_another_preset_than_those_that_were_learned_from(name):
    model, found = predictor(name).in_classes_of(ROAD), ConfusionMatrix(ROAD)
    for picture in scene_pictures(ROAD, 3, seed=7).pictures:
        found.add(picture.truth, model.predict(picture.image).labels)
    assert found.iou[1] > 0.7


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_scores_on_camvid_are_those_of_the_card(name, camvid):
    scores = evaluate(predictor(name), open_dataset(camvid, "val")).confusion
    stated = read_card(shipped_path(name)).scores["camvid val"]
    assert scores.mean_iou == pytest.approx(stated["mean_iou"], abs=HALVED)
    road = list(scores.label_set.classes).index("road")
    assert scores.iou[road] == pytest.approx(stated["per_class"]["road"]["iou"], abs=HALVED)
