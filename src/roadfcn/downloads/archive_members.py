"""What a zip archive holds, looked over before a byte of it is unpacked.

An archive may come from anywhere. Refused are names that lead out of the folder, whatever is no
plain file, passwords, names that would fall on one another, and more than the disk or a limit has
room for. zipfile gives no member more bytes than it declares, so the declared sizes can be summed.
"""

from __future__ import annotations

import io
import os
import re
import stat
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path

from roadfcn.errors import DownloadError

MOST_UNPACKED_BYTES = 8 << 30
"""More than any archive unpacks to that roadfcn knows (vgg.zip: 1.1 GB)."""

_MOST_DIRECTORY_BYTES = 8 << 20
"""The list of members is read as a whole; this one has some hundred thousand of them."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others that zipfile knows may want gigabytes of memory to unpack (LZMA's dictionary)."""

_ENCRYPTED = 0x1  # bit 0 of the flags (PKWARE's APPNOTE 4.4.4)
_ADDED_BY_MACOS = "__MACOSX"


@dataclass(frozen=True)
class Member:
    """A file in an archive, and where it goes: parts of a path below the target folder."""

    info: zipfile.ZipInfo
    parts: tuple[str, ...]


class BoundedFile(io.FileIO):
    """A file that gives at most 8 MiB at once, so that zipfile cannot be made to ask for more."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as `io.FileIO` does, and refuse what zipfile needs for no honest archive."""
        left = os.fstat(self.fileno()).st_size - self.tell()
        if min(left, left if size is None or size < 0 else size) > _MOST_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("its list of files is too long")
        return super().read(size)


def members_of(archive: zipfile.ZipFile, path: Path, most_bytes: int) -> list[Member]:
    """List the files of an archive, without the one folder that all of them may lie in.

    Args:
        archive: Open.
        path: Its path, for messages.
        most_bytes: What all of them may have, unpacked.

    Raises:
        DownloadError: It cannot be unpacked without harm.
    """
    members: list[Member] = []
    for info in archive.infolist():
        parts = _safe_parts(info.filename, path)
        if parts[0] == _ADDED_BY_MACOS:
            continue
        _check_member(info, path)
        if not info.is_dir():
            members.append(Member(info, parts))
    if not members:
        raise _refused(path, "holds no files", "an archive with files")
    _check_collisions(members, path)
    total = sum(member.info.file_size for member in members)
    if total > most_bytes:
        raise _refused(
            path,
            f"would unpack from {path.stat().st_size:,} bytes to {total:,}",
            f"at most {most_bytes:,} bytes",
        )
    return _without_top_folder(members)


def _safe_parts(name: str, path: Path) -> tuple[str, ...]:
    plain = name.replace("\\", "/")
    parts = tuple(part for part in plain.split("/") if part not in ("", "."))
    odd = not parts or ".." in parts or ":" in plain or not plain.isprintable()
    if odd or plain.startswith("/"):
        raise _refused(
            path,
            f"holds the name {name!r}, which leads out of its folder or cannot be a file's",
            "names inside the archive, such as training/image_2/um_000000.png",
        )
    return parts


def _check_member(info: zipfile.ZipInfo, path: Path) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)  # Unix rights, where a Unix made the archive
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a link" if kind == stat.S_IFLNK else "no plain file"
        raise _refused(path, f"holds {info.filename!r}, which is {what}", "files and folders")
    if info.flag_bits & _ENCRYPTED:
        raise _refused(path, "is encrypted", "an archive without a password")
    if info.compress_type not in _METHODS:
        raise _refused(
            path, f"is compressed by method {info.compress_type}", "stored or deflated files"
        )


def _check_collisions(members: list[Member], path: Path) -> None:
    """Refuse names that some file system takes for the same, or for a file and its folder."""
    files: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = set()
    for member in members:
        key = tuple(unicodedata.normalize("NFC", part).casefold() for part in member.parts)
        above = {key[:depth] for depth in range(1, len(key))}
        if key in files or key in folders or not files.isdisjoint(above):
            raise _refused(path, f"holds the name {member.info.filename!r} twice", "each name once")
        files.add(key)
        folders |= above


def _without_top_folder(members: list[Member]) -> list[Member]:
    tops = {member.parts[0] for member in members}
    if len(tops) > 1 or any(len(member.parts) == 1 for member in members):
        return members
    return [Member(member.info, member.parts[1:]) for member in members]


def _refused(path: Path, found: str, allowed: str) -> DownloadError:
    found = re.sub(r"\s+", " ", found)
    return DownloadError(
        f"the archive {path} {found}",
        allowed=allowed,
        do="do not trust it; get the archive from its publisher again",
    )
