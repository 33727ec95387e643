"""The share of paint in a pixel, against averages over many points inside it."""

from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.description.rays import Hit
from roadfcn.scenes.description.scene import Crossing, Line
from roadfcn.scenes.ground.markings import paint_coverage


@pytest.fixture
def bare(road):
    """The road without paint."""
    return replace(road, lines=())


def hit_at(s_m, z_m, across_m, along_m):
    """One row of pixels, each `across_m` by `along_m` on the ground."""
    s_m, z_m = (np.atleast_2d(np.asarray(v, np.float32)) for v in np.broadcast_arrays(s_m, z_m))
    field = np.ones_like(s_m)
    return Hit(s_m, z_m, s_m, field, field * np.float32(across_m), field * np.float32(along_m))


def average(is_painted, s_m, z_m, across_m, along_m):
    """Average a 0/1 pattern over the pixel's rectangle on 400 x 400 points."""
    steps = (np.arange(400) + 0.5) / 400 - 0.5
    s, z = np.meshgrid(s_m + steps * across_m, z_m + steps * along_m)
    return is_painted(s, z).mean()


@pytest.mark.parametrize("across_m", [0.01, 0.1, 0.4])
def test_a_solid_line_covers_its_overlap_with_the_pixel(bare, across_m):
    line = Line(0.5, 0.15, wear=0.0)
    s_m = np.linspace(0.2, 0.8, 25)
    paint = paint_coverage(replace(bare, lines=(line,)), hit_at(s_m, 10.0, across_m, 0.2))
    expected = [
        average(lambda s, z: np.abs(s - 0.5) < 0.075, each, 10.0, across_m, 0.2) for each in s_m
    ]
    np.testing.assert_allclose(paint[0], expected, atol=0.01)


def test_near_dashes_are_where_their_phase_says(bare):
    line = Line(0.0, 0.15, dash_m=3.0, gap_m=6.0, phase_m=2.0, wear=0.0)
    z_m = np.arange(2.25, 22, 0.5)
    paint = paint_coverage(replace(bare, lines=(line,)), hit_at(0.0, z_m, 0.02, 0.05))
    np.testing.assert_allclose(paint[0], ((z_m - 2) % 9 < 3).astype(float), atol=0.02)


def test_far_dashes_fade_to_the_share_of_the_period_that_is_painted(bare):
    line = Line(0.0, 0.15, dash_m=3.0, gap_m=6.0, wear=0.0)
    paint = paint_coverage(replace(bare, lines=(line,)), hit_at(0.0, [50.0, 53.0], 0.1, 20.0))
    np.testing.assert_allclose(paint[0], 1 / 3, atol=0.01)


def test_worn_paint_covers_less(bare):
    hit = hit_at(0.0, np.linspace(5, 30, 200), 0.02, 0.05)
    fresh, worn = (
        paint_coverage(replace(bare, lines=(Line(0.0, 0.15, wear=wear),)), hit).mean()
        for wear in (0.0, 0.5)
    )
    assert fresh == pytest.approx(1)
    assert 0.4 < worn < 0.85


def test_a_zebra_crossing_has_bars_across_the_road_and_ends_at_its_limits(bare):
    zebra = Crossing(-3.0, 3.0, near_m=10.0, far_m=14.0, bar_m=0.5, gap_m=0.5)
    road = replace(bare, crossings=(zebra,))
    s_m = np.arange(-3.75, 3.8, 0.5)
    paint = paint_coverage(road, hit_at(s_m, 12.0, 0.02, 0.1))[0] > 0.5
    np.testing.assert_array_equal(paint, (np.abs(s_m) < 3) & (((s_m + 3) % 1) < 0.5))
    assert not paint_coverage(road, hit_at(s_m, 9.0, 0.02, 0.1)).any()


def test_a_stop_line_is_one_bar(bare):
    stop = Crossing(0.0, 3.0, near_m=10.0, far_m=10.5)
    paint = paint_coverage(
        replace(bare, crossings=(stop,)), hit_at([-0.1, 1.0, 2.9], 10.2, 0.01, 0.1)
    )
    np.testing.assert_allclose(paint[0], [0, 0.85, 0.85], atol=0.01)
