"""One frame under all corruptions, as a page to look at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from corruptions.light import Image
from corruptions.suite import SEVERITIES, SUITE, Corruption, corrupt
from roadfcn.label_sets import ROAD
from roadfcn.overlays import blend, draw_text

_CELL_PX, _GAP_PX, _CAPTION_PX, _ABREAST = 320, 6, 22, 2
_PAPER = 252


def draw_sheet(image: Image, *, seed: int, frame: str) -> NDArray[np.uint8]:
    """Draw a frame as it is, and below it each corruption from mild to severe, two in a row.

    What has no truth any more, as it lay outside of the picture, is hatched.

    Args:
        image: H,W,3 uint8 RGB.
        seed: As scores are made with.
        frame: The frame's name.
    """
    nothing = np.zeros(image.shape[:2], np.uint8)
    blocks = []
    for name, corruption in SUITE.items():
        cells = []
        for severity in SEVERITIES:
            seen, truth = corrupt(name, image, nothing, severity, seed=seed, frame=frame)
            caption = f"{name}: {_level(corruption, severity)}"
            cells.append(_cell(blend(seen, truth, ROAD), caption))
        blocks.append(np.concatenate(cells, axis=1))
    rows = [
        np.concatenate(blocks[first : first + _ABREAST], axis=1)
        for first in range(0, len(blocks), _ABREAST)
    ]
    clean = _cell(image, f"{frame}, as it is")
    top = np.full((clean.shape[0], rows[0].shape[1], 3), _PAPER, np.uint8)
    top[:, : clean.shape[1]] = clean
    return np.concatenate([top, *rows], axis=0)


def _level(corruption: Corruption, severity: int) -> str:
    level = corruption.levels[severity - 1]
    number = f"1/{1 / level:.0f}" if 0 < level <= 0.5 and (1 / level) % 1 < 1e-9 else f"{level:g}"
    return f"{number} {corruption.unit}"


def _cell(image: Image, caption: str) -> NDArray[np.uint8]:
    height = max(1, round(_CELL_PX * image.shape[0] / image.shape[1]))
    cell = np.full((height + _CAPTION_PX + _GAP_PX, _CELL_PX + _GAP_PX, 3), _PAPER, np.uint8)
    draw_text(cell, caption, (_CAPTION_PX // 2, 2), size_px=14)
    small = cv2.resize(image, (_CELL_PX, height), interpolation=cv2.INTER_AREA)
    cell[_CAPTION_PX : _CAPTION_PX + height, :_CELL_PX] = small
    return cell
