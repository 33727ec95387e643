"""Draw a camera at random: KITTI's on its car, or any that people put behind a windscreen."""

from __future__ import annotations

import numpy as np

from roadfcn.kitti.calibration import Calibration
from roadfcn.scenes.description.camera import pinhole, pose_camera


def draw_kitti_camera(rng: np.random.Generator) -> Calibration:
    """Draw the pose of KITTI's left colour camera for a full-size picture."""
    return pose_camera(
        height_m=rng.normal(1.6, 0.05),
        pitch=np.radians(rng.normal(-0.35, 0.5)),
        yaw=np.radians(rng.normal(0, 0.5)),
        roll=np.radians(rng.normal(0, 0.5)),
    )


def draw_dash_camera(rng: np.random.Generator, size: tuple[int, int]) -> Calibration:
    """Draw optics and pose of some camera in a car, van or lorry.

    Args:
        rng: Where chance comes from.
        size: Height and width of its pictures.
    """
    height, width = size
    half_view = np.radians(rng.uniform(36, 88) / 2)
    # A wide picture is mostly a wide view cut at top and bottom.
    focal_px = 0.5 * max(width, 1.2 * height) / np.tan(half_view)
    shift_px = (rng.normal(0, 0.015) * width, rng.normal(0, 0.015) * height)
    # People point cameras so that the horizon is near the middle, most of them a little above.
    horizon = float(np.clip(rng.normal(0.45, 0.09), 0.22, 0.68))
    return pose_camera(
        height_m=float(np.clip(rng.normal(1.4, 0.25), 0.95, 2.6)),
        pitch=-float(np.arctan((0.5 - horizon) * height / focal_px)),
        yaw=np.radians(rng.normal(0, 2.5)),
        roll=np.radians(rng.normal(0, 1.2)),
        optics=pinhole(focal_px, size, shift_px),
    )
