"""Random changes of training frames: one geometric warp for picture and mask, then colour.

Kornia does the arithmetic on whole batches, on whatever device they are. What is drawn at random
depends on (seed, epoch, frame) alone, not on the batch, the worker or what was drawn before: a
resumed run, and a run on several devices, sees the same pictures.

Legend: N batch, H rows, W columns; pictures are float32 0..1 RGB here, masks uint8 with `VOID`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from kornia.enhance import (
    adjust_contrast_with_mean_subtraction,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
)
from kornia.filters import gaussian_blur2d
from kornia.geometry.transform import warp_affine
from torch import Tensor

from roadfcn.label_sets import VOID
from roadfcn.training.steps.random_conv import random_convolution

OUTSIDE = 0.5
"""What pictures hold where there is no frame: mid-grey."""

_BLUR_KERNEL = (5, 5)
_BLUR_SIGMA = (0.4, 1.4)  # pixels


@dataclass(frozen=True)
class Augmentation:
    """How much a frame may change; see `config.AugmentationConfig` for each entry.

    `crop` is the (height, width) of what comes out, or None for the size that went in.
    """

    crop: tuple[int, int] | None = None
    scale: tuple[float, float] = (1.0, 1.0)
    aspect: float = 0.0
    rotation_degrees: float = 0.0
    flip: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    gamma: float = 0.0
    grey: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    random_conv: float = 0.0

    @property
    def moves(self) -> bool:
        """Whether pixels change their places."""
        return (
            self.crop is not None
            or self.scale != (1.0, 1.0)
            or any((self.aspect, self.rotation_degrees, self.flip))
        )


PRESETS = {
    "none": Augmentation(),
    # For data like the training data: the zooms, crops and mild colour changes of the field.
    "benchmark": Augmentation(
        scale=(0.6, 1.7),
        aspect=0.1,
        flip=0.5,
        brightness=0.3,
        contrast=0.3,
        saturation=0.3,
        hue=0.03,
        blur=0.1,
    ),
    # For cameras and weather never seen: strong colour changes, so that shape must decide.
    "generalise": Augmentation(
        scale=(0.4, 2.2),
        aspect=0.2,
        rotation_degrees=4.0,
        flip=0.5,
        brightness=0.5,
        contrast=0.5,
        saturation=0.8,
        hue=0.1,
        gamma=0.5,
        grey=0.1,
        blur=0.3,
        noise=0.05,
    ),
}
"""Ready-made strengths by name."""


@dataclass(frozen=True)
class Draw:
    """What was drawn for one frame, as plain numbers. Colour entries are factors around 1."""

    zoom_rows: float
    zoom_columns: float
    radians: float
    flip: bool
    centre_row: float  # 0..1 within the range that the crop's centre may take
    centre_column: float
    brightness: float
    contrast: float
    saturation: float
    hue: float  # radians
    gamma: float
    blur_sigma: float  # pixels, 0 for none
    noise: float  # standard deviation on the 0..1 scale
    noise_seed: int
    conv_seed: int | None  # None for no random convolution


def draw(augmentation: Augmentation, *, seed: int, epoch: int, frame: int) -> Draw:
    """Draw one frame's changes: a pure function of its arguments."""
    generator = torch.Generator().manual_seed(_mix(seed, epoch, frame))
    # One fixed number of draws in a fixed order, so that switching one change on or off leaves
    # the others as they were.
    u = torch.rand(18, generator=generator, dtype=torch.float64).tolist()
    a = augmentation
    zoom = a.scale[0] * (a.scale[1] / a.scale[0]) ** u[0]
    stretch = (1 + a.aspect) ** (u[1] - 0.5)
    saturation = 0.0 if u[2] < a.grey else 1 + a.saturation * (2 * u[3] - 1)
    return Draw(
        zoom_rows=zoom * stretch,
        zoom_columns=zoom / stretch,
        radians=math.radians(a.rotation_degrees) * (2 * u[4] - 1),
        flip=u[5] < a.flip,
        centre_row=u[6],
        centre_column=u[7],
        brightness=1 + a.brightness * (2 * u[8] - 1),
        contrast=1 + a.contrast * (2 * u[9] - 1),
        saturation=saturation,
        hue=2 * math.pi * a.hue * (2 * u[10] - 1),
        gamma=(1 + a.gamma) ** (2 * u[11] - 1),
        blur_sigma=_BLUR_SIGMA[0] + (_BLUR_SIGMA[1] - _BLUR_SIGMA[0]) * u[13]
        if u[12] < a.blur
        else 0.0,
        noise=a.noise * u[14],
        noise_seed=int(u[15] * 2**53),
        conv_seed=int(u[17] * 2**53) if u[16] < a.random_conv else None,
    )


def augment(
    augmentation: Augmentation,
    draws: list[Draw],
    images: Tensor,
    masks: Tensor,
    sizes: list[tuple[int, int]],
) -> tuple[Tensor, Tensor]:
    """Apply one draw to each frame of a batch.

    Args:
        augmentation: Says the crop size, and which steps can be left out for all frames.
        draws: One for each frame.
        images: N,3,H,W float32 RGB in 0..1; frames smaller than H,W lie in the upper left.
        masks: N,H,W uint8 class indices, `VOID` where there is no truth or no frame.
        sizes: The frames' own (height, width).

    Returns:
        Pictures N,3,h,w float32 in 0..1, after a random convolution in any range, and masks
        N,h,w uint8. What lies outside a frame is mid-grey and void.
    """
    if augmentation.moves:
        images, masks = _warp(augmentation, draws, images, masks, sizes)
    return _recolour(augmentation, draws, images), masks


