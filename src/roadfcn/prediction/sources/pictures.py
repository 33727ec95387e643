"""A picture in whatever form a program has it, as H,W,3 uint8 RGB."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ImageFileError
from roadfcn.image_files import PillowPicture, from_pillow, read_image
from roadfcn.picture_decoding import MAX_PIXELS
from roadfcn.prediction.sources.words import VIDEO_SUFFIXES, is_address, shown_address

PictureSource = str | Path | bytes | NDArray[np.uint8] | PillowPicture
"""A path, an http or https address, a file's content, H,W,3 uint8 RGB, or Pillow's picture."""


def open_picture(source: PictureSource, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Give a picture as H,W,3 uint8 RGB, upright.

    Files, their content and Pillow's pictures are turned as their EXIF orientation says: what
    comes back has the height and width that viewers show. An array is given back as it is.

    Args:
        source: See `PictureSource`.
        max_pixels: Larger pictures are refused, before they are decoded.

    Raises:
        ImageFileError: It cannot be read, is too large, or is no picture at all.
        DownloadError: An address that does not answer with a picture's bytes.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return read_image(bytes(source), max_pixels=max_pixels)
    if isinstance(source, str) and is_address(source):
        from roadfcn.prediction.sources.remote_pictures import fetch_picture

        content = fetch_picture(source)
        return read_image(content, name=shown_address(source), max_pixels=max_pixels)
    if isinstance(source, str | Path):
        _refuse_video(Path(source))
        return read_image(source, max_pixels=max_pixels)
    if isinstance(source, np.ndarray):
        check_image(source)
        _check_pixels(source, max_pixels)
        return source
    if _is_pillows(source):
        return from_pillow(source, max_pixels=max_pixels)
    raise ImageFileError(
        f"a picture was given as {type(source).__name__}",
        allowed="a path, an http or https address, a file's bytes, an H,W,3 uint8 array, or a "
        "picture of Pillow's",
        do="give one of these"
        if source is not None
        else "check the path that it was read from: where cv2.imread cannot read, it gives None",
    )


def check_several(pictures: object) -> None:
    """Refuse one picture where several are wanted: going through it would give letters or rows.

    Raises:
        ImageFileError: It is one picture.
    """
    is_one = isinstance(pictures, str | Path | bytes | bytearray | memoryview) or (
        _is_pillows(pictures) or (isinstance(pictures, np.ndarray) and pictures.ndim < 4)
    )
    if is_one or not isinstance(pictures, Iterable):
        raise ImageFileError(
            f"several pictures were given as one {type(pictures).__name__}",
            allowed="a list of pictures, or anything else that gives one after another",
            do="put it into a list: [picture]",
        )


def check_image(image: NDArray[np.uint8]) -> None:
    """Refuse an array that is no picture of H,W,3 uint8.

    Raises:
        ImageFileError: It has other axes or another type, or no pixel.
    """
    shape, kind = np.shape(image), np.asarray(image).dtype
    if len(shape) == 3 and shape[2] == 3 and min(shape) > 0 and kind == np.uint8:
        return
    if min(shape, default=0) == 0:
        do = "give a picture with at least one pixel"
    elif len(shape) == 2:
        do = "make three channels of the grey one: np.stack([grey] * 3, axis=-1)"
    elif len(shape) == 3 and shape[2] == 4:
        do = "leave the fourth channel away: image[..., :3]"
    elif len(shape) == 3 and shape[0] == 3:
        do = "put the channels last: image.transpose(1, 2, 0)"
    elif kind != np.uint8:
        do = "scale it to 0..255 and convert it: image.round().astype(np.uint8)"
    else:
        do = "give one picture at a time, with its channels last"
    raise ImageFileError(
        f"a picture was given as an array of shape {shape} and type {kind}",
        allowed="H,W,3 uint8, red first (OpenCV's pictures have blue first: image[..., ::-1])",
        do=do,
    )


def _refuse_video(path: Path) -> None:
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise ImageFileError(
            f"{path} is called as a video is, and one picture is wanted",
            allowed="a picture's file; videos have a loop of their own",
            do=f"for found in segmenter.video({str(path)!r}): ..., or roadfcn predict {path}",
        )


def _check_pixels(image: NDArray[np.uint8], max_pixels: int) -> None:
    height, width = image.shape[:2]
    if height * width > max_pixels:
        raise ImageFileError(
            f"the given picture is too large: {height} x {width} pixels (height x width)",
            allowed=f"at most {max_pixels} pixels",
            do="raise the limit (max_pixels), if there is memory for it",
        )


def _is_pillows(source: object) -> bool:
    """Tell Pillow's pictures by what they can do: this module does not load Pillow itself."""
    return all(hasattr(source, name) for name in ("mode", "size", "convert", "crop", "getexif"))
