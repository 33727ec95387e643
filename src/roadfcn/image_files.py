"""The only place that decodes or encodes pictures.

Pillow does the work: it reads the header before it allocates, refuses truncated files instead of
returning half a picture, writes palette PNGs, and knows EXIF orientation. Arrays leave here as
H,W,3 uint8 RGB, whatever the file held. Limits on size live here.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from roadfcn.errors import ImageFileError, MaskError
from roadfcn.label_sets import LabelSet
from roadfcn.output_files import atomic_output

MAX_PIXELS = 2**29
"""Pictures with more pixels are refused before they are decoded (1.6 GB as RGB)."""

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
"""File endings taken for pictures when a folder is searched, in lower case."""

_SIXTEEN_BIT_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_FASTEST_PNG = 1  # zlib level: a third of the time of the default for a few per cent of size


def read_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Read a picture as H,W,3 uint8 RGB.

    Grey becomes three equal channels, transparency is dropped, CMYK is converted, 16 bits are
    scaled to 8 (65535 becomes 255), EXIF orientation is applied, of animations the first frame
    is taken.

    Raises:
        ImageFileError: Missing, empty, truncated, not a picture, or over `max_pixels`.
    """
    picture = _decode(Path(path), max_pixels)
    picture = ImageOps.exif_transpose(picture)
    if picture.mode in _SIXTEEN_BIT_MODES:
        return _from_16_bits(np.asarray(picture), path)
    return np.array(picture.convert("RGB"))


def read_mask_picture(path: Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Read a ground-truth picture as stored: H,W uint8 values, or H,W,3 uint8 RGB colours.

    Of a palette picture the indices are read, as masks store class ids in them. An opaque alpha
    channel is dropped.

    Raises:
        ImageFileError: Missing, empty, truncated, not a picture, or over `max_pixels`.
        MaskError: 16-bit, or half-transparent: such values are no labels.
    """
    picture = _decode(Path(path), max_pixels)
    if picture.mode in ("L", "P", "RGB"):
        return np.array(picture)
    if picture.mode == "1":
        return np.array(picture).astype(np.uint8)
    if picture.mode in ("RGBA", "LA"):
        array = np.array(picture)
        if array[..., -1].min() == 255:
            colours = array[..., :-1]
            return np.ascontiguousarray(colours[..., 0] if picture.mode == "LA" else colours)
    raise MaskError(
        f"the mask {path} is of kind '{picture.mode}'"
        + (" with transparent pixels" if picture.mode in ("RGBA", "LA") else ""),
        allowed="8-bit masks: grey or palette class ids, or RGB label colours",
        do="save it again as an 8-bit PNG without transparency",
    )


def read_grey(path: Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Read a one-channel 8-bit picture, such as a probability map, as H,W uint8.

    Raises:
        ImageFileError: Missing, empty, truncated, not a picture, or over `max_pixels`.
        MaskError: The picture has colours or 16 bits.
    """
    picture = _decode(Path(path), max_pixels)
    if picture.mode != "L":
        raise MaskError(
            f"{path} is of kind '{picture.mode}'",
            allowed="an 8-bit grey picture",
            do="save it again as 8-bit grey PNG",
        )
    return np.array(picture)


def image_size(path: Path) -> tuple[int, int]:
    """Give (height, width) from the header, after EXIF rotation, without decoding.

    Raises:
        ImageFileError: Missing, empty or not a picture.
    """
    with _open(Path(path)) as picture:
        width, height = picture.size
        orientation = picture.getexif().get(0x0112, 1)
    return (width, height) if orientation >= 5 else (height, width)


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write H,W,3 uint8 RGB or H,W uint8 grey, in the format of the path's ending.

    Raises:
        OutputError: The file cannot be written.
    """
    _save(Image.fromarray(np.ascontiguousarray(image)), Path(path))


def write_labels(path: Path, labels: NDArray[np.uint8], label_set: LabelSet) -> None:
    """Write H,W uint8 class indices as a palette PNG: values are ids, viewers show colours.

    Raises:
        OutputError: The file cannot be written.
    """
    picture = Image.fromarray(np.ascontiguousarray(labels), mode=None)
    picture.putpalette(label_set.palette.tobytes())
    _save(picture, Path(path))


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Give H,W,3 uint8 RGB or H,W uint8 as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, "PNG", compress_level=_FASTEST_PNG)
    return buffer.getvalue()


def find_images(folder: Path) -> list[Path]:
    """List the pictures below `folder`, sorted, by file ending; hidden files are left out."""
    return sorted(
        path
        for path in Path(folder).rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and path.name[0] != "."
    )


def _save(picture: Image.Image, path: Path) -> None:
    with atomic_output(path) as part:
        if path.suffix.lower() == ".png":
            picture.save(part, compress_level=_FASTEST_PNG)
        else:
            picture.save(part, quality=95)


def _open(path: Path) -> Image.Image:
    """Read the header, with every way it can fail put in words."""
    if not path.is_file():
        raise ImageFileError(
            f"there is no picture {path}",
            allowed="an existing file",
            do="check the path" if not path.is_dir() else "name a picture inside this folder",
        )
    if path.stat().st_size == 0:
        raise ImageFileError(
            f"{path} is empty (0 bytes)", allowed="a picture", do="copy the file again"
        )
    try:
        with warnings.catch_warnings():
            # Our own limit is checked right after; Pillow's is lower and only a warning.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(path)
    except PermissionError as problem:
        raise ImageFileError(
            f"no permission to read {path}",
            allowed="a file that you may read",
            do="change its rights",
        ) from problem
    except Image.DecompressionBombError as problem:
        raise _too_large(path, str(problem), MAX_PIXELS) from problem
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as problem:
        raise _unreadable(path, problem) from problem


def _decode(path: Path, max_pixels: int) -> Image.Image:
    picture = _open(path)
    width, height = picture.size
    if width * height > max_pixels:
        picture.close()
        raise _too_large(path, f"{width} x {height} pixels", max_pixels)
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError) as problem:
        raise _unreadable(path, problem) from problem
    return picture


def _too_large(path: Path, found: str, max_pixels: int) -> ImageFileError:
    return ImageFileError(
        f"{path} is too large: {found}",
        allowed=f"at most {max_pixels} pixels",
        do="scale the picture down",
    )


def _unreadable(path: Path, problem: BaseException) -> ImageFileError:
    return ImageFileError(
        f"{path} cannot be read as a picture: {problem}",
        allowed="a whole PNG, JPEG, BMP, TIFF, WebP or PPM file",
        do="copy or download the file again, or take it out of the folder",
    )


def _from_16_bits(values: NDArray[np.generic], path: Path) -> NDArray[np.uint8]:
    numbers = values.astype(np.float64)
    if not (np.isfinite(numbers).all() and numbers.min() >= 0 and numbers.max() <= 65535):
        raise ImageFileError(
            f"{path} holds values from {numbers.min()} to {numbers.max()}",
            allowed="8 or 16 bits for each channel",
            do="convert it to an 8-bit PNG",
        )
    grey = np.rint(numbers / 257).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)
