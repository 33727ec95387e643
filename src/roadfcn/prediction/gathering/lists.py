"""Lists of sources: text files with one path, camera, stream or address on a line.

Paths are relative to the folder of the list, so that a list means the same wherever the command is
called. What is named keeps its path as its name in the results; a path from the root, or with
"..", is made whole first, and its root left out.

    # a comment
    monday/000010.png
    /data/tuesday/drive.mp4
    https://host/wednesday.jpg
"""

from __future__ import annotations

import os
from pathlib import Path

from roadfcn.errors import ImageFileError

LIST_SUFFIX = ".txt"
_MOST_BYTES = 1 << 26


def read_source_list(path: Path) -> list[str]:
    """Give what a list names, line by line.

    Raises:
        ImageFileError: It is missing, no text, too large, or names nothing.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _no_list(path, f"has {path.stat().st_size:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8"
        raise _no_list(path, f"cannot be read: {reason}") from problem
    lines = [line.strip() for line in text.splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    if not named:
        raise _no_list(path, "names nothing")
    if any("\0" in line for line in named):
        raise _no_list(path, "is no text")
    return named


def name_of(folder: Path, line: Path) -> Path:
    """Give what is named `line` in a folder a name that leads out of no folder of results."""
    if not line.is_absolute() and ".." not in line.parts:
        return line
    whole = Path(os.path.normpath(folder.absolute() / line))
    return whole.relative_to(whole.anchor)


def _no_list(path: Path, found: str) -> ImageFileError:
    return ImageFileError(
        f"the list {path} {found}",
        allowed=f"UTF-8 text of at most {_MOST_BYTES:,} bytes, with a path on each line",
        do="write one picture, video or folder on a line, as seen from the list's own folder",
    )
