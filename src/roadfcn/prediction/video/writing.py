"""Writes a video that any player shows: H.264 in MP4, whole or not at all.

Of what is live nobody can have another try: it is written in pieces of a second (fragmented MP4),
and what came before a full disk stays.

Frames keep the times they had, so a video whose frames come irregularly stays so. Colours are
written as ITU-R BT.709 and say so. 4:2:0 has one colour for four pixels: a picture of odd height
or width gets its last row or column twice.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from roadfcn.errors import VideoFileError
from roadfcn.output_files import atomic_output
from roadfcn.prediction.video.sound import VideoSound

_ENCODERS = {
    "libx264": {"preset": "veryfast", "crf": "20"},  # PyAV's wheels have it
    "mpeg4": {"qscale": "3"},
}
_BT709, _LIMITED = 1, 1  # AVCOL_SPC_BT709 and its like; AVCOL_RANGE_MPEG
_LARGEST_RATE = 1000
_MPEG4_UNITS = 65535  # MPEG-4 part 2 counts time in 16 bits
_LARGEST_SIDE = 16384
_INDEX_FIRST = "faststart"  # for players that begin before the whole file has come
_IN_PIECES = {
    "movflags": "empty_moov+default_base_moof",
    "frag_duration": "1000000",  # in us
    "flush_packets": "1",  # else a full disk is noticed at the end only, and not always then
}
_AT_ONCE = {"libx264": {"tune": "zerolatency"}}  # else it holds back dozens of frames


class VideoWriter:
    """A video that is being written; see `video_output`."""

    def __init__(
        self, output: OutputContainer, stream: VideoStream, sound: VideoSound | None
    ) -> None:
        self._output, self._stream, self._sound = output, stream, sound
        base = stream.codec_context.time_base
        assert base is not None
        self._time_base = Fraction(base)
        self._waiting: VideoFrame | None = None  # how long it is shown, the next one tells
        self._durations: dict[int, int] = {}  # of frames in the encoder, by their times

    def write(self, image: NDArray[np.uint8], time: Fraction) -> None:
        """Write the next frame, H,W,3 uint8 RGB, to be shown from `time` seconds on."""
        frame = VideoFrame.from_ndarray(_even(image), "rgb24").reformat(
            format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
        )
        ticks = round(time / self._time_base)
        if self._waiting is not None and self._waiting.pts is not None:
            # Times that were different stay so where the unit is coarser.
            ticks = max(ticks, self._waiting.pts + 1)
            self._encode(ticks)
        frame.pts, frame.time_base = max(ticks, 0), self._time_base
        self._waiting = frame
        if self._sound is not None:
            self._sound.write_until(self._output, time)

    def finish(self, end: Fraction, *, cut_sound: bool = True) -> None:
        """Write what has been kept back until now; the last frame is shown until `end`.

        Args:
            end: In seconds.
            cut_sound: Whether sound that begins later is left out.
        """
        self._encode(round(end / self._time_base))
        self._mux(self._stream.encode(None))
        if self._sound is not None:
            self._sound.finish(self._output, end if cut_sound else None)

    def _encode(self, until: int) -> None:
        """Encode the frame that waits, to be shown until `until`."""
        frame, self._waiting = self._waiting, None
        if frame is not None and frame.pts is not None:
            self._durations[frame.pts] = max(until - frame.pts, 1)
            self._mux(self._stream.encode(frame))

    def _mux(self, packets: list[Packet[VideoStream]]) -> None:
        for packet in packets:
            if packet.pts is not None and packet.pts in self._durations:
                packet.duration = self._durations.pop(packet.pts)
            self._output.mux(packet)


@contextlib.contextmanager
def video_output(
    path: Path,
    size: tuple[int, int],
    *,
    rate: Fraction,
    time_base: Fraction,
    pixel_aspect: Fraction | None = None,
    sound: VideoSound | None = None,
    is_live: bool = False,
) -> Iterator[VideoWriter]:
    """Give a writer; if all goes well, `path` is a whole video afterwards, else it is not there.

    Of what is live, what came before a disk was full is beside it, as the error tells.

    Args:
        path: Where to, ending in ".mp4".
        size: (height, width) of its frames.
        rate: Frames a second, about; what counts is the time of each.
        time_base: The unit of these times, in seconds.
        pixel_aspect: Width by height of a pixel; None if it is square.
        sound: To be taken along.
        is_live: Whether it cannot be had again.

    Raises:
        OutputError: It cannot be written.
        VideoFileError: Its frames are too large for H.264, or its sound cannot be taken along.
    """
    height, width = size
    if max(size) > _LARGEST_SIDE:
        raise VideoFileError(
            f"frames of {height} x {width} pixels (height x width) are too large for a video",
            allowed=f"at most {_LARGEST_SIDE} pixels a side",
            do="write pictures instead: --frames",
        )
    with (
        atomic_output(path, rescue=_rescue_for(path) if is_live else None) as part,
        _in_our_words(path, has_sound=sound is not None),
    ):
        options = _IN_PIECES if is_live else {"movflags": _INDEX_FIRST}
        with av.open(str(part), "w", format="mp4", options=options) as output:
            stream = _stream(output, size, rate, time_base, at_once=is_live)
            if pixel_aspect is not None:
                stream.codec_context.sample_aspect_ratio = pixel_aspect
            if sound is not None:
                sound.add_to(output)
            yield VideoWriter(output, stream, sound)


def _stream(
    output: OutputContainer,
    size: tuple[int, int],
    rate: Fraction,
    time_base: Fraction,
    *,
    at_once: bool,
) -> VideoStream:
    encoder = next(name for name in _ENCODERS if name in av.codecs_available)
    if encoder == "mpeg4" and time_base.denominator > _MPEG4_UNITS:
        time_base = Fraction(1, 60000)
    rate = min(max(rate, Fraction(1, 100)), Fraction(_LARGEST_RATE)).limit_denominator(_MPEG4_UNITS)
    options = _ENCODERS[encoder] | (_AT_ONCE.get(encoder, {}) if at_once else {})
    stream = output.add_stream(encoder, rate=rate, options=options)
    assert isinstance(stream, VideoStream)
    stream.height, stream.width = (side + side % 2 for side in size)
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = time_base
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED
    return stream


def _rescue_for(path: Path) -> Callable[[Path], str]:
    """Give what becomes of a recording that could not be ended: a name of its own, if it plays."""

    def rescue(part: Path) -> str:
        try:
            with av.open(str(part)) as container:
                next(container.decode(video=0))
        except (av.FFmpegError, OSError, IndexError, StopIteration):
            return ""
        names = (path.with_stem(f"{path.stem}-broken-off{more}") for more in _numbers())
        kept = next(name for name in names if not name.exists())
        with contextlib.suppress(OSError):
            part.replace(kept)
            return f"; what came before is in {kept.name}"
        return ""

    return rescue


def _numbers() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in itertools.count(2))


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


@contextlib.contextmanager
def _in_our_words(path: Path, *, has_sound: bool) -> Iterator[None]:
    """Say what is wrong with an encoder; what the disk says is said elsewhere."""
    try:
        yield
    except av.FFmpegError as problem:
        if isinstance(problem, OSError):
            raise
        reason = problem.strerror or problem
        if has_sound:  # our own pictures are encoded always; sound is as it came
            raise VideoFileError(
                f"{path} could not be written with the sound of its video: {reason}",
                allowed="sound that an MP4 file can hold",
                do="convert the video to MP4 first, or write pictures instead: --frames",
            ) from problem
        raise VideoFileError(
            f"{path} could not be encoded: {reason}",
            allowed="frames that an H.264 encoder takes",
            do="write pictures instead: --frames",
        ) from problem
