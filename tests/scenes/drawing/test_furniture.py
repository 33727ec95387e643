"""What is stood on streets keeps to rules, whatever the seed."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadfcn.kitti.layout import CATEGORIES
from roadfcn.scenes.description.scene import KERB_HEIGHT_M
from roadfcn.scenes.description.variety import choose_variety
from roadfcn.scenes.drawing.furniture import furnish
from roadfcn.scenes.drawing.planting import FAR_END_M, draw_season
from roadfcn.scenes.drawing.streets import draw_street
from roadfcn.scenes.things.objects import KINDS

SEEDS = st.integers(0, 2**63 - 1)
UNUSUAL = {
    "bollard", "bin", "letter box", "phone box", "bench", "cabinet", "planter", "shelter",
    "works barrier", "cone", "bus stop", "bicycle", "board", "street name", "bridge", "gantry",
    "bus", "motorcycle",
}  # fmt: skip


def furnished(seed, category, variety):
    street = draw_street(np.random.default_rng(seed), category, variety)
    return street, furnish(np.random.default_rng([seed, 1]), street, variety)


def test_all_kinds_occur_in_the_widest_variety():
    variety = choose_variety("anywhere")
    kinds = Counter(
        one.kind for seed in range(300) for one in furnished(seed, CATEGORIES[seed % 3], variety)[1]
    )
    assert set(kinds) == set(KINDS)
    assert kinds["car"] > 4 * kinds["van"] > kinds["bus"]


def test_without_clutter_there_are_only_usual_things():
    variety = choose_variety("anywhere", ["clutter"])
    for seed in range(60):
        kinds = {one.kind for one in furnished(seed, CATEGORIES[seed % 3], variety)[1]}
        assert not kinds & UNUSUAL


def test_without_colours_it_is_summer():
    variety = choose_variety("kitti")
    for seed in range(60):
        assert "bare tree" not in {
            one.kind for one in furnished(seed, CATEGORIES[seed % 3], variety)[1]
        }


def test_half_of_the_seasons_have_leaves_of_every_colour():
    seasons = [draw_season(np.random.default_rng(seed), any_season=True) for seed in range(200)]
    assert 20 < sum(season.bare > 0.4 for season in seasons) < 80
    assert len({season.leaves for season in seasons}) == 4


@given(
    seed=SEEDS, category=st.sampled_from(CATEGORIES), preset=st.sampled_from(["kitti", "anywhere"])
)
@settings(max_examples=60, deadline=None)
def test_nothing_is_in_the_camera_s_way_and_nothing_floats(seed, category, preset):
    street, things = furnished(seed, category, choose_variety(preset))
    relief = street.road.relief
    assert things == furnished(seed, category, choose_variety(preset))[1]
    for one in things:
        near_m = one.z_m - one.length_m / 2
        assert near_m > 4 or abs(one.x_m) - one.width_m / 2 > 0.7, one
        if street.road.end is None:
            above = one.base_m - relief.height(one.z_m)
            steps = (0.0, KERB_HEIGHT_M / 2, KERB_HEIGHT_M)
            assert min(abs(above - step) for step in steps) < 0.02, one


@pytest.mark.parametrize("category", CATEGORIES)
def test_fixed_things_stand_beside_the_road(category):
    """All but cones and barriers, what spans the road, and the trees at its far end."""
    moving = {"car", "van", "lorry", "bus", "motorcycle", "rider", "person", "umbrella"}
    on_road = {"cone", "works barrier", "bridge", "gantry", "sign"}
    for seed in range(40):
        street, things = furnished(seed, category, choose_variety("anywhere"))
        road = street.road
        for one in things:
            if one.kind in moving | on_road or road.end is not None or one.z_m > FAR_END_M - 5:
                continue
            s_m = one.x_m - road.curve.lateral(one.z_m)
            assert s_m < road.left_m + 0.05 or s_m > road.right_m - 0.05, one
