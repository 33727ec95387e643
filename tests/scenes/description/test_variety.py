from dataclasses import asdict, replace

import numpy as np
import pytest

from roadfcn.errors import ConfigError
from roadfcn.kitti.layout import FrameId
from roadfcn.scenes.description.variety import FEATURES, PRESETS, choose_variety
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.painter import paint

SIZE = (72, 96)


def test_features_can_be_left_out_of_a_preset():
    chosen = choose_variety("anywhere", ["light", "relief"])
    assert chosen == replace(PRESETS["anywhere"], light=False, relief=False)


def test_what_a_preset_lacks_can_be_left_out_too():
    assert choose_variety("kitti", ["sensor"]) == PRESETS["kitti"]


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(ConfigError, match="the preset is 'mars'") as caught:
        choose_variety("mars")
    assert caught.value.allowed == "kitti, anywhere"


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_changes_some_pictures_and_not_the_kind_of_street(feature):
    without = choose_variety("anywhere", [feature])
    assert [name for name, here in asdict(without).items() if not here] == [feature]
    changed = 0
    for index in range(6):
        frame = FrameId("um", index)
        with_it, left_out = (
            draw_scene(5, "training", frame, variety, SIZE)
            for variety in (PRESETS["anywhere"], without)
        )
        if feature != "tracks":
            assert len(with_it.road.strips) == len(left_out.road.strips)
        assert with_it.road.curve == left_out.road.curve
        pictures = [paint(scene, SIZE).image for scene in (with_it, left_out)]
        changed += not np.array_equal(*pictures)
    assert changed >= 1
