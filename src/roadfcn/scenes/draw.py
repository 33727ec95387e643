"""Draw a whole scene at random; a frame's name and a seed decide everything in it."""

from __future__ import annotations

import numpy as np

from roadfcn.kitti.layout import CATEGORIES, TESTING, TRAINING, FrameId
from roadfcn.scenes.camera import pose_camera
from roadfcn.scenes.furniture import furnish
from roadfcn.scenes.scene import Light, Scene
from roadfcn.scenes.streets import draw_street

_SPLITS = (TRAINING, TESTING)


def draw_scene(seed: int, split: str, frame: FrameId) -> Scene:
    """Draw the scene of a frame: the same arguments give the same scene on every machine.

    Args:
        seed: Not negative.
        split: "training" or "testing".
        frame: Category and index.
    """
    key = [seed, _SPLITS.index(split), CATEGORIES.index(frame.category), frame.index]
    rng = np.random.default_rng(key)
    street = draw_street(rng, frame.category)
    calibration = pose_camera(
        height_m=rng.normal(1.6, 0.05),
        pitch=np.radians(rng.normal(-0.35, 0.5)),
        yaw=np.radians(rng.normal(0, 0.5)),
        roll=np.radians(rng.normal(0, 0.5)),
    )
    light = _draw_light(rng)
    obstacles = furnish(rng, street)
    return Scene(calibration, street.road, light, obstacles, look=int(rng.integers(2**31)))


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
