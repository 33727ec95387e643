"""Opens video files with PyAV (FFmpeg's libraries), with care; streams see `streams`.

A file says what it is; what it says is not trusted. Only containers of videos are opened, and only
as this one file: a playlist that names other files, or addresses, is no video here.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from roadfcn.errors import VideoFileError
from roadfcn.prediction.sources.words import VIDEO_SUFFIXES, shown_address
from roadfcn.prediction.video.streams import open_stream, reason_of

MOST_PIXELS = 2**26
"""Of a frame (8192 x 8192). Decoders hold a dozen frames, so it is less than for a picture."""

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv,ogg,nut,ivf,mxf,dv,"
    "h264,hevc,m4v,yuv4mpegpipe,obu"
)


def open_video(address: Path | str) -> InputContainer:
    """Open a container of the kinds that videos come in, or a network stream.

    Raises:
        VideoFileError: It cannot be opened.
    """
    if not isinstance(address, Path):
        return open_stream(address)
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
    try:
        # The prefix keeps a name such as "concat:a" from being an order to FFmpeg.
        return av.open(f"file:{address}", options=options)
    except (av.FFmpegError, OSError, UnicodeError, ValueError) as problem:
        raise _cannot_open(address, problem) from problem


def moving_pictures(container: InputContainer, address: Path | str) -> VideoStream:
    """Find the moving pictures, which the cover of a piece of music is not."""
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams or streams[0].codec_context is None:
        raise _no_pictures(address)
    stream = streams[0]
    height, width = stream.codec_context.height, stream.codec_context.width
    if height * width > MOST_PIXELS:
        raise _too_large(address, height, width)
    # Frames may be larger than the file's head says.
    stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    with contextlib.suppress(av.FFmpegError, RuntimeError):
        stream.thread_type = "AUTO" if isinstance(address, Path) else "SLICE"
    return stream


def _cannot_open(address: Path, problem: Exception) -> VideoFileError:
    reason = reason_of(problem)
    if not address.is_file():
        found, do = f"there is no video {address}", "check the path"
    elif address.stat().st_size == 0:
        found, do = f"{address} is empty (0 bytes)", "copy the file again"
    else:
        found = f"{address} cannot be read as a video: {reason}"
        do = "copy the file again; if another program plays it, convert it to MP4"
    return VideoFileError(found, allowed=f"a video: {', '.join(VIDEO_SUFFIXES)}", do=do)


def _too_large(address: Path | str, height: int, width: int) -> VideoFileError:
    return VideoFileError(
        f"{shown_address(address)} has frames of {height} x {width} pixels (height x width)",
        allowed=f"at most {MOST_PIXELS} pixels a frame",
        do="scale the video down",
    )


def _no_pictures(address: Path | str) -> VideoFileError:
    return VideoFileError(
        f"{shown_address(address)} holds no moving pictures",
        allowed="a video with frames",
        do="check that it is the right file",
    )
