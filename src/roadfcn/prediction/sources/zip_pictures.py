"""Pictures in a zip archive, read one by one, with nothing unpacked to disk.

The archive is looked over first, as if it were to be unpacked (`downloads.archive_members`): one
with names that lead out of a folder, with links or passwords is refused as a whole, since whoever
made it meant harm or something else went wrong.
"""

from __future__ import annotations

import threading
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from roadfcn.downloads.archive_members import BoundedFile, members_of
from roadfcn.errors import ImageFileError
from roadfcn.image_files import IMAGE_SUFFIXES

MOST_MEMBER_BYTES = 1 << 30
"""Of one picture's file. It is held in memory while it is decoded."""

_MOST_ARCHIVE_BYTES = 1 << 44  # nothing is unpacked, so all of it may be more than a disk holds
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
"""What zipfile and zlib raise on damaged archives."""


class _ClosedFile:
    """A file for zipfile that is open only while a member is read.

    So hundreds of archives take no more open files than one, and nobody has to close them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> None:
        self._file = self._path.open("rb")

    def __exit__(self, *_raised: object) -> None:
        assert self._file is not None
        self._file.close()

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


class ZipPictures:
    """A zip archive of pictures.

    Args:
        path: The archive.

    Attributes:
        others: Names of what is in it beside pictures.

    Raises:
        DownloadError: Its list of files would do harm.
        ImageFileError: It is no zip archive, or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            # zipfile would read a list of any length; this file does not give it one.
            with BoundedFile(path) as file, zipfile.ZipFile(file) as opened:
                members = members_of(opened, path, _MOST_ARCHIVE_BYTES)
            self._file = _ClosedFile(path)
            with self._file:
                self._opened = zipfile.ZipFile(cast("BinaryIO", self._file))
        except _DAMAGE as problem:
            raise ImageFileError(
                f"the archive {path} cannot be read: {problem}",
                allowed="a whole zip archive of pictures, without a password",
                do="copy the archive again",
            ) from problem
        seen = {
            "/".join(member.parts): member.info
            for member in members
            if not any(part.startswith(".") for part in member.parts)
        }
        self._members = {name: info for name, info in seen.items() if _is_picture(name)}
        self.others = tuple(sorted(seen.keys() - self._members.keys()))

    def names(self) -> list[str]:
        """List its pictures, sorted; without the one folder that all of its files may lie in."""
        return sorted(self._members)

    def info(self, name: str) -> zipfile.ZipInfo:
        """Give what the archive says of a picture's file: its size, unpacked, and checksum."""
        return self._members[name]

    def content(self, name: str) -> bytes:
        """Read a picture's file. May be called from several threads.

        Raises:
            ImageFileError: It is damaged, or too large.
        """
        info = self._members[name]
        if info.file_size > MOST_MEMBER_BYTES:
            raise ImageFileError(
                f"{self.path}: {name} has {info.file_size:,} bytes",
                allowed=f"pictures of at most {MOST_MEMBER_BYTES:,} bytes in archives",
                do="unpack it, and predict the file",
            )
        try:
            with self._lock, self._file:
                return self._opened.read(info)
        except _DAMAGE as problem:
            raise ImageFileError(
                f"{self.path}: {name} cannot be read: {problem}",
                allowed="a whole zip archive",
                do="copy the archive again",
            ) from problem


def _is_picture(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES
