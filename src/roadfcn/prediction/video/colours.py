"""A video frame's colours as RGB: by the matrix and range that the file names.

Where it names none, as players have it: ITU-R BT.709 from 720 lines on, BT.601 below.
"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from roadfcn.errors import VideoFileError
from roadfcn.prediction.sources.words import shown_address
from roadfcn.prediction.video.streams import reason_of

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HD_LINES, _HD_COLUMNS = 720, 1280


def as_rgb(frame: VideoFrame, address: Path | str) -> NDArray[np.uint8]:
    """Give a frame as H,W,3 uint8 RGB, as it lies in the file.

    Args:
        frame: Decoded.
        address: Of its video, for the message.

    Raises:
        VideoFileError: FFmpeg cannot convert its colours.
    """
    matrix = None
    if frame.colorspace == _UNSPECIFIED and not frame.format.is_rgb:
        is_hd = frame.height >= _HD_LINES or frame.width >= _HD_COLUMNS
        matrix = "ITU709" if is_hd else "ITU601"
    try:
        return np.asarray(frame.to_ndarray(format="rgb24", src_colorspace=matrix), np.uint8)
    except (av.FFmpegError, ValueError) as problem:
        raise VideoFileError(
            f"the colours of {shown_address(address)} cannot be made RGB ({frame.format.name}, "
            f"matrix {int(frame.colorspace)} of ITU-T H.273: {reason_of(problem)})",
            allowed="colours by ITU-R BT.601, BT.709 or BT.2020 (not constant luminance), or RGB",
            do="convert the video to one of these first",
        ) from problem
