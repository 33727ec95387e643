"""A picture that was made for people to look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from roadfcn.image_files import to_pillow, write_image

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, eq=False, repr=False)
class Drawing:
    """A picture to save, to show in a notebook, or to go on with.

    Args:
        image: H,W,3 uint8 RGB.
    """

    image: NDArray[np.uint8]

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"<Drawing of {height} x {width} pixels>"

    def save(self, path: str | Path, *, quality: int = 95) -> Path:
        """Write it, whole or not at all, in the format of the path's ending; folders are made.

        Args:
            path: Ends in .png, .jpg, .webp, ...
            quality: Of JPEG and WebP, 1..100.

        Raises:
            OutputError: The file cannot be written, or its ending names no format.
        """
        write_image(Path(path), self.image, quality=quality)
        return Path(path)

    def to_pil(self) -> Image:
        """Give it as a picture of Pillow's."""
        return to_pillow(self.image)

    def _repr_png_(self) -> bytes | None:
        """Let notebooks show it."""
        return self.to_pil()._repr_png_()
