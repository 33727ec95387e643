import numpy as np
import pytest

from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.video.steady_labels import SteadyLabels


def reds(*values):
    image = np.zeros((1, len(values), 3), np.uint8)
    image[..., 0] = values
    return image


def test_without_smoothing_labels_are_the_models_and_both_flickers_the_same(red_road):
    steady = SteadyLabels(Predictor(red_road), 0, "road")
    answers = [steady.label(reds(*row)) for row in ((255, 0, 0, 0), (255, 255, 0, 0))]
    assert [answer.labels.tolist() for answer in answers] == [[[1, 0, 0, 0]], [[1, 1, 0, 0]]]
    # sigmoid(4) and sigmoid(-4) of 255, rounded.
    assert answers[1].probability.tolist() == [[250, 250, 5, 5]]
    assert steady.flicker.share == steady.flicker_before.share == 0.25


def test_smoothed_labels_are_those_of_the_averaged_probabilities(red_road):
    steady = SteadyLabels(Predictor(red_road), 0.75, "road")
    steady.label(reds(255, 0))
    answer = steady.label(reds(0, 0))
    high, low = 1 / (1 + np.exp(-4)), 1 / (1 + np.exp(4))
    assert answer.labels.tolist() == [[1, 0]]
    expected = [round(255 * (0.75 * high + 0.25 * low)), round(255 * low)]
    assert answer.probability.tolist() == [expected]
    assert steady.flicker.share == 0
    assert steady.flicker_before.share == 0.5


@pytest.mark.parametrize("smooth", [0, 0.5])
def test_without_a_measured_class_no_probability_is_kept(red_road, smooth):
    assert SteadyLabels(Predictor(red_road), smooth, None).label(reds(9)).probability is None


def test_smoothed_probabilities_are_held_against_the_threshold(red_road):
    high, low = 1 / (1 + np.exp(-4)), 1 / (1 + np.exp(4))
    mean = 0.75 * high + 0.25 * low
    for threshold, road in ((mean - 0.01, 1), (mean + 0.01, 0)):
        steady = SteadyLabels(Predictor(red_road, threshold=threshold), 0.75, None)
        steady.label(reds(255, 0))
        assert steady.label(reds(0, 0)).labels.tolist() == [[road, 0]]
