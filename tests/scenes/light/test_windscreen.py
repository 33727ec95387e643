from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.description.conditions import FLAWLESS, Bonnet
from roadfcn.scenes.description.scene import State
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.painter import paint

SIZE = (188, 621)


@pytest.mark.parametrize("middle", [0.4, 0.5])
def test_a_bonnet_hides_the_street_and_is_void_and_unknown(scene, middle):
    bonnet = Bonnet(height=0.2, bulge=0.5, middle=middle, colour=(0.05, 0.05, 0.05), shine=0.2)
    bare = paint(scene, SIZE)
    seen = paint(replace(scene, sensor=replace(FLAWLESS, bonnet=bonnet)), SIZE)
    rows, columns = np.indices(SIZE)
    off = 2 * (columns / (SIZE[1] - 1) - middle)
    top = SIZE[0] * (1 - 0.2 * (1 - 0.5 * off**2))
    hidden = rows >= top
    assert 0.1 < hidden.mean() < 0.25
    assert (seen.state[hidden] == State.VOID).all()
    assert (seen.street_class[hidden] == StreetClass.UNKNOWN).all()
    assert not seen.lane[hidden].any()
    np.testing.assert_array_equal(seen.state[~hidden], bare.state[~hidden])
    np.testing.assert_array_equal(seen.street_class[~hidden], bare.street_class[~hidden])
    np.testing.assert_array_equal(seen.image[:100], bare.image[:100])


def test_rain_leaves_drops_that_turn_the_picture_upside_down(scene):
    wet = paint(replace(scene, light=replace(scene.light, rain=1.0)), SIZE)
    dry = paint(scene, SIZE)
    change = wet.image.astype(int).sum(axis=2) - dry.image.astype(int).sum(axis=2)
    # Sky shows in drops before the road, road in drops before the sky.
    assert (change[120:] > 60).sum() > 20
    assert (change[:60] < -60).sum() > 20
    assert np.median(np.abs(change)) < 40


def test_a_veil_lifts_the_dark(scene):
    veiled = paint(replace(scene, sensor=replace(FLAWLESS, veil=0.15)), SIZE)
    clear = paint(scene, SIZE)
    dark = clear.image.mean(axis=2) < 80
    assert veiled.image[dark].mean() > clear.image[dark].mean() + 5
    assert (veiled.image >= clear.image.astype(int) - 1).all()
