"""Where a prediction is wrong, drawn over a pale grey picture; void is hatched."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.label_sets import VOID
from roadfcn.overlays import stripe_pattern

# Told apart with every kind of colour blindness, and in grey print by their brightness.
MISSED, FALSE_ALARM, MIXED_UP = (230, 97, 0), (26, 133, 255), (254, 207, 62)
"""Colours of road that was not found, of what was called road and is none, of other mistakes."""

_PALE, _LIFT = 0.45, 70  # the picture's contrast that is left, and its darkest grey
_OPACITY = 0.9


def draw_error_map(
    image: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    road: int | None,
) -> NDArray[np.uint8]:
    """Draw the mistakes of a prediction.

    Args:
        image: H,W,3 uint8 RGB.
        mask: H,W uint8 true class indices with void.
        labels: H,W uint8 predicted class indices.
        road: Which class is road; None where no class is.

    Returns:
        H,W,3 uint8 RGB: grey where the prediction is right.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) * _PALE + _LIFT
    page = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    void = mask == VOID
    wrong = (mask != labels) & ~void
    missed = wrong & (mask == road) if road is not None else np.zeros_like(void)
    called = wrong & (labels == road) if road is not None else np.zeros_like(void)
    kinds = ((missed, MISSED), (called, FALSE_ALARM), (wrong & ~missed & ~called, MIXED_UP))
    for where, colour in kinds:
        page[where] = (1 - _OPACITY) * page[where] + _OPACITY * np.array(colour)
    page[void] = (0.4 * page + 0.6 * stripe_pattern(*void.shape))[void]
    return page
