"""What can be predicted: pictures in files and archives, videos, cameras and network streams.

A source has a stem: what its results are called, without ending, below the folders of results.
It depends on what was named and on nothing else, so that it is the same in every run: of a folder
it is the path below that folder.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from roadfcn.errors import RoadfcnError
from roadfcn.image_files import IMAGE_SUFFIXES
from roadfcn.prediction.sources.fetched_picture import FetchedPicture
from roadfcn.prediction.sources.origin import Origin, origin_of_address, origin_of_file
from roadfcn.prediction.sources.words import shown_address
from roadfcn.prediction.sources.zip_pictures import ZipPictures


@dataclass(frozen=True)
class Picture:
    """A picture in a file.

    Args:
        path: Where it is.
        stem: What its results are called.
    """

    path: Path
    stem: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two sources the same. Two links to one file are two pictures to the user."""
        return (_without_turns(self.path),)

    @property
    def file_name(self) -> str:
        """The stem with the picture's own ending, as COCO's files have it."""
        return self.stem.as_posix() + self.path.suffix

    @property
    def origin(self) -> Origin:
        """Where it comes from: its path, size and time of change."""
        return origin_of_file(self.path)

    @property
    def fetch_bytes(self) -> int:
        """How much memory `fetch` takes."""
        return 0

    def fetch(self) -> FetchedPicture:
        """Give the picture to be read."""
        return FetchedPicture(self.path, str(self.path))


@dataclass(frozen=True)
class ZippedPicture:
    """A picture in a zip archive, which is never unpacked.

    Args:
        archive: Open.
        member: Its name in there.
        stem: What its results are called.
    """

    archive: ZipPictures
    member: str
    stem: Path

    def __str__(self) -> str:
        return f"{self.archive.path}: {self.member}"

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two sources the same."""
        return (_without_turns(self.archive.path), self.member)

    @property
    def file_name(self) -> str:
        """The stem with the picture's own ending."""
        return self.stem.as_posix() + Path(self.member).suffix

    @property
    def origin(self) -> Origin:
        """Where it comes from: archive, name, size, and the checksum that the archive has."""
        info = self.archive.info(self.member)
        return [str(self.archive.path.absolute()), self.member, info.file_size, info.CRC]

    @property
    def fetch_bytes(self) -> int:
        """How much memory `fetch` takes."""
        return self.archive.info(self.member).file_size

    def fetch(self) -> FetchedPicture:
        """Unpack its file, in memory.

        Raises:
            ImageFileError: The archive is damaged there.
        """
        return FetchedPicture(self.archive.content(self.member), str(self))


@dataclass(frozen=True)
class Unreadable:
    """An archive that is broken or would do harm, or a folder that may not be read.

    It takes the place of what is in it, to say so when its turn comes.

    Args:
        path: Where it is.
        stem: What it is called.
        problem: What is wrong with it.
    """

    path: Path
    stem: Path
    problem: RoadfcnError

    def __str__(self) -> str:
        return str(self.path)

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two sources the same."""
        return (_without_turns(self.path),)

    @property
    def file_name(self) -> str:
        """The stem, which has the archive's own ending."""
        return self.stem.as_posix()

    @property
    def origin(self) -> Origin:
        """Where it comes from: its path, size and time of change."""
        return origin_of_file(self.path)

    @property
    def fetch_bytes(self) -> int:
        """How much memory `fetch` takes."""
        return 0

    def fetch(self) -> FetchedPicture:
        """Say what is wrong.

        Raises:
            ImageFileError: It is damaged.
            DownloadError: It would do harm.
        """
        raise self.problem


@dataclass(frozen=True)
class RemotePicture:
    """A picture at an http or https address.

    Args:
        address: Where it is.
        stem: What its results are called.
    """

    address: str
    stem: Path

    def __str__(self) -> str:
        return shown_address(self.address)

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two sources the same."""
        return (self.address,)

    @property
    def file_name(self) -> str:
        """The stem with the picture's own ending, or that of the result."""
        suffix = Path(urlsplit(self.address).path).suffix.lower()
        return self.stem.as_posix() + (suffix if suffix in IMAGE_SUFFIXES else ".png")

    @property
    def origin(self) -> Origin:
        """Where it comes from. What lies there today, nobody knows."""
        return origin_of_address(self.address)

    @property
    def fetch_bytes(self) -> int:
        """How much memory `fetch` may take."""
        from roadfcn.prediction.sources.remote_pictures import MAX_BYTES

        return MAX_BYTES

    def fetch(self, stopped: threading.Event | None = None) -> FetchedPicture:
        """Fetch its file, into memory.

        Args:
            stopped: Once it is set, from another thread, the file is not wanted any more.

        Raises:
            DownloadError: See `remote_pictures.fetch_picture`.
        """
        from roadfcn.prediction.sources.remote_pictures import fetch_picture

        return FetchedPicture(fetch_picture(self.address, stopped=stopped), str(self))


@dataclass(frozen=True)
class Video:
    """A video file, a network stream or a camera.

    Args:
        address: A path, an address, or a camera's number.
        stem: What its results are called.
    """

    address: Path | str | int
    stem: Path

    def __str__(self) -> str:
        if isinstance(self.address, int):
            return f"camera:{self.address}"
        return shown_address(self.address)

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two sources the same."""
        address = self.address
        return (_without_turns(address) if isinstance(address, Path) else address,)

    @property
    def origin(self) -> Origin:
        """Where it comes from: of a file its path, size and time of change."""
        if isinstance(self.address, Path):
            return origin_of_file(self.address)
        return origin_of_address(str(self.address))

    @property
    def is_live(self) -> bool:
        """Whether it goes on until someone stops it, and does not wait."""
        return not isinstance(self.address, Path)


Source = Picture | ZippedPicture | Unreadable | RemotePicture | Video


def _without_turns(path: Path) -> Path:
    """Give a path from the root without "..", which a link on the way may lead anywhere."""
    return path.parent.resolve() / path.name if ".." in path.parts else path.absolute()
