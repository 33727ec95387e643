"""Test-time augmentation, against a second way that goes pixel by pixel."""

import tracemalloc

import numpy as np
import pytest

from roadfcn.errors import ConfigError
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.network.views import PLAIN, Views, read_scales


def lopsided(picture):
    """Score road by red and by how far left a pixel lies: another answer for the mirror image."""
    rows, columns = picture.shape[1:]
    across = np.broadcast_to(np.arange(columns) / columns, (rows, columns))
    return np.stack([across, 2 * picture[0] - 1 + 0.1 * rows])


def sampled(values, height, width):
    """Interpolate an H,W array bilinearly at half-pixel centres, edges repeated, pixel by pixel."""
    rows, columns = values.shape
    result = np.empty((height, width))
    for row in range(height):
        for column in range(width):
            down = min(max((row + 0.5) * rows / height - 0.5, 0), rows - 1)
            across = min(max((column + 0.5) * columns / width - 0.5, 0), columns - 1)
            top, left = int(down), int(across)
            bottom, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            upper = values[top, left] * (left + 1 - across) + values[top, right] * (across - left)
            lower = values[bottom, left] * (left + 1 - across) + values[bottom, right] * (
                across - left
            )
            result[row, column] = upper * (top + 1 - down) + lower * (down - top)
    return result


def halved(values):
    """Average blocks of 2 x 2."""
    rows, columns = values.shape
    return np.array(
        [
            [values[i : i + 2, j : j + 2].mean() for j in range(0, columns, 2)]
            for i in range(0, rows, 2)
        ]
    )


def slowly(reds, views):
    """Give the road probability of `lopsided`, averaged over (scale, mirrored)."""
    answers = []
    for scale, mirrored in views:
        seen = reds[:, ::-1] if mirrored else reds
        if scale == 0.5:
            seen = halved(seen)
        elif scale != 1:
            seen = sampled(seen, round(scale * len(seen)), round(scale * len(seen[0])))
        rest, road = (sampled(plane, *reds.shape) for plane in lopsided(np.stack([seen / 255] * 3)))
        answer = 1 / (1 + np.exp(rest - road))
        answers.append(answer[:, ::-1] if mirrored else answer)
    return np.mean(answers, axis=0)


@pytest.fixture
def picture():
    """Give a picture whose reds are multiples of 16: halves and doubles of it need no rounding."""
    image = np.zeros((6, 10, 3), np.uint8)
    image[..., 0] = 16 * np.random.default_rng(0).integers(0, 16, (6, 10))
    return image


@pytest.mark.parametrize(
    ("views", "each"),
    [
        (Views(flip=True), [(1, False), (1, True)]),
        (Views(scales=(0.5, 2)), [(0.5, False), (2, False)]),
        (
            Views(flip=True, scales=(2, 1, 0.5)),
            [(scale, mirrored) for scale in (0.5, 1, 2) for mirrored in (False, True)],
        ),
    ],
    ids=["flip", "scales", "both"],
)
def test_probabilities_are_the_mean_over_all_views(make_backend, picture, views, each):
    prediction = Predictor(make_backend(lopsided), views=views).predict(picture)
    expected = slowly(picture[..., 0].astype(float), each)
    np.testing.assert_allclose(prediction.probability("road"), expected, atol=1e-6)
    np.testing.assert_allclose(prediction.probabilities.sum(axis=0), 1, atol=1e-6)
    np.testing.assert_array_equal(prediction.labels, prediction.probabilities.argmax(axis=0))
    assert (prediction.labels.dtype, prediction.probabilities.dtype) == (np.uint8, np.float32)


def test_one_view_of_the_picture_as_it_is_changes_no_bit(make_backend, picture):
    plain = Predictor(make_backend(lopsided)).predict(picture)
    viewed = Predictor(make_backend(lopsided), views=Views(False, (1,))).predict(picture)
    assert plain.probabilities.tobytes() == viewed.probabilities.tobytes()


