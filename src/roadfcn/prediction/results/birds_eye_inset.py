"""A small map of the road from above, drawn into a corner of an overlay.

It shows the window of KITTI's bird's-eye view (`kitti.birds_eye`): 20 m wide, from 6 to 46 m
ahead, warped from the overlay, so that colours mean the same. What the camera does not see is
dark. A line marks every 10 m.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ConfigError
from roadfcn.kitti.birds_eye import BIRDS_EYE_SIZE, FAR_M, NEAR_M, PixelMap, to_birds_eye
from roadfcn.kitti.calibration import Calibration
from roadfcn.overlays import draw_text, text_width

Corner = Literal["upper-right", "upper-left", "lower-right", "lower-left"]
"""Of the overlay, where the map is drawn."""

SHARE = 0.62
"""How tall the map is, of the picture's height, where nothing else is said; half as wide."""

_SMALLEST_SHARE = 0.1
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
        corner: Where the map is drawn.
        share: How tall it is, of the picture's height, 0.1 to 1, less a margin.

    Raises:
        ConfigError: `share` is out of range.
    """

    def __init__(
        self,
        calibration: Calibration,
        name: str = "",
        *,
        corner: Corner = "upper-right",
        share: float = SHARE,
    ) -> None:
        if not _SMALLEST_SHARE <= share <= 1:
            raise ConfigError(
                f"the map is to have {share:g} times the picture's height",
                allowed=f"{_SMALLEST_SHARE:g} to 1",
                do=f"leave it at {SHARE:g}, or give another share",
            )
        self.corner, self.share = corner, share

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

    def draw(self, overlay: NDArray[np.uint8], seen: NDArray[np.uint8] | None = None) -> None:
        """Draw the map into a corner of an overlay, H,W,3 uint8 RGB, in place.

        A picture that is too small for a map is left as it is.

        Args:
            overlay: Is drawn into.
            seen: What the map shows, of the same size; the overlay itself if None.

        Raises:
            CalibrationError: The calibration does not fit the picture.
        """
        height, width = overlay.shape[:2]
        pixel_map = self._pixel_map(height, width)
        margin = round(height * _MARGIN)
        tall = min(round(height * self.share), height - 2 * margin - 2, _LARGEST_PX, width)
        if tall < _SMALLEST_PX:
            return
        wide = tall * BIRDS_EYE_SIZE[1] // BIRDS_EYE_SIZE[0]
        above = pixel_map.apply(overlay if seen is None else seen)
        above[pixel_map.sources == 0] = _DARK
        small = cv2.resize(above, (wide, tall), interpolation=cv2.INTER_AREA)
        _mark(small)
        edge = max(1, tall // 150)
        framed = cv2.copyMakeBorder(
            small, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=_WHITE
        )
        vertical, horizontal = self.corner.split("-")
        top = margin if vertical == "upper" else max(0, height - margin - framed.shape[0])
        left = margin if horizontal == "left" else width - margin - framed.shape[1]
        left = max(0, min(left, width - framed.shape[1]))  # pictures may be narrower than the map
        place = overlay[top : top + framed.shape[0], left : left + framed.shape[1]]
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
