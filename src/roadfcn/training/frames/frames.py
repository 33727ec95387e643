"""Frames as a training loop wants them: decoded once, at one size, and batched with padding.

Pixels stay uint8 until they are on the device that computes: four times less memory in the cache
and four times less to move.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from roadfcn import image_files
from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.errors import DatasetError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import VOID, LabelSet
from roadfcn.label_translation import translate
from roadfcn.machine import read_memory

_CACHE_SHARE = 0.5  # of the free memory; the rest is for the network's activations
_BYTES_PER_PIXEL = 4  # three colours and the mask
_DECODERS = 4  # threads; decoding releases the interpreter lock

FILLER = -1
"""Index of a frame that is there for its size only: the first one's picture, without truth."""


class Batch(NamedTuple):
    """N frames, padded at the right and the bottom to the largest of them.

    images: N,3,H,W uint8 RGB. masks: N,H,W uint8, void in the padding. sizes: N,2 int64, each
    frame's own (height, width). indices: N int64, positions in the data set, or `FILLER`.
    """

    images: Tensor
    masks: Tensor
    sizes: Tensor
    indices: Tensor


Item = tuple[int, NDArray[np.uint8], NDArray[np.uint8]]


class TrainingFrames(Dataset[Item]):
    """A data set's frames with masks in the label set trained on, resized if asked.

    Args:
        dataset: Frames with truth.
        label_set: The classes to learn: the data set's own, or a coarser set.
        input_format: Says the size of all frames, or that they keep their own.

    Raises:
        DatasetError: Frames without truth.
        LabelSetError: The data set's classes do not translate to `label_set`.
    """

    def __init__(
        self, dataset: FilePairDataset, label_set: LabelSet, input_format: InputFormat
    ) -> None:
        if not dataset.has_truth or not len(dataset):
            raise DatasetError(
                f"the split '{dataset.split}' of {dataset.root} has frames without truth"
                f"{dataset.why_no_truth}",
                allowed="a split in which every frame has truth",
                do="train on another split",
            )
        self.dataset = dataset
        self.label_set = label_set
        self.input_format = input_format
        self._translation = translate(dataset.label_set, label_set)
        self._cache: list[Item] | None = None

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Item:
        """Give (index, image H,W,3 uint8 RGB, mask H,W uint8)."""
        if index == FILLER:
            _, image, mask = self[0]
            return FILLER, image, np.full_like(mask, VOID)
        if self._cache is not None:
            return self._cache[index]
        sample = self.dataset[index]
        assert sample.mask is not None  # checked above
        image, mask = sample.image, self._translation.fold_mask(sample.mask)
        image = self.input_format.resize(image)
        return index, image, resize_mask(mask, image.shape[:2])

    @property
    def is_cached(self) -> bool:
        """Whether all frames are in memory."""
        return self._cache is not None

    def cache_bytes(self) -> int:
        """Give the size of all frames in memory."""
        return sum(height * width * _BYTES_PER_PIXEL for height, width in self.frame_sizes())

    def sizes(self) -> set[tuple[int, int]]:
        """Give all (height, width) that frames have."""
        return set(self.frame_sizes())

    def frame_sizes(self) -> list[tuple[int, int]]:
        """Give the (height, width) of each frame."""
        if self.input_format.size is not None:
            return [self.input_format.size] * len(self)
        if self._cache is not None:
            return [(image.shape[0], image.shape[1]) for _, image, _ in self._cache]
        return [
            self.input_format.input_size(*image_files.image_size(frame.image_path))
            for frame in self.dataset.frames
        ]

    def fits_in_memory(self, processes: int = 1) -> bool:
        """Whether the frames take less than half of what is free now, kept by so many processes."""
        return processes * self.cache_bytes() < _CACHE_SHARE * read_memory().available

    def cache(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Decode every frame now and keep them in memory.

        Raises:
            ImageFileError, MaskError: A frame cannot be read.
        """
        items: list[Item] = []
        with ThreadPoolExecutor(_DECODERS) as pool:
            for item in pool.map(self.__getitem__, range(len(self))):
                items.append(item)
                if progress is not None:
                    progress(len(items), len(self))
        self._cache = items


def collate(items: list[Item]) -> Batch:
    """Make a batch; images come out in channels-last memory order."""
    height = max(image.shape[0] for _, image, _ in items)
    width = max(image.shape[1] for _, image, _ in items)
    images = np.zeros((len(items), height, width, 3), np.uint8)
    masks = np.full((len(items), height, width), VOID, np.uint8)
    for row, (_, image, mask) in enumerate(items):
        images[row, : image.shape[0], : image.shape[1]] = image
        masks[row, : mask.shape[0], : mask.shape[1]] = mask
    return Batch(
        torch.from_numpy(images).permute(0, 3, 1, 2),
        torch.from_numpy(masks),
        torch.tensor([image.shape[:2] for _, image, _ in items]),
        torch.tensor([index for index, _, _ in items]),
    )


def resize_mask(mask: NDArray[np.uint8], size: tuple[int, ...]) -> NDArray[np.uint8]:
    """Resize H,W class indices to (height, width) by the nearest pixel; no blends of classes."""
    if mask.shape == size:
        return mask
    resized: NDArray[np.uint8] = cv2.resize(mask, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return resized
