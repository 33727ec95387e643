"""A picture's file whose content is at hand: on a disk, or in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ImageFileError
from roadfcn.image_files import count_pixels, read_image
from roadfcn.picture_decoding import MAX_PIXELS


@dataclass(frozen=True, eq=False)
class FetchedPicture:
    """A picture that may be looked at, and read.

    Args:
        content: Its path, or its bytes.
        name: What it is called in messages.
    """

    content: Path | bytes
    name: str

    def pixels(self, max_pixels: int = MAX_PIXELS) -> int:
        """Give its size from its header; 1 if `read` is going to refuse it."""
        try:
            return count_pixels(self.content, name=self.name, max_pixels=max_pixels)
        except ImageFileError:
            return 1

    def read(self, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
        """Give H,W,3 uint8 RGB.

        Raises:
            ImageFileError: See `image_files.read_image`.
        """
        return read_image(self.content, name=self.name, max_pixels=max_pixels)
