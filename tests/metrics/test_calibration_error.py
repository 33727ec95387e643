import math
from fractions import Fraction

import numpy as np
import pytest

from roadfcn.errors import MaskError
from roadfcn.label_sets import VOID
from roadfcn.metrics.calibration_error import (
    ReliabilityDiagram,
    count_class,
    count_likeliest,
    counts_of_histogram,
)


def slow_errors(confidence, right, bins):
    """Give (expected, maximum) error, bin by bin over lists of plain numbers."""
    expected, worst = 0.0, 0.0
    for index in range(bins):
        low, high = Fraction(index, bins), Fraction(index + 1, bins)
        inside = [
            (value, hit)
            for value, hit in zip(confidence, right, strict=True)
            if low < Fraction(value) <= high or (index == 0 and value == 0)
        ]
        if inside:
            mean = sum(value for value, _ in inside) / len(inside)
            accuracy = sum(hit for _, hit in inside) / len(inside)
            expected += len(inside) / len(confidence) * abs(mean - accuracy)
            worst = max(worst, abs(mean - accuracy))
    return expected, worst


def test_a_class_gives_the_published_example_of_torchmetrics():
    # torchmetrics 1.9, `binary_calibration_error`, its documentation's example.
    mask = np.array([[0, 0, 1, 1, 1]], np.uint8)
    probability = np.array([[0.25, 0.25, 0.55, 0.75, 0.75]], np.float32)
    diagram = ReliabilityDiagram(count_class(mask, probability, 1, bins=2))
    assert diagram.expected_error == pytest.approx(0.2900, abs=5e-5)
    assert diagram.maximum_error == pytest.approx(0.3167, abs=5e-5)


def test_likeliest_classes_give_the_published_example_of_torchmetrics():
    # The same, `multiclass_calibration_error`.
    mask = np.array([[0, 1, 2, 0]], np.uint8)
    pixels = [[0.25, 0.20, 0.55], [0.55, 0.05, 0.40], [0.10, 0.30, 0.60], [0.90, 0.05, 0.05]]
    probabilities = np.array(pixels, np.float32).T[:, None]
    diagram = ReliabilityDiagram(count_likeliest(mask, probabilities, bins=3))
    assert diagram.expected_error == pytest.approx(0.2000, abs=5e-5)
    assert diagram.maximum_error == pytest.approx(0.2333, abs=5e-5)


@pytest.mark.parametrize("bins", [1, 7, 15])
def test_errors_equal_a_loop_over_bins(bins):
    random = np.random.default_rng(7)
    mask = random.choice([0, 1, 2, VOID], (20, 15)).astype(np.uint8)
    probabilities = random.dirichlet([0.5] * 3, (20, 15)).astype(np.float32).transpose(2, 0, 1)
    known = mask != VOID
    likeliest = probabilities.argmax(axis=0)[known]
    confidence = probabilities.max(axis=0)[known].tolist()
    right = (likeliest == mask[known]).tolist()
    diagram = ReliabilityDiagram(count_likeliest(mask, probabilities, bins))
    expected, worst = slow_errors(confidence, right, bins)
    assert diagram.expected_error == pytest.approx(expected, abs=1e-12)
    assert diagram.maximum_error == pytest.approx(worst, abs=1e-12)
    assert diagram.pixels.sum() == known.sum()


def test_a_bin_holds_its_upper_limit_and_the_first_one_0():
    probability = np.array([[0, 0.25, 0.25 + 2**-24, 0.5, 1, 1 + 2**-23]], np.float32)
    counts = count_class(np.zeros_like(probability, np.uint8), probability, 0, bins=4)
    assert counts[:, 0].tolist() == [2, 2, 0, 2]


def test_overconfidence_has_a_sign():
    mask = np.array([[1, 0, 1, 0]], np.uint8)
    sure = count_class(mask, np.full((1, 4), 0.9, np.float32), 1)
    shy = count_class(mask, np.full((1, 4), 0.25, np.float32), 1)
    assert ReliabilityDiagram(sure).overconfidence == pytest.approx(0.4)
    assert ReliabilityDiagram(shy).overconfidence == pytest.approx(-0.25)


def test_a_model_that_is_as_right_as_it_is_sure_has_no_error():
    mask = np.array([[1, 1, 1, 0, 0, 0, 0, 1]], np.uint8)
    probability = np.array([[0.75] * 4 + [0.25] * 4], np.float32)
    diagram = ReliabilityDiagram(count_class(mask, probability, 1))
    assert diagram.expected_error == diagram.maximum_error == 0
    assert diagram.accuracy[~np.isnan(diagram.accuracy)].tolist() == [0.25, 0.75]
    np.testing.assert_array_equal(diagram.accuracy, diagram.confidence)


def test_counts_of_pictures_add_up():
    random = np.random.default_rng(8)
    mask = random.choice([0, 1, VOID], (2, 6, 9)).astype(np.uint8)
    probability = random.random((2, 6, 9), np.float32)
    rows = [count_class(*pair, 1) for pair in zip(mask, probability, strict=True)]
    whole = count_class(mask.reshape(12, 9), probability.reshape(12, 9), 1)
    np.testing.assert_allclose(sum(rows), whole)


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_a_histogram_of_quantised_probabilities_has_the_same_diagram(bins):
    random = np.random.default_rng(9)
    histogram = random.integers(0, 9, (3, 2, 256))
    confidence, right = [], []
    for (hit, value), count in np.ndenumerate(histogram.sum(axis=0)):
        confidence += [Fraction(value, 255)] * int(count)
        right += [1 - hit] * int(count)
    rows = counts_of_histogram(histogram, bins)
    assert rows.shape == (3, bins, 3)
    diagram = ReliabilityDiagram(rows.sum(axis=0))
    expected, worst = slow_errors(confidence, right, bins)
    assert diagram.expected_error == pytest.approx(float(expected), abs=1e-12)
    assert diagram.maximum_error == pytest.approx(float(worst), abs=1e-12)


def test_without_pixels_every_figure_is_nan():
    counts = count_class(np.full((2, 2), VOID, np.uint8), np.zeros((2, 2), np.float32), 1)
    diagram = ReliabilityDiagram(counts)
    assert math.isnan(diagram.expected_error)
    assert math.isnan(diagram.maximum_error)
    assert math.isnan(diagram.overconfidence)


def test_probabilities_of_another_size_are_refused():
    mask = np.zeros((2, 3), np.uint8)
    with pytest.raises(MaskError, match=r"size \(2, 3\) and probabilities of size \(3, 2\)"):
        count_class(mask, np.zeros((3, 2), np.float32), 1)
    with pytest.raises(MaskError, match=r"size \(2, 3\) and probabilities of size \(3, 2\)"):
        count_likeliest(mask, np.zeros((4, 3, 2), np.float32))
