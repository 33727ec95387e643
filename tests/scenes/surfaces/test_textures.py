import numpy as np
import pytest

from roadfcn.scenes.surfaces import textures


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


def test_a_soft_look_up_is_near_the_exact_one_and_repeats_the_texture():
    texture = textures.noise(64, 64, 1.5, 2)
    down, across = np.indices((40, 60), dtype=np.float32) * np.float32(0.3) + np.float32(55)
    read = textures.look_up_softly(texture, across, down)
    exact = texture[np.rint(down).astype(int) % 64, np.rint(across).astype(int) % 64]
    assert read.shape == (40, 60)
    assert np.abs(read - exact).mean() < 0.15
    np.testing.assert_allclose(textures.look_up_softly(texture, across + 64, down), read, atol=1e-4)