def test_two_views_that_disagree_are_decided_by_their_mean(make_backend):
    # 0.9 and 0.3: the mean of the probabilities is 0.6.
    logit = {255: np.log(9), 0: np.log(3 / 7)}

    def leftmost(image):
        road = np.full(image.shape[1:], logit[round(255 * float(image[0, 0, 0]))])
        return np.stack([np.zeros_like(road), road])

    image = np.zeros((1, 2, 3), np.uint8)
    image[0, 0, 0] = 255
    prediction = Predictor(make_backend(leftmost), views=Views(flip=True)).predict(image)
    np.testing.assert_allclose(prediction.probability("road"), [[0.6, 0.6]], atol=1e-6)
    assert prediction.labels.tolist() == [[1, 1]]


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (33, 2)])
def test_a_picture_of_any_size_is_answered_at_its_size(make_backend, size):
    backend = make_backend(lopsided)
    predictor = Predictor(backend, views=Views(flip=True, scales=(0.1, 0.75, 1.25, 4)))
    prediction = predictor.predict(np.zeros((*size, 3), np.uint8))
    assert prediction.labels.shape == size
    assert prediction.probabilities.shape == (2, *size)
    assert backend.seen.shape == (1, 3, 4 * size[0], 4 * size[1])


@pytest.mark.parametrize(
    ("fields", "sizes"),
    [
        ({"size": (4, 8)}, [(2, 4), (6, 12)]),  # factors are of what the network sees
        # 20 x 40 pixels become 5 x 10; Python rounds halves to even numbers.
        ({"max_pixels": 50}, [(2, 5), (8, 15)]),
    ],
)
def test_scales_are_of_the_size_that_the_model_wants(make_backend, fields, sizes):
    seen = []

    def remember(image):
        seen.append(image.shape[1:])
        return image[:2]

    predictor = Predictor(make_backend(remember, **fields), views=Views(scales=(0.5, 1.5)))
    assert predictor.predict(np.zeros((20, 40, 3), np.uint8)).labels.shape == (20, 40)
    assert seen == sizes


def test_classes_are_folded_after_the_mean_and_the_views_stay(eleven_classes, picture):
    views = Views(flip=True, scales=(0.5, 1))
    fine = Predictor(eleven_classes, views=views)
    coarse = fine.in_classes_of(ROAD)
    assert coarse.views == views
    expected = fine.predict(picture).probabilities[CAMVID_11.index("road")]
    np.testing.assert_allclose(coarse.predict(picture).probability("road"), expected, atol=1e-6)


def test_sixteen_views_take_no_more_memory_than_two(make_backend):
    image = np.zeros((100, 300, 3), np.uint8)

    def most(views):
        predictor = Predictor(make_backend(lopsided), views=views)
        predictor.predict(image)
        tracemalloc.start()
        predictor.predict(image)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    # Nearly alike in size; each answer that was kept would add 15 % to the peak.
    scales = (0.998, 0.997, 0.996, 0.995, 0.994, 0.993, 0.992, 0.991)
    assert most(Views(True, scales)) < 1.05 * most(Views(True, scales[:1]))


def test_views_say_what_they_are():
    both = Views(flip=True, scales=(0.75, 1, 1.25))
    assert str(both) == "flip, scales 0.75, 1, 1.25"
    assert str(Views(scales=(2,))) == "scale 2"
    assert both.to_dict() == {"flip": True, "scales": [0.75, 1, 1.25]}
    assert (len(both), len(PLAIN), len(Views(flip=True))) == (6, 1, 2)
    assert PLAIN.are_plain
    assert not Views(flip=True).are_plain
    assert not Views(scales=(1.5,)).are_plain


def test_scales_are_read_from_text():
    assert read_scales("0.75, 1,1.25") == (0.75, 1, 1.25)


@pytest.mark.parametrize("text", ["", "1,", "1;2", "one", "0,1", "nan", "inf", "1,1.0", "-1", "5"])
def test_scales_that_make_no_sense_are_refused_with_those_that_do(text):
    with pytest.raises(ConfigError, match="the scales to look at a picture are") as told:
        Views(scales=read_scales(text))
    assert told.value.allowed == "1 to 16 different numbers from 0.1 to 4"
    assert "--scales 0.75,1,1.25" in told.value.do


def test_more_scales_than_sixteen_are_refused():
    with pytest.raises(ConfigError, match="the scales to look at"):
        Views(scales=tuple(1 + n / 100 for n in range(17)))
