from types import SimpleNamespace

import numpy as np
import pytest

from roadfcn.errors import ConfigError, LabelSetError, ModelFileError
from roadfcn.label_sets import CAMVID_11, EGO_LANE, ROAD, VOC_21
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.network.scores import softmax


def reds(*rows):
    """Give an H,W,3 picture with these reds."""
    image = np.zeros((len(rows), len(rows[0]), 3), np.uint8)
    image[..., 0] = rows
    return image


def test_labels_and_probabilities_follow_the_scores(red_road):
    prediction = Predictor(red_road).predict(reds([0, 127, 128, 255]))
    assert prediction.labels.tolist() == [[0, 0, 1, 1]]
    assert prediction.labels.dtype == np.uint8
    expected = 1 / (1 + np.exp(4 - 8 * np.array([0, 127, 128, 255]) / 255))
    np.testing.assert_allclose(prediction.probability("road")[0], expected, atol=1e-6)
    np.testing.assert_allclose(prediction.probabilities.sum(axis=0), 1, atol=1e-6)
    assert prediction.probabilities.dtype == np.float32
    assert prediction.label_set is ROAD


def test_a_picture_of_one_pixel_is_predicted(red_road):
    prediction = Predictor(red_road).predict(reds([255]))
    assert prediction.labels.tolist() == [[1]]
    assert prediction.probabilities.shape == (2, 1, 1)


def test_the_model_is_fed_what_its_card_says(make_backend):
    backend = make_backend(
        lambda picture: picture[:2], channel_order="bgr", scale=1.0, mean=(1, 2, 3), std=(1, 1, 2)
    )
    Predictor(backend).predict(np.array([[[13, 12, 11]]], np.uint8))
    assert backend.seen.shape == (1, 3, 1, 1)
    assert backend.seen.ravel().tolist() == [10, 10, 5]


def test_eleven_classes_fold_to_road_by_their_sums():
    # 0.3 building and 0.3 tree together outweigh 0.4 road.
    shares = np.full(11, 1e-9)
    shares[CAMVID_11.index("building")] = shares[CAMVID_11.index("tree")] = 0.3
    shares[CAMVID_11.index("road")] = 0.4
    backend = SimpleNamespace(
        card=SimpleNamespace(architecture={}, label_set=CAMVID_11, input_format=SimpleNamespace()),
        logits=lambda batch: np.log(shares).astype(np.float32).reshape(1, 11, 1, 1),
    )
    backend.card.input_format.resize = lambda image, scale: image
    backend.card.input_format.normalise = lambda image: image
    fine = Predictor(backend).predict(reds([0]))
    coarse = Predictor(backend).in_classes_of(ROAD).predict(reds([0]))
    assert fine.labels.item() == CAMVID_11.index("road")
    assert coarse.labels.item() == ROAD.index("background")
    assert coarse.probability("road").item() == pytest.approx(0.4, abs=1e-6)
    assert coarse.label_set is ROAD


def test_a_model_that_cannot_answer_in_a_label_set_is_refused(red_road):
    with pytest.raises(LabelSetError, match="'road' cannot be translated to 'ego-lane'"):
        Predictor(red_road, EGO_LANE)


def test_a_fixed_input_size_is_undone_after_prediction(make_backend):
    backend = make_backend(lambda picture: np.stack([1 - picture[0], picture[0]]), size=(4, 8))
    image = np.zeros((9, 20, 3), np.uint8)
    image[:, 10:] = 255
    prediction = Predictor(backend).predict(image)
    assert backend.seen.shape == (1, 3, 4, 8)
    assert prediction.labels.shape == (9, 20)
    assert prediction.probabilities.shape == (2, 9, 20)
    assert (prediction.labels[:, :10] == 0).all()
    assert (prediction.labels[:, 10:] == 1).all()


def test_shrinking_averages_over_areas(make_backend):
    backend = make_backend(lambda picture: picture[:2], size=(1, 2))
    image = np.zeros((2, 4, 3), np.uint8)
    image[:, 0] = 200
    Predictor(backend).predict(image)
    np.testing.assert_allclose(backend.seen[0, 0], [[100 / 255, 0]], atol=1e-6)


def test_enlarging_is_bilinear(make_backend):
    backend = make_backend(lambda picture: picture[:2], size=(1, 4))
    image = np.zeros((1, 2, 3), np.uint8)
    image[:, 1] = 100
    Predictor(backend).predict(image)
    np.testing.assert_allclose(backend.seen[0, 0] * 255, [[0, 25, 75, 100]], atol=1e-4)


def test_a_picture_that_has_the_fixed_size_is_not_touched(make_backend):
    backend = make_backend(lambda picture: picture[:2], size=(1, 3))
    Predictor(backend).predict(reds([0, 255, 7]))
    np.testing.assert_allclose(backend.seen[0, 0] * 255, [[0, 255, 7]], atol=1e-4)


def test_scores_that_are_not_finite_are_an_error_not_a_label(make_backend):
    backend = make_backend(lambda picture: np.full((2, *picture.shape[1:]), np.nan))
    with pytest.raises(ModelFileError, match="scores that are not finite"):
        Predictor(backend).predict(reds([0]))


def test_softmax_survives_large_scores():
    probabilities = softmax(np.array([[[1000.0]], [[990.0]]], np.float32))
    np.testing.assert_allclose(
        probabilities.ravel(), [1 / (1 + np.exp(-10)), np.exp(-10)], atol=1e-6
    )


def test_a_threshold_decides_in_every_way_to_ask(red_road):
    predictor = Predictor(red_road, threshold=0.9)
    picture = reds([100, 150, 190, 200, 255])
    # Road from sigmoid(8 red - 4) = 0.9 on: red of 0.775, which is 198 of 255.
    expected = [[0, 0, 0, 1, 1]]
    assert predictor.predict(picture).labels.tolist() == expected
    assert predictor.predict_batch([picture, picture])[1].labels.tolist() == expected
    assert predictor.label(picture).labels.tolist() == expected
    assert Predictor(red_road).label(picture).labels.tolist() == [[0, 1, 1, 1, 1]]


def test_classes_that_fold_keep_the_threshold(eleven_classes):
    folded = Predictor(eleven_classes, threshold=1.0).in_classes_of(ROAD)
    road = 10 * CAMVID_11.index("road")
    assert folded.predict(reds([road, road + 1])).labels.tolist() == [[0, 0]]
    with pytest.raises(ConfigError, match="none of the classes is road"):
        Predictor(SimpleNamespace(card=SimpleNamespace(label_set=VOC_21)), threshold=1)
