"""The only place that decodes or encodes pictures.

Pillow does the work: it reads the header before it allocates, refuses truncated files instead of
returning half a picture, writes palette PNGs, and knows EXIF orientation. PNGs in grey and colour
are packed by OpenCV, in less than half the time. Arrays leave here as H,W,3 uint8 RGB, whatever the
file held. How files are opened, within limits, is in `picture_decoding`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roadfcn.errors import ImageFileError, MaskError, OutputError
from roadfcn.files_below import Refused, files_below
from roadfcn.label_sets import LabelSet
from roadfcn.output_files import atomic_output
from roadfcn.picture_decoding import (
    MAX_PIXELS,
    ORIENTATIONS,
    QUARTER_TURNS,
    check_size,
    in_words,
    opened,
    orientation,
    stored_size,
    to_rgb,
)

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
"""File endings taken for pictures when a folder is searched, in lower case; and written. GIF files
are read where one is named: in folders they are animations more often than photographs."""

PillowPicture = Image.Image
"""For type hints of modules that have nothing else to do with Pillow."""

_KINDS = {"P": "a palette picture", "LA": "grey with alpha", "1": "black and white"}
_KINDS |= {"RGB": "in colour", "RGBA": "in colour with alpha", "I": "16-bit grey"}
_MOST_FOR_OPENCV = 2**26
"""Pixels. It wants a copy in its order of colours, and gives the file in memory; Pillow neither."""

_RUNS_ONLY = 3
"""zlib's strategy Z_RLE: on labels two thirds of the size of its own choice, in less time."""


