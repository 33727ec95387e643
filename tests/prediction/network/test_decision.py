import numpy as np
import pytest

from roadfcn.errors import ConfigError
from roadfcn.input_format import quantise_probability
from roadfcn.label_sets import CAMVID_11, EGO_LANE, ROAD, VOC_21
from roadfcn.prediction.network.decision import Decision, check_threshold


def probabilities(classes, seed=0):
    values = np.random.default_rng(seed).dirichlet(np.full(classes, 0.5), (7, 9))
    return np.moveaxis(values, -1, 0).astype(np.float32)


@pytest.mark.parametrize("label_set", [ROAD, EGO_LANE, CAMVID_11, VOC_21], ids=lambda one: one.name)
def test_without_a_threshold_it_is_the_likeliest_class(label_set):
    given = probabilities(len(label_set))
    chosen = Decision(label_set).labels(given)
    assert chosen.dtype == np.uint8
    assert chosen.tolist() == given.argmax(axis=0).tolist()


@pytest.mark.parametrize("threshold", [0, 0.02, 0.3, 0.5, 0.9, 1])
@pytest.mark.parametrize(
    ("label_set", "road"), [(ROAD, "road"), (EGO_LANE, "lane"), (CAMVID_11, "road")]
)
def test_each_pixel_is_decided_as_if_alone(label_set, road, threshold):
    given, index = probabilities(len(label_set), seed=3), label_set.index(road)
    chosen = Decision(label_set, threshold).labels(given)
    assert chosen.dtype == np.uint8
    for row, column in np.ndindex(chosen.shape):
        pixel = given[:, row, column].astype(float)
        if np.floor(255 * pixel[index] + 0.5) >= round(255 * threshold):
            assert chosen[row, column] == index
        else:
            others = [pixel[number] if number != index else -1 for number in range(len(pixel))]
            assert chosen[row, column] == int(np.argmax(others))


def test_a_half_is_what_the_likelier_of_two_classes_is():
    given = probabilities(2, seed=5)
    assert np.array_equal(Decision(ROAD, 0.5).labels(given), Decision(ROAD).labels(given))


def test_a_threshold_printed_with_three_digits_is_the_one_that_scores_counted_at():
    road = np.linspace(0, 1, 256, dtype=np.float32)[None]
    given = np.stack([1 - road, road])
    for step in range(256):
        found = Decision(ROAD, float(f"{step / 255:.3f}")).labels(given)
        assert np.array_equal(found == 1, quantise_probability(road) >= step)


def test_classes_without_road_have_no_threshold():
    with pytest.raises(ConfigError, match="none of the classes is road: background, aeroplane"):
        Decision(VOC_21, 0.5)


@pytest.mark.parametrize("threshold", [-0.01, 1.01, float("nan"), float("inf")])
def test_what_is_no_probability_is_refused(threshold):
    with pytest.raises(ConfigError, match="the threshold on the probability of road is"):
        check_threshold(threshold)
    with pytest.raises(ConfigError, match="the threshold on the probability of road is"):
        Decision(ROAD, threshold)
