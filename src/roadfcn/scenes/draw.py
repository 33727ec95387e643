"""Draw a whole scene at random; a frame's name, a seed and the variety decide everything in it."""

from __future__ import annotations

import numpy as np

from roadfcn.kitti.layout import CATEGORIES, TESTING, TRAINING, FrameId
from roadfcn.scenes.cameras import draw_dash_camera, draw_kitti_camera
from roadfcn.scenes.furniture import furnish
from roadfcn.scenes.scene import FULL_SIZE, Light, Scene
from roadfcn.scenes.streets import draw_street
from roadfcn.scenes.variety import PRESETS, Variety

_SPLITS = (TRAINING, TESTING)


def draw_scene(
    seed: int,
    split: str,
    frame: FrameId,
    variety: Variety = PRESETS["kitti"],
    size: tuple[int, int] = FULL_SIZE,
) -> Scene:
    """Draw the scene of a frame: the same arguments give the same scene on every machine.

    Street, camera, light and furniture each have chance numbers of their own, so that a feature
    left out of the variety leaves the rest of the scene as it is.

    Args:
        seed: Not negative.
        split: "training" or "testing".
        frame: Category and index.
        variety: What may differ from scene to scene.
        size: Height and width of the pictures of cameras other than KITTI's.
    """
    key = [seed, _SPLITS.index(split), CATEGORIES.index(frame.category), frame.index]
    for_street, for_camera, for_light, for_things, for_look = (
        np.random.default_rng([*key, part]) for part in range(5)
    )
    street = draw_street(for_street, frame.category, variety)
    if variety.cameras:
        calibration, full_size = draw_dash_camera(for_camera, size), size
    else:
        calibration, full_size = draw_kitti_camera(for_camera), FULL_SIZE
    return Scene(
        calibration,
        street.road,
        _draw_light(for_light),
        furnish(for_things, street, variety),
        look=int(for_look.integers(2**31)),
        size=full_size,
    )


def _draw_light(rng: np.random.Generator) -> Light:
    overcast = bool(rng.random() < 0.35)
    warm = rng.uniform(-0.02, 0.03)
    return Light(
        azimuth_rad=rng.uniform(-np.pi, np.pi),
        elevation_rad=np.radians(rng.uniform(22, 65)),
        sun=0.0 if overcast else rng.uniform(0.3, 0.55),
        exposure=rng.uniform(0.85, 1.15),
        tint=(1 + warm, 1.0, 1 - warm),
        cloud=rng.uniform(0.15, 0.75),
        haze=rng.uniform(0.0005, 0.003),
        noise=rng.uniform(0.006, 0.02),
        blur_px=rng.uniform(0.45, 0.75),
    )