def _warp(
    augmentation: Augmentation,
    draws: list[Draw],
    images: Tensor,
    masks: Tensor,
    sizes: list[tuple[int, int]],
) -> tuple[Tensor, Tensor]:
    out = augmentation.crop or (images.shape[-2], images.shape[-1])
    matrices = torch.stack(
        [_matrix(drawn, size, out) for drawn, size in zip(draws, sizes, strict=True)]
    ).to(images)
    # Kornia fills what lies outside with zeros. Shifting by `OUTSIDE` and one makes zero mean
    # mid-grey in pictures and, after the shift back, void in masks.
    warped = warp_affine(images - OUTSIDE, matrices, out, "bilinear", align_corners=True) + OUTSIDE
    shifted = (masks + 1).unsqueeze(1).to(images.dtype)  # uint8: void 255 wraps to 0
    moved = warp_affine(shifted, matrices, out, "nearest", align_corners=True)
    return warped, (moved.round().to(torch.uint8) - 1).squeeze(1)  # 0 wraps back to void 255


def _matrix(drawn: Draw, size: tuple[int, int], out: tuple[int, int]) -> Tensor:
    """Give the 2,3 matrix from frame pixels (column, row) to output pixels.

    The crop's centre may lie anywhere that keeps the crop inside the zoomed frame; where the
    crop is larger than the frame, anywhere that keeps the frame inside the crop.
    """
    (height, width), (out_height, out_width) = size, out
    zoomed = (height * drawn.zoom_rows, width * drawn.zoom_columns)
    centre_row = _place(drawn.centre_row, zoomed[0], out_height) / drawn.zoom_rows
    centre_column = _place(drawn.centre_column, zoomed[1], out_width) / drawn.zoom_columns
    mirror = -1.0 if drawn.flip else 1.0
    cosine, sine = math.cos(drawn.radians), math.sin(drawn.radians)
    xx, xy = mirror * drawn.zoom_columns * cosine, -drawn.zoom_rows * sine
    yx, yy = mirror * drawn.zoom_columns * sine, drawn.zoom_rows * cosine
    # Pixel centres lie at whole numbers: the middle of n pixels is (n - 1) / 2.
    column, row = centre_column - 0.5, centre_row - 0.5
    return torch.tensor(
        [
            [xx, xy, (out_width - 1) / 2 - xx * column - xy * row],
            [yx, yy, (out_height - 1) / 2 - yx * column - yy * row],
        ],
        dtype=torch.float64,
    )


def _place(position: float, extent: float, window: float) -> float:
    """Give a centre so that `position` 0..1 runs over all places of a window along `extent`."""
    return window / 2 + position * (extent - window)


def _recolour(augmentation: Augmentation, draws: list[Draw], images: Tensor) -> Tensor:
    def factors(name: str) -> Tensor:
        return torch.tensor([getattr(drawn, name) for drawn in draws]).to(images)

    if augmentation.brightness:
        images = (images * factors("brightness").view(-1, 1, 1, 1)).clamp(0, 1)
    if augmentation.contrast:
        images = adjust_contrast_with_mean_subtraction(images, factors("contrast"))
    if augmentation.gamma:
        images = adjust_gamma(images, factors("gamma"))
    if augmentation.saturation or augmentation.grey:
        images = adjust_saturation(images, factors("saturation"))
    if augmentation.hue:
        images = adjust_hue(images, factors("hue"))
    chosen = [row for row, drawn in enumerate(draws) if drawn.blur_sigma]
    if chosen:
        sigma = factors("blur_sigma")[chosen].view(-1, 1).expand(-1, 2)
        images = images.index_put(
            (torch.tensor(chosen, device=images.device),),
            gaussian_blur2d(images[chosen], _BLUR_KERNEL, sigma),
        )
    if augmentation.noise:
        noise = torch.stack([_noise(drawn, images.shape[1:]) for drawn in draws]).to(images)
        images = (images + noise).clamp(0, 1)
    return _convolve(draws, images) if augmentation.random_conv else images


def _convolve(draws: list[Draw], images: Tensor) -> Tensor:
    # Last, as no sensor takes part in it, and around mid-grey, which then stays what it is.
    return torch.stack(
        [
            image
            if drawn.conv_seed is None
            else random_convolution(image - OUTSIDE, drawn.conv_seed) + OUTSIDE
            for image, drawn in zip(images, draws, strict=True)
        ]
    )


def _noise(drawn: Draw, shape: torch.Size) -> Tensor:
    generator = torch.Generator().manual_seed(drawn.noise_seed)
    return torch.randn(shape, generator=generator, dtype=torch.float32) * drawn.noise


def _mix(seed: int, epoch: int, frame: int) -> int:
    """Fold three numbers into one 63-bit seed (the finaliser of SplitMix64, Steele et al. 2014).

    Consecutive seeds give Mersenne-twister streams whose first numbers are alike; mixing first
    keeps neighbouring frames apart.
    """
    value = 0
    for part in (seed, epoch, frame):
        value = (value ^ part) + 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        value = (value ^ value >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 31
    return value & 0x7FFFFFFFFFFFFFFF


assert VOID == 255, "the warp relies on void wrapping to zero in uint8"
