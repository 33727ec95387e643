"""Words on shop fronts and signs."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.scene import Colour


def write_word(
    picture: NDArray[np.float32], word: str, corner: tuple[int, int], size: float, ink: Colour
) -> None:
    """Write onto a picture.

    Args:
        picture: H,W,3 or more channels; the first three are changed in place.
        word: In letters and digits.
        corner: Column and row of the lower left end of the word.
        size: Factor on OpenCV's letters, which are about 21 pixels high.
        ink: Colour of the letters.
    """
    mask = np.zeros(picture.shape[:2], np.uint8)
    thick = max(1, round(2.2 * size))
    cv2.putText(mask, word, corner, cv2.FONT_HERSHEY_SIMPLEX, size, (255,), thick, cv2.LINE_AA)
    share = (mask.astype(np.float32) / 255)[..., None]
    picture[..., :3] += (np.array(ink, np.float32) - picture[..., :3]) * share
