import numpy as np
import pytest

from roadfcn.errors import ConfigError
from roadfcn.prediction.video.smoothing import Flicker, Smoother


def two_classes(*shares):
    """Give the probabilities 2,1,W of a row of pixels whose second class has these."""
    second = np.array([shares], np.float32)
    return np.stack([1 - second, second])


def test_the_average_is_that_of_the_formula():
    smoother = Smoother(0.75)
    assert smoother.add(two_classes(0.8))[1, 0, 0] == pytest.approx(0.8)
    assert smoother.add(two_classes(0.4))[1, 0, 0] == pytest.approx(0.75 * 0.8 + 0.25 * 0.4)
    third = smoother.add(two_classes(0.0))
    assert third[1, 0, 0] == pytest.approx(0.75 * 0.7)
    np.testing.assert_allclose(third.sum(axis=0), 1, atol=1e-6)


def test_a_frames_weight_halves_after_as_many_frames_as_the_page_says():
    smoother = Smoother(0.8)
    smoother.add(two_classes(1.0))
    values = [float(smoother.add(two_classes(0.0))[1, 0, 0]) for _ in range(6)]
    assert values[2] > 0.5 > values[3]  # 3.1 frames
    assert -1 / np.log2(0.8) == pytest.approx(3.1, abs=0.01)


def test_without_weight_probabilities_are_given_back():
    probabilities = two_classes(0.3)
    assert Smoother(0).add(probabilities) is probabilities


def test_what_was_given_is_not_changed():
    first, second = two_classes(0.2), two_classes(0.8)
    smoother = Smoother(0.5)
    smoother.add(first)
    smoother.add(second)
    np.testing.assert_array_equal(first, two_classes(0.2))
    np.testing.assert_array_equal(second, two_classes(0.8))


def test_frames_of_another_size_begin_anew():
    smoother = Smoother(0.9)
    smoother.add(two_classes(1.0))
    np.testing.assert_array_equal(smoother.add(two_classes(0.1, 0.2)), two_classes(0.1, 0.2))


@pytest.mark.parametrize("weight", [-0.1, 1.0, 0.995, float("nan")])
def test_a_weight_out_of_range_is_refused(weight):
    with pytest.raises(ConfigError, match="smoothing is") as caught:
        Smoother(weight)
    assert caught.value.allowed == "0 (none) to 0.99, the weight of the frames before"


def flicker_of(*frames):
    meter = Flicker()
    for frame in frames:
        meter.add(np.array([frame], np.uint8))
    return meter.share


def test_flicker_is_the_mean_share_of_pixels_that_change():
    # Of four pixels one changes, then two: (1/4 + 2/4) / 2.
    assert flicker_of([0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 0, 0]) == pytest.approx(0.375)


def test_a_standing_picture_does_not_flicker_and_a_blinking_one_does_in_full():
    assert flicker_of([0, 1, 2], [0, 1, 2], [0, 1, 2]) == 0
    assert flicker_of([0, 0], [1, 1], [0, 0]) == 1


def test_random_labels_of_c_classes_flicker_by_1_minus_1_over_c():
    generator = np.random.default_rng(0)
    meter = Flicker()
    for _ in range(20):
        meter.add(generator.integers(0, 4, (100, 100), np.uint8))
    assert meter.share == pytest.approx(0.75, abs=0.01)


def test_there_is_no_flicker_of_one_frame_or_across_sizes():
    assert flicker_of([0, 1]) is None
    assert flicker_of([0, 1], [0, 1, 1]) is None
    assert flicker_of([0, 1], [0, 1, 1], [0, 1, 0]) == pytest.approx(1 / 3)


def test_smoothing_calms_a_pixel_that_blinks_around_a_half():
    plain, calmed = Flicker(), Flicker()
    smoother = Smoother(0.8)
    for frame in range(20):
        # First a sure pixel, then one that goes from 0.48 to 0.7 and back.
        probabilities = two_classes(0.9, 0.7 if frame % 2 else 0.48)
        plain.add(probabilities.argmax(axis=0).astype(np.uint8))
        calmed.add(smoother.add(probabilities).argmax(axis=0).astype(np.uint8))
    assert plain.share == 0.5
    # 0.48, 0.524, 0.515, ...: it crosses 0.5 once.
    assert calmed.share == pytest.approx(1 / 2 / 19)