def read_image(
    source: str | Path | bytes, *, name: str | None = None, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Read a picture as H,W,3 uint8 RGB.

    Grey becomes three equal channels, transparency is dropped, CMYK is converted, 16 bits are
    scaled to 8 (65535 becomes 255), EXIF orientation is applied (so that the picture stands as
    viewers show it), of animations and of files of several pages the first picture is taken.

    Args:
        source: A file, or a file's content.
        name: What it is called in messages, if not by its path.
        max_pixels: Larger pictures are refused when their header has been read.

    Raises:
        ImageFileError: Missing, empty, truncated, not a picture, of a depth other than 8 or 16
            bits, or over `max_pixels`.
    """
    with _decoded(source, name, max_pixels) as picture:
        return to_rgb(picture, _called(source, name), orientation(picture))


def from_pillow(picture: Image.Image, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Turn a picture of Pillow's into what `read_image` would give of its file.

    If it still carries an EXIF orientation it is turned; it is not changed itself.

    Raises:
        ImageFileError: See `read_image`.
    """
    name = str(getattr(picture, "filename", "")) or "the given picture"
    with in_words(name, max_pixels):
        check_size(picture, name, max_pixels)
        picture.load()
        return to_rgb(picture.copy(), name, orientation(picture))


def to_pillow(image: NDArray[np.uint8]) -> Image.Image:
    """Give H,W,3 uint8 RGB or H,W uint8 grey as a picture of Pillow's."""
    return Image.fromarray(np.ascontiguousarray(image))


def labels_to_pillow(labels: NDArray[np.uint8], label_set: LabelSet) -> Image.Image:
    """Give H,W uint8 class indices as a palette picture: values are ids, viewers show colours."""
    picture = to_pillow(labels)
    picture.putpalette(label_set.palette.tobytes())
    return picture


def read_mask_picture(path: Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Read a ground-truth picture as stored: H,W uint8 values, or H,W,3 uint8 RGB colours.

    Of a palette picture the indices are read, as masks store class ids in them. An opaque alpha
    channel is dropped. EXIF orientation is not applied.

    Raises:
        ImageFileError: Missing, empty, truncated, not a picture, or over `max_pixels`.
        MaskError: 16-bit grey, half-transparent, or of a colour space that has no label colours.
    """
    with _decoded(path, None, max_pixels) as picture:
        array, mode = np.array(picture), picture.mode
    if mode in ("L", "P", "RGB"):
        return array
    if mode == "1":
        return array.astype(np.uint8)
    has_alpha = mode in ("RGBA", "LA")
    if has_alpha and array[..., -1].min() == 255:
        return np.ascontiguousarray(array[..., :3] if mode == "RGBA" else array[..., 0])
    raise MaskError(
        f"the mask {path} is of kind '{mode}'" + (" with transparent pixels" if has_alpha else ""),
        allowed="8-bit masks: grey or palette class ids, or RGB label colours",
        do="save it again as an 8-bit PNG without transparency",
    )


def read_grey_picture(path: Path) -> NDArray[np.uint8]:
    """Read an 8-bit grey picture, such as one of probabilities, as stored: H,W uint8.

    Raises:
        ImageFileError: Missing, empty, truncated, not a picture, over `MAX_PIXELS`, or not grey
            of at most 8 bits.
    """
    with _decoded(path, None, MAX_PIXELS) as picture:
        if picture.mode == "L":
            return np.array(picture)
        kind = _KINDS.get(picture.mode.partition(";")[0], f"of kind '{picture.mode}'")
        raise ImageFileError(
            f"{path} is {kind}", allowed="8-bit grey", do="save it again as an 8-bit grey PNG"
        )


def image_size(path: Path, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Give (height, width) as `read_image` would, from the header, without decoding.

    Raises:
        ImageFileError: Missing, empty, not a picture, or over `max_pixels`.
    """
    with _opened(path, None, max_pixels) as picture:
        width, height = stored_size(picture)
        turned = orientation(picture, Path(path)) in QUARTER_TURNS
    return (width, height) if turned else (height, width)


def count_pixels(
    source: str | Path | bytes, *, name: str | None = None, max_pixels: int = MAX_PIXELS
) -> int:
    """Give height times width from the header, and look at nothing else.

    Raises:
        ImageFileError: Missing, empty, not a picture, or over `max_pixels`.
    """
    with _opened(source, name, max_pixels) as picture:
        width, height = picture.size
    return width * height


def stored_orientation(path: Path) -> str:
    """Say how a picture lies in its file, where `read_image` turns it: "upside down", ...

    Returns:
        Words, or "" for a picture that is stored upright.

    Raises:
        ImageFileError: Missing, empty, not a picture, or over `MAX_PIXELS`.
    """
    with _opened(path, None, MAX_PIXELS) as picture:
        return ORIENTATIONS.get(orientation(picture, Path(path)), "")


def write_image(path: Path, image: NDArray[np.uint8], *, quality: int = 95) -> None:
    """Write H,W,3 uint8 RGB or H,W uint8 grey, in the format of the path's ending.

    JPEG and WebP lose detail by `quality`, 1..100.

    Raises:
        OutputError: The file cannot be written, or has no ending of `IMAGE_SUFFIXES`.
    """
    path = Path(path)
    check_image_name(path)
    with atomic_output(path) as part:
        if path.suffix.lower() != ".png":
            to_pillow(image).save(part, quality=quality)
        elif image.shape[0] * image.shape[1] > _MOST_FOR_OPENCV:
            to_pillow(image).save(part, compress_level=1)
        else:
            part.write_bytes(_packed(image))


def write_labels(path: Path, labels: NDArray[np.uint8], label_set: LabelSet) -> None:
    """Write H,W uint8 class indices as a palette PNG: values are ids, viewers show colours.

    Raises:
        OutputError: The file cannot be written, or does not end in ".png".
    """
    path = Path(path)
    check_image_name(path, (".png",))
    with atomic_output(path) as part:
        picture = labels_to_pillow(labels, label_set)
        picture.save(part, compress_level=1, compress_type=_RUNS_ONLY)


def _packed(image: NDArray[np.uint8]) -> bytes:
    """Give a PNG file; OpenCV's own choice, one filter and runs, is a fast one."""
    done, content = cv2.imencode(".png", image[..., ::-1] if image.ndim == 3 else image)
    assert done, "it packs all 8-bit pictures"
    return content.tobytes()


def find_images(
    folder: Path, suffixes: tuple[str, ...] = IMAGE_SUFFIXES, *, refused: Refused | None = None
) -> list[Path]:
    """List the pictures below `folder`, sorted, by file ending; nothing hidden is listed.

    Links are followed; each folder is listed once. A link to nothing is listed if its name has one
    of the endings, so that whoever reads it learns what is wrong.

    Args:
        folder: Where to look.
        suffixes: Endings, in lower case.
        refused: Called for each folder in there that may not be read, and each link to no folder.

    Raises:
        ImageFileError: There is such a one, and no `refused` is given.
    """
    found = files_below(folder, refused or _refuse)
    return sorted(path for path in found if path.suffix.lower() in suffixes)


def _refuse(_path: Path, problem: ImageFileError) -> None:
    raise problem


def check_image_name(path: Path, suffixes: tuple[str, ...] = IMAGE_SUFFIXES) -> None:
    """Refuse a file name whose ending names no format that pictures are written in.

    Raises:
        OutputError: The ending is none of `suffixes`.
    """
    if path.suffix.lower() not in suffixes:
        raise OutputError(
            f"{path} ends in '{path.suffix}'",
            allowed=f"a name that ends in {', '.join(suffixes)}",
            do="give another name",
        )


@contextlib.contextmanager
def _decoded(source: str | Path | bytes, name: str | None, most: int) -> Iterator[Image.Image]:
    with _opened(source, name, most) as picture:
        picture.load()
        yield picture


@contextlib.contextmanager
def _opened(source: str | Path | bytes, name: str | None, most: int) -> Iterator[Image.Image]:
    content = source if isinstance(source, bytes) else Path(source)
    with opened(content, _called(source, name), most) as picture:
        yield picture


def _called(source: str | Path | bytes, name: str | None) -> str:
    return name or ("the given picture" if isinstance(source, bytes) else str(source))
