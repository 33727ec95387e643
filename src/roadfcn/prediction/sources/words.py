"""What a word tells of a source before anything is opened: a video, an address, what to call it.

Nothing is imported for it: who labels a still picture waits for no video library, and for none
that fetches.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
    ".wmv", ".asf", ".flv", ".ogv", ".3gp", ".3g2", ".mxf", ".dv", ".y4m", ".h264", ".hevc",
)  # fmt: skip
"""File endings taken for videos, in lower case."""

VideoSource = str | Path | int
"""A path, "camera:0", "camera:http://..." (MJPEG), an rtsp:// address, or a camera's number."""


def is_address(text: str) -> bool:
    """Tell whether a word is an address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


_SECRET_IN_PATH = re.compile(r"\b((?:pass|passwd|password|pwd|token|auth)=)[^&;/]*", re.IGNORECASE)
"""Some recorders want it there: rtsp://host/user=admin&password=secret&channel=1."""

_LONGEST_NAME = 150
"""Letters; file systems take 255 bytes, and endings come behind."""


def address_name(address: str, endings: Sequence[str]) -> str:
    """Give what the results of an address are called: host and path, "cam.local-8554-street".

    A name and password are left out, also a password in the path. What follows a "?", and what is
    too long for the name of a file, is in a few letters of a hash at the end, so that different
    addresses have different names.

    Args:
        address: With its scheme.
        endings: Of the path that are left out, in lower case, each with its dot.
    """
    parts = _parts(address)
    path = _SECRET_IN_PATH.sub(r"\1", parts.path)
    is_cut = path != parts.path or bool(parts.query)
    if path.lower().endswith(tuple(endings)):
        path = path[: path.rindex(".")]
    host = parts.netloc.rpartition("@")[2].lower()  # with the port
    name = "-".join(re.findall(r"[\w.-]+", f"{host} {path}")).strip(".") or "address"
    if is_cut or len(name) > _LONGEST_NAME:
        digest = hashlib.sha256(f"{path}?{parts.query}".encode("utf-8", "surrogatepass"))
        name = f"{name[:_LONGEST_NAME]}-{digest.hexdigest()[:8]}"
    return name


def shown_address(address: Path | str) -> str:
    """Give what messages call a source: its path, or its address without what may be secret.

    That is a name with its password, a password in the path, and what follows a "?".
    """
    if isinstance(address, Path):
        return str(address)
    parts = _parts(address)
    host = parts.hostname or ""
    try:
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:  # no number
        port = ""
    path = _SECRET_IN_PATH.sub(r"\1...", parts.path)
    return f"{parts.scheme}://{host}{port}{path}"


def has_torn_password(address: str) -> bool:
    """Tell whether a "/", "?" or "#" in a password ends the host of an address too early.

    Then what stands for the host is the name, and for the port the password's beginning.
    """
    host, rest = re.split(r"(?=[/?#]|$)", address.partition("://")[2], maxsplit=1)
    port = re.search(r":([^\]]*)$", host)
    return "@" in rest and "@" not in host and port is not None and not port[1].isdecimal()


def without_secrets(text: str) -> str:
    """Give a message with every address in it as `shown_address` has it."""
    return re.sub(r"\w+://[^\s'\">]+", lambda found: shown_address(found[0]), text)


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # no host can be called so: "http://["
        return SplitResult(address.partition("://")[0], "", "", "", "")
