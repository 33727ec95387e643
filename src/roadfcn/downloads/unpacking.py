"""Unpacks a zip archive into a new folder, whole or not at all."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from roadfcn.downloads.archive_members import (
    MOST_UNPACKED_BYTES,
    BoundedFile,
    Member,
    members_of,
)
from roadfcn.errors import DownloadError, OutputError
from roadfcn.machine import free_disk_bytes
from roadfcn.output_files import atomic_folder, writing

_BLOCK_BYTES = 1 << 20


def is_unpacked(folder: Path, holds: tuple[str, ...] = ()) -> bool:
    """Tell whether a folder has files in it, and all of those that it should hold."""
    return (
        folder.is_dir()
        and any(folder.iterdir())
        and all((folder / name).exists() for name in holds)
    )


def unpack(
    archive: Path,
    target: Path,
    *,
    holds: tuple[str, ...] = (),
    most_bytes: int = MOST_UNPACKED_BYTES,
) -> bool:
    """Unpack a zip archive into `target`; where all its files lie in one folder, without that.

    Args:
        archive: The zip file.
        target: A folder that is new or empty, or holds the archive's content already.
        holds: What has to be in it afterwards.
        most_bytes: What it may unpack to.

    Returns:
        Whether there was anything to do: False if `target` was unpacked before.

    Raises:
        DownloadError: The archive is damaged, lacks what it should hold, or would do harm.
        OutputError: `target` holds something else, cannot be written, or has no room.
    """
    if is_unpacked(target, holds):
        return False
    with _reading(archive), BoundedFile(archive) as file, zipfile.ZipFile(file) as opened:
        members = members_of(opened, archive, most_bytes)
        _check_holds(archive, members, holds)
        try:
            with atomic_folder(target) as folder:
                _check_room(target, folder, members)
                for member in members:
                    _extract(opened, member, folder)
        except OutputError:
            if is_unpacked(target, holds):  # another process was faster
                return False
            raise
    return True


def _extract(opened: zipfile.ZipFile, member: Member, folder: Path) -> None:
    path = folder.joinpath(*member.parts)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member.info) as source, writing(path), path.open("xb") as file:
        while block := source.read(_BLOCK_BYTES):
            file.write(block)


def _check_holds(archive: Path, members: list[Member], holds: tuple[str, ...]) -> None:
    """Refuse an archive without what it is wanted for, before it takes room."""
    names = {
        "/".join(member.parts[:depth])
        for member in members
        for depth in range(1, len(member.parts) + 1)
    }
    lacking = [name for name in holds if name not in names]
    if lacking:
        raise DownloadError(
            f"the archive {archive} does not hold {', '.join(lacking)}",
            allowed=f"an archive with {', '.join(holds)}",
            do="check that it is the right archive",
        )


def _check_room(target: Path, folder: Path, members: list[Member]) -> None:
    needed = sum(member.info.file_size for member in members)
    free = free_disk_bytes(folder)
    if needed > free:
        raise OutputError(
            f"no room for {target}: it needs {needed / 1e6:.1f} MB, {free / 1e6:.1f} are free",
            allowed="a disk with enough space",
            do="free some space, or give a folder on another disk",
        )


@contextlib.contextmanager
def _reading(archive: Path) -> Iterator[None]:
    """Put in words how an archive can fail: zipfile and zlib raise what they stumble over."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        ValueError,  # UnicodeDecodeError among others
        OverflowError,
        NotImplementedError,
        RuntimeError,
    ) as problem:
        raise DownloadError(
            f"the archive {archive} cannot be unpacked: {problem}",
            allowed="a whole zip archive without a password",
            do="remove it, and fetch or copy it again",
        ) from problem
