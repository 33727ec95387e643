"""Opens video files and network streams with PyAV (FFmpeg's libraries), with care.

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
from roadfcn.prediction.source_words import VIDEO_SUFFIXES, shown_address

MOST_PIXELS = 2**26
"""Of a frame (8192 x 8192). Decoders hold a dozen frames, so it is less than for a picture."""

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv,ogg,nut,ivf,mxf,dv,"
    "h264,hevc,m4v,yuv4mpegpipe,obu"
)
_STREAM_TIMEOUT_S = 10.0


def open_video(address: Path | str) -> InputContainer:
    """Open a container of the kinds that videos come in."""
    is_file = isinstance(address, Path)
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
    if not is_file:
        options = {"protocol_whitelist": "rtsp,rtp,tcp,udp,tls,srtp", "rtsp_transport": "tcp"}
    try:
        # The prefix keeps a name such as "concat:a" from being an order to FFmpeg.
        return av.open(
            f"file:{address}" if is_file else str(address),
            options=options,
            timeout=None if is_file else _STREAM_TIMEOUT_S,
        )
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


def reason_of(problem: Exception) -> str:
    """Give what FFmpeg says of a problem, without the name of the file it came up in."""
    return str(getattr(problem, "strerror", None) or problem or type(problem).__name__)


def _cannot_open(address: Path | str, problem: Exception) -> VideoFileError:
    reason = reason_of(problem)
    if not isinstance(address, Path):
        return VideoFileError(
            f"the stream {shown_address(address)} does not come: {reason}",
            allowed="an RTSP stream that answers within 10 s",
            do="check address, password and network, with another player too",
        )
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
