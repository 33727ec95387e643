"""Finds the picture that a label belongs to, in the export or in a folder beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from roadfcn.datasets.exports.archive import ExportFiles
from roadfcn.errors import DatasetError
from roadfcn.image_files import IMAGE_SUFFIXES


@dataclass(frozen=True)
class FoundPicture:
    """A picture file of an export.

    Args:
        name: Its name there.
        suffix: Its ending, in lower case.
        read: Gives its bytes.
    """

    name: str
    suffix: str
    read: Callable[[], bytes]


class PictureFinder:
    """Looks pictures up by name.

    Args:
        export: The export, which may hold pictures.
        beside: A further folder to look in; there, the end of a path is enough.
    """

    def __init__(self, export: ExportFiles, beside: ExportFiles | None = None) -> None:
        self.export, self.beside = export, beside
        self._inside = _by_stem(export)
        self._beside = _by_stem(beside) if beside is not None else {}

    def find(self, name: str, folders: Sequence[str], where: str) -> FoundPicture:
        """Find a picture.

        Args:
            name: As the export has it, with or without its ending.
            folders: Where in the export to look, first come first; "" is its root.
            where: The label's place, for messages.

        Raises:
            DatasetError: It is nowhere, or several pictures fit.
        """
        for folder in folders:
            path = f"{folder}/{name}" if folder else name
            found = _match(self._inside.get(_stem(path), []), path, where)
            if found:
                return self._picture(self.export, found)
        if self.beside is not None:
            parts = PurePosixPath(_stem(name)).parts
            # The longest end of the path that fits: "drive1/0001" before "0001".
            for start in range(len(parts)):
                end = "/".join(parts[start:])
                fitting = [
                    member
                    for stem, members in self._beside.items()
                    if stem == end or stem.endswith(f"/{end}")
                    for member in members
                ]
                found = _match(fitting, name, where)
                if found:
                    return self._picture(self.beside, found)
        raise DatasetError(
            f"{where}: the picture {name} is missing",
            allowed=f"a picture in {self.export.root}"
            + (f" or {self.beside.root}" if self.beside else ""),
            do="export together with the pictures ('Save images'), or name their folder with "
            "--images",
        )

    @staticmethod
    def _picture(files: ExportFiles, name: str) -> FoundPicture:
        return FoundPicture(name, PurePosixPath(name).suffix.lower(), lambda: files.read(name))


def _by_stem(files: ExportFiles) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in files.names:
        if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES:
            found.setdefault(_stem(name), []).append(name)
    return found


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix.lower() in IMAGE_SUFFIXES else str(path)


def _match(members: list[str], name: str, where: str) -> str | None:
    """Choose the member of exactly this name, else the only one."""
    exact = [member for member in members if member == name or member.endswith(f"/{name}")]
    chosen = exact or members
    if len(chosen) > 1:
        raise DatasetError(
            f"{where}: the picture {name} may be {' or '.join(sorted(chosen)[:3])}",
            allowed="one picture of each name",
            do="remove the others, or convert one folder at a time",
        )
    return chosen[0] if chosen else None
