"""KITTI Road's bird's-eye view: the road from above, as the benchmark's published scores see it.

A window on the road plane, 20 m wide and 40 m long, in cells of 5 cm. Row 0 is farthest, column 0
leftmost. A cell copies one pixel, found from its centre; nothing is interpolated. Cells that the
picture does not show have no source, and become void in truth and 0 in probabilities.

Grid, precisions and the way positions become pixels follow `BirdsEyeView.py` of the benchmark's
development kit to the last pixel. So pixels are counted from 1 and cut down to whole numbers, and
the picture's last row and column are all but never read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import CalibrationError, MaskError
from roadfcn.kitti.calibration import Calibration

LEFT_M, RIGHT_M = -10.0, 10.0
NEAR_M, FAR_M = 6.0, 46.0
CELL_M = 0.05
BIRDS_EYE_SIZE = (800, 400)
"""(height, width) of the window in cells."""

# The kit rounds its grid to float32 before it projects.
_X_M = (LEFT_M + CELL_M / 2 + CELL_M * np.arange(BIRDS_EYE_SIZE[1])).astype(np.float32)
_Z_M = (FAR_M - CELL_M / 2 - CELL_M * np.arange(BIRDS_EYE_SIZE[0])).astype(np.float32)
_CENTRE = (0.4, 0.6)
_COARSE = 8  # of so many cells one is looked at, to tell whether a calibration fits at all


@dataclass(frozen=True, eq=False)
class PixelMap:
    """Where each pixel of a warped picture comes from; made once, for all pictures of one frame.

    Args:
        sources: H,W int32: 1 + row * width + column in the picture warped from; 0 is nowhere.
        source_size: (height, width) of the picture warped from.
    """

    sources: NDArray[np.int32]
    source_size: tuple[int, int]

    def apply(self, picture: NDArray[np.uint8], outside: int = 0) -> NDArray[np.uint8]:
        """Warp H,W or H,W,C uint8; what comes from nowhere gets the value `outside`.

        Raises:
            MaskError: The picture is not of `source_size`.
        """
        if picture.shape[:2] != self.source_size:
            raise MaskError(
                f"a picture of {_times(picture.shape)} pixels is to be warped as one of "
                f"{_times(self.source_size)} (height x width)",
                allowed="pictures of the size that the calibration belongs to",
                do="predict at the picture's own size",
            )
        pixels = picture.reshape(picture.shape[0] * picture.shape[1], *picture.shape[2:])
        nowhere = np.full((1, *pixels.shape[1:]), outside, np.uint8)
        return np.concatenate([nowhere, pixels])[self.sources]


def to_birds_eye(calibration: Calibration, size: tuple[int, int], name: str = "") -> PixelMap:
    """Map the bird's-eye window, 800 x 400, onto a picture.

    Args:
        calibration: Of the picture's frame.
        size: (height, width) of the picture.
        name: What the calibration is called in messages, such as its path.

    Raises:
        CalibrationError: It does not fit the picture, see `check_view`.
    """
    check_view(calibration, size, name)
    height, width = size
    u, v, _ = _project(calibration, _X_M, _Z_M)
    seen = (u >= 1) & (u <= width) & (v >= 1) & (v <= height)
    sources = np.zeros(BIRDS_EYE_SIZE, np.int32)
    row, column = v[seen].astype(np.int32) - 1, u[seen].astype(np.int32) - 1
    sources[seen] = 1 + row * width + column
    return PixelMap(sources, size)


def from_birds_eye(calibration: Calibration, size: tuple[int, int], name: str = "") -> PixelMap:
    """Map a picture onto the bird's-eye window, to bring back what was found from above.

    Args:
        calibration: Of the picture's frame.
        size: (height, width) of the picture.
        name: What the calibration is called in messages, such as its path.

    Raises:
        CalibrationError: It does not fit the picture, see `check_view`.
    """
    check_view(calibration, size, name)
    height, width = size
    to_road = np.linalg.inv(calibration.road_homography())
    u, v = np.arange(1, width + 1), np.arange(1, height + 1)[:, None]
    rows, columns = BIRDS_EYE_SIZE
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # the horizon has w = 0
        x, z, w = (axis[0] * u + (axis[1] * v + axis[2]) for axis in to_road)
        # numpy.rint rounds halves to even, as the kit does.
        column = np.rint((x / w - LEFT_M) / CELL_M)
        row = np.rint(rows - (z / w - NEAR_M) / CELL_M)
    seen = (column >= 1) & (column <= columns) & (row >= 1) & (row <= rows)
    sources = np.zeros(size, np.int32)
    sources[seen] = (
        1 + (row[seen].astype(np.int32) - 1) * columns + column[seen].astype(np.int32) - 1
    )
    return PixelMap(sources, BIRDS_EYE_SIZE)


def check_view(calibration: Calibration, size: tuple[int, int], name: str = "") -> None:
    """Refuse a calibration whose camera cannot have taken a picture of this size on a road.

    A calibration that was not scaled with its picture still finds some road in it, and would give
    wrong scores. It is known by its optical axis, which a camera has near the middle of the
    width: KITTI's cameras at 49 %. The height tells nothing, as pictures are cut at the top.

    Takes a tenth of a millisecond, so that all frames can be checked before long work.

    Args:
        calibration: Of the picture's frame.
        size: (height, width) of the picture.
        name: What the calibration is called in messages, such as its path.

    Raises:
        CalibrationError: The window is behind the camera, not below its horizon, or outside the
            picture; or the optical axis is not within 40 to 60 % of the picture's width.
    """
    height, width = size
    # Far to near, and with both ends: what holds at the four corners holds between them.
    grid_x, grid_z = (
        _X_M[[*range(0, _X_M.size, _COARSE), -1]],
        _Z_M[[*range(0, _Z_M.size, _COARSE), -1]],
    )
    u, v, w = _project(calibration, grid_x, grid_z)
    middle = v[:, v.shape[1] // 2]
    if not (w > 0).all():
        found = "behind the camera"
    elif middle[0] >= middle[-1]:
        found = "above the camera's horizon: near road lies higher in the picture than far road"
    elif not ((u >= 1) & (u <= width) & (v >= 1) & (v <= height)).any():
        found = f"nowhere in its picture of {_times(size)} pixels (height x width)"
    else:
        _check_axis(calibration, size, name)
        return
    raise CalibrationError(
        f"{name or 'a calibration'} puts the road from {NEAR_M:g} to {FAR_M:g} m ahead {found}",
        allowed="the calibration of this very picture, of this size",
        do="copy picture and calibration again from the data set; after scaling or cropping a "
        "picture, scale or shift the first two rows of P2 as well",
    )


def _check_axis(calibration: Calibration, size: tuple[int, int], name: str) -> None:
    column = float(calibration.p2[0, 2])
    low, high = _CENTRE
    if not low <= column / size[1] <= high:
        raise CalibrationError(
            f"{name or 'a calibration'} has the camera's optical axis at column {column:.0f} of "
            f"its picture of {_times(size)} pixels (height x width), at {column / size[1]:.0%} of "
            "the width",
            allowed=f"the calibration of this very picture, of this size: its axis at {low:.0%} to "
            f"{high:.0%} of the width",
            do="copy picture and calibration again from the data set; after scaling a picture, "
            "scale the first two rows of P2 as well, and cut no more from one side than the other",
        )


def _project(
    calibration: Calibration, x_m: NDArray[np.float32], z_m: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give u, v (pixels, from 1) and w (in front of the camera if positive) of a grid, Z,X each."""
    x, z = x_m.astype(np.float64), z_m.astype(np.float64)[:, None]
    homography = calibration.road_homography()
    across, down, w = (axis[0] * x + (axis[1] * z + axis[2]) for axis in homography)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return across / w, down / w, w


def _times(size: tuple[int, ...]) -> str:
    return f"{size[0]} x {size[1]}"
