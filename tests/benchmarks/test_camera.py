"""A camera's faults, against arithmetic that goes by single points."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from corruptions import camera
from corruptions.light import to_light
from roadfcn.label_sets import VOID

HEIGHT, WIDTH = 360, 480
FOCAL = 480 / (2 * math.tan(math.radians(32.5)))
HORIZON = 0.47 * 360


def chance(seed=0):
    return np.random.default_rng(seed)


def spread(profile):
    """Give the variance of a bright line across itself, in pixels squared."""
    places = np.arange(len(profile))
    middle = (profile * places).sum() / profile.sum()
    return (profile * (places - middle) ** 2).sum() / profile.sum()


def test_turning_smears_what_is_far_by_the_angle_that_is_turned():
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[:, 240] = 255
    seen = to_light(camera.motion(image, 0.1, chance()))[round(HORIZON), :, 0].astype(float)
    # 8 degrees/s for 0.1 s are 5.26 pixels; a line so wide has a variance of a twelfth of its
    # square, and interpolation adds less than a quarter of a pixel's.
    smear = FOCAL * math.radians(0.8)
    assert smear**2 / 12 < spread(seen) < smear**2 / 12 + 0.35


def test_driving_smears_the_road_by_its_nearness():
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    row = 260
    image[row] = 255
    seen = to_light(camera.motion(image, 1 / 20, chance()))[:, 240, 0].astype(float)
    metres = 1.5 * FOCAL / (row - HORIZON)  # 6.2 m; the car drives 0.69 m
    smear = (row - HORIZON) * 50 / 3.6 / 20 / metres
    assert spread(seen) == pytest.approx(smear**2 / 12, rel=0.15)


def test_a_standing_camera_that_is_quick_enough_smears_nothing():
    image = chance().integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    np.testing.assert_array_equal(camera.motion(image, 0.0, chance()), image)


def test_a_point_out_of_focus_is_a_disk_of_the_same_light():
    image = np.zeros((400, 400, 3), np.uint8)
    image[190:211, 190:211] = 255  # a point would be lost in 8 bits
    seen = to_light(camera.defocus(image, 0.05, chance()))[..., 0].astype(float)
    assert seen.sum() == pytest.approx(21 * 21, rel=0.01)
    # A disk of radius 20 has a variance of 20^2 / 4 along each axis, the square one of 21^2 / 12.
    assert spread(seen.sum(axis=0)) == pytest.approx(100 + 21**2 / 12, rel=0.02)
    assert spread(seen.sum(axis=1)) == pytest.approx(100 + 21**2 / 12, rel=0.02)
    assert seen[200, 200] == pytest.approx(21 * 21 / (math.pi * 20**2), rel=0.02)


@pytest.mark.parametrize(("light", "electrons"), [(0.5, 400), (0.1, 25)])
def test_noise_is_that_of_electrons_and_of_reading(light, electrons):
    grey = np.full((300, 300, 3), light, np.float32)
    read = camera.read_out(grey, electrons, chance()).astype(float)
    assert read.mean() == pytest.approx(light, rel=0.01)
    assert read.var() == pytest.approx((light * electrons + 9) / electrons**2, rel=0.02)


def test_noise_is_grain_around_the_same_brightness():
    grey = np.full((100, 100, 3), 128, np.uint8)
    seen = to_light(camera.noise(grey, 400, chance())).astype(float)
    assert seen.mean() == pytest.approx(0.2159, rel=0.02)
    assert seen.std() == pytest.approx(math.sqrt(0.2159 * 400 + 9) / 400, rel=0.05)


def test_a_stop_doubles_the_light_and_white_stays_white():
    # 100 is 0.1274 of the light: twice that is 137.6, half of it 71.2.
    values = np.uint8([[[100, 200, 255]]])
    assert camera.exposure(values, 1, chance()).tolist() == [[[138, 255, 255]]]
    assert camera.exposure(values, -1, chance())[0, 0, 0] == 71


def test_jpeg_is_that_of_other_programs():
    down, across = np.mgrid[:64, :96]
    image = np.stack([2 * down, 2 * across, 255 - 2 * down], axis=-1).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=10)
    expected = np.asarray(Image.open(stream)).astype(int)
    seen = camera.jpeg(image, 10, chance()).astype(int)
    assert np.abs(seen - expected).mean() < 1
    assert np.abs(seen - image).mean() > 2


@pytest.mark.parametrize("seed", range(4))
def test_pitch_moves_picture_and_truth_as_rays_say(seed):
    mask = np.repeat(np.arange(36, dtype=np.uint8), 10)[:, None].repeat(WIDTH, axis=1)
    image = np.repeat(7 * mask[..., None], 3, axis=2)
    seen, truth = camera.pitch(image, mask, 9, chance(seed))
    up = truth[0, 240] == VOID  # the camera looks up: what is seen comes from above
    turned = math.radians(9 if up else -9)
    for row in range(HEIGHT):
        angle = math.atan((row - HORIZON) / FOCAL) - turned
        source = HORIZON + FOCAL * math.tan(angle)
        if abs(source % 1 - 0.5) < 0.02:
            continue  # halfway between two pixels
        inside = -0.5 < source < HEIGHT - 0.5
        expected = mask[round(source), 0] if inside else VOID
        assert truth[row, 240] == expected, row
        if inside and 0.1 < source % 10 < 8.9:
            assert seen[row, 240, 0] == 7 * expected, row


def test_pitch_goes_both_ways_by_chance():
    mask = np.zeros((36, 48), np.uint8)
    image = np.zeros((36, 48, 3), np.uint8)
    tops = {camera.pitch(image, mask, 9, chance(seed))[1][0, 24] for seed in range(8)}
    assert tops == {0, VOID}
