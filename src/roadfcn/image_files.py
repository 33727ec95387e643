"""The only place that decodes or encodes pictures.

Pillow does the work: it reads the header before it allocates, refuses truncated files instead of
returning half a picture, writes palette PNGs, and knows EXIF orientation. Arrays leave here as
H,W,3 uint8 RGB, whatever the file held. Limits on size live here.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from roadfcn.errors import ImageFileError, MaskError, OutputError, RoadfcnError
from roadfcn.label_sets import LabelSet
from roadfcn.output_files import atomic_output

MAX_PIXELS = 2**29
"""Pictures with more pixels are refused before they are decoded (1.6 GB as RGB)."""

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
"""File endings taken for pictures when a folder is searched, in lower case."""

# Pillow knows more formats; some, such as EPS, start other programs. PNG, JPEG, ... only.
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "PPM")

_DEEP_MODES = ("I", "F")  # "I", "I;16", "I;16B", ...: Pillow's names for more than 8 bits
_KINDS = {"P": "a palette picture", "LA": "grey with alpha", "1": "black and white"}
_KINDS |= {"RGB": "in colour", "RGBA": "in colour with alpha", "I": "16-bit grey"}
_QUARTER_TURNS = (5, 6, 7, 8)  # EXIF orientations that swap height and width
_ORIENTATIONS = {
    2: "mirrored",
    3: "upside down",
    4: "upside down and mirrored",
    5: "on its side and mirrored",
    6: "on its side",
    7: "on its side and mirrored",
    8: "on its side",
}
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_FASTEST_PNG = 1  # zlib level: a third of the time of the default for a few per cent of size


def read_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Read a picture as H,W,3 uint8 RGB.

    Grey becomes three equal channels, transparency is dropped, CMYK is converted, 16 bits are
    scaled to 8 (65535 becomes 255), EXIF orientation is applied, of animations the first frame
    is taken.

    Raises:
        ImageFileError: Missing, empty, truncated, not a picture, of a depth other than 8 or 16
            bits, or over `max_pixels` (which may lower `MAX_PIXELS`, not raise it).
    """
    with _decoded(path, max_pixels) as picture:
        ImageOps.exif_transpose(picture, in_place=True)
        if picture.mode.startswith(_DEEP_MODES):
            return _from_16_bits(np.asarray(picture), path)
        if "transparency" in picture.info:
            # A colour-keyed or palette transparency; Pillow wants to blend with it and warns.
            del picture.info["transparency"]
        return np.array(picture.convert("RGB"))


