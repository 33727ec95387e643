"""The frames of a video, decoded one by one.

Frames are turned upright, and their colours become RGB.

A file that breaks off or has damaged parts gives what can be decoded, and then says what was wrong.
"""

from __future__ import annotations

import logging
import time as clock
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from roadfcn.errors import VideoFileError
from roadfcn.prediction.sources.words import shown_address
from roadfcn.prediction.video.clock import VideoClock
from roadfcn.prediction.video.colours import as_rgb
from roadfcn.prediction.video.opening import moving_pictures, open_video
from roadfcn.prediction.video.shown_times import ShownTimes
from roadfcn.prediction.video.streams import reason_of, stream_ended, was_silent
from roadfcn.prediction.video.turning import is_sideways, turned

_USUAL_RATE = Fraction(25)
_ENOUGH_MISSING_S = 0.5  # where no frames are counted: lengths in files are not exact
_LONGEST_S = 60  # that one frame is shown for; a damaged file may say years
_MICROSECONDS = 1_000_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a video.

    Args:
        index: Its place in the video, from 0; those that were not wanted count too.
        time: When it is shown, in seconds from the video's beginning.
        image: H,W,3 uint8 RGB, upright.
    """

    index: int
    time: Fraction
    image: NDArray[np.uint8]


class VideoFrames:
    """Opens a video and gives its frames. Use it in a `with`, and go through it once.

    Args:
        address: A path, or the address of a network stream, see `streams`.
        every: Give only every so-manieth frame, beginning with the first.
        seconds: Stop after so much of it; None: at its end.

    Attributes:
        rate: Frames a second, of those that are given; an average where they come irregularly.
        time_base: The unit that times are multiples of, in seconds.
        end: After the frames: when the last one ends.
        problem: After the frames: what was wrong with the video although it gave some, or None.

    Raises:
        VideoFileError: It cannot be opened, or has no pictures.
    """

    def __init__(
        self, address: Path | str, *, every: int = 1, seconds: float | None = None
    ) -> None:
        self.problem: VideoFileError | None = None
        self.end = Fraction(0)
        self._address, self._every = address, every
        # As it is written: 0.4 is more than 2/5 in binary, and would be a frame too many.
        self._seconds = None if seconds is None else Fraction(str(seconds))
        self._container = open_video(address)
        try:
            self._stream = moving_pictures(self._container, address)
        except BaseException:
            self._container.close()
            raise
        self._clock = VideoClock(self._container)
        self._rate: Fraction = self._stream.average_rate or self._stream.guessed_rate or _USUAL_RATE
        self.rate = self._rate / every
        self.time_base: Fraction = self._stream.time_base or Fraction(1, 90000)
        # A camera's MJPEG does not say when a picture was taken: when it came has to do.
        self._is_untimed = self._container.format.name == "mpjpeg"
        if self._is_untimed:
            self.time_base = Fraction(1, _MICROSECONDS)
        self._shown_times = ShownTimes() if self._container.format.name == "avi" else None
        self._began: float | None = None
        self._is_silent = False
        self._damaged = self._packets = self._came = 0
        self._is_torn = False
        self._reached: Fraction | None = None
        self._sideways = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._container.close()

    @property
    def expected(self) -> int | None:
        """About how many frames it is going to give; None if nobody knows."""
        length = self._length
        count = self._stream.frames or (round(length * self._rate) if length else 0)
        if self._seconds is not None:
            wanted = max(1, round(self._seconds * self._rate))
            count = min(count, wanted) if count else wanted
        return -(-count // self._every) if count else None

    @property
    def pixel_aspect(self) -> Fraction | None:
        """Width by height of a pixel of the frames that were given; None if it is square."""
        aspect = self._stream.sample_aspect_ratio
        if not aspect or aspect == 1:
            return None
        return 1 / aspect if self._sideways else aspect

    @property
    def _length(self) -> Fraction | None:
        """How long the file says that it is, in seconds, or a little less.

        Some kinds of containers tell when they end by their own clock, others how long they last.
        """
        said = self._container.duration
        if not said or said <= 0:
            return None
        length = Fraction(said, _MICROSECONDS)
        return length - self._clock.begin if length > self._clock.begin else length

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in the order in which they are shown."""
        first: Fraction | None = None
        size = (0, 0)
        time = Fraction(0)
        count = 0
        for frame in self._decoded():
            time = self._time_of(frame, time if count else None)
            if first is None:
                first, size = time, (frame.height, frame.width)
            if self._seconds is not None and time - first >= self._seconds:
                return
            if size != (frame.height, frame.width):
                self.problem = self._changes_size(count, size, (frame.height, frame.width))
                return
            self.end = time + self._lasts(frame)
            if count % self._every == 0:
                yield Frame(count, time, self._picture(frame))
            count += 1
        self.problem = self._what_was_wrong(count)

    def _demuxed(self) -> Iterator[Packet[Any] | None]:
        """Give the packets of the pictures, and at last None; look at all others' times."""
        packets = self._clock.packets()
        while True:
            asked = clock.monotonic()
            try:
                packet = next(packets, None)
            except av.FFmpegError as problem:
                _log.debug("%s ends with: %s", shown_address(self._address), reason_of(problem))
                self._damaged += 1
                packet = None
                self._is_silent = was_silent(asked)
            if packet is None:
                yield None
                return
            if packet.dts is None and packet.size == 0:
                continue  # says that its track has ended
            if packet.pts is not None:
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                self._reached = end if self._reached is None else max(end, self._reached)
            if packet.stream_index == self._stream.index:
                self._packets += 1
                self._is_torn = packet.is_corrupt  # the last one: decoded, perhaps, and a half
                yield packet

    def _decoded(self) -> Iterator[VideoFrame]:
        """Give all frames that can be decoded, and count what cannot."""
        for packet in self._demuxed():
            if packet is not None and self._shown_times is not None:
                self._shown_times.take(packet)
            try:
                frames = self._stream.codec_context.decode(packet)
            except av.EOFError:
                frames = []
            except (av.FFmpegError, MemoryError) as problem:
                _log.debug("%s: %s", shown_address(self._address), reason_of(problem))
                self._damaged += 1
                frames = []
                if self._shown_times is not None:
                    self._shown_times.lose()
            self._came += len(frames)
            for frame in frames:
                if self._shown_times is not None:
                    self._place(frame, self._shown_times.next())
                if frame.is_corrupt:
                    self._damaged += 1
                else:
                    yield frame

    def _place(self, frame: VideoFrame, time: Fraction | None) -> None:
        """Give a frame another time, or none."""
        frame.time_base = self.time_base
        frame.pts = None if time is None else round(time / self.time_base)

    def _time_of(self, frame: VideoFrame, before: Fraction | None) -> Fraction:
        """Give a frame's time; always later than that of the frame before."""
        if self._is_untimed:
            now = clock.monotonic()
            self._began = now if self._began is None else self._began
            elapsed = Fraction(round((now - self._began) * _MICROSECONDS), _MICROSECONDS)
            return elapsed if before is None else max(elapsed, before + self.time_base)
        if frame.pts is None:
            return Fraction(0) if before is None else before + 1 / self._rate
        time = frame.pts * Fraction(frame.time_base or self.time_base)
        return time if before is None or time > before else before + self.time_base

    def _lasts(self, frame: VideoFrame) -> Fraction:
        """Give how long a frame is shown, in seconds: what the file says, else what is usual."""
        if self._is_untimed or self._shown_times is not None or not frame.duration:
            return 1 / self._rate
        told = frame.duration * Fraction(frame.time_base or self.time_base)
        return told if 0 < told <= _LONGEST_S else 1 / self._rate

    def _picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Give a frame as upright RGB."""
        found: Any = frame.side_data.get("DISPLAYMATRIX")
        matrix = None if found is None else bytes(found)
        self._sideways = is_sideways(matrix)
        return turned(as_rgb(frame, self._address), matrix)

    def _what_was_wrong(self, count: int) -> VideoFileError | None:
        """Compare what came with what the file promised."""
        length, lacking = self._length, 0
        if length is not None and self._reached is not None and not self._clock.is_joined:
            missing_s = float(length - self._reached)
            frame_s = 1.5 / float(self._rate)
            # Fewer packets alone mean nothing: cameras cut by leaving frames out of the list.
            fewer = self._packets < self._stream.frames
            if missing_s > (frame_s if fewer else max(frame_s, _ENOUGH_MISSING_S)):
                lacking = max(1, round(missing_s * float(self._rate)))
                # Some that are there wait in a decoder for others, and never come out.
                lacking += max(0, self._packets - self._came) if self._stream.frames else 0
            # An AVI's length is, to FFmpeg, that of what is left of it; its head counts frames.
            if fewer and (lacking or self._is_torn) and self._container.format.name == "avi":
                lacking = max(lacking, self._stream.frames - self._came)
        if self._is_torn and not lacking and isinstance(self._address, Path):
            self._damaged = max(self._damaged, 1)
        # Of a live stream nobody knows a length: it ends when it is stopped, and not by itself.
        if not isinstance(self._address, Path) and (lacking or self._damaged or length is None):
            silent, damaged = self._is_silent, bool(lacking or self._damaged)
            return stream_ended(self._address, count, is_silent=silent, is_damaged=damaged)
        if not (lacking or self._damaged) or not count:
            return None
        what = [f"breaks off: about {lacking} frames are missing"] if lacking else []
        if self._damaged:
            parts = "1 damaged part" if self._damaged == 1 else f"{self._damaged} damaged parts"
            what.append(f"has {parts}")
        unknown = "" if lacking else ", and how many are missing is not known"
        return VideoFileError(
            f"{shown_address(self._address)} {' and '.join(what)}; {count} frame"
            f"{'s' * (count != 1)} could be read{unknown}",
            allowed="a whole video",
            do="use what was made of them, or copy the file again and repeat this",
        )

    def _changes_size(
        self, count: int, size: tuple[int, int], other: tuple[int, int]
    ) -> VideoFileError:
        return VideoFileError(
            f"{shown_address(self._address)} changes from {size[0]} x {size[1]} to "
            f"{other[0]} x {other[1]} pixels (height x width) at frame {count}; the {count} before "
            "it could be read",
            allowed="a video whose frames are of one size",
            do="use what was made of them, or convert the video to one size first",
        )
