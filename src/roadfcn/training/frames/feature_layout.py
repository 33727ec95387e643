"""How the features of frames lie in a file: which, of what type, and where.

A file is a list of records, one for each view of each frame, all frames of the first view first. A
record holds the features that the head reads, one after another, each h,w,C with the channels
innermost, as convolutions want them on most machines; then the mask, H,W uint8.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.models.vgg16 import Features

Size = tuple[int, int]
Shape = tuple[int, int, int]

TYPES = {
    "32-true": torch.float32,
    "64-true": torch.float64,
    "bf16-mixed": torch.bfloat16,
    "16-mixed": torch.float16,
}
"""By Lightning's name of the precision: the type in which the head's convolutions would get the
features from the encoder, so that keeping them rounds nothing."""


@dataclass(frozen=True)
class FeatureLayout:
    """Where things lie.

    Args:
        names: Of the features, in the order in which they lie.
        dtype: Their type.
        shapes: Their C,h,w in the same order, for each (height, width) that frames have.
        sizes: The (height, width) of each frame.
        views: How many records a frame has.
    """

    names: tuple[str, ...]
    dtype: torch.dtype
    shapes: dict[Size, tuple[Shape, ...]]
    sizes: tuple[Size, ...]
    views: int

    def record_bytes(self, size: Size) -> int:
        """Give the bytes of one record of a frame of this size."""
        numbers = sum(math.prod(shape) for shape in self.shapes[size])
        return numbers * self.dtype.itemsize + math.prod(size)

    @property
    def records(self) -> int:
        """How many there are."""
        return self.views * len(self.sizes)

    @property
    def total_bytes(self) -> int:
        """Give the bytes of the file."""
        return self.views * self._ends[-1]

    def offset(self, frame: int, view: int) -> int:
        """Give where a record begins."""
        return view * self._ends[-1] + self._ends[frame] - self.record_bytes(self.sizes[frame])

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(self.record_bytes(size) for size in self.sizes))

    def pack(self, features: Features, masks: Tensor) -> NDArray[np.uint8]:
        """Give the records of N frames of one size, N,bytes, in the processor's memory."""
        parts = [
            _bytes(getattr(features, name).to(self.dtype).permute(0, 2, 3, 1))
            for name in self.names
        ]
        packed: NDArray[np.uint8] = torch.cat([*parts, _bytes(masks)], 1).cpu().numpy()
        return packed

    def unpack(self, records: Sequence[NDArray[np.uint8]], size: Size) -> tuple[Features, Tensor]:
        """Give features N,C,h,w and masks N,H,W of N frames of one size.

        What the head does not read is empty.
        """
        found: dict[str, Tensor] = {}
        start = 0
        for name, (channels, height, width) in zip(self.names, self.shapes[size], strict=True):
            stop = start + channels * height * width * self.dtype.itemsize
            part = torch.from_numpy(np.stack([record[start:stop] for record in records]))
            cells = part.view(self.dtype).view(len(records), height, width, channels)
            found[name] = cells.permute(0, 3, 1, 2)
            start = stop
        masks = torch.from_numpy(np.stack([record[start:] for record in records]))
        empty = torch.empty(0, dtype=self.dtype)
        absent = {name: empty for name in ("pool3", "pool4") if name not in found}
        return Features(**found, **absent), masks.view(len(records), *size)


def feature_layout(
    model: FCN, sizes: Sequence[Size], *, views: int, precision: str
) -> FeatureLayout:
    """Find out where the features of frames lie; nothing is computed.

    Args:
        model: Whose features they are.
        sizes: The (height, width) of each frame, as the network sees it.
        views: How many records a frame has.
        precision: Lightning's name for it.
    """
    names = model.head.reads
    with torch.device("meta"):
        shadow = build_fcn(model.architecture).eval()
        shapes = {}
        for size in set(sizes):
            found = shadow.encode(torch.empty(1, 3, *size))
            shapes[size] = tuple(_shape(getattr(found, name)) for name in names)
    return FeatureLayout(names, TYPES[precision], shapes, tuple(sizes), views)


def _shape(feature: Tensor) -> Shape:
    _, channels, height, width = feature.shape
    return channels, height, width


def _bytes(values: Tensor) -> Tensor:
    """Give N,… as N,bytes."""
    return values.contiguous().flatten(1).view(torch.uint8)
