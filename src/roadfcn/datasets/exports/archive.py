"""An export as a list of files, whether it is a folder or a zip archive.

Nothing is ever extracted: members are read into memory under the name they have, so a name that
points out of the archive leads nowhere; it is refused all the same, because what else is in such
an archive deserves no trust.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from roadfcn.errors import DatasetError

MAX_MEMBER_BYTES = 2**27
"""Larger files are refused unread: a small archive can hold a member that fills all memory."""


@dataclass(frozen=True)
class ExportFiles:
    """The files of an export.

    Args:
        root: The folder or archive, for messages.
        names: Names relative to it, with "/", sorted.
        read: Gives the bytes of one of them; raises `DatasetError`.
    """

    root: Path
    names: tuple[str, ...]
    read: Callable[[str], bytes]

    def text(self, name: str) -> str:
        """Read a file as UTF-8.

        Raises:
            DatasetError: It cannot be read, or is no text.
        """
        try:
            return self.read(name).decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            raise DatasetError(
                f"{self.root}: {name} is no UTF-8 text: {problem}",
                allowed="the export as the labelling program wrote it",
                do="export again",
            ) from problem


@contextlib.contextmanager
def open_export(path: Path) -> Iterator[ExportFiles]:
    """Open a folder or a zip archive.

    Raises:
        DatasetError: Neither of them, damaged, encrypted, or with a member whose name points out
            of the archive.
    """
    path = Path(path)
    if path.is_dir():
        yield _folder(path)
    elif path.is_file() and path.suffix.lower() == ".zip":
        with _reading(path, "the archive"):
            archive = zipfile.ZipFile(path)
        with archive:  # what the caller stumbles over is no fault of the archive
            yield _archive(path, archive)
    else:
        raise DatasetError(
            f"{path} is a file" if path.exists() else f"there is no export {path}",
            allowed="a folder or a .zip archive, as exported by CVAT or saved by labelme",
            do="name the folder that holds the file"
            if path.exists()
            else "check the path; OUT comes last",
        )


def safe_name(name: str, where: str) -> str:
    """Give a relative name with "/" and without "." parts.

    Raises:
        DatasetError: The name is absolute, empty, or points out of its folder.
    """
    posix = PurePosixPath(name.replace("\\", "/"))
    if not posix.parts or posix.is_absolute() or ".." in posix.parts or ":" in name or "\0" in name:
        raise DatasetError(
            f"{where} names the file '{name}', which lies outside",
            allowed="names inside the export, such as images/000001.png",
            do="do not trust this export, or correct the name",
        )
    return posix.as_posix()


def _folder(root: Path) -> ExportFiles:
    def read(name: str) -> bytes:
        path = root / name
        with _reading(root, name):
            size = path.stat().st_size
        if size > MAX_MEMBER_BYTES:
            raise _too_large(root, name)
        with _reading(root, name):
            return path.read_bytes()

    relative = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    names = (name.as_posix() for name in relative if not name.name.startswith("."))
    return ExportFiles(root, tuple(sorted(names)), read)


def _archive(path: Path, archive: zipfile.ZipFile) -> ExportFiles:
    members = {
        safe_name(member.filename, str(path)): member
        for member in archive.infolist()
        if not member.filename.endswith("/") and not member.filename.startswith("__MACOSX/")
    }
    names = (name for name in members if not PurePosixPath(name).name.startswith("."))

    def read(name: str) -> bytes:
        if members[name].file_size > MAX_MEMBER_BYTES:
            raise _too_large(path, name)
        with _reading(path, name):
            return archive.read(members[name])  # never more than file_size bytes

    return ExportFiles(path, tuple(sorted(names)), read)


@contextlib.contextmanager
def _reading(root: Path, name: str) -> Iterator[None]:
    """Put in words how a file or a member of an archive can fail."""
    try:
        yield
    # Encrypted or of an unknown compression, or damaged: then zipfile and its decompressors raise
    # whatever they stumble over, such as LZMAError, UnicodeDecodeError or struct.error.
    except Exception as problem:
        raise DatasetError(
            f"{root}: {name} cannot be read: {problem}",
            allowed="a whole folder or .zip archive without a password",
            do="export or copy it again",
        ) from problem


def _too_large(root: Path, name: str) -> DatasetError:
    return DatasetError(
        f"{root}: {name} is larger than {MAX_MEMBER_BYTES} bytes",
        allowed="pictures and annotations of at most 128 MiB each",
        do="export less at a time",
    )
