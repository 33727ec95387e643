import numpy as np

from roadfcn.scenes.description.conditions import FLAWLESS
from roadfcn.scenes.description.variety import PRESETS, choose_variety
from roadfcn.scenes.drawing.sensor import draw_sensor


def drawn(seed, variety=PRESETS["anywhere"]):
    return draw_sensor(np.random.default_rng(seed), variety)


def test_the_same_chance_gives_the_same_camera():
    assert drawn(1) == drawn(1) != drawn(2)


def test_kittis_camera_is_good_and_shows_no_bonnet():
    for seed in range(50):
        sensor = drawn(seed, PRESETS["kitti"])
        assert 0.85 <= sensor.exposure <= 1.15
        assert sensor.noise <= 0.02
        assert sensor.bonnet is None
        assert sensor.jpeg_quality is None
        assert sensor.white == FLAWLESS.white


def test_any_camera_stays_within_what_cameras_do():
    sensors = [drawn(seed) for seed in range(300)]
    qualities = [one.jpeg_quality for one in sensors if one.jpeg_quality is not None]
    assert 0.6 < len(qualities) / 300 < 0.9
    assert min(qualities) >= 25
    assert max(qualities) <= 95
    assert 0.05 < np.mean([one.bonnet is not None for one in sensors]) < 0.25
    for one in sensors:
        assert 0.1 <= one.saturation <= 1.6
        assert min(one.white) > 0.6
        assert 0.4 < one.gamma < 2
        assert one.noise <= 0.03


def test_cameras_left_out_leave_the_rest_of_the_sensor_as_it_is():
    for seed in range(40):
        sensor = drawn(seed, choose_variety("anywhere", ["cameras"]))
        assert sensor.bonnet is None
        assert {**vars(drawn(seed)), "bonnet": None} == vars(sensor)
