"""What a model wants to be fed: channel order, scale, mean, deviation, size.

The classic silent bug of segmentation is a picture in the wrong colour order or range. So the
format travels with every model, inside its card, and nothing else in the package knows a mean.
Arithmetic is numpy; training does the same on its own device from the same record.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ModelFileError, shown

# Far beyond any network's, and far from where 32-bit arithmetic and memory end.
_SMALLEST, _LARGEST, _LONGEST_SIDE = 1e-9, 1e9, 16384


@dataclass(frozen=True)
class InputFormat:
    """How an H,W,3 uint8 RGB picture becomes a network's 3,H,W float32 input.

    `input = (picture in channel_order * scale - mean) / std`, channel by channel.

    Args:
        channel_order: "rgb" or "bgr".
        scale: Factor on 0..255 values: 1/255 for networks trained on 0..1.
        mean: Subtracted after scaling, in `channel_order`.
        std: Divided by after that, in `channel_order`.
        size: (height, width) that pictures are resized to, or None for their own size.
        max_pixels: Pictures of more pixels are shrunk to about so many, their shape kept; None for
            no limit. Not together with `size`.
    """

    channel_order: Literal["rgb", "bgr"] = "rgb"
    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    size: tuple[int, int] | None = None
    max_pixels: int | None = None

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """Give the (height, width) in which a network sees a picture of `height` and `width`."""
        if self.size is not None:
            return self.size
        if self.max_pixels is None or height * width <= self.max_pixels:
            return height, width
        return _scaled(height, width, math.sqrt(self.max_pixels / (height * width)))

    def seen_pixels(self, pixels: int) -> int:
        """Give about how many pixels a network sees of a picture that has `pixels`."""
        if self.size is not None:
            return self.size[0] * self.size[1]
        return pixels if self.max_pixels is None else min(pixels, self.max_pixels)

    def seen_size(self, height: int, width: int, scale: float) -> tuple[int, int]:
        """Give that (height, width) times a factor, for those who look at several sizes."""
        height, width = self.input_size(height, width)
        return (height, width) if scale == 1 else _scaled(height, width, scale)

    def resize(self, image: NDArray[np.uint8], scale: float = 1.0) -> NDArray[np.uint8]:
        """Bring H,W,3 uint8 to its input size; the same array if it has that already.

        Shrinking averages over areas, so that thin things fade instead of flickering; enlarging
        is bilinear.

        Args:
            image: The picture.
            scale: Factor on the input's height and width, for those who look at several sizes.
        """
        height, width = self.seen_size(image.shape[0], image.shape[1], scale)
        if image.shape[:2] == (height, width):
            return image
        shrinks = height <= image.shape[0] and width <= image.shape[1]
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (width, height), interpolation=how), np.uint8)

    def normalise(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Turn H,W,3 uint8 RGB into 3,H,W float32, contiguous. Sizes are left alone."""
        ordered = image if self.channel_order == "rgb" else image[..., ::-1]
        weight, bias = self.affine()
        return np.ascontiguousarray((ordered * weight + bias).transpose(2, 0, 1))

    def affine(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give (weight, bias), each 3 float32 in `channel_order`: input = value * weight + bias."""
        std = np.asarray(self.std, np.float64)
        weight = (self.scale / std).astype(np.float32)
        bias = (-np.asarray(self.mean, np.float64) / std).astype(np.float32)
        return weight, bias

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> InputFormat:
        """Rebuild a format from `to_dict`.

        Raises:
            ModelFileError: A key is missing, of another type, or out of range.
        """
        try:
            made = cls(
                channel_order=values["channel_order"],
                scale=float(values["scale"]),
                mean=_triple(values["mean"]),
                std=_triple(values["std"]),
                size=None if values["size"] is None else _pair(values["size"]),
                max_pixels=_count(values.get("max_pixels")),  # older formats have none
            )
            usable = all(_SMALLEST <= abs(number) <= _LARGEST for number in (made.scale, *made.std))
            usable &= all(abs(number) <= _LARGEST for number in made.mean)
            sized = made.size is None or (min(made.size) >= 1 and max(made.size) <= _LONGEST_SIDE)
            limited = made.max_pixels is None or (
                made.size is None and 1 <= made.max_pixels <= _LONGEST_SIDE**2
            )
            if made.channel_order not in ("rgb", "bgr") or not (usable and sized and limited):
                raise ValueError("out of range")
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            raise ModelFileError(
                f"a model's input format is {shown(values)}",
                allowed=f"channel_order rgb or bgr; mean up to {_LARGEST:g}; scale and std from "
                f"{_SMALLEST:g} to {_LARGEST:g}; size null or [height, width] up to "
                f"{_LONGEST_SIDE}; max_pixels null, or up to {_LONGEST_SIDE**2} without a size",
                do="save the model again with roadfcn, or repair its card",
            ) from problem
        return made


def quantise_probability(probability: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Turn probabilities 0..1 into 0..255 by floor(255 p + 0.5).

    The one place where this rounding is decided: probability pictures, road scores and
    submissions all go through it, so that a score from a model equals the score of its pictures
    (computed in the same precision).
    """
    scaled = np.clip(probability, 0.0, 1.0).astype(np.float32) * np.float32(255) + np.float32(0.5)
    quantised: NDArray[np.uint8] = np.floor(scaled).astype(np.uint8)
    return quantised


IMAGENET_RGB = InputFormat()
"""RGB 0..1 with ImageNet's mean and deviation: torchvision's convention, and our own default."""

VGG_BGR = InputFormat("bgr", 1.0, (103.939, 116.779, 123.68), (1.0, 1.0, 1.0))
"""BGR 0..255 minus the mean of ImageNet's training set (Simonyan and Zisserman, 2015)."""

CAFFE_BGR = InputFormat("bgr", 1.0, (104.00698793, 116.66876762, 122.67891434), (1.0, 1.0, 1.0))
"""BGR 0..255 minus the mean of Caffe's ImageNet networks (Shelhamer, Long and Darrell's code)."""


def _scaled(height: int, width: int, factor: float) -> tuple[int, int]:
    return max(1, round(height * factor)), max(1, round(width * factor))


def _triple(values: Any) -> tuple[float, float, float]:  # noqa: ANN401 - any JSON value
    first, second, third = values
    return float(first), float(second), float(third)


def _count(value: Any) -> int | None:  # noqa: ANN401 - any JSON value
    return None if value is None else int(value)


def _pair(values: Any) -> tuple[int, int]:  # noqa: ANN401 - any JSON value
    height, width = values
    return int(height), int(width)
