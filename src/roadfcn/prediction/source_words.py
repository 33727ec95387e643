"""What a word tells of a source before anything is opened: a video, an address, what to call it.

Nothing is imported for it: who labels a still picture waits for no video library, and for none
that fetches.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
    ".wmv", ".asf", ".flv", ".ogv", ".3gp", ".3g2", ".mxf", ".dv", ".y4m", ".h264", ".hevc",
)  # fmt: skip
"""File endings taken for videos, in lower case."""


def is_address(text: str) -> bool:
    """Tell whether a word is an address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def shown_address(address: Path | str) -> str:
    """Give what messages call a video: its path, or its address without a password."""
    if isinstance(address, Path):
        return str(address)
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:  # no number
        port = ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
