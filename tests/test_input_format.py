"""Input format: the arithmetic between pictures and network input."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadfcn.errors import ModelFileError
from roadfcn.input_format import IMAGENET_RGB, VGG_BGR, InputFormat, quantise_probability

PIXEL = np.array([[[255, 0, 124]]], np.uint8)


def test_imagenet_format_matches_hand_arithmetic():
    array = IMAGENET_RGB.normalise(PIXEL)
    expected = [(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (124 / 255 - 0.406) / 0.225]
    assert array.shape == (3, 1, 1)
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    np.testing.assert_allclose(array[:, 0, 0], expected, atol=1e-6)


def test_vgg_format_is_blue_first_and_unscaled():
    array = VGG_BGR.normalise(PIXEL)
    np.testing.assert_allclose(array[:, 0, 0], [124 - 103.939, -116.779, 255 - 123.68], atol=1e-4)


def test_resize_leaves_pictures_of_the_right_size_alone():
    image = np.zeros((4, 6, 3), np.uint8)
    assert InputFormat().resize(image) is image
    assert InputFormat(size=(4, 6)).resize(image) is image


def test_shrinking_averages_and_enlarging_keeps_a_flat_picture_flat():
    stripes = np.zeros((4, 8, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (InputFormat(size=(2, 4)).resize(stripes) == 100).all()
    flat = np.full((3, 5, 3), 77, np.uint8)
    enlarged = InputFormat(size=(9, 10)).resize(flat)
    assert enlarged.shape == (9, 10, 3)
    assert (enlarged == 77).all()


@pytest.mark.parametrize("size", [None, (160, 576)])
def test_format_survives_json(size):
    made = InputFormat("bgr", 1.0, (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), size)
    assert InputFormat.from_dict(json.loads(json.dumps(made.to_dict()))) == made


@pytest.mark.parametrize(
    "change",
    [
        {"channel_order": "gbr"},
        {"scale": 0},
        {"scale": "much"},
        {"scale": float("nan")},
        {"mean": [1, 2]},
        {"mean": [1, 2, float("inf")]},
        {"std": [1, 0, 1]},
        {"std": None},
        {"size": [10]},
        {"size": [0, 10]},
        {"size": [10, -1]},
        {"size": [1, 2, 3]},
        {"size": "large"},
        {"size": [float("inf"), 1]},
        {"size": [1, 10**6]},
        {"scale": 10**400},
        {"scale": 1e300},
        {"mean": [0, 0, 1e300]},
        {"std": [1, 1, 1e-300]},
    ],
    ids=str,
)
def test_impossible_formats_are_refused(change):
    with pytest.raises(ModelFileError, match="a model's input format is"):
        InputFormat.from_dict(InputFormat().to_dict() | change)


@pytest.mark.parametrize("key", ["channel_order", "scale", "mean", "std", "size"])
def test_a_missing_entry_is_refused(key):
    values = InputFormat().to_dict()
    del values[key]
    with pytest.raises(ModelFileError, match="a model's input format is"):
        InputFormat.from_dict(values)


def test_probabilities_round_half_up_and_clip():
    """floor(255 p + 0.5): 0.5 gives 128, and every k / 255 gives k."""
    assert quantise_probability(np.array([0.0, 0.5, 1.0, -0.1, 1.1])).tolist() == [
        0,
        128,
        255,
        0,
        255,
    ]
    levels = np.arange(256) / 255
    assert quantise_probability(levels.astype(np.float32)).tolist() == list(range(256))


@given(st.floats(0, 1), st.floats(0, 1))
def test_quantising_keeps_order(first, second):
    low, high = quantise_probability(np.array(sorted((first, second)), np.float32))
    assert low <= high


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((360, 480), (360, 480)),  # 172,800 pixels: as it is
        ((375, 1242), (264, 874)),  # sqrt(230400 / 465750) = 0.7033 of both sides
        ((1080, 1920), (360, 640)),
        ((1, 1_000_000), (1, 480_000)),  # no side vanishes
    ],
)
def test_large_pictures_are_shrunk_to_the_most_pixels_in_their_own_shape(
    size: tuple[int, int], expected: tuple[int, int]
):
    input_format = InputFormat(max_pixels=230_400)
    assert input_format.input_size(*size) == expected
    if size[0] > 1:
        assert input_format.resize(np.zeros((*size, 3), np.uint8)).shape == (*expected, 3)


def test_a_format_from_before_that_limit_has_none():
    stored = InputFormat().to_dict()
    del stored["max_pixels"]
    assert InputFormat.from_dict(stored) == InputFormat()
    limited = InputFormat(max_pixels=1000)
    assert InputFormat.from_dict(limited.to_dict()) == limited


@pytest.mark.parametrize(
    "changes", [{"max_pixels": 0}, {"max_pixels": "many"}, {"max_pixels": 9, "size": [2, 2]}]
)
def test_a_limit_that_makes_no_sense_is_refused(changes: dict[str, object]):
    with pytest.raises(ModelFileError, match="max_pixels"):
        InputFormat.from_dict(InputFormat().to_dict() | changes)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, (15, 30)), ({"size": (7, 9)}, (5, 7)), ({"max_pixels": 50}, (4, 8))],
)
def test_a_scale_is_a_factor_on_the_size_that_the_network_sees(fields, expected):
    # 0.75 of 20 x 40, of 7 x 9 (5.25, 6.75), and of 5 x 10 (3.75, 7.5: to the even number).
    image = np.zeros((20, 40, 3), np.uint8)
    assert InputFormat(**fields).resize(image, 0.75).shape == (*expected, 3)


def test_how_many_pixels_are_seen_follows_the_size_or_the_limit():
    assert IMAGENET_RGB.seen_pixels(700) == 700
    assert InputFormat(size=(30, 40)).seen_pixels(700) == 1200
    limited = InputFormat(max_pixels=600)
    assert (limited.seen_pixels(700), limited.seen_pixels(500)) == (600, 500)
