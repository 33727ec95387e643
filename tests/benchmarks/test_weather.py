"""Fog, rain and dusk, against the formulas worked out one pixel at a time, and published values."""

import math

import numpy as np
import pytest

from corruptions import weather
from corruptions.light import to_light, to_picture
from corruptions.street import depth, focal_length, sky_share

HEIGHT, WIDTH = 360, 480
FOCAL = 480 / (2 * math.tan(math.radians(32.5)))  # 376.7 pixels
HORIZON = 0.47 * 360
CHANCE = np.random.default_rng(0)


def encoded(light):
    """Give sRGB's value of one amount of light."""
    value = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(255 * value)


def street(road):
    """Give a picture whose sky is white and whose ground is of one grey."""
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    image[math.ceil(HORIZON) :] = road
    return image


def test_light_is_srgbs_and_comes_back_to_the_same_value():
    values = np.arange(256, dtype=np.uint8).reshape(1, -1, 1).repeat(3, axis=2)
    light = to_light(values)
    # Published with the standard's examples: 0.5 of the light is 188, 0.2159 is 128.
    assert light[0, 188, 0] == pytest.approx(0.5029, abs=1e-4)
    assert light[0, 128, 0] == pytest.approx(0.2159, abs=1e-4)
    assert (light[0, 0, 0], light[0, 255, 0]) == (0, 1)
    np.testing.assert_array_equal(to_picture(light), values)
    assert to_picture(np.float32([[[-1, 2, 0.5]]])).tolist() == [[[0, 255, 188]]]


def test_depths_are_those_of_a_box_around_the_street():
    metres = depth(HEIGHT, WIDTH)
    assert focal_length(WIDTH) == pytest.approx(FOCAL)
    middle = WIDTH // 2
    assert metres[300, middle] == pytest.approx(1.5 * FOCAL / (300 - HORIZON), rel=1e-5)  # road
    assert metres[20, middle] == pytest.approx(12 * FOCAL / (HORIZON - 20), rel=1e-5)  # above
    assert metres[170, 10] == pytest.approx(9 * FOCAL / (239.5 - 10), rel=1e-5)  # left front
    np.testing.assert_allclose(metres, metres[:, ::-1])
    assert (metres.min() > 1, metres.max() <= 1000) == (True, True)


def test_sky_is_bright_and_above_the_horizon():
    image = street(255)
    image[:40] = 30  # a dark bridge
    share = sky_share(to_light(image))
    assert (share[:40] == 0).all()
    assert (share[40 : int(HORIZON)] == 1).all()
    assert (share[math.ceil(HORIZON) :] == 0).all()


def test_at_the_visibility_a_twentieth_of_the_contrast_is_left():
    row = 200  # 1.5 f / (200 - 169.2) = 18.346 m ahead
    metres = 1.5 * FOCAL / (row - HORIZON)
    extinction = -math.log(0.05) / metres
    white, black = (
        weather.through_air(to_light(street(grey)), extinction)[row, WIDTH // 2, 0]
        for grey in (255, 0)
    )
    assert white - black == pytest.approx(0.05, rel=1e-4)


def test_fog_follows_koschmieders_law():
    row, visibility = 250, 80.0
    clear = math.exp(-2.9957 * 1.5 * FOCAL / (row - HORIZON) / visibility)
    fogged = weather.fog(street(60), visibility, CHANCE)
    # 60 is 0.0452 of the light; the white sky gives air of three quarters.
    expected = encoded(0.0452 * clear + 0.75 * (1 - clear))
    assert fogged[row, WIDTH // 2].tolist() == [expected] * 3
    assert (fogged[100] == encoded(0.75)).all()


def test_rain_takes_away_twice_the_shadow_of_its_drops():
    diameters = np.linspace(0, 30, 300_001)  # mm
    for rate in (5, 100):
        drops = 8000 * np.exp(-4.1 * rate**-0.21 * diameters)
        shadows = drops * np.pi / 4 * diameters**2  # mm^2 in a cubic metre
        integral = shadows.sum() * 1e-4
        assert weather.rain_extinction(rate) == pytest.approx(2e-6 * integral, rel=1e-4)
    # Weather services tell of a visibility of some hundred metres in a violent shower.
    assert 200 < 3 / weather.rain_extinction(100) < 1000


@pytest.mark.parametrize("rate", [30, 100])
def test_streaks_cover_as_much_as_their_drops_do_on_average(rate):
    cover = weather.falling(HEIGHT, WIDTH, rate, np.random.default_rng(1))
    # A drop of D at Z hides pi / 4 (f D / Z)^2 pixels, and of a slice dZ a pixel sees (Z / f)^2:
    # whatever the camera, the integral of pi / 4 N(D) D^2 times the 4.2 m that are looked through.
    slope, smallest = 4.1 * rate**-0.21, 1.3
    squares = smallest**2 / slope + 2 * smallest / slope**2 + 2 / slope**3
    expected = math.pi / 4 * 8000 * math.exp(-slope * smallest) * squares * 1e-6 * 4.2
    assert cover.mean() == pytest.approx(expected, rel=0.15)
    assert (cover.min() >= 0, cover.max() < 1) == (True, True)


def test_streaks_run_away_from_the_middle_of_the_horizon():
    cover = weather.falling(HEIGHT, WIDTH, 30, np.random.default_rng(2))
    down, across = np.gradient(cover)
    # At the lower left streaks slope down to the left, at the lower right to the right.
    left = (down * across)[260:, :160].mean()
    right = (down * across)[260:, 320:].mean()
    assert left > 0 > right


def test_drops_on_the_glass_show_the_street_upside_down():
    light = to_light(street(0))
    seen = weather.on_the_glass(light, 100, np.random.default_rng(3))
    ground, sky = seen[260:, :, 0], seen[:100, :, 0]
    assert ground.max() > 0.4  # sky, in drops before the dark ground
    assert sky.min() < 0.6
    assert np.median(ground) == pytest.approx(0, abs=0.02)
    assert np.median(sky) == pytest.approx(1, abs=0.02)


def test_dusk_is_of_the_colour_of_cies_daylight():
    rgb = weather.daylight(7504)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ rgb
    # CIE's illuminant D75, 7,504 K.
    np.testing.assert_allclose(xyz[:2] / xyz.sum(), [0.29902, 0.31485], atol=3e-4)
    assert xyz[1] == pytest.approx(1, abs=1e-3)


def test_dusk_leaves_the_share_of_the_light_that_was_asked_for():
    grey = np.full((200, 200, 3), 200, np.uint8)
    seen = to_light(weather.dusk(grey, 1 / 8, np.random.default_rng(0))).astype(float)
    brightness = seen @ [0.2126, 0.7152, 0.0722]
    assert brightness.mean() == pytest.approx(0.5776 / 8, rel=0.02)  # 200 is 0.5776 of the light
    red, _, blue = seen.mean(axis=(0, 1))
    assert blue > 1.5 * red
