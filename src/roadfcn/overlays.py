"""Pictures of label maps: colours, blends over the photograph, outlines, panels, captions.

Void is never drawn as a class: where the truth is unknown, stripes say so. Text is the one thing
drawn with Pillow, whose fonts are smoother than OpenCV's strokes. Reading and writing files is
the business of `image_files`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from roadfcn.errors import ConfigError, MaskError
from roadfcn.label_sets import REST, VOID, LabelSet

_STRIPES = np.array([[245, 245, 245], [70, 70, 70]], np.uint8)
_STRIPE_OPACITY = 0.6
_GAP_PX = 4
_WHITE = 255
_BAND_PIXELS = 1 << 21


def colourise(labels: NDArray[np.uint8], label_set: LabelSet) -> NDArray[np.uint8]:
    """Turn class indices (H,W uint8) into display colours (H,W,3 uint8 RGB); void is black."""
    return label_set.palette[labels]


def blend(
    image: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    label_set: LabelSet,
    opacity: float = 0.5,
) -> NDArray[np.uint8]:
    """Lay the colours of a label map over its picture.

    The class "background" stays uncoloured, so that a road / not road map tints only the road.
    Void is hatched.

    Args:
        image: H,W,3 uint8 RGB.
        labels: H,W uint8 class indices, or a mask with void.
        label_set: The classes of `labels`.
        opacity: Share of the class colour, 0..1.

    Returns:
        H,W,3 uint8 RGB.

    Raises:
        MaskError: The label map is of another size than the picture.
        ConfigError: `opacity` is out of range.
    """
    if not 0 <= opacity <= 1:
        raise ConfigError(
            f"the opacity of the colours is {opacity:g}",
            allowed="0 (none of the colour) to 1 (nothing but colour)",
            do="leave it at 0.5, or give another share",
        )
    _check_size(image, labels)
    mixed: NDArray[np.uint8] = cv2.addWeighted(
        image, 1 - opacity, colourise(labels, label_set), opacity, 0
    )
    if REST in label_set.classes:
        rest = labels == label_set.index(REST)
        mixed[rest] = image[rest]
    void = labels == VOID
    if void.any():
        stripes = stripe_pattern(image.shape[0], image.shape[1])
        hatched = cv2.addWeighted(image, 1 - _STRIPE_OPACITY, stripes, _STRIPE_OPACITY, 0)
        mixed[void] = hatched[void]
    return mixed


def draw_outlines(image: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Draw a thin line into a picture, in place, wherever neighbouring labels differ.

    It is white with a darkened rim, so that it is seen on bright ground and on dark, and the wider
    the larger the picture is: 1 px up to 750 px, 2 px at 1,080. Void is a label like the others
    here. The picture's own edge gets no line.

    Args:
        image: H,W,3 uint8 RGB, writable.
        labels: H,W uint8.

    Raises:
        MaskError: The label map is of another size than the picture.
    """
    _check_size(image, labels)
    height, width = labels.shape
    line_px = max(1, round(min(height, width) / 500))
    reach = line_px + 2  # at least what the rim's window sees to either side
    # In bands of rows, and those around that a window sees: aerial pictures have a gigabyte.
    rows = max(1, _BAND_PIXELS // max(1, width))
    for top in range(0, height, rows):
        begin = max(0, top - reach)
        seen = labels[begin : top + rows + reach]
        band = image[top : top + rows]
        own = slice(top - begin, top - begin + band.shape[0])
        rim = _changes(seen, line_px + 2)[own]
        band[rim] //= 2
        band[_changes(seen, line_px)[own]] = _WHITE


def _changes(labels: NDArray[np.uint8], width_px: int) -> NDArray[np.bool_]:
    """Tell which pixels lie on a line of this width between different labels: H,W bool."""
    window = np.ones((width_px + 1, width_px + 1), np.uint8)
    # OpenCV looks at nothing beyond the map's edge, so that none is a change.
    changes: NDArray[np.bool_] = cv2.dilate(labels, window) != cv2.erode(labels, window)
    return changes


def stripe_pattern(height: int, width: int) -> NDArray[np.uint8]:
    """Give H,W,3 uint8 diagonal stripes, light and dark, as wide as suits the picture's size."""
    stripe_px = max(2, round(min(height, width) / 60))
    diagonal = np.add.outer(np.arange(height), np.arange(width)) // stripe_px
    pattern: NDArray[np.uint8] = _STRIPES[diagonal % 2]
    return pattern


def side_by_side(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Put pictures (each H,W,3 uint8 RGB) in a row with white gaps.

    Pictures of another height are scaled to the height of the first.

    Raises:
        ValueError: The list is empty.
    """
    if not images:
        raise ValueError("side_by_side needs at least one picture")
    height = images[0].shape[0]
    gap = np.full((height, _GAP_PX, 3), 255, np.uint8)
    row: list[NDArray[np.uint8]] = []
    for image in images:
        row += [gap, _scaled_to_height(image, height)]
    return np.concatenate(row[1:], axis=1)


def draw_text(
    image: NDArray[np.uint8],
    text: str,
    at: tuple[int, int],
    *,
    size_px: int = 16,
    colour: tuple[int, int, int] = (30, 30, 30),
) -> None:
    """Write a line of text into a picture, in place.

    Args:
        image: H,W,3 uint8 RGB, contiguous and writable.
        text: One line; what does not fit on the picture is cut off.
        at: (row, column) of the left end of the line's vertical middle.
        size_px: Height of the font.
        colour: (red, green, blue) in 0..255.
    """
    row, column = at
    reach_px = 2 * size_px
    # Only the strip around the line is copied to and from Pillow: pages may be large.
    strip = image[max(0, row - reach_px) : row + reach_px, column:]
    picture = Image.fromarray(strip)
    middle = min(row, reach_px)
    ImageDraw.Draw(picture).text((0, middle), text, colour, font=_font(size_px), anchor="lm")
    strip[:] = np.asarray(picture)


def text_width(text: str, *, size_px: int = 16) -> int:
    """Give the width in pixels that `draw_text` needs for a line."""
    return int(np.ceil(_font(size_px).getlength(text)))


def _check_size(image: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    if image.shape[:2] != labels.shape:
        raise MaskError(
            f"a label map of {labels.shape} is to be drawn over a picture of {image.shape[:2]}",
            allowed="equal height and width",
            do="resize the label map (nearest neighbour) to the picture's size first",
        )


@lru_cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


def _scaled_to_height(image: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    if image.shape[0] == height:
        return image
    width = max(1, round(image.shape[1] * height / image.shape[0]))
    way = cv2.INTER_AREA if height < image.shape[0] else cv2.INTER_LINEAR
    scaled: NDArray[np.uint8] = cv2.resize(image, (width, height), interpolation=way)
    return scaled
