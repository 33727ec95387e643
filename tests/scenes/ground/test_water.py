from dataclasses import replace

import numpy as np

from roadfcn.scenes.description.scene import State
from roadfcn.scenes.painter import paint

SIZE = (188, 621)


def painted(scene, wet=0.0, puddles=0.0):
    return paint(
        replace(
            scene,
            light=replace(scene.light, wet=wet),
            wear=replace(scene.wear, puddles=puddles),
        ),
        SIZE,
    )


def test_a_wet_road_is_darker_near_by_and_mirrors_the_sky_far_away(scene):
    dry, wet = painted(scene), painted(scene, wet=1.0)
    road = dry.state == State.ROAD
    near, far = road.copy(), road.copy()
    near[:150], far[110:] = False, False
    assert wet.image[near].mean() < 0.85 * dry.image[near].mean()
    assert wet.image[far].mean() > dry.image[far].mean()
    np.testing.assert_array_equal(wet.state, dry.state)


def test_a_wet_road_mirrors_a_wall_below_its_foot_in_its_colour(scene, stand, wall):
    red = stand(scene, wall(0.0, 14.0, size=(3.0, 2.5, 0.5), heading=0.0))
    dry, wet = painted(red), painted(red, wet=1.0)
    calibration = dry.calibration.projection_from_road()
    u, v, depth = calibration @ [0.0, 0.0, 13.5, 1.0]
    column, foot = round(u / depth), round(v / depth)
    below = np.s_[foot + 3 : foot + 9, column - 8 : column + 8]
    beside = np.s_[foot + 3 : foot + 9, column + 40 : column + 56]

    def redness(picture, where):
        red_part, green, _ = picture.image[where].reshape(-1, 3).astype(float).mean(axis=0)
        return red_part - green

    assert redness(wet, below) > redness(dry, below) + 4
    assert redness(wet, below) > redness(wet, beside) + 4


def test_puddles_cover_their_share_of_the_road_and_none_of_the_grass(scene):
    dry = painted(scene)
    road, grass = dry.state == State.ROAD, dry.street_class == 5
    shares = []
    for puddles in (0.02, 0.25):
        image = painted(scene, puddles=puddles).image
        changed = (np.abs(image.astype(int) - dry.image).max(axis=2) > 3) & (
            np.indices(SIZE)[0] > 110
        )
        shares.append(changed[road].mean())
        assert changed[grass].mean() < 0.02
    assert 0 < shares[0] < shares[1] < 0.9


def test_dry_is_dry(scene):
    np.testing.assert_array_equal(painted(scene).image, paint(scene, SIZE).image)
