"""How a video's frames are to be turned before they are shown.

Phones store what the sensor gives, and beside it a matrix that says how to turn it. Players obey;
so do we, or the road would be looked for in a wall. The matrix is that of ISO/IEC 14496-12 (8.3.2,
the track header), which FFmpeg gives with each frame: nine 32-bit numbers a b u, c d v, x y w, of
which the first five move the point (p, q) of a frame to (a p + c q, b p + d q). They are
fixed-point; for quarter turns and mirror images their signs say everything.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MATRIX_BYTES = 36


def turned(image: NDArray[np.uint8], matrix: bytes | None) -> NDArray[np.uint8]:
    """Turn a frame as its display matrix says.

    Turns that are no quarter turns are left out, as most players leave them out.

    Args:
        image: H,W,3 uint8.
        matrix: Nine int32 in the machine's byte order, or None.

    Returns:
        The frame, H,W,3 or W,H,3, contiguous.
    """
    a, b, c, d = _directions(matrix)
    if a and d and not (b or c):
        across, down = a, d
    elif is_sideways(matrix):
        # p is the column of a stored point: b moves it down, and c moves rows across.
        image = image.transpose(1, 0, 2)
        across, down = c, b
    else:
        return image
    return np.ascontiguousarray(image[:: 1 if down > 0 else -1, :: 1 if across > 0 else -1])


def is_sideways(matrix: bytes | None) -> bool:
    """Tell whether `turned` exchanges height and width."""
    a, b, c, d = _directions(matrix)
    return bool(b and c and not (a or d))


def _directions(matrix: bytes | None) -> tuple[int, int, int, int]:
    """Give a, b, c and d; those of no turn if there is no matrix."""
    if matrix is None or len(matrix) != _MATRIX_BYTES:
        return 1, 0, 0, 1
    a, b, _, c, d = np.frombuffer(matrix, np.int32, 5).tolist()
    return a, b, c, d
