"""Pictures opened with Pillow: the header first, then within limits, and every failure in words.

For `image_files`, which makes arrays of them.
"""

from __future__ import annotations

import contextlib
import io
import re
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from roadfcn.errors import ImageFileError, RoadfcnError
from roadfcn.png_notes import one_pixel_with_notes

MAX_PIXELS = 2**29
"""Pictures with more pixels are refused before they are decoded (1.6 GB as RGB)."""

# Pillow knows more formats; some, such as EPS, start other programs.
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "PPM", "GIF")

_DEEP_MODES = ("I", "F")  # "I", "I;16", "I;16B", ...: Pillow's names for more than 8 bits
_BAND_PIXELS = 2**22

ORIENTATIONS = {
    2: "mirrored",
    3: "upside down",
    4: "upside down and mirrored",
    5: "on its side and mirrored",
    6: "on its side",
    7: "on its side and mirrored",
    8: "on its side",
}
"""EXIF's orientations (EXIF 2.32, tag 0x0112) in words; 1 is upright."""

QUARTER_TURNS = (5, 6, 7, 8)
"""Those that swap height and width."""

_FROM_BELOW = (3, 4, 6, 7)
"""Those whose first row is the lowest of what people see, or the one at the right."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Pillow's names for what brings them upright."""

_pillows_limit = threading.Lock()


@contextlib.contextmanager
def opened(source: Path | bytes, name: str, max_pixels: int) -> Iterator[Image.Image]:
    """Open a file, or a file's bytes: header read, size checked, no pixel decoded yet.

    Args:
        source: A path, or the content of a picture file.
        name: What it is called in messages.
        max_pixels: Limit.

    Raises:
        ImageFileError: It cannot be read, or something that fails inside the `with` block shows
            that it cannot be decoded.
    """
    with in_words(name, max_pixels):
        _check_content(source, name)
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        with _with_limit(max_pixels):
            picture = Image.open(file, formats=_FORMATS)
        with picture:
            check_size(picture, name, max_pixels)
            yield picture


@contextlib.contextmanager
def _with_limit(pixels: int) -> Iterator[None]:
    """Let Pillow open pictures of so many pixels, or as many as are allowed by default.

    Its own limit is lower than ours, and half of it a warning. It is of the whole process, so it
    is put back: other code may rely on it. Up to twice the limit Pillow only warns; what is too
    large is refused in our words then.
    """
    with _pillows_limit:
        before = Image.MAX_IMAGE_PIXELS
        if before is not None:
            Image.MAX_IMAGE_PIXELS = limit = max(before, MAX_PIXELS, pixels)
            if limit != before:
                _silence(limit)
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _silence(limit: int) -> None:
    """Print no warning about this limit of ours; those about a program's own limit stay.

    The filter stays too: to take it away again is not safe where there are several threads.
    """
    words = rf"Image size \(\d+ pixels\) exceeds limit of {limit} pixels"
    known = (kept[1] for kept in warnings.filters if kept[0] == "ignore")
    if not any(isinstance(one, re.Pattern) and one.pattern == words for one in known):
        warnings.filterwarnings("ignore", words, Image.DecompressionBombWarning)


@contextlib.contextmanager
def in_words(name: str, max_pixels: int) -> Iterator[None]:
    """Take whatever fails inside for a failure to read the picture, and say so.

    Raises:
        ImageFileError: No rights, too large, damaged.
    """
    try:
        yield
    except RoadfcnError:
        raise
    except PermissionError as problem:
        raise ImageFileError(
            f"no permission to read {name}",
            allowed="a file that you may read",
            do="change its rights",
        ) from problem
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        found = f"its header promises more than {max(MAX_PIXELS, max_pixels)} pixels"
        raise _too_large(name, found, max_pixels) from problem
    except Exception as problem:
        # On damaged files Pillow's parsers raise whatever they stumble over: OSError,
        # SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, ...
        reason = "its first bytes are those of no such format"
        if not isinstance(problem, UnidentifiedImageError):
            reason = str(problem) or type(problem).__name__
        raise ImageFileError(
            f"{name} cannot be read as a picture: {reason}",
            allowed="a whole PNG, JPEG, BMP, TIFF, WebP, PPM or GIF file",
            do="copy or download the file again, or leave it out",
        ) from problem


def check_size(picture: Image.Image, name: str, max_pixels: int) -> None:
    """Refuse a picture of too many pixels, or of none.

    Raises:
        ImageFileError: It has.
    """
    width, height = picture.size
    if width * height > max_pixels:
        raise _too_large(name, f"{height} x {width} pixels (height x width)", max_pixels)
    if width * height == 0:
        raise ImageFileError(
            f"{name} has {height} x {width} pixels (height x width)",
            allowed="pictures of at least one pixel",
            do="copy the file again",
        )


