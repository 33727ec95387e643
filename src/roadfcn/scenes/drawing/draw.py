"""Draw a whole scene at random; a frame's name, a seed and the variety decide everything in it."""

from __future__ import annotations

import numpy as np

from roadfcn.kitti.layout import CATEGORIES, TESTING, TRAINING, FrameId
from roadfcn.scenes.description.scene import FULL_SIZE, Scene
from roadfcn.scenes.description.variety import PRESETS, Variety
from roadfcn.scenes.drawing.cameras import draw_dash_camera, draw_kitti_camera
from roadfcn.scenes.drawing.furniture import furnish
from roadfcn.scenes.drawing.road_wear import draw_wear
from roadfcn.scenes.drawing.sensor import draw_sensor
from roadfcn.scenes.drawing.streets import draw_street
from roadfcn.scenes.drawing.weather import draw_casters, draw_light

_SPLITS = (TRAINING, TESTING)


def draw_scene(
    seed: int,
    split: str,
    frame: FrameId,
    variety: Variety = PRESETS["kitti"],
    size: tuple[int, int] = FULL_SIZE,
) -> Scene:
    """Draw the scene of a frame: the same arguments give the same scene in every process.

    Street, camera, light, sensor and furniture each have chance numbers of their own, so that a
    feature left out of the variety leaves the others as they are; see `Variety` for what
    `colours` and `clutter` change within the furniture.

    Args:
        seed: Not negative.
        split: "training" or "testing".
        frame: Category and index.
        variety: What may differ from scene to scene.
        size: Height and width of the pictures of cameras other than KITTI's.
    """
    key = [seed, _SPLITS.index(split), CATEGORIES.index(frame.category), frame.index]
    for_street, for_camera, for_light, for_things, for_look, for_sensor, for_casters, for_wear = (
        np.random.default_rng([*key, part]) for part in range(8)
    )
    street = draw_street(for_street, frame.category, variety)
    if variety.cameras:
        calibration, full_size = draw_dash_camera(for_camera, size), size
    else:
        calibration, full_size = draw_kitti_camera(for_camera), FULL_SIZE
    light = draw_light(for_light, variety)
    return Scene(
        calibration,
        street.road,
        light,
        furnish(for_things, street, variety),
        look=int(for_look.integers(2**31)),
        size=full_size,
        sensor=draw_sensor(for_sensor, variety),
        wear=draw_wear(for_wear, street.road, variety),
        casters=draw_casters(for_casters, street.road, light, variety),
    )
