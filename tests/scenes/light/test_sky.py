from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.bodies.facets import Canvas
from roadfcn.scenes.description.camera import pose_camera
from roadfcn.scenes.description.scene import Relief
from roadfcn.scenes.light.sky import paint_sky

SIZE = (375, 1242)


def sky(light, variant=3, **pose):
    camera = pose_camera(**{"height_m": 1.6, "pitch": 0.0, "yaw": 0.0, "roll": 0.0, **pose})
    canvas = Canvas(
        np.full((3, *SIZE), np.nan, np.float32),
        np.zeros(SIZE, np.float32),
        np.zeros(SIZE, np.uint8),
        np.zeros(SIZE, bool),
        np.zeros(SIZE, np.uint8),
    )
    paint_sky(canvas, camera.projection_from_road(), light, Relief(), variant)
    return canvas.colour


def test_a_clear_sky_is_blue_and_bluer_above(light):
    colour = sky(replace(light, sun=0.5, cloud=0.0))
    red, _, blue = colour
    saturation = (blue - red).mean(axis=1)
    assert saturation[5] > saturation[120] > 0.05


def test_an_overcast_sky_is_grey(light):
    red, _, blue = sky(replace(light, sky_low=(0.9, 0.9, 0.9), sky_high=(0.7, 0.7, 0.7)))[:, :140]
    assert np.abs(blue - red).mean() < 0.1


@pytest.mark.parametrize("roll", [0.0, 0.03])
def test_sky_and_far_trees_reach_down_to_the_ground_and_no_further(light, roll):
    filled = np.isfinite(sky(light, roll=roll)[0])
    assert filled[:150].all()
    assert not filled[215:].any()


def test_the_end_of_the_ground_is_hidden_by_a_dark_line(light):
    colour = sky(replace(light, sun=0.0)).mean(axis=0)
    assert colour[172].mean() < 0.6 * colour[100].mean()


def test_a_camera_that_looks_down_sees_hardly_any_sky(light):
    assert np.isfinite(sky(light, pitch=-0.5)[0]).sum() <= SIZE[1]
