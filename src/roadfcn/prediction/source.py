"""What can be predicted: pictures in files and archives, videos, cameras and network streams.

A source has a stem: what its results are called, without ending, below the folders of results.
It depends on what was named and on nothing else, so that it is the same in every run: of a folder
it is the path below that folder.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ImageFileError
from roadfcn.image_files import IMAGE_SUFFIXES, image_size, read_image
from roadfcn.picture_decoding import MAX_PIXELS
from roadfcn.prediction.source_words import shown_address
from roadfcn.prediction.zip_pictures import ZipPictures

_UNKNOWN_PIXELS = 2**24


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
        return (self.path.absolute(),)

    @property
    def file_name(self) -> str:
        """The stem with the picture's own ending, as COCO's files have it."""
        return self.stem.as_posix() + self.path.suffix

    def read(self, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
        """Give H,W,3 uint8 RGB.

        Raises:
            ImageFileError: See `image_files.read_image`.
        """
        return read_image(self.path, max_pixels=max_pixels)

    def pixels(self) -> int:
        """Give its size from its header; 1 if that cannot be read, which `read` will tell."""
        try:
            height, width = image_size(self.path, max_pixels=sys.maxsize)
        except ImageFileError:
            return 1
        return height * width


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
        return (self.archive.path.absolute(), self.member)

    @property
    def file_name(self) -> str:
        """The stem with the picture's own ending."""
        return self.stem.as_posix() + Path(self.member).suffix

    def read(self, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
        """Give H,W,3 uint8 RGB.

        Raises:
            ImageFileError: See `image_files.read_image`, or the archive is damaged there.
        """
        content = self.archive.content(self.member)
        return read_image(content, name=str(self), max_pixels=max_pixels)

    def pixels(self) -> int:
        """Give about how many pixels it has: one for each byte, of a picture that is packed."""
        return self.archive.size(self.member)


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
        return self.address

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two sources the same."""
        return (self.address,)

    @property
    def file_name(self) -> str:
        """The stem with the picture's own ending, or that of the result."""
        suffix = Path(urlsplit(self.address).path).suffix.lower()
        return self.stem.as_posix() + (suffix if suffix in IMAGE_SUFFIXES else ".png")

    def read(self, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
        """Give H,W,3 uint8 RGB.

        Raises:
            ImageFileError: See `image_files.read_image`.
            DownloadError: See `remote_pictures.fetch_picture`.
        """
        from roadfcn.prediction.remote_pictures import fetch_picture

        return read_image(fetch_picture(self.address), name=self.address, max_pixels=max_pixels)

    def pixels(self) -> int:
        """Give the size of a large photograph: nobody knows it before it is here."""
        return _UNKNOWN_PIXELS


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
        return (address.absolute() if isinstance(address, Path) else address,)

    @property
    def is_live(self) -> bool:
        """Whether it goes on until someone stops it, and does not wait."""
        return not isinstance(self.address, Path)


Source = Picture | ZippedPicture | RemotePicture | Video
