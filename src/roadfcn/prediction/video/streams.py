"""Opens network streams with PyAV (FFmpeg's libraries), and says why one does not come or ended.

Two kinds are read: RTSP, and over HTTP pictures in JPEG one after another, which cameras call MJPEG
(multipart/x-mixed-replace). What a message says of an address has no password in it.
"""

from __future__ import annotations

import time

import av
from av.container import InputContainer

from roadfcn.errors import VideoFileError
from roadfcn.prediction.sources.words import is_address, shown_address, without_secrets

_RTSP = {
    "protocol_whitelist": "rtsp,rtp,tcp,udp,tls,srtp",
    # Through the same connection, where nothing gets lost; UDP if the camera knows no other way.
    "rtsp_flags": "prefer_tcp",
    # Sound is not taken along. Where pictures end and it goes on, we would wait for ever.
    "allowed_media_types": "video",
}
_MJPEG = {"protocol_whitelist": "http,https,tcp,tls"}

STREAM_TIMEOUT_S = 10.0
"""So long a stream may be silent, at its beginning and later."""


def open_stream(address: str) -> InputContainer:
    """Open a stream.

    Args:
        address: An rtsp:// address, or the http:// address of a camera's MJPEG.

    Raises:
        VideoFileError: It does not come.
    """
    begin = time.monotonic()
    try:
        if is_address(address):
            return av.open(address, format="mpjpeg", options=_MJPEG, timeout=STREAM_TIMEOUT_S)
        return av.open(address, options=_RTSP, timeout=STREAM_TIMEOUT_S)
    except (av.FFmpegError, OSError, UnicodeError, ValueError) as problem:
        # What FFmpeg says where nothing came has many names, and none of them is right.
        raise _does_not_come(address, None if was_silent(begin) else problem) from problem


def was_silent(since: float) -> bool:
    """Tell whether a stream that failed now has been silent for too long since a monotonic time."""
    return time.monotonic() - since >= STREAM_TIMEOUT_S


def reason_of(problem: Exception) -> str:
    """Give what FFmpeg says of a problem, without the name of the file it came up in."""
    return str(getattr(problem, "strerror", None) or problem or type(problem).__name__)


def stream_ended(address: str, count: int, *, is_silent: bool, is_damaged: bool) -> VideoFileError:
    """Give the error of a stream that came to an end, though nobody had stopped it.

    Args:
        address: Of the stream.
        count: How many frames came.
        is_silent: It stayed open, and nothing came any more.
        is_damaged: Not all that came could be decoded.
    """
    how = "ended"
    if is_silent:
        how = f"went silent for {STREAM_TIMEOUT_S:.0f} s"
    elif is_damaged:
        how = "broke off or had damaged parts"
    return VideoFileError(
        f"the stream {shown_address(address)} {how}, after {count} frames",
        allowed="a stream that goes on until you stop it",
        do="check the network and the camera; what came before is kept",
    )


def _does_not_come(address: str, problem: Exception | None) -> VideoFileError:
    """Give the error of a stream that cannot be opened; without a problem nothing came in time."""
    reason, do = _why(address, problem)
    kind = "MJPEG (multipart/x-mixed-replace)" if is_address(address) else "RTSP"
    return VideoFileError(
        f"the stream {shown_address(address)} does not come: {reason}",
        allowed=f"a stream of {kind} whose first pictures come within {STREAM_TIMEOUT_S:.0f} s",
        do=do,
    )


def _why(address: str, problem: Exception | None) -> tuple[str, str]:
    """Give why a stream does not come, and what to do."""
    do = "check address and network, with another player too"
    if problem is None:
        return f"no pictures within {STREAM_TIMEOUT_S:.0f} s", do
    if isinstance(problem, av.HTTPUnauthorizedError):
        wrong = ", and not those in the address" if "@" in address else ""
        return (
            f"the camera wants a name and password{wrong} (401)",
            "write them before the host: //NAME:PASSWORD@HOST; in them / is %2F, @ is %40, # is "
            "%23, ? is %3F, : is %3A, % is %25",
        )
    if isinstance(problem, av.HTTPNotFoundError):
        return (
            "the camera answers, but has no such path (404)",
            "look up in its manual what stands behind the host",
        )
    if isinstance(problem, PermissionError):  # which is FFmpeg's word for it
        return "the connection broke off before there was a picture", do
    return without_secrets(reason_of(problem)), do
