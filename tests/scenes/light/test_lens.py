"""What the camera makes of the light; none of it reaches the truth."""

from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.description.conditions import FLAWLESS
from roadfcn.scenes.light.lens import compress, expose, tone_curve
from roadfcn.scenes.painter import paint

SIZE = (94, 311)
FAULTS = {
    "exposure": 1.4,
    "metering": 0.7,
    "white": (1.1, 1.0, 0.9),
    "gamma": 0.7,
    "contrast": 0.6,
    "black": 0.1,
    "saturation": 0.3,
    "noise": 0.03,
    "chroma_noise": 0.02,
    "blur_px": 6.0,
    "shake_px": 12.0,
    "speed": 0.03,
    "vignette": 0.5,
    "fringe": 0.01,
    "sharpening": 1.0,
    "jpeg_quality": 30,
    "veil": 0.15,
}


def picture(seed=1):
    """Soft blotches, 96 by 128, between 0.1 and 0.7."""
    rng = np.random.default_rng(seed)
    return np.kron(rng.uniform(0.1, 0.7, (12, 16, 3)), np.ones((8, 8, 1))).astype(np.float32)


def taken(sensor, light=None):
    return expose((picture() if light is None else light).copy(), sensor, 7, 1.0).astype(int)


def psnr(one, other):
    return 10 * np.log10(255**2 / np.square(one.astype(float) - other).mean())


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_changes_the_picture_and_leaves_the_truth_alone(scene, fault):
    flawed = replace(scene, sensor=replace(FLAWLESS, **{fault: FAULTS[fault]}))
    clean, seen = paint(scene, SIZE), paint(flawed, SIZE)
    assert (clean.image != seen.image).any(axis=2).mean() > 0.2
    np.testing.assert_array_equal(clean.state, seen.state)
    np.testing.assert_array_equal(clean.lane, seen.lane)
    np.testing.assert_array_equal(clean.street_class, seen.street_class)


def test_a_flawless_camera_records_what_it_sees():
    seen = taken(replace(FLAWLESS, blur_px=0.0))
    np.testing.assert_allclose(seen, picture() * 255, atol=0.8)


def test_bright_light_is_bent_and_never_wraps_around():
    curve = tone_curve(FLAWLESS)
    assert (np.diff(curve) >= -1e-7).all()
    assert curve[0] == 0
    assert 0.9 < curve[-1] <= 1
    glaring = np.full((16, 16, 3), 50.0, np.float32)
    assert taken(FLAWLESS, glaring).min() > 230


@pytest.mark.parametrize("sensor", [{"gamma": 0.6}, {"contrast": 1.0}, {"contrast": -0.5}])
def test_tone_curves_rise(sensor):
    curve = tone_curve(replace(FLAWLESS, **sensor))
    assert (np.diff(curve) >= -1e-6).all()


def test_contrast_spreads_and_flattens():
    spreads = [taken(replace(FLAWLESS, contrast=value)).std() for value in (-0.5, 0.0, 0.8)]
    assert spreads[0] < spreads[1] < spreads[2]


def test_metering_brings_dark_and_bright_scenes_together():
    dark, bright = picture() * np.float32(0.4), picture() * np.float32(1.6)
    for metering, most in ((0.0, 4.0), (0.8, 1.5)):
        sensor = replace(FLAWLESS, metering=metering)
        ratio = taken(sensor, bright).mean() / taken(sensor, dark).mean()
        assert ratio <= most
    assert ratio > 1


def test_a_grey_camera_has_no_colours_left():
    grey = taken(replace(FLAWLESS, saturation=0.0))
    assert np.ptp(grey, axis=2).max() <= 1


def test_noise_has_the_deviation_asked_for():
    flat = np.full((96, 128, 3), 0.4, np.float32)
    seen = taken(replace(FLAWLESS, noise=0.02), flat)
    assert seen.std() == pytest.approx(0.02 * 255, rel=0.15)
    assert np.ptp(seen, axis=2).max() <= 1
    coloured = taken(replace(FLAWLESS, chroma_noise=0.02), flat)
    assert (coloured[..., 0] - coloured[..., 1]).std() == pytest.approx(2**0.5 * 5.1, rel=0.2)


def test_corners_are_darker_behind_a_poor_lens():
    flat = np.full((96, 128, 3), 0.5, np.float32)
    seen = taken(replace(FLAWLESS, vignette=0.4), flat)
    assert seen[0, 0, 0] == pytest.approx(0.6 * 127.5, abs=1.5)
    assert seen[48, 64, 0] == pytest.approx(127.5, abs=1.5)


def test_shaking_blurs_up_and_down_only():
    stripes = np.zeros((64, 64, 3), np.float32)
    stripes[:, ::8] = 0.6
    sensor = replace(FLAWLESS, blur_px=0.0)
    shaken = replace(sensor, shake_px=8.0)
    np.testing.assert_array_equal(taken(shaken, stripes), taken(sensor, stripes))
    upright = stripes.transpose(1, 0, 2).copy()
    assert taken(shaken, upright).std() < 0.2 * taken(sensor, upright).std()


def test_speed_blurs_the_rim_more_than_where_the_car_goes():
    rng = np.random.default_rng(3)
    rough = rng.uniform(0.2, 0.6, (100, 200, 3)).astype(np.float32)
    sharp, rushing = (
        taken(replace(FLAWLESS, blur_px=0.0, speed=speed), rough) for speed in (0, 0.04)
    )
    change = np.abs(rushing - sharp).mean(axis=2)
    assert change[43:48, 97:103].mean() < 0.5 * change[:, :20].mean()


def test_the_lower_the_quality_the_more_is_lost():
    image = taken(replace(FLAWLESS, noise=0.02)).astype(np.uint8)
    losses = [psnr(image, compress(image, quality)) for quality in (95, 60, 25)]
    assert losses[0] > losses[1] > losses[2] > 15
    assert losses[0] > 26
