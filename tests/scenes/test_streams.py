"""A feature left out takes its own part of the scene away, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from roadfcn.kitti.layout import FrameId
from roadfcn.scenes.description.conditions import FLAWLESS, PRISTINE
from roadfcn.scenes.description.scene import LEVEL
from roadfcn.scenes.description.variety import FEATURES, PRESETS, choose_variety
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.painter import paint

SIZE = (90, 120)
PARTS = ("road", "light", "sensor", "wear", "obstacles", "casters", "look")
CHANGED = {
    "cameras": {"sensor"},
    "relief": {"road", "obstacles"},
    "colours": {"road", "obstacles"},
    "surfaces": {"wear"},
    "tracks": {"road", "wear", "obstacles"},
    "light": {"light", "casters", "wear"},
    "sensor": {"sensor"},
    "clutter": {"obstacles"},
}


def drawn(variety, index):
    scene = draw_scene(7, "training", FrameId("umm", index), variety, SIZE)
    # In bad weather people carry umbrellas; all else stands where it stood.
    folded = tuple(
        replace(one, kind="person") if one.kind == "umbrella" else one for one in scene.obstacles
    )
    return replace(scene, obstacles=folded)


@pytest.mark.parametrize("feature", CHANGED)
def test_only_its_own_part_changes(feature):
    for index in range(8):
        everything = drawn(PRESETS["anywhere"], index)
        without = drawn(choose_variety("anywhere", [feature]), index)
        for part in PARTS:
            if part not in CHANGED[feature]:
                assert getattr(everything, part) == getattr(without, part), part
        if feature == "light":
            # Of the wear, only snow is the weather's.
            assert replace(everything.wear, snow=0.0) == without.wear
        elif feature == "sensor":
            assert everything.sensor.bonnet == without.sensor.bonnet
        elif feature == "cameras":
            assert replace(everything.sensor, bonnet=None) == without.sensor
        elif feature == "relief":
            assert replace(everything.road, relief=LEVEL) == without.road
            level = [replace(one, base_m=0.0, grade=0.0) for one in everything.obstacles]
            assert level == [replace(one, base_m=0.0) for one in without.obstacles]
        elif feature == "colours":
            assert uncoloured(everything.road) == uncoloured(without.road)


def uncoloured(road):
    """A road but for the colours of its ground."""
    black = (0.0, 0.0, 0.0)
    return replace(road, strips=tuple(replace(strip, colour=black) for strip in road.strips))


def test_every_feature_is_tried_here():
    assert set(CHANGED) == set(FEATURES)


def test_a_scene_without_surfaces_is_one_whose_wear_is_taken_off():
    whole, without = (
        drawn(variety, 3)
        for variety in (PRESETS["anywhere"], choose_variety("anywhere", ["surfaces"]))
    )
    np.testing.assert_array_equal(
        paint(replace(whole, wear=PRISTINE), SIZE).image, paint(without, SIZE).image
    )


def test_the_same_scene_is_painted_to_the_same_bits():
    for index in range(4):
        scene = drawn(PRESETS["anywhere"], index)
        np.testing.assert_array_equal(paint(scene, SIZE).image, paint(scene, SIZE).image)


def test_what_the_camera_does_is_no_part_of_the_truth():
    for index in range(4):
        scene = drawn(PRESETS["anywhere"], index)
        bonnet = scene.sensor.bonnet
        seen = paint(scene, SIZE)
        ideal = paint(replace(scene, sensor=replace(FLAWLESS, bonnet=bonnet)), SIZE)
        np.testing.assert_array_equal(seen.state, ideal.state)
        np.testing.assert_array_equal(seen.street_class, ideal.street_class)
