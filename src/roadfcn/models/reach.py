"""How far around a pixel a network looks: what lies further away cannot change its scores.

The rule for going back through one layer is that of receptive fields (Araujo, Norris and Sim,
"Computing Receptive Fields of Convolutional Neural Networks", Distill 2019): the inputs of a run
of outputs lo..hi are lo * stride - padding .. hi * stride - padding + kernel - 1. No torch.
"""

from __future__ import annotations

from roadfcn.models.alignment import STRIDE, Alignment, Window, align
from roadfcn.models.architecture import FCNArchitecture

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""3x3 convolutions in VGG16's five blocks."""

SKIPS = {"32s": 0, "16s": 1, "8s": 2, "4s": 3}
"""Finer maps that a head joins: pool4, pool3 and pool2."""

Run = tuple[int, int]
"""First and last position along one axis."""

_CONVOLUTION, _POOLING = Window(3, 1, 1), Window(2, 2)


def reach(architecture: FCNArchitecture) -> int:
    """Give the px to every side of a pixel outside of which nothing matters for its scores.

    It is that of the pixel that looks furthest, as pixels lie differently in the cells of the
    coarse maps. Width and classes play no part.
    """
    skips = SKIPS[architecture.head]
    alignment = align(architecture.alignment, architecture.fc_extent, skips)
    furthest = 0
    for pixel in range(STRIDE):
        first, last = _seen_by(pixel, architecture, alignment)
        furthest = max(furthest, pixel - first, last - pixel)
    return furthest


def _seen_by(pixel: int, architecture: FCNArchitecture, alignment: Alignment) -> Run:
    """Give the run of the picture's pixels that a pixel's scores depend on."""
    offsets = alignment.skip_offsets
    at = pixel + alignment.output_offset
    run = _enlarged_from((at, at), alignment.upsampling(STRIDE >> len(offsets)))
    seen = []
    # From the finest map to the coarsest: pool2 or pool3 first, fc7 last.
    for skip in reversed(range(len(offsets))):
        if architecture.decoder_channels:
            run = _computed_from(run, _CONVOLUTION)
        feature = (run[0] + offsets[skip], run[1] + offsets[skip])
        seen.append(_pooled_from(feature, 4 - skip))
        run = _enlarged_from(run, alignment.upsampling(2))
    run = _computed_from(run, Window(architecture.fc_extent, 1, alignment.fc_padding))
    seen.append(_pooled_from(run, 5))
    return min(run[0] for run in seen) - alignment.border, (
        max(run[1] for run in seen) - alignment.border
    )


def _pooled_from(run: Run, pool: int) -> Run:
    """Go back from cells of pool1 to pool5 to the padded picture."""
    for convolutions in reversed(CONVOLUTIONS[:pool]):
        run = _computed_from(run, _POOLING)
        for _ in range(convolutions):
            run = _computed_from(run, _CONVOLUTION)
    return run


def _computed_from(run: Run, window: Window) -> Run:
    """Go back through a convolution or pooling."""
    first, last = (position * window.stride - window.padding for position in run)
    return first, last + window.kernel - 1


def _enlarged_from(run: Run, window: Window) -> Run:
    """Go back through a transposed convolution: input i gives i * stride - padding + 0..kernel-1.

    Doubling bilinearly, as heads that join features do, reads the same inputs.
    """
    first, last = (position + window.padding for position in run)
    return -(-(first - window.kernel + 1) // window.stride), last // window.stride