def to_rgb(picture: Image.Image, name: str, lies: int) -> NDArray[np.uint8]:
    """Give H,W,3 uint8 RGB of a decoded picture, upright, however it holds its pixels.

    Large ones are converted band by band: Pillow takes four bytes a pixel for RGB, and would take
    them two or three times over.

    Args:
        picture: Decoded.
        name: What it is called in messages.
        lies: Its EXIF orientation, see `orientation`.

    Raises:
        ImageFileError: It has other depths than 8 and 16 bits.
    """
    if "transparency" in picture.info:
        # A colour-keyed or palette transparency; Pillow wants to blend with it and warns.
        del picture.info["transparency"]
    width, height = picture.size
    rows = max(1, _BAND_PIXELS // width)
    if rows >= height and lies == 1:
        return _band_to_rgb(picture, name)
    size = (width, height) if lies in QUARTER_TURNS else (height, width)
    image = np.empty((*size, 3), np.uint8)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        with _with_limit(width * rows):
            band = picture.crop((0, top, width, bottom))
        place = slice(height - bottom, height - top) if lies in _FROM_BELOW else slice(top, bottom)
        target = image[:, place] if lies in QUARTER_TURNS else image[place]
        target[:] = _band_to_rgb(band.transpose(_TURNS[lies]) if lies != 1 else band, name)
    return image


def stored_size(picture: Image.Image) -> tuple[int, int]:
    """Give (width, height) of the pixels as they lie in the file."""
    tags = getattr(picture, "tag_v2", None)
    if tags is None:
        return picture.size
    # Of a TIFF that is turned, newer versions of Pillow tell the upright size before it is.
    return tags[ExifTags.Base.ImageWidth], tags[ExifTags.Base.ImageLength]


def orientation(picture: Image.Image, undecoded: Path | None = None) -> int:
    """Give the EXIF orientation, 1 to 8, without decoding the pixels.

    Args:
        picture: Open.
        undecoded: Where its file is, if its pixels are not decoded: a PNG's notes may stand behind
            them, and Pillow would decode all to look there.
    """
    if undecoded is not None and picture.format == "PNG":
        small = io.BytesIO(one_pixel_with_notes(undecoded))
        with Image.open(small, formats=("PNG",)) as pixel:
            return orientation(pixel)
    value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    return next((known for known in ORIENTATIONS if known == value), 1)


def _check_content(source: Path | bytes, name: str) -> None:
    if isinstance(source, Path):
        if source.is_dir():
            raise ImageFileError(
                f"{name} is a folder", allowed="a picture", do="name a picture inside this folder"
            )
        if not source.is_file():
            raise ImageFileError(
                f"there is no picture {name}", allowed="an existing file", do="check the path"
            )
    if (len(source) if isinstance(source, bytes) else source.stat().st_size) == 0:
        raise ImageFileError(
            f"{name} is empty (0 bytes)", allowed="a picture", do="copy the file again"
        )


def _too_large(name: str, found: str, max_pixels: int) -> ImageFileError:
    return ImageFileError(
        f"{name} is too large: {found}",
        allowed=f"at most {max_pixels} pixels",
        do="scale the picture down; or, if you trust it and have the memory, raise the limit: "
        "--max-pixels of roadfcn predict, max_pixels in Python",
    )


def _band_to_rgb(band: Image.Image, name: str) -> NDArray[np.uint8]:
    if band.mode.startswith(_DEEP_MODES):
        return _from_16_bits(np.asarray(band), name)
    # Of RGB, `convert` would make a copy.
    return np.array(band if band.mode == "RGB" else band.convert("RGB"))


def _from_16_bits(values: NDArray[np.generic], name: str) -> NDArray[np.uint8]:
    lowest, highest = values.min(), values.max()
    if values.dtype.kind == "f" or lowest < 0 or highest > 65535:
        raise ImageFileError(
            f"{name} holds {values.dtype.name} values from {lowest} to {highest}",
            allowed="8 or 16 bits for each channel",
            do="convert it to an 8-bit PNG",
        )
    # 65535 = 255 * 257, so that white stays white; rounded in place, as pictures may be large.
    numbers = values.astype(np.uint32)
    numbers += 128
    numbers //= 257
    return np.repeat(numbers.astype(np.uint8)[..., None], 3, axis=2)
