from dataclasses import replace

import numpy as np
import pytest

from roadfcn.kitti.layout import FrameId
from roadfcn.scenes.description.scene import RoadEnd, State
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.description.variety import PRESETS
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.painter import paint

SIZE = (188, 621)


@pytest.fixture(scope="module")
def ending():
    """Ten scenes whose road ends, among the first that are drawn."""
    drawn = (draw_scene(5, "training", FrameId("uu", index)) for index in range(400))
    scenes = [scene for scene in drawn if scene.road.end is not None]
    assert 20 < len(scenes) < 70  # a tenth
    return scenes[:10]


def test_the_crossing_road_is_void_and_of_class_road_and_no_road_lies_behind_it(scene):
    end = RoadEnd(z_m=15.0, width_m=7.0)
    painted = paint(replace(scene, road=replace(scene.road, end=end)), SIZE)
    projection = painted.calibration.projection_from_road()

    def at(z_m):
        u, v, depth = projection @ [scene.road.curve.lateral(z_m), 0.0, z_m, 1.0]
        place = round(v / depth), round(u / depth)
        return painted.state[place], painted.street_class[place]

    assert at(13.5) == (State.ROAD, StreetClass.ROAD)
    assert at(18.5) == (State.VOID, StreetClass.ROAD)
    state, street_class = at(30.0)
    assert state == State.NOT_ROAD
    assert street_class != StreetClass.ROAD


def test_what_stands_along_the_road_stops_before_the_crossing_road(ending):
    for scene in ending:
        end, road = scene.road.end, scene.road
        for obstacle in scene.obstacles:
            s_m = obstacle.x_m - road.curve.lateral(obstacle.z_m)
            on_the_road = road.left_m < s_m < road.right_m
            crossing = end.z_m < obstacle.z_m < end.z_m + end.width_m
            if on_the_road and not crossing and obstacle.z_m > end.z_m:
                assert obstacle.z_m > end.z_m + end.width_m


def test_something_closes_the_view_behind_it(ending):
    for scene in ending:
        far_m = scene.road.end.z_m + scene.road.end.width_m
        assert sum(one.z_m > far_m for one in scene.obstacles) >= 3


def test_junctions_and_crossings_behind_the_end_are_gone(ending):
    for scene in ending:
        assert all(side.z_m < scene.road.end.z_m for side in scene.road.side_roads)
        assert all(one.far_m < scene.road.end.z_m for one in scene.road.crossings)


def test_the_end_is_painted_on_slopes_too():
    rng = np.random.default_rng(0)
    for index in rng.integers(0, 400, 12):
        scene = draw_scene(5, "training", FrameId("uu", int(index)), PRESETS["anywhere"], SIZE)
        end = RoadEnd(z_m=20.0, width_m=6.0)
        painted = paint(replace(scene, road=replace(scene.road, end=end)), SIZE)
        assert set(np.unique(painted.state)) <= set(State)