def read_mask_picture(path: Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Read a ground-truth picture as stored: H,W uint8 values, or H,W,3 uint8 RGB colours.

    Of a palette picture the indices are read, as masks store class ids in them. An opaque alpha
    channel is dropped. EXIF orientation is not applied.

    Raises:
        ImageFileError: Missing, empty, truncated, not a picture, or over `max_pixels`.
        MaskError: 16-bit grey, half-transparent, or of a colour space that has no label colours.
    """
    with _decoded(path, max_pixels) as picture:
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
    with _decoded(path, MAX_PIXELS) as picture:
        if picture.mode == "L":
            return np.array(picture)
        kind = _KINDS.get(picture.mode.partition(";")[0], f"of kind '{picture.mode}'")
        raise ImageFileError(
            f"{path} is {kind}", allowed="8-bit grey", do="save it again as an 8-bit grey PNG"
        )


def image_size(path: Path) -> tuple[int, int]:
    """Give (height, width) as `read_image` would, from the header, without decoding.

    Raises:
        ImageFileError: Missing, empty, not a picture, or over `MAX_PIXELS`.
    """
    with _opened(path, MAX_PIXELS) as picture:
        width, height = picture.size
        turned = _orientation(picture, path) in _QUARTER_TURNS
    return (width, height) if turned else (height, width)


def stored_orientation(path: Path) -> str:
    """Say how a picture lies in its file, where `read_image` turns it: "upside down", ...

    Returns:
        Words, or "" for a picture that is stored upright.

    Raises:
        ImageFileError: Missing, empty, not a picture, or over `MAX_PIXELS`.
    """
    with _opened(path, MAX_PIXELS) as picture:
        return _ORIENTATIONS.get(_orientation(picture, path), "")


def write_image(path: Path, image: NDArray[np.uint8], *, quality: int = 95) -> None:
    """Write H,W,3 uint8 RGB or H,W uint8 grey, in the format of the path's ending.

    JPEG and WebP lose detail by `quality`, 1..100.

    Raises:
        OutputError: The file cannot be written, or has no ending of `IMAGE_SUFFIXES`.
    """
    _save(Image.fromarray(np.ascontiguousarray(image)), Path(path), IMAGE_SUFFIXES, quality)


def write_labels(path: Path, labels: NDArray[np.uint8], label_set: LabelSet) -> None:
    """Write H,W uint8 class indices as a palette PNG: values are ids, viewers show colours.

    Raises:
        OutputError: The file cannot be written, or does not end in ".png".
    """
    picture = Image.fromarray(np.ascontiguousarray(labels))
    picture.putpalette(label_set.palette.tobytes())
    _save(picture, Path(path), (".png",))


def find_images(folder: Path, suffixes: tuple[str, ...] = IMAGE_SUFFIXES) -> list[Path]:
    """List the pictures below `folder`, sorted, by file ending; nothing hidden is listed."""
    folder = Path(folder)
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in suffixes
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


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


def _save(picture: Image.Image, path: Path, suffixes: tuple[str, ...], quality: int = 95) -> None:
    check_image_name(path, suffixes)
    with atomic_output(path) as part:
        if path.suffix.lower() == ".png":
            picture.save(part, compress_level=_FASTEST_PNG)
        else:
            picture.save(part, quality=quality)


@contextlib.contextmanager
def _decoded(path: Path, max_pixels: int) -> Iterator[Image.Image]:
    with _opened(path, max_pixels) as picture:
        picture.load()
        yield picture


@contextlib.contextmanager
def _opened(path: Path, max_pixels: int) -> Iterator[Image.Image]:
    """Read the header, check the size, and put every way that pictures can fail in words."""
    try:
        _check_file(Path(path))
        # Pillow's own limit is of the whole process, lower than ours, and half of it a warning.
        if Image.MAX_IMAGE_PIXELS is not None:
            Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, MAX_PIXELS)
        with Image.open(path, formats=_FORMATS) as picture:
            width, height = picture.size
            if width * height > min(max_pixels, MAX_PIXELS):
                raise _too_large(path, f"{height} x {width} pixels (height x width)", max_pixels)
            yield picture
    except RoadfcnError:
        raise
    except PermissionError as problem:
        raise ImageFileError(
            f"no permission to read {path}",
            allowed="a file that you may read",
            do="change its rights",
        ) from problem
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        found = f"its header promises more than {MAX_PIXELS} pixels"
        raise _too_large(path, found, max_pixels) from problem
    except Exception as problem:
        # On damaged files Pillow's parsers raise whatever they stumble over: OSError,
        # SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, ...
        raise ImageFileError(
            f"{path} cannot be read as a picture: {problem or type(problem).__name__}",
            allowed="a whole PNG, JPEG, BMP, TIFF, WebP or PPM file",
            do="copy or download the file again, or take it out of the folder",
        ) from problem


def _orientation(picture: Image.Image, path: Path) -> int:
    """Give the EXIF orientation, 1 to 8, without decoding the pixels where that is possible."""
    if picture.format == "PNG" and not _has_late_notes(path):
        exif = Image.Image.getexif(picture)  # PNG's own decodes the pixels, to look behind them
    else:
        exif = picture.getexif()
    value = exif.get(ExifTags.Base.Orientation, 1)
    return next((known for known in _ORIENTATIONS if known == value), 1)


def _has_late_notes(path: Path) -> bool:
    """Tell whether a PNG has EXIF or XMP behind its pixels, from the chunks' heads alone."""
    behind_pixels = False
    with Path(path).open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            behind_pixels |= kind == b"IDAT"
            if behind_pixels and kind == b"eXIf":
                return True
            if behind_pixels and kind in _PNG_TEXTS:
                start = file.read(min(length, 24))
                if start.startswith((b"XML:com.adobe.xmp", b"Raw profile type exif")):
                    return True
                file.seek(-len(start), io.SEEK_CUR)
            file.seek(length + 4, io.SEEK_CUR)
    return False


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise ImageFileError(
            f"{path} is a folder", allowed="a picture", do="name a picture inside this folder"
        )
    if not path.is_file():
        raise ImageFileError(
            f"there is no picture {path}", allowed="an existing file", do="check the path"
        )
    if path.stat().st_size == 0:
        raise ImageFileError(
            f"{path} is empty (0 bytes)", allowed="a picture", do="copy the file again"
        )


def _too_large(path: Path, found: str, max_pixels: int) -> ImageFileError:
    return ImageFileError(
        f"{path} is too large: {found}",
        allowed=f"at most {min(max_pixels, MAX_PIXELS)} pixels",
        do="scale the picture down",
    )


def _from_16_bits(values: NDArray[np.generic], path: Path) -> NDArray[np.uint8]:
    lowest, highest = values.min(), values.max()
    if values.dtype.kind == "f" or lowest < 0 or highest > 65535:
        raise ImageFileError(
            f"{path} holds {values.dtype.name} values from {lowest} to {highest}",
            allowed="8 or 16 bits for each channel",
            do="convert it to an 8-bit PNG",
        )
    # 65535 = 255 * 257, so that white stays white; rounded in place, as pictures may be large.
    numbers = values.astype(np.uint32)
    numbers += 128
    numbers //= 257
    return np.repeat(numbers.astype(np.uint8)[..., None], 3, axis=2)
