"""Writing results so that a reader never sees half a file.

Each file is written under a temporary name in the folder it belongs to, then renamed over the
final name: after an error, a full disk or a kill there is either the old file or the new one.
This module knows nothing of what is inside the files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from roadfcn.errors import OutputError

_LEFTOVER = re.compile(r"\.[0-9a-f]{16}\.part(\.\w+)?")
_LOCK = re.compile(r"\..+\.lock")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A full disk, a full quota, or a file larger than the process or the disk may have."""


@contextlib.contextmanager
def atomic_output(
    path: Path,
    *,
    durable: bool = False,
    needed_bytes: int | None = None,
    rescue: Callable[[Path], str] | None = None,
) -> Iterator[Path]:
    """Give a temporary path to write to; on success it becomes `path`, on failure it vanishes.

    The parent folder is made if needed. The temporary name keeps the suffix of `path`, because
    encoders choose their format by it. Inside the `with` block only write: any `OSError` there is
    taken for a failure to write `path`.

    Args:
        path: The final name.
        durable: Wait until the disk has the file: then it is whole even after a power cut.
        needed_bytes: About how large the file is, for the message when there is no room for it.
        rescue: For what can be read as far as it goes and cannot be had again: called with what
            was written before the operating system failed, it may move that to a name of its own,
            and gives words for the end of the message.

    Raises:
        OutputError: `path` is a folder, its parent cannot be made or written, or the disk is full.
    """
    path = Path(path)
    with writing(path):
        _refuse_folder(path)
    part = path.with_name(f".{secrets.token_hex(8)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        if durable:
            _wait_for_disk(part)
        part.replace(path)
        if durable:
            _wait_for_disk(path.parent)
    except (OSError, OutputError) as problem:
        rescued = "" if rescue is None else rescue(part)
        _remove(part)  # first: the free space told should not lack what it took
        if isinstance(problem, OutputError) and not rescued:
            raise
        error = problem
        if not isinstance(error, OutputError):
            error = _output_error(path, error, needed_bytes)
        raise OutputError(
            f"{error.found}{rescued}", allowed=error.allowed, do=error.do
        ) from problem
    finally:
        _remove(part)


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left half-written in a folder; files within folders too.

    Only for folders that no other process is writing to: its files would be removed as well.
    """
    for path in Path(folder).rglob(".*.part*"):
        if _LEFTOVER.fullmatch(path.name):
            _remove(path)


def _wait_for_disk(path: Path) -> None:
    """Return when the disk has a file's content, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Take any `OSError` inside for a failure to write `path`, and say so in plain words.

    For files that other libraries write and that grow by appending; else use `atomic_output`.

    Raises:
        OutputError: No rights, a full disk, or whatever else the operating system reported.
    """
    try:
        yield
    except OSError as problem:
        raise _output_error(Path(path), problem) from problem


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` in one step.

    Raises:
        OutputError: See `atomic_output`.
    """
    with atomic_output(path) as part:
        part.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8 in one step.

    Raises:
        OutputError: See `atomic_output`.
    """
    write_bytes(path, content.encode("utf-8"))


def check_writable(path: Path) -> None:
    """Refuse, before long work, a file that could not be written after it; leave nothing behind.

    Raises:
        OutputError: `path` is a folder, a part of it is a file, or there are no rights.
    """
    path = Path(path)
    with writing(path):
        _refuse_folder(path)
        _probe_above(path)


def _probe_above(path: Path) -> None:
    """Write, and remove, a file in the nearest folder above `path` that there is."""
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    probe = parent / f".{secrets.token_hex(8)}.part"
    probe.touch(exist_ok=False)
    probe.unlink()


def holds_nothing(folder: Path) -> bool:
    """Tell whether a folder is empty, but for what a killed process may have left hidden there."""
    return all(
        _LEFTOVER.fullmatch(path.name) or _LOCK.fullmatch(path.name) for path in folder.iterdir()
    )


def check_new_folder(path: Path, *, overwrite: bool = False) -> None:
    """Refuse, before long work, a folder that could not be filled after it; make nothing.

    Raises:
        OutputError: `path` is a file, holds files and `overwrite` is off, or cannot be made.
    """
    path = Path(path)
    with writing(path):
        if path.exists() and not path.is_dir():
            raise OutputError(
                f"{path} is a file", allowed="a folder", do="give another output folder"
            )
        if path.exists() and not overwrite and not holds_nothing(path):
            raise OutputError(
                f"the output folder {path} is not empty",
                allowed="a new or empty folder",
                do="give another folder, empty this one, or pass --overwrite",
            )
        _probe_above(path / "any")


def new_folder(path: Path, *, overwrite: bool = False) -> Path:
    """Make `path` a folder to fill: new or empty, or anything existing if `overwrite`.

    Raises:
        OutputError: `path` is a file, holds files and `overwrite` is off, or cannot be made.
    """
    path = Path(path)
    check_new_folder(path, overwrite=overwrite)
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; on success it becomes `path`, on failure it vanishes.

    Raises:
        OutputError: `path` is a file or a folder with files, its parent cannot be written, or the
            disk is full.
    """
    path = Path(path).absolute()
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise OutputError(
            f"{path} {'is not empty' if path.is_dir() else 'is a file'}",
            allowed="a new or empty folder",
            do="give another folder, or empty this one",
        )
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with writing(path):
            part.mkdir(parents=True)
        yield part
        with writing(path):
            if path.exists():
                path.rmdir()  # some systems do not rename over a folder, even an empty one
            part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise OutputError(
            f"{path} is a folder", allowed="a file name", do="name a file inside this folder"
        )


def _output_error(path: Path, problem: OSError, needed_bytes: int | None = None) -> OutputError:
    """Say in plain words why `path` cannot be written."""
    if problem.errno in _FULL:
        return OutputError(
            f"the disk is full: {path} could not be written{_room(path, needed_bytes)}",
            allowed="a disk, a quota and a limit on file sizes with enough space",
            do="free some space or give an output folder on another disk, then run again",
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(
            f"no permission to write {path}",
            allowed="a folder that you may write to",
            do="give another output folder or change the rights of this one",
        )
    if problem.errno in (errno.ENOTDIR, errno.EEXIST):
        return OutputError(
            f"{path} cannot be written because a part of its path is a file",
            allowed="a path whose parents are folders",
            do="give another output folder",
        )
    return OutputError(
        f"{path} could not be written: {problem.strerror or problem}",
        allowed="a path on a disk that works",
        do="check the path and the disk, then run again",
    )


def _room(path: Path, needed_bytes: int | None) -> str:
    if needed_bytes is None:
        return ""
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(path.parent).free
        return f"; it needs {_amount(needed_bytes)}, {_amount(free)} are free"
    return f"; it needs {_amount(needed_bytes)}"


def _amount(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
