"""All files below a folder, and what stands in the way of them.

`Path.rglob` leaves out folders that may not be read, folders behind links, and links to nothing.
Here links are followed, each folder is gone through once however many links lead to it, and what
cannot be looked into is handed over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from roadfcn.errors import ImageFileError

Refused = Callable[[Path, ImageFileError], None]
"""Is told of a folder or link that cannot be looked into, and why."""


def files_below(folder: Path, refused: Refused) -> Iterator[Path]:
    """Give the files below `folder` in no order; nothing hidden, and no sockets or pipes.

    A link to nothing is given like a file if its name has an ending, as its file may be on its way;
    one without an ending is taken for a folder's, and refused.

    Args:
        folder: Where to begin; if it is none there are no files.
        refused: Called for each folder that may not be read.
    """
    # A link to a folder above would lead here again.
    seen = {_identity(path) for path in Path(folder).resolve().parents}
    links: list[Path] = []
    left = [Path(folder)]
    while left or links:
        if not left:  # what lies here itself goes before what links lead to, and has its name
            left.append(links.pop(0))
        here = left.pop()
        identity = _identity(here)
        if identity is not None and identity in seen:
            continue
        seen.add(identity)
        for entry in _entries(here, refused):
            path = Path(here, entry.name)
            kind = _kind(entry)
            if kind == "folder":
                (links if entry.is_symlink() else left).append(path)
            elif kind == "file" or (kind == "nothing" and path.suffix):
                yield path
            elif kind == "nothing":
                refused(path, _dead_link(path))


def look_into(folder: Path) -> ImageFileError | None:
    """Give what stands in the way of listing a folder; None if nothing does."""
    problems: list[ImageFileError] = []
    _entries(folder, lambda _path, problem: problems.append(problem))
    return problems[0] if problems else None


def is_there(path: Path) -> bool:
    """Tell whether a path exists; one in a folder that may not be entered is taken for none."""
    try:
        return path.exists()
    except PermissionError:
        return False


def _entries(folder: Path, refused: Refused) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):  # it went away meanwhile
        return []
    except OSError as problem:
        refused(folder, _closed(folder, problem))
        return []
    return sorted(found, key=lambda entry: entry.name)


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_dir():
            return "folder"
        if entry.is_file():
            return "file"
    except OSError:  # a link to itself, or to where one may not look
        return "nothing"
    return "nothing" if entry.is_symlink() and not Path(entry.path).exists() else "other"


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        state = folder.stat()
    except OSError:  # which is told when it is listed
        return None
    return state.st_dev, state.st_ino


def _closed(folder: Path, problem: OSError) -> ImageFileError:
    if isinstance(problem, PermissionError):
        return ImageFileError(
            f"no permission to look into the folder {folder}",
            allowed="folders that you may read",
            do="change its rights, or leave it out",
        )
    return ImageFileError(
        f"the folder {folder} cannot be looked into: {problem.strerror}",
        allowed="folders on a disk that works",
        do="check the disk, or leave the folder out",
    )


def _dead_link(path: Path) -> ImageFileError:
    try:
        target = path.readlink()
    except OSError as problem:
        return _closed(path, problem)
    return ImageFileError(
        f"{path} is a link to nothing: {target}",
        allowed="links to pictures and folders that are there and may be read",
        do="mount the disk that it leads to, or remove the link",
    )
