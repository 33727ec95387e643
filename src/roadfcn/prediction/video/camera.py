"""The frames of a camera of this machine, by its number.

OpenCV numbers cameras alike on all systems, while PyAV's packages lack Linux's cameras.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Self

import cv2
import numpy as np

from roadfcn.errors import VideoFileError
from roadfcn.prediction.video.frames import Frame

_USUAL_RATE = Fraction(25)
_LARGEST_RATE = 1000
_MICROSECONDS = 1_000_000


class CameraFrames:
    """Opens a camera and gives its frames as they come. Use it in a `with`.

    A frame's time is when it came, from the first one on.

    Args:
        address: The camera's number. OpenCV takes a path too, as if it was a camera.
        every: Give only every so-manieth frame, beginning with the first.
        seconds: Stop after so much time; None: never.

    Attributes:
        rate: Frames a second, as the camera says.
        time_base: The unit that times are multiples of, in seconds.
        end: When the last frame ended.
        problem: After the frames: why the camera gives no more, or None.
        expected: None: nobody knows when a camera is switched off.
        pixel_aspect: None: pixels are square.

    Raises:
        VideoFileError: There is no such camera, or it gives no picture.
    """

    expected: int | None = None
    pixel_aspect: Fraction | None = None
    time_base = Fraction(1, _MICROSECONDS)

    def __init__(self, address: int | str, *, every: int = 1, seconds: float | None = None) -> None:
        self.problem: VideoFileError | None = None
        self.end = Fraction(0)
        self._address, self._every, self._seconds = address, every, seconds
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # we tell it ourselves
        self._capture = cv2.VideoCapture(address)
        if not self._capture.isOpened():
            raise VideoFileError(
                f"there is no camera {address}, or another program uses it",
                allowed="the number of a camera: camera:0 for the first",
                do="connect it, close other programs that show its picture, or try camera:1",
            )
        said = self._capture.get(cv2.CAP_PROP_FPS)
        usual = 0 < said <= _LARGEST_RATE
        self.rate = (Fraction(said).limit_denominator(1001) if usual else _USUAL_RATE) / every

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._capture.release()

    def __iter__(self) -> Iterator[Frame]:
        """Give frames until the camera gives no more, or the time is over."""
        begin = time.monotonic()
        count = 0
        while True:
            came, image = self._capture.read()
            elapsed = time.monotonic() - begin
            if not came:
                self.problem = VideoFileError(
                    f"camera {self._address} gives no more pictures, after {count}",
                    allowed="a camera that stays connected",
                    do="check its cable; what came before is kept",
                )
                return
            if self._seconds is not None and count and elapsed >= self._seconds:
                return
            moment = Fraction(round(elapsed * _MICROSECONDS), _MICROSECONDS)
            self.end = moment + 1 / self.rate
            if count % self._every == 0:
                yield Frame(count, moment, np.ascontiguousarray(image[..., ::-1]))  # from BGR
            count += 1
