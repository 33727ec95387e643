"""Reads every frame of a data set once, in parallel, and keeps small facts of each.

Checks, statistics and contact sheets all rest on this one pass. Pixels are dropped as soon as
they are counted, so memory does not grow with the data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.file_pairs import FilePairDataset, Frame, size_mismatch
from roadfcn.errors import CalibrationError, RoadfcnError
from roadfcn.image_files import stored_orientation
from roadfcn.kitti.birds_eye import check_view
from roadfcn.kitti.calibration import Calibration, read_calibration
from roadfcn.label_sets import VOID
from roadfcn.machine import usable_threads


@dataclass(frozen=True, eq=False)
class FrameScan:
    """What was learnt of one frame.

    Args:
        frame: The frame.
        size: (height, width) of the photograph; None if it could not be read.
        digest: SHA-256 (hex) of the photograph's size and pixels; None if it could not be read.
        rgb_sum: Sums of red, green and blue over the photograph, 3 float64 (whole numbers).
        class_px: C int64 pixels of each class; None without readable truth.
        void_px: Pixels of void.
        problems: What could not be read or does not fit, as errors.
        turned: How the photograph is stored if EXIF turns it when it is read, else "".
        misfit: Why the calibration cannot belong to the photograph. It is no problem of the frame:
            whoever looks at it in the picture, and from nowhere else, needs no calibration.
    """

    frame: Frame
    size: tuple[int, int] | None
    digest: str | None
    rgb_sum: NDArray[np.float64]
    class_px: NDArray[np.int64] | None
    void_px: int
    problems: tuple[RoadfcnError, ...]
    turned: str = ""
    misfit: CalibrationError | None = None


def scan_frames(
    dataset: FilePairDataset, progress: Callable[[int, int], None] | None = None
) -> list[FrameScan]:
    """Scan all frames, in their order; problems are recorded, not raised."""
    scans: list[FrameScan] = []
    # Threads are enough: decoding, hashing and counting all run outside Python's lock.
    with ThreadPoolExecutor(max_workers=usable_threads()) as pool:
        for scan in pool.map(lambda index: _scan(dataset, index), range(len(dataset))):
            scans.append(scan)
            if progress is not None:
                progress(len(scans), len(dataset))
    return scans


def _scan(dataset: FilePairDataset, index: int) -> FrameScan:
    frame = dataset.frames[index]
    problems: list[RoadfcnError] = []
    size, digest, rgb_sum, turned = None, None, np.zeros(3), ""
    try:
        image = dataset.read_image(index)
        size = (image.shape[0], image.shape[1])
        digest = hashlib.sha256(repr(size).encode() + image.tobytes()).hexdigest()
        rgb_sum = np.array(cv2.sumElems(image)[:3])
        turned = stored_orientation(frame.image_path)
    except RoadfcnError as problem:
        problems.append(problem)
    class_px, void_px = None, 0
    if frame.mask_path is not None:
        try:
            mask = dataset.read_mask(index)
            if size is not None and mask.shape != size:
                raise size_mismatch(frame, size, mask.shape, turned)
            counts = np.bincount(mask.ravel(), minlength=256)
            class_px, void_px = counts[: len(dataset.label_set)], int(counts[VOID])
        except RoadfcnError as problem:
            problems.append(problem)
    misfit = None
    if frame.calibration_path is not None:
        try:
            calibration = read_calibration(frame.calibration_path)
            if size is not None:
                misfit = _misfit(calibration, size, frame.calibration_path)
        except RoadfcnError as problem:
            problems.append(problem)
    return FrameScan(
        *(frame, size, digest, rgb_sum, class_px, void_px, tuple(problems)),
        turned=turned,
        misfit=misfit,
    )


def _misfit(calibration: Calibration, size: tuple[int, int], path: Path) -> CalibrationError | None:
    try:
        check_view(calibration, size, str(path))
    except CalibrationError as problem:
        return problem
    return None
