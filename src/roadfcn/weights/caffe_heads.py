"""Heads of the FCNs that were trained with Caffe: the names of their layers, and their settings.

Sources: the networks' definitions at https://github.com/shelhamer/fcn.berkeleyvision.org (net.py
in each folder); Shelhamer, Long and Darrell, PAMI 2017 (skip scales).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.weights.foreign import Arrays
from roadfcn.weights.layouts import Array, convolution, vector
from roadfcn.weights.name_table import Entry
from roadfcn.weights.vgg16_shape import UPSAMPLING_STRIDES

_SKIPS = ("score_pool4", "score_pool3")
_HEADS = ("32s", "16s", "8s")
_UPSAMPLINGS = (("upscore",), ("upscore2", "upscore16"), ("upscore2", "upscore_pool4", "upscore8"))
"""Our names of the transposed convolutions, by number of skips."""

_NAMINGS: tuple[dict[str, str], ...] = (
    # The released networks for PASCAL VOC, PASCAL-Context and NYUDv2.
    {},
    # For SIFT Flow, whose networks have a second head, for geometric classes (…_geo).
    {
        ours: f"{ours}_sem"
        for ours in ("score_fr", *_SKIPS, *(name for names in _UPSAMPLINGS for name in names))
    },
    # The pre-release of 2014 for PASCAL VOC.
    {"score_fr": "score-fr", "score_pool4": "score-pool4", "score_pool3": "score-pool3"}
    | {"upscore2": "score2", "upscore_pool4": "score4"}
    | dict.fromkeys(("upscore", "upscore16", "upscore8"), "upsample"),
    # And the one for PASCAL-Context.
    {"score_fr": "score59", "score_pool4": "score-pool4", "score_pool3": "score-pool3"}
    | {"upscore_pool4": "upsample-fused-16"}
    | dict.fromkeys(("upscore", "upscore16", "upscore8"), "upsample"),
)
"""Their names by ours, where they differ."""

_SCALES = {"score_pool4": "scale_pool4", "score_pool3": "scale_pool3"}
"""Layers of 8s-at-once that multiply a feature by a constant before it is scored."""


@dataclass(frozen=True)
class CaffeHead:
    """Which head a file holds.

    Args:
        name: "32s", "16s" or "8s".
        names: Their name of each of our layers.
    """

    name: str
    names: Mapping[str, str]

    @property
    def scores(self) -> tuple[str, ...]:
        """Our names of the 1x1 convolutions."""
        return ("score_fr", *_SKIPS[: _HEADS.index(self.name)])

    @property
    def upsamplings(self) -> tuple[str, ...]:
        """Our names of the transposed convolutions."""
        return _UPSAMPLINGS[_HEADS.index(self.name)]


def find_head(layers: Collection[str]) -> CaffeHead | None:
    """Tell which head a file's layers make, or None if it has none."""
    for naming in _NAMINGS:
        names = {ours: naming.get(ours, ours) for ours in ("score_fr", *_SKIPS)}
        if names["score_fr"] in layers:
            skips = 2 if names["score_pool3"] in layers else names["score_pool4"] in layers
            upsamplings = {ours: naming.get(ours, ours) for ours in _UPSAMPLINGS[skips]}
            return CaffeHead(_HEADS[skips], names | upsamplings)
    return None


def head_table(head: CaffeHead, found: Collection[str]) -> list[Entry]:
    """Give a table of all tensors that the head has to have.

    Transposed convolutions are in it only if the file holds them: their bilinear kernels never
    change, and not every file keeps them.
    """
    table = []
    for ours in head.scores:
        table += [
            Entry(f"{head.names[ours]}.weight", f"head.{ours}.weight", convolution),
            Entry(f"{head.names[ours]}.bias", f"head.{ours}.bias", vector),
        ]
    for ours in head.upsamplings:
        theirs = head.names[ours]
        if f"{theirs}.weight" in found:
            table.append(Entry(f"{theirs}.weight", f"head.{ours}.weight", convolution))
        if f"{theirs}.bias" in found:
            table.append(Entry(f"{theirs}.bias", f"head.{ours}.bias", vector))
    return table


def scale_names(head: CaffeHead, found: Collection[str]) -> list[str]:
    """Give the names of the tensors that `skip_scales` reads."""
    names = [f"{_SCALES[ours]}.weight" for ours in head.scores if ours in _SCALES]
    return [name for name in names if name in found]


def skip_scales(found: Mapping[str, Array]) -> tuple[float, float]:
    """Give the factors on pool4 and pool3; 1 where there is no such layer.

    Raises:
        ValueError: A layer's factors are not all the same, or none above 0: the reason.
    """
    scales = [1.0, 1.0]
    for place, ours in enumerate(_SKIPS):
        name = f"{_SCALES[ours]}.weight"
        if name not in found:
            continue
        values = np.unique(found[name])
        if values.size != 1 or not 0 < values[0] < np.inf:
            raise ValueError(
                f"{name} has {values.size} different values"
                if values.size != 1
                else f"{name} is {values[0]:g}"
            )
        # 0.01 and not 0.00999999977648, which is the same number in single precision.
        scales[place] = float(str(np.float32(values[0])))
    return scales[0], scales[1]


def complete_upsampling(head: CaffeHead, tensors: Arrays) -> dict[str, Any]:
    """Add the transposed convolutions that a file left out, and tell of what kind they are.

    Args:
        head: The file's.
        tensors: Under our names, with all scores; changed in place.

    Returns:
        `upsampling` and `upsampling_bias` of `models.architecture.FCNArchitecture`.
    """
    classes = tensors["head.score_fr.bias"].size
    biased = any(f"head.{ours}.bias" in tensors for ours in head.upsamplings)
    fixed = not biased
    for ours in head.upsamplings:
        bilinear = bilinear_kernels(classes, 2 * UPSAMPLING_STRIDES[ours])
        weight = tensors.setdefault(f"head.{ours}.weight", bilinear)
        fixed = fixed and np.array_equal(weight, bilinear)
        if biased:
            tensors.setdefault(f"head.{ours}.bias", np.zeros(classes, np.float32))
    return {"upsampling": "fixed" if fixed else "learned", "upsampling_bias": biased}


def bilinear_kernels(classes: int, kernel: int) -> NDArray[np.float32]:
    """Give C,C,k,k kernels that interpolate each class alone (the networks' surgery.py).

    With f = ceil(k/2) and the centre c = f - 1 for an odd k, f - 1/2 for an even one, an element
    is (1 - |i-c|/f) (1 - |j-c|/f). All are exact in single precision for strides of powers of 2.
    """
    factor = (kernel + 1) // 2
    centre = factor - 1 if kernel % 2 else factor - 0.5
    line = 1 - np.abs(np.arange(kernel) - centre) / factor
    kernels = np.zeros((classes, classes, kernel, kernel), np.float32)
    kernels[range(classes), range(classes)] = np.outer(line, line)
    return kernels
