import numpy as np
import pytest

from roadfcn.scenes import sprites, textures
from roadfcn.scenes.scene import Material


@pytest.mark.parametrize("roughness", [0.0, 0.6, 1.2])
def test_noise_has_mean_0_deviation_1_and_wraps_around(roughness):
    field = textures.noise(128, 96, roughness, 5)
    assert field.shape == (128, 96)
    assert field.mean() == pytest.approx(0, abs=1e-4)
    assert field.std() == pytest.approx(1, abs=1e-4)
    inside = np.abs(np.diff(field, axis=0)).mean()
    across_the_seam = np.abs(field[0] - field[-1]).mean()
    assert across_the_seam == pytest.approx(inside, rel=0.35)


def test_rough_noise_is_smoother():
    steps = [np.abs(np.diff(textures.noise(64, 64, roughness, 1))).mean() for roughness in (0, 1)]
    assert steps[1] < 0.6 * steps[0]


def test_each_level_of_a_pyramid_averages_the_one_before():
    levels = textures.pyramid(textures.noise(32, 64, 0.5, 3))
    assert [level.shape for level in levels] == [(32, 64), (16, 32), (8, 16), (4, 8)]
    blocks = levels[0].reshape(16, 2, 32, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(levels[1], blocks, atol=1e-5)


def test_every_material_has_a_tile_of_mean_brightness_about_1():
    tiles = textures.ground_atlas().reshape(len(Material), textures.TILE_PX, textures.TILE_PX)
    assert tiles.mean(axis=(1, 2)) == pytest.approx(np.ones(len(Material)), abs=0.08)
    assert (tiles.std(axis=(1, 2)) > 0.02).all()


@pytest.mark.parametrize("make", [textures.facade, textures.leaves])
def test_variants_differ(make):
    assert not np.array_equal(make(0)[0], make(1)[0])
    assert make(0)[0].ndim == 3


@pytest.mark.parametrize(
    "make",
    [sprites.crown, sprites.sign, lambda _: sprites.railing()],
)
def test_sprites_have_solid_and_clear_parts(make):
    for variant in range(4):
        opacity = make(variant)[0][..., 3]
        assert opacity.min() == 0
        assert opacity.max() == 1
        assert 0.1 < opacity.mean() < 0.9
