"""KITTI Road calibration files: how points on the road project into the left colour camera.

Road frame: X right, Y down, Z forward, in metres; the road plane is Y = 0.
Pixels: u right, v down, 0-based, in rectified pictures.
Axes of matrices: a point is a column vector, x = P2 * R0_rect * inv(Tr_cam_to_road) * X.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import CalibrationError
from roadfcn.output_files import write_text

SHAPES = {
    "P0": (3, 4),
    "P1": (3, 4),
    "P2": (3, 4),
    "P3": (3, 4),
    "R0_rect": (3, 3),
    "Tr_velo_to_cam": (3, 4),
    "Tr_imu_to_velo": (3, 4),
    "Tr_cam_to_road": (3, 4),
}
"""Keys of a file in their order, with the shapes of their row-major values."""

_NEEDED = ("P2", "R0_rect", "Tr_cam_to_road")


@dataclass(frozen=True, eq=False)
class Calibration:
    """The matrices of one frame that bear on the road, float64.

    Args:
        p2: 3,4 projection of the left colour camera, rectified coordinates to pixels.
        r0_rect: 3,3 rotation from non-rectified to rectified camera coordinates.
        tr_cam_to_road: 3,4 non-rectified camera coordinates to road coordinates, metres.
    """

    p2: NDArray[np.float64]
    r0_rect: NDArray[np.float64]
    tr_cam_to_road: NDArray[np.float64]

    def projection_from_road(self) -> NDArray[np.float64]:
        """Give the 3,4 matrix from homogeneous road coordinates (metres) to pixels."""
        rectify = np.eye(4)
        rectify[:3, :3] = self.r0_rect
        to_road = np.eye(4)
        to_road[:3] = self.tr_cam_to_road
        projection: NDArray[np.float64] = self.p2 @ rectify @ np.linalg.inv(to_road)
        return projection

    def road_homography(self) -> NDArray[np.float64]:
        """Give the 3,3 matrix from (X, Z, 1) on the road plane, metres, to pixels."""
        return self.projection_from_road()[:, [0, 2, 3]]


def read_calibration(path: Path) -> Calibration:
    """Read a calibration file.

    Raises:
        CalibrationError: Missing or unreadable file, a malformed line, a missing key, a wrong
            count of values, non-finite values, a camera pose without inverse, or a camera that
            sees the road plane as a line.
    """
    path = Path(path)
    values = _read_values(path)
    missing = [key for key in _NEEDED if key not in values]
    if missing:
        raise _bad(path, f"lacks {', '.join(missing)}")
    calibration = Calibration(*(_shaped(path, key, values[key]) for key in _NEEDED))
    if abs(np.linalg.det(calibration.tr_cam_to_road[:, :3])) < 1e-6:  # a rotation has 1
        raise _bad(path, "has a Tr_cam_to_road without inverse")
    if np.linalg.matrix_rank(calibration.road_homography()) < 3:
        raise _bad(path, "puts the camera where it sees the road plane as a line")
    return calibration


def _read_values(path: Path) -> dict[str, NDArray[np.float64]]:
    """Read the numbers of every key, in the file's order, unchecked but for being numbers."""
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError as problem:
        raise CalibrationError(
            f"there is no calibration file {path}",
            allowed="one text file per frame in the calib folder",
            do="copy the calib folder of the data set too",
        ) from problem
    except OSError as problem:
        raise _bad(path, f"cannot be read: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise _bad(path, "is no text file") from problem
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        key, colon, rest = line.partition(":")
        if not colon:
            raise _bad(path, f"has no colon in line {number}: {line[:60]!r}")
        try:
            values[key.strip()] = np.array([float(word) for word in rest.split()])
        except ValueError as problem:
            raise _bad(path, f"has a value that is no number in line {number}") from problem
    return values


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write all eight keys in KITTI's number format.

    Cameras and sensors that the record does not hold are written as copies of P2 (the other
    cameras) and as identities (laser scanner and inertial unit).

    Raises:
        OutputError: The file cannot be written.
    """
    known = {
        "P0": calibration.p2,
        "P1": calibration.p2,
        "P2": calibration.p2,
        "P3": calibration.p2,
        "R0_rect": calibration.r0_rect,
        "Tr_cam_to_road": calibration.tr_cam_to_road,
    }
    lines = [
        f"{key}: " + " ".join(f"{value:.12e}" for value in np.ravel(known.get(key, np.eye(*shape))))
        for key, shape in SHAPES.items()
    ]
    write_text(path, "\n".join(lines) + "\n\n")


def _shaped(path: Path, key: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = SHAPES[key]
    if values.size != rows * columns:
        raise _bad(path, f"has {values.size} values for {key} where {rows * columns} belong")
    # No focal length in pixels or distance in metres comes near; NaN compares false too.
    if not (np.abs(values) < 1e9).all():
        raise _bad(path, f"has a value that is not finite, or beyond all measure, for {key}")
    return values.reshape(rows, columns)


def _bad(path: Path, found: str) -> CalibrationError:
    return CalibrationError(
        f"the calibration file {path} {found}",
        allowed="lines 'KEY: v1 v2 ...' with " + ", ".join(_NEEDED),
        do="name the file of the picture in the calib folder, or copy it again from the data set",
    )
