"""A small map of the road from above, drawn into a corner of an overlay.

It shows the window of KITTI's bird's-eye view (`kitti.birds_eye`): 20 m wide, from 6 to 46 m
ahead, warped from the overlay, so that colours mean the same. What the camera does not see is
dark. A line marks every 10 m.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.kitti.birds_eye import BIRDS_EYE_SIZE, FAR_M, NEAR_M, PixelMap, to_birds_eye
from roadfcn.kitti.calibration import Calibration
from roadfcn.overlays import draw_text, text_width

_SHARE = 0.62  # of the picture's height
_SMALLEST_PX, _LARGEST_PX = 24, 800
_MARGIN = 0.025
_MARKS_M = (10, 20, 30, 40)
_LABELLED_FROM_PX = 110  # below, letters would hide the road
_DARK = (28, 30, 34)
_WHITE = (255, 255, 255)


class BirdsEyeInset:
    """Draws the map for the pictures of one camera.

    Args:
        calibration: Of the camera, for pictures of the size that is going to be drawn into.
        name: What the calibration is called in messages, such as its path.
    """

    def __init__(self, calibration: Calibration, name: str = "") -> None:
        @lru_cache(maxsize=8)
        def pixel_map(height: int, width: int) -> PixelMap:
            return to_birds_eye(calibration, (height, width), name)

        self._pixel_map = pixel_map

    def check(self, size: tuple[int, int]) -> None:
        """Refuse pictures that the camera cannot have taken.

        Raises:
            CalibrationError: It does not fit pictures of this (height, width).
        """
        self._pixel_map(*size)

    def draw(self, overlay: NDArray[np.uint8]) -> None:
        """Draw the map into the upper right corner of an overlay, H,W,3 uint8 RGB, in place.

        A picture that is too small for a map is left as it is.

        Raises:
            CalibrationError: The calibration does not fit the picture.
        """
        height, width = overlay.shape[:2]
        pixel_map = self._pixel_map(height, width)
        tall = min(round(height * _SHARE), _LARGEST_PX, width)
        if tall < _SMALLEST_PX:
            return
        wide = tall * BIRDS_EYE_SIZE[1] // BIRDS_EYE_SIZE[0]
        above = pixel_map.apply(overlay)
        above[pixel_map.sources == 0] = _DARK
        small = cv2.resize(above, (wide, tall), interpolation=cv2.INTER_AREA)
        _mark(small)
        edge = max(1, tall // 150)
        framed = cv2.copyMakeBorder(
            small, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=_WHITE
        )
        margin = round(height * _MARGIN)
        right = max(framed.shape[1], width - margin)
        place = overlay[margin : margin + framed.shape[0], right - framed.shape[1] : right]
        place[:] = framed[: place.shape[0], : place.shape[1]]


def _mark(picture: NDArray[np.uint8]) -> None:
    """Draw the lines of distance, and write what they stand for where there is room."""
    tall, wide = picture.shape[:2]
    size_px = max(9, tall // 22)
    for mark in _MARKS_M:
        row = round((FAR_M - mark) / (FAR_M - NEAR_M) * tall)
        line = picture[row : row + 1]
        line[:] = cv2.addWeighted(line, 0.55, np.full_like(line, 255), 0.45, 0)
        if tall >= _LABELLED_FROM_PX:
            text = f"{mark} m"
            at = (row - size_px // 2 - 1, wide - text_width(text, size_px=size_px) - 3)
            draw_text(picture, text, (at[0] + 1, at[1] + 1), size_px=size_px, colour=(0, 0, 0))
            draw_text(picture, text, at, size_px=size_px, colour=_WHITE)
