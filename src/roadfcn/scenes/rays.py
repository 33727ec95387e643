"""Where the rays of a camera meet a level of the ground, in the road's own terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.camera import linear_field, plane_from_pixels
from roadfcn.scenes.scene import Curve

HORIZON_M = 300.0
"""Rays that have not met the ground by then meet the backdrop."""

Field = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Hit:
    """Where the rays of some picture rows meet one level of the ground.

    Args:
        x_m: Rows,W float32.
        z_m: Rows,W float32.
        s_m: Rows,W float32, distance to the right of the reference line.
        inverse_depth: Rows,W float32; at most 1 / `HORIZON_M` where there is no hit.
        across_m: Rows,W float32, width of the ground that one pixel sees.
        along_m: Rows,W float32, its extent away from the camera.
    """

    x_m: Field
    z_m: Field
    s_m: Field
    inverse_depth: Field
    across_m: Field
    along_m: Field


def cast_rays(
    projection: NDArray[np.float64], curve: Curve, height_m: float, rows: slice, columns: slice
) -> Hit:
    """Give where the rays through the pixels meet the level `height_m` above the road."""
    plane = level_from_pixels(projection, height_m)
    inverse_depth = linear_field(plane[2], rows, columns)
    depth: Field = np.reciprocal(np.maximum(inverse_depth, np.float32(0.5 / HORIZON_M)))
    x_m: Field = linear_field(plane[0], rows, columns) * depth
    z_m: Field = linear_field(plane[1], rows, columns) * depth
    # One column further X / depth grows by plane[0, 0]; one row down 1 / depth by plane[2, 1].
    across_m: Field = depth * np.float32(abs(plane[0, 0]))
    along_m: Field = np.square(depth) * np.float32(abs(plane[2, 1]))
    return Hit(x_m, z_m, x_m - curve.lateral_field(z_m), inverse_depth, across_m, along_m)


def first_ground_row(projection: NDArray[np.float64], size: tuple[int, int]) -> int:
    """Give the first picture row with ground in it (the horizon may be tilted)."""
    across, down, constant = level_from_pixels(projection, 0.0)[2]
    ends = [(1 / HORIZON_M - constant - across * u) / down for u in (0, size[1] - 1)]
    return int(np.clip(np.floor(min(ends)), 0, size[0] - 1))


def level_from_pixels(projection: NDArray[np.float64], height_m: float) -> NDArray[np.float64]:
    """Give the 3,3 matrix from (u, v, 1) to (X, Z, 1) / depth on a level of the ground."""
    x_axis, _, z_axis = np.eye(3)
    return plane_from_pixels(projection, np.array([0.0, -height_m, 0.0]), x_axis, z_axis)
