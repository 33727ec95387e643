"""Cameras over a road, KITTI's left colour camera first: calibration, and where rays meet planes.

A plane is given by an origin O and two axes A, B in the road frame; its points are O + a A + b B.
The camera maps (a, b, 1) to pixels by a 3,3 homography. The inverse maps a pixel (u, v, 1) to
(a, b, 1) / depth, so the third row is the inverse depth, linear over the picture: that is what
the depth buffer holds. Pixel centres have whole coordinates, as in KITTI.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from roadfcn.kitti.calibration import Calibration
from roadfcn.scenes.description.scene import FULL_SIZE

Matrix = NDArray[np.float64]

KITTI_FOCAL_PX = 721.5377
KITTI_OPTICS: Matrix = np.array(
    [
        [KITTI_FOCAL_PX, 0.0, 609.5593, 44.85728],
        [0.0, KITTI_FOCAL_PX, 172.854, 0.2163791],
        [0.0, 0.0, 1.0, 0.002745884],
    ]
)
"""P2 of that recording day; the camera is 6 cm from the grey one that is the origin."""

# Like the real cameras, the unrectified one is turned by about half a degree.
_RECTIFY_DEGREES = (-0.25, -0.42, -0.56)


def rotation(pitch: float, yaw: float, roll: float) -> NDArray[np.float64]:
    """Give the 3,3 rotation by `roll` about Z, `pitch` about X, `yaw` about Y, in this order.

    Angles are in radians.
    """
    (sp, cp), (sy, cy), (sr, cr) = ((math.sin(a), math.cos(a)) for a in (pitch, yaw, roll))
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    turned: NDArray[np.float64] = about_y @ about_x @ about_z
    return turned


def pinhole(focal_px: float, size: tuple[int, int], shift_px: tuple[float, float]) -> Matrix:
    """Give the 3,4 projection of a camera with square pixels.

    Args:
        focal_px: Focal length.
        size: Height and width of its picture.
        shift_px: How far right and down of the middle the optical axis meets the picture.
    """
    across, down = shift_px
    middle = ((size[1] - 1) / 2 + across, (size[0] - 1) / 2 + down)
    return np.array(
        [
            [focal_px, 0.0, middle[0], 0.0],
            [0.0, focal_px, middle[1], 0.0],
            [0.0, 0.0, 1.0, 0.0],
        ]
    )


def pose_camera(
    *, height_m: float, pitch: float, yaw: float, roll: float, optics: Matrix = KITTI_OPTICS
) -> Calibration:
    """Give the calibration of a full-size camera at a pose; positive pitch looks up, radians."""
    rectify = rotation(*np.radians(_RECTIFY_DEGREES))
    to_road = np.empty((3, 4))
    # Rectified camera to road is the wanted pose; the file holds unrectified camera to road.
    to_road[:, :3] = rotation(pitch, yaw, roll) @ rectify
    to_road[:, 3] = (0.01, -height_m, 0.28)
    return Calibration(optics.copy(), rectify, to_road)


def scale_to(
    calibration: Calibration, size: tuple[int, int], full_size: tuple[int, int] = FULL_SIZE
) -> Calibration:
    """Give the calibration of the `full_size` picture resized to `size` (height, width)."""
    rows, columns = size[0] / full_size[0], size[1] / full_size[1]
    resize = np.array([[columns, 0, (columns - 1) / 2], [0, rows, (rows - 1) / 2], [0.0, 0.0, 1.0]])
    return Calibration(resize @ calibration.p2, calibration.r0_rect, calibration.tr_cam_to_road)


def focal_length(projection: Matrix) -> float:
    """Give the vertical focal length in pixels of a 3,4 projection K [R t], R a rotation."""
    down, ahead = projection[1, :3], projection[2, :3]
    return float(np.linalg.norm(down - float(down @ ahead) * ahead))


def project(projection: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give N,3 (u, v, depth) of N,3 road-frame points in front of the camera."""
    seen: NDArray[np.float64] = points @ projection[:, :3].T
    seen += projection[:, 3]
    seen[:, :2] /= seen[:, 2:]
    return seen


def plane_from_pixels(
    projection: NDArray[np.float64],
    origin: NDArray[np.float64],
    axis_a: NDArray[np.float64],
    axis_b: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give the 3,3 matrix from (u, v, 1) to (a, b, 1) / depth on the plane.

    Raises:
        numpy.linalg.LinAlgError: The camera lies in the plane.
    """
    turn = projection[:, :3]
    homography = np.empty((3, 3))
    homography[:, 0] = turn @ axis_a
    homography[:, 1] = turn @ axis_b
    homography[:, 2] = turn @ origin + projection[:, 3]
    return np.asarray(np.linalg.inv(homography), np.float64)


def linear_field(
    coefficients: NDArray[np.float64], rows: slice, columns: slice
) -> NDArray[np.float32]:
    """Evaluate c0 u + c1 v + c2 on a window of pixels, as float32 of the window's shape."""
    return next(linear_fields(coefficients[None], rows, columns))


def linear_fields(
    coefficients: NDArray[np.float64], rows: slice, columns: slice
) -> Iterator[NDArray[np.float32]]:
    """Give the `linear_field` of each of N,3 coefficients; small windows cost a fraction so."""
    u = np.arange(columns.start, columns.stop, dtype=np.float64)
    v = np.arange(rows.start, rows.stop, dtype=np.float64)
    # Products in float64: rounding the factors first would shift far ground by centimetres.
    across = (coefficients[:, :1] * u + coefficients[:, 2:]).astype(np.float32)
    down = (coefficients[:, 1:2] * v).astype(np.float32)[..., None]
    return map(np.add, across, down)
