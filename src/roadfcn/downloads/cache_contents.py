"""What the cache holds, how large it is, and how parts of it go.

Each kind of thing has a folder of its own in the cache, and each thing in it one name. Whatever
goes can be had again: fetched, unpacked or converted anew. What stays are notes of a few bytes:
locks, and the hashes by which a file that is fetched again is known.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from roadfcn.downloads.cache_folder import cache_folder
from roadfcn.output_files import writing

KINDS = {
    "downloads": "files that were fetched",
    "unpacked": "folders that archives became",
    "converted": "models converted for other engines",
    "features": "what frozen encoders say of training pictures",
}
"""Folders of the cache, and what is in them."""

_LOCK, _HASH = ".lock", ".sha256"
_ABANDONED_S = 24 * 3600.0
"""Nobody works so long on something with a temporary name without touching it."""


@dataclass(frozen=True)
class Kept:
    """One thing in the cache.

    Args:
        path: A file or folder.
        size_bytes: Of all files in it.
        used: When it was made or last used, in seconds since 1970.
    """

    path: Path
    size_bytes: int
    used: float


def contents(kind: str, cache: Path | None = None) -> list[Kept]:
    """List what is kept of one of `KINDS`, least recently used first.

    What a killed process left half-made is listed once it is a day old.
    """
    found = []
    with contextlib.suppress(OSError):  # there is no such folder yet
        for path in (cache_folder(cache) / kind).iterdir():
            with contextlib.suppress(OSError):  # it has gone meanwhile
                if path.suffix not in (_LOCK, _HASH) and not _is_being_made(path):
                    found.append(Kept(path, _size_of(path), path.lstat().st_mtime))
    return sorted(found, key=lambda one: one.used)


def mark_used(path: Path) -> None:
    """Note that a thing is used now, where the cache may be written to."""
    with contextlib.suppress(OSError):
        os.utime(path)


def remove(one: Kept) -> bool:
    """Remove a thing, unless another process is making it at this moment.

    Returns:
        Whether it has gone.

    Raises:
        OutputError: There are no rights; or it is in use, on systems that keep it then.
    """
    with _unlocked(one.path) as free:
        if free:
            # At once, so that nobody finds a part of it.
            gone = one.path.with_name(f".{secrets.token_hex(8)}.part")
            with writing(one.path):
                one.path.rename(gone)
            if gone.is_dir() and not gone.is_symlink():
                shutil.rmtree(gone, ignore_errors=True)
            else:
                gone.unlink()
    return free


@contextlib.contextmanager
def _unlocked(path: Path) -> Iterator[bool]:
    """Hold the locks of a thing, if nobody else does: those whose names its own begins with."""
    with contextlib.ExitStack() as stack, writing(path):
        for lock in path.parent.glob(f"*{_LOCK}"):
            if path.name.startswith(lock.stem):
                try:
                    stack.enter_context(FileLock(lock, timeout=0))
                except Timeout:
                    yield False
                    return
        yield True


def _is_being_made(path: Path) -> bool:
    """Tell whether a thing has a temporary name, and someone who may still be at work on it."""
    if not path.name.startswith("."):
        return False
    changed = max(one.lstat().st_mtime for one in (path, *path.glob("*")))
    return time.time() - changed < _ABANDONED_S


def _size_of(path: Path) -> int:
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(inner.lstat().st_size for inner in path.rglob("*") if not inner.is_dir())
