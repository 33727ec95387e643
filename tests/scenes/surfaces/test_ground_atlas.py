import numpy as np
import pytest

from roadfcn.scenes.description.scene import Material
from roadfcn.scenes.surfaces.ground_atlas import LOOKS, TILE_PX, crazing, ground_atlas, tile_of


def test_every_look_has_a_tile_of_mean_brightness_about_1():
    tiles = ground_atlas().reshape(LOOKS, TILE_PX, TILE_PX)
    assert tiles.mean(axis=(1, 2)) == pytest.approx(np.ones(LOOKS), abs=0.1)
    assert (tiles.std(axis=(1, 2)) > 0.015).all()


def test_no_two_materials_share_a_tile_and_looks_repeat():
    tiles = [{tile_of(material, look) for look in range(60)} for material in Material]
    assert sum(map(len, tiles)) == len(set.union(*tiles)) == LOOKS
    assert set.union(*tiles) == set(range(LOOKS))


def test_the_net_of_cracks_is_thin_and_wraps_around():
    net = crazing()
    assert 0.02 < (net > 0.5).mean() < 0.2
    seam = np.abs(net[0] - net[-1]).mean()
    assert seam == pytest.approx(np.abs(np.diff(net, axis=0)).mean(), rel=0.3)
